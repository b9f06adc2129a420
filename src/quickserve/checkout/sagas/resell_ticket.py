"""A ticket is given back, somebody else buys its place at face value, the seller gets the money.

Until somebody bought it the seller may have it back; from then on (the pivot) only the refund is
left, which is repeated until the provider gives it.
"""

from typing import Any

from quickserve.checkout import store
from quickserve.checkout.sagas import refunds
from quickserve.checkout.sagas.change_booking import ChangeBooking, change_of, drop
from quickserve.contracts.booking_changes import (
    AmendmentId,
    BookingChangesClient,
    NewAmendment,
)
from quickserve.kernel.errors import Problem
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context

# booking ends a resale shortly before the date; this only bounds what it may forget.
_WAIT_SECONDS_MAX = 400 * 24 * 3600.0


class NobodyBought(Problem):
    status = 409
    code = "nobody-bought"
    title = "Nobody bought the ticket: it is yours again"


def resale_decided(amendment_id: AmendmentId) -> str:
    """The signal that somebody bought it, or that it is the seller's again."""
    return f"resale:{amendment_id}"


async def give_up(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any]:
    change = await change_of(ctx, order)
    amendment = NewAmendment(
        booking_id=change.booking_id, kind="resale", ticket_ids=change.ticket_ids
    )
    await _amendments(ctx).open(AmendmentId(order.saga_id), amendment)
    return {}


async def await_buyer(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any] | Wait:
    amendment_id = AmendmentId(order.saga_id)
    match (await _amendments(ctx).amendment(amendment_id)).state:
        case "sold" | "done":
            return {}
        case "dropped":
            raise NobodyBought
        case "open":
            return Wait(resale_decided(amendment_id))


async def sell(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any]:
    """The ticket leaves the booking."""
    amendment = await _amendments(ctx).confirm(AmendmentId(order.saga_id))
    return {"value": str(amendment.value)}


async def plan(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any]:
    change = await change_of(ctx, order)
    planned = await refunds.plan(ctx, change.booking_id, change.refund, order.saga_id, "resold")
    return {"refunds": planned}


async def pay_seller(ctx: Context, order: ChangeBooking, state: State) -> dict[str, Any]:
    change = await change_of(ctx, order)
    await refunds.give(ctx, state["plan"]["refunds"])
    async with ctx.db.transaction() as tx:
        await store.end_change(tx, change.id, None, done=True)
    return {"refund": str(change.refund)}


def _amendments(ctx: Context) -> BookingChangesClient:
    return BookingChangesClient(ctx.client("booking"))


resell_ticket = Saga(
    "resell_ticket",
    ChangeBooking,
    steps=(
        step("give_up", do=give_up, undo=drop),
        step(
            "await_buyer",
            do=await_buyer,
            wait_seconds=lambda _settings: _WAIT_SECONDS_MAX,
            late=NobodyBought,
        ),
        step("sell", do=sell, pivot=True),
        step("plan", do=plan),
        step("pay_seller", do=pay_seller),
    ),
)
