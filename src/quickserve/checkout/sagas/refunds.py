"""Money back for a booking that may have been paid in several pieces."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from quickserve.checkout import store
from quickserve.checkout.model import PartialRefund, split_fairly, split_refund
from quickserve.checkout.sagas.charging import payment
from quickserve.contracts.booking import BookingId
from quickserve.contracts.payment import IntentId, NewRefund, RefundId
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


async def plan(
    ctx: Context, booking_id: BookingId, amount: Money, saga_id: UUID, reason: str
) -> list[dict[str, Any]]:
    """Once, for a step's result: asked again later, what was given back meanwhile would count.

    Raises NotRefundable.
    """
    if not amount.minor:
        return []
    async with ctx.db.read() as tx:
        intents = await store.payments_of(tx, booking_id)
    payments = [await payment(ctx).intent(intent_id) for intent_id in intents]
    return [_dump(one, reason) for one in split_refund(amount, payments, saga_id, ctx.settings)]


async def plan_of(
    ctx: Context, amount: Money, paid: Sequence[tuple[IntentId, int]], saga_id: UUID, reason: str
) -> list[dict[str, Any]]:
    """As `plan`, of these charges; with each what is its due of it. Raises NotRefundable."""
    if not amount.minor:
        return []
    payments = [(await payment(ctx).intent(intent_id), due) for intent_id, due in paid]
    planned = split_fairly(amount, payments, saga_id, ctx.settings)
    return [_dump(one, reason) for one in planned]


async def give(ctx: Context, planned: Sequence[dict[str, Any]]) -> None:
    """Repeating gives nothing twice. Raises Conflict when the provider refuses."""
    for one in planned:
        await payment(ctx).refund(_intent(one), _id(one), _refund(one))


async def close(ctx: Context, planned: Sequence[dict[str, Any]]) -> None:
    """So that nobody who comes late gives back what was decided not to be given back."""
    for one in planned:
        await payment(ctx).close_refund(_intent(one), _id(one), _refund(one))


def _dump(one: PartialRefund, reason: str) -> dict[str, Any]:
    return {
        "id": str(one.id), "intent": str(one.intent_id), "minor": one.amount.minor,
        "currency": one.amount.currency, "reason": reason,
    }  # fmt: skip


def _id(one: dict[str, Any]) -> RefundId:
    return RefundId(UUID(one["id"]))


def _intent(one: dict[str, Any]) -> IntentId:
    return IntentId(UUID(one["intent"]))


def _refund(one: dict[str, Any]) -> NewRefund:
    return NewRefund(amount=Money(one["minor"], one["currency"]), reason=one["reason"])
