"""A buyer's change of a booking: money and tickets change together, or nothing does.

The tickets are locked first; an exchange takes the new places out of their hold and sets aside what
they cost more. Then the money moves (the pivot), and what is left cannot be refused.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.checkout import store
from quickserve.checkout.model import Change
from quickserve.checkout.sagas import refunds
from quickserve.checkout.sagas.charging import authorize_step, decided_or_wait, payment
from quickserve.contracts.booking import NewBooking
from quickserve.contracts.booking_changes import (
    AmendmentId,
    BookingChangesClient,
    ChangeNotAllowed,
    NewAmendment,
)
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.payment import NewIntent
from quickserve.kernel.errors import Conflict
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class ChangeBooking:
    """`saga_id` is the amendment's too."""

    saga_id: UUID


async def change_of(ctx: Context, order: ChangeBooking) -> Change:
    async with ctx.db.read() as tx:
        found = await store.find_change(tx, order.saga_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


async def open_change(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any]:
    change = await change_of(ctx, order)
    amendment = await _amendments(ctx).open(
        AmendmentId(order.saga_id),
        NewAmendment(
            booking_id=change.booking_id,
            kind=change.kind,
            ticket_ids=change.ticket_ids,
            new_booking_id=change.new_booking_id,
        ),
    )
    promised = change.refund if change.kind == "cancel" else change.value
    if amendment.refund != promised:
        raise ChangeNotAllowed("The organiser just changed the rule: look again.", reason="rule")
    reason = "exchanged" if change.kind == "exchange" else "cancelled"
    planned = await refunds.plan(ctx, change.booking_id, change.refund, order.saga_id, reason)
    return {"refunds": planned}


async def drop(ctx: Context, order: ChangeBooking, state: State) -> None:
    change = await change_of(ctx, order)
    await refunds.close(ctx, state.get("open", {}).get("refunds", [])[:1])
    await _amendments(ctx).drop(AmendmentId(order.saga_id))
    async with ctx.db.transaction() as tx:
        await store.end_change(tx, change.id, None, done=False)


async def reserve(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any]:
    change = await change_of(ctx, order)
    if change.hold_id is None:
        return {}
    if change.contact is None:
        raise Conflict("This change has ended.")
    assert change.new_booking_id is not None
    booking = NewBooking(hold_id=change.hold_id, contact=change.contact)
    view = await BookingClient(ctx.client("booking")).put_booking(change.new_booking_id, booking)
    return {"booking": view.number}


async def withdraw(ctx: Context, order: ChangeBooking, _state: State) -> None:
    change = await change_of(ctx, order)
    if change.new_booking_id is not None:
        await BookingClient(ctx.client("booking")).withdraw(change.new_booking_id)


async def authorize(ctx: Context, order: ChangeBooking, _state: State) -> dict[str, Any] | Wait:
    change = await change_of(ctx, order)
    if not change.due.minor:
        return {}
    if change.method is None or change.new_booking_id is None:
        raise Conflict("This change has ended.")
    intent = await payment(ctx).put_intent(
        change.intent_id,
        NewIntent(
            organiser_id=change.organiser_id, amount=change.due, method=change.method,
            reference=change.new_booking_id, return_path=f"/changes/{change.id}",
        ),
    )  # fmt: skip
    return decided_or_wait(intent)


async def void(ctx: Context, order: ChangeBooking, _state: State) -> None:
    change = await change_of(ctx, order)
    if change.due.minor:
        await payment(ctx).void(change.intent_id)


async def settle(ctx: Context, order: ChangeBooking, state: State) -> dict[str, Any]:
    """Whichever way the money goes. Of several refunds only the first can still be refused."""
    change = await change_of(ctx, order)
    if change.due.minor:
        await payment(ctx).capture(change.intent_id)
    await refunds.give(ctx, state["open"]["refunds"][:1])
    return {"due": str(change.due), "refund": str(change.refund)}


async def confirm(ctx: Context, order: ChangeBooking, state: State) -> dict[str, Any]:
    change = await change_of(ctx, order)
    await refunds.give(ctx, state["open"]["refunds"][1:])
    await _amendments(ctx).confirm(AmendmentId(order.saga_id))
    key = None
    if change.new_booking_id is not None:
        key = (await BookingClient(ctx.client("booking")).confirm(change.new_booking_id)).key
    async with ctx.db.transaction() as tx:
        await store.end_change(tx, change.id, key, done=True)
        if key is not None:
            await store.insert_exchanged(tx, change, key)
    return {"tickets": len(change.ticket_ids)}


def _amendments(ctx: Context) -> BookingChangesClient:
    return BookingChangesClient(ctx.client("booking"))


change_booking = Saga(
    "change_booking",
    ChangeBooking,
    steps=(
        step("open", do=open_change, undo=drop),
        step("reserve", do=reserve, undo=withdraw),
        authorize_step(authorize, void),
        step("settle", do=settle, pivot=True),
        step("confirm", do=confirm),
    ),
)
