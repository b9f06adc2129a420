"""Takes the money that was set aside."""

from dataclasses import replace

from quickserve.contracts.payment import (
    IntentId,
    IntentNotAuthorized,
    PaymentCaptured,
    PaymentVoided,
)
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.payment import ledger, store
from quickserve.payment.commands._provider import in_time, locked, provider_of
from quickserve.payment.model import Intent
from quickserve.payment.providers.port import Declined, Done


async def capture(ctx: Context, intent_id: IntentId) -> Intent:
    """The captured intent; repeating it answers the same.

    Once sent it can only be repeated, never voided: a lost answer (DeadlineExceeded, Unavailable)
    may hide a success. Raises IntentNotAuthorized when there is nothing set aside, or the provider
    refuses it for good.
    """
    async with ctx.db.read() as tx:
        intent = await store.start_capture(tx, intent_id)
        if intent is None:
            return _captured_before(await store.find_intent(tx, intent_id))
    assert intent.charge_id is not None, "taken_money_has_a_charge"
    answer = await in_time(ctx, provider_of(ctx).capture(intent.charge_id, intent.amount))
    async with ctx.db.transaction() as tx:
        intent = await _record(tx, await locked(tx, intent), answer)
    if intent.state != "captured":
        raise IntentNotAuthorized(state=intent.state, failure=intent.failure)
    return intent


def _captured_before(intent: Intent | None) -> Intent:
    if intent is None:
        raise NotFound
    if intent.state != "captured":
        raise IntentNotAuthorized(state=intent.state)
    return intent


async def _record(tx: Transaction, intent: Intent, answer: Done | Declined) -> Intent:
    if intent.state != "authorized":
        return intent  # another racer recorded the same answer
    if isinstance(answer, Declined):
        intent = replace(intent, state="voided", failure=answer.failure, capturing=False)
        await store.save_intent(tx, intent)
        await ledger.void(tx, intent)
        await outbox.append(tx, PaymentVoided(intent.id, intent.reference))
        return intent
    intent = replace(intent, state="captured", capturing=False)
    await store.save_intent(tx, intent)
    await ledger.post(tx, intent)
    await outbox.append(tx, PaymentCaptured(intent.id, intent.reference, intent.amount))
    return intent
