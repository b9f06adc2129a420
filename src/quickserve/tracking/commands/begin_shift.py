"""Somebody begins to carry orders; from now on their positions count."""

from dataclasses import dataclass
from datetime import UTC, datetime

from quickserve.contracts.tracking import AlreadyOnShift, NewShift, ShiftId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused
from quickserve.kernel.service import Context
from quickserve.tracking.model import Shift, fingerprint
from quickserve.tracking.store import shifts


@dataclass(frozen=True, slots=True)
class BeginShift:
    shift_id: ShiftId
    new: NewShift


async def begin_shift(ctx: Context, cmd: BeginShift) -> Shift:
    """For the person who asks. Errors: Forbidden, AlreadyOnShift, IdReused."""
    new, person_id = cmd.new, ctx.principal.person_id
    ctx.principal.require(new.organiser_id, Role.RUNNER)
    if person_id is None:
        raise Forbidden("Only a person can be on shift.")
    body_hash = fingerprint("shift", person_id, new.model_dump_json())
    shift = Shift(
        cmd.shift_id, new.organiser_id, new.event_id, person_id, new.name, new.moves,
        new.capacity, datetime.now(UTC), None,
    )  # fmt: skip
    try:
        async with ctx.db.transaction() as tx:
            new_one = await shifts.insert_shift(tx, shift, body_hash)
            if not new_one and await shifts.find_hash(tx, cmd.shift_id) != body_hash:
                raise IdReused
            found = await shifts.find_shift(tx, cmd.shift_id)
    except AlreadyOnShift:
        async with ctx.db.read() as tx:
            own = await shifts.find_own(tx, person_id, new.organiser_id)
        raise AlreadyOnShift(shift_id=str(own[0].id) if own else None) from None
    assert found
    return found
