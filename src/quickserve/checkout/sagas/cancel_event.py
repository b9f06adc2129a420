"""An event is called off: nothing is sold any more, and everything open is given back.

Calling it off is the pivot: from then on there is only forward. What is to be given back is found
page by page, and given back some at a time, each by a saga that begins in the transaction taking
its turn; who asks is told how many have ended. A job begins the next ones, and looks again for
whoever bought at the very last moment.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.checkout.sagas.cancel_order import CancelOrder, cancel_order
from quickserve.checkout.sagas.cancel_purchase import RefundAndCancel, cancel_purchase
from quickserve.checkout.store import events
from quickserve.checkout.store.events import Kind
from quickserve.contracts.booking import BookingId
from quickserve.contracts.catalog import CatalogClient, EventId
from quickserve.contracts.checkout import CancellationId
from quickserve.contracts.event_cancelling import CancelledEventClient
from quickserve.contracts.order_cancelling import OrderCancellationId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.saga import Saga, State, step
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.service import Context

_SWEEP_SECONDS = 25.0  # of one step; the job goes on
_ROOM = 16  # of one event's refunds at a time; a process carries out more sagas than that

# Those of a sweep are spawned on the queue that the saga itself is on.
_queue = SagaQueue("checkout", ())


@dataclass(frozen=True)
class CancelEvent:
    event_id: EventId
    organiser_id: OrganiserId


async def stop(ctx: Context, event: CancelEvent, _state: State) -> dict[str, Any]:
    """Nothing of it is sold any more."""
    await CatalogClient(ctx.client("catalog")).cancel(event.event_id)
    async with ctx.db.transaction() as tx:
        await events.set_stopped(tx, event.event_id)
    return {"stopped": True}


async def orders(ctx: Context, event: CancelEvent, _state: State) -> dict[str, Any]:
    """Its stands too; those who wait for a stand's yes are told at once."""
    ordering = CancelledEventClient(ctx.client("ordering"))
    await ordering.stop_orders(event.event_id)
    found, after = 0, None
    while True:
        page = await ordering.orders(event.event_id, after)
        subjects: list[tuple[UUID, Money | None]] = [(one, None) for one in page.orders]
        found += await _find(ctx, event, "order", subjects)
        after = page.next
        if after is None:
            return {"found": found}


async def bookings(ctx: Context, event: CancelEvent, _state: State) -> dict[str, Any]:
    """As many as are found in time; the job finds the others."""
    booking = CancelledEventClient(ctx.client("booking"))
    until = time.monotonic() + _SWEEP_SECONDS
    found, after = 0, None
    while True:
        page = await booking.bookings(event.event_id, after)
        found += await _find(
            ctx, event, "booking", [(one.id, one.by_hand) for one in page.bookings]
        )
        after = page.next
        if after is None:
            async with ctx.db.transaction() as tx:
                await events.set_found_all(tx, event.event_id)
            return {"found": found}
        if time.monotonic() > until:
            return {"found": found, "more": True}


async def _find(
    ctx: Context, event: CancelEvent, kind: Kind,
    subjects: Sequence[tuple[UUID, Money | None]],
) -> int:  # fmt: skip
    """Each is noted with the id of its saga, unless it is already. How many are new."""
    if not subjects:
        return 0
    noted = [(one, new_uuid(), by_hand) for one, by_hand in subjects]
    async with ctx.db.transaction() as tx:
        found = await events.insert_refunds(tx, event.event_id, kind, noted)
    await begin_refunds(ctx, event)
    return found


async def begin_refunds(ctx: Context, event: CancelEvent) -> None:
    """Some at a time: whoever buys something meanwhile does not wait behind all of them."""
    async with ctx.db.transaction() as tx:
        begun = await events.begin_next(tx, event.event_id, _ROOM)
        booked = [one for one in begun if one.kind == "booking"]
        ordered = [one for one in begun if one.kind == "order"]
        if booked:
            await events.insert_cancellations(tx, booked)
        if ordered:
            await events.insert_order_cancellations(tx, event.organiser_id, ordered)
        for one in booked:
            back = RefundAndCancel(CancellationId(one.saga_id), BookingId(one.subject_id))
            await _queue.spawn(tx, cancel_purchase, one.saga_id, back)
        for one in ordered:
            own_id = OrderCancellationId(one.saga_id)
            asked = CancelOrder(own_id, one.saga_id, OrderId(one.subject_id))
            await _queue.spawn(tx, cancel_order, one.saga_id, asked)


async def sweep(ctx: Context, event: CancelEvent) -> None:
    """What the saga left, and what was sold while it began."""
    await orders(ctx, event, {})
    await bookings(ctx, event, {})


cancel_event = Saga(
    "cancel_event",
    CancelEvent,
    steps=(
        step("stop", do=stop, pivot=True),
        step("orders", do=orders),
        step("bookings", do=bookings),
    ),
)
