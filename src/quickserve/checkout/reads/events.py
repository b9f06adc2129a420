"""How far it is with an event that is called off."""

from quickserve.checkout.store import events
from quickserve.checkout.store.events import Count, Kind
from quickserve.contracts.catalog import EventId
from quickserve.contracts.event_cancelling import EventCancellationView, Progress
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def show_event_cancellation(ctx: Context, event_id: EventId) -> EventCancellationView:
    """Errors: NotFound, Unauthenticated, Forbidden."""
    async with ctx.db.read() as tx:
        found = await events.find(tx, event_id)
        if found is None:
            raise NotFound("This event was not cancelled this way.")
        ctx.principal.require(found.organiser_id, Role.ORGANISER)
        counts = await events.counts(tx, event_id)
        by_hand = await events.by_hand(tx, event_id)
    open_ones = sum(one.found for one in counts if one.state == "open")
    done = found.found_all_at is not None and not open_ones
    return EventCancellationView(
        event_id=event_id, state="done" if done else "processing",
        stopped=found.stopped_at is not None, bookings=_progress(counts, "booking"),
        orders=_progress(counts, "order"), by_hand=by_hand, started_at=found.created_at,
    )  # fmt: skip


def _progress(counts: list[Count], kind: Kind) -> Progress:
    by_state = {one.state: one.found for one in counts if one.kind == kind}
    return Progress(
        total=sum(by_state.values()), done=by_state.get("done", 0),
        refused=by_state.get("refused", 0),
    )  # fmt: skip
