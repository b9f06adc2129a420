"""Gives up a payment that was not captured."""

from dataclasses import replace

from quickserve.contracts.payment import IntentCaptured, IntentId, PaymentVoided
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.payment import ledger, store
from quickserve.payment.commands._provider import release
from quickserve.payment.model import Intent


async def void(ctx: Context, intent_id: IntentId) -> None:
    """Afterwards nothing is set aside, and no later authorisation of this id is accepted.

    An intent that never came to be is remembered as voided. Where the provider's answer is still
    unknown, or it cannot be reached, a job goes on until it has released the money. Raises
    IntentCaptured when the money was taken, or is being taken.
    """
    async with ctx.db.transaction() as tx:
        await store.lock_id(tx, intent_id)
        intent = await store.lock_intent(tx, intent_id)
        if intent is None:
            await store.insert_tombstone(tx, intent_id)
            return
        intent = await _void(tx, intent)
    if intent.due:
        await release(ctx, intent)


async def _void(tx: Transaction, intent: Intent) -> Intent:
    match intent.state:
        case "captured":
            raise IntentCaptured
        case "authorized" if intent.capturing:
            raise IntentCaptured("A capture is under way: repeat it, then refund.")
        case "voided":
            return intent
        case "declined":
            return intent
        case "authorized":
            await ledger.void(tx, intent)
        case "processing" | "challenge":
            pass
    intent = replace(intent, state="voided", due=True)
    await store.save_intent(tx, intent, retry_seconds=1)
    await outbox.append(tx, PaymentVoided(intent.id, intent.reference))
    return intent
