"""Gives captured money back, whole or in part."""

from dataclasses import dataclass

from quickserve.contracts.payment import (
    IntentId,
    IntentNotAuthorized,
    NewRefund,
    PaymentRefunded,
    RefundId,
)
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, FieldError, IdReused, Malformed, NotFound
from quickserve.kernel.service import Context
from quickserve.payment import ledger, store
from quickserve.payment.commands._provider import in_time, locked, provider_of
from quickserve.payment.model import Intent, Refund, check_amount
from quickserve.payment.providers.port import Declined


@dataclass(frozen=True, slots=True)
class GiveRefund:
    intent_id: IntentId
    refund_id: RefundId
    refund: NewRefund


async def refund(ctx: Context, cmd: GiveRefund) -> Intent:
    """The intent after the refund; repeating it answers the same and finishes a lost one.

    Raises RefundTooLarge over what was captured (refunds under way counted), IdReused,
    IntentNotAuthorized when nothing was captured, Conflict when the provider refuses.
    """
    check_amount(cmd.refund.amount)
    async with ctx.db.transaction() as tx:
        intent = await store.lock_intent(tx, cmd.intent_id)
        if intent is None:
            raise NotFound
        given = await _reserve(tx, intent, cmd)
    if given.state == "refused":
        raise Conflict("The payment provider refused this refund.")
    if given.state == "processing":
        assert intent.charge_id is not None, "taken_money_has_a_charge"
        answer = await in_time(
            ctx, provider_of(ctx).refund(intent.charge_id, given.id, given.amount)
        )
        failure = answer.failure if isinstance(answer, Declined) else None
        async with ctx.db.transaction() as tx:
            await locked(tx, intent)
            await _settle(tx, given, failure)
        if failure is not None:
            raise Conflict("The payment provider refused this refund.", failure=failure)
    async with ctx.db.read() as tx:
        after = await store.find_intent(tx, cmd.intent_id)
    assert after is not None, "intents are never deleted"
    return after


async def _reserve(tx: Transaction, intent: Intent, cmd: GiveRefund) -> Refund:
    amount = cmd.refund.amount
    asked = Refund(
        cmd.refund_id, cmd.intent_id, amount.minor, amount.currency, cmd.refund.reason, "processing"
    )
    found = await store.find_refund(tx, cmd.refund_id)
    if found is not None:
        if (found.intent_id, found.amount, found.reason) != (
            asked.intent_id, asked.amount, asked.reason,
        ):  # fmt: skip
            raise IdReused
        return found
    if intent.state != "captured":
        raise IntentNotAuthorized("Nothing was captured that could be refunded.")
    if amount.currency != intent.currency:
        message = f"Refund in {intent.currency}, the currency it was paid in."
        field = FieldError(field="amount.currency", code="wrong-currency", message=message)
        raise Malformed(message, errors=[field])
    if not await store.insert_refund(tx, asked):
        raise IdReused  # another intent's refund, inserted at this very moment
    await store.add_reserved(tx, intent.id, amount.minor)
    await ledger.hold_refund(tx, intent, asked)
    return asked


async def _settle(tx: Transaction, given: Refund, failure: str | None) -> None:
    """Records the provider's answer unless another racer has."""
    if not await store.settle_refund(tx, given.id, "refused" if failure else "done"):
        return
    await ledger.settle_refund(tx, given, paid=failure is None)
    if failure:
        await store.add_reserved(tx, given.intent_id, -given.amount_minor)
        return
    await store.add_refunded(tx, given.intent_id, given.amount_minor)
    await outbox.append(tx, PaymentRefunded(given.id, given.intent_id, given.amount))
