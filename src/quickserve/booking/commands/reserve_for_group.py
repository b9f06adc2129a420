"""Places for a group until a deadline; it pays at the checkout or at the desk before that."""

from datetime import timedelta

from quickserve.booking.commands.hold_at_desk import hold_at_desk
from quickserve.booking.store import desk
from quickserve.contracts.booking import HoldId
from quickserve.contracts.box_office import (
    RESERVATION_DAYS_MAX,
    DeadlinePast,
    NewReservation,
    ReservationView,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import FieldError, NotFound
from quickserve.kernel.service import Context


async def reserve_for_group(ctx: Context, hold_id: HoldId, new: NewReservation) -> ReservationView:
    """Errors: NotFound, Forbidden, DeadlinePast, SoldOut, SeatTaken, IdReused."""
    async with ctx.db.read() as tx:
        moments = await desk.moments(tx, new.date_id)
    if moments is None:
        raise NotFound("There is no such date.")
    latest = min(moments.ends_at, moments.now + timedelta(days=RESERVATION_DAYS_MAX))
    if not moments.now < new.until <= latest:
        fix = "Choose a moment from now to the end of the event."
        raise DeadlinePast(fix, errors=[FieldError(field="until", code="deadline", message=fix)])
    hold = await hold_at_desk(
        ctx, hold_id, new.date_id, new.items, free=False, roles=[Role.ORGANISER],
        accessible=new.accessible, until=new.until,
    )  # fmt: skip
    person = ctx.principal.person_id
    async with ctx.db.transaction() as tx:
        await desk.insert_reservation(tx, hold_id, hold.date.event_id, new.name, person)
        found = await desk.find_reservation(tx, hold_id)
    assert found is not None
    return found
