"""Whose shift it is: theirs, or the organiser's to look after."""

from quickserve.contracts.tracking import ShiftId
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated
from quickserve.kernel.service import Context
from quickserve.tracking.model import Shift
from quickserve.tracking.store import shifts


async def find_own_shift(ctx: Context, tx: Transaction, shift_id: ShiftId) -> Shift:
    """Raises NotFound; Forbidden for who is neither its runner nor the organiser."""
    shift = await shifts.find_shift(tx, shift_id)
    if shift is None:
        raise NotFound("There is no such shift.")
    check_own(ctx, shift)
    return shift


def check_own(ctx: Context, shift: Shift) -> None:
    if ctx.principal.kind == "visitor":
        raise Unauthenticated
    own = shift.person_id is not None and shift.person_id == ctx.principal.person_id
    if not own and not ctx.principal.may(shift.organiser_id):
        raise Forbidden("This is somebody else's shift.")
