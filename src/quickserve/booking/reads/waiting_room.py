"""A room as everybody sees it, a place in it, and the draw to be checked."""

import hmac
from datetime import timedelta

from quickserve.booking import queueing
from quickserve.booking.resources import resources
from quickserve.booking.store import waiting_room as store
from quickserve.booking.store.waiting_room import Place, Room
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import (
    ADMISSION_MINUTES,
    Draw,
    NotDrawn,
    PlaceState,
    PlaceView,
    RoomView,
    VisitorId,
)
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_DRAWN_MAX = 100_000
_ASK_BEFORE_OPENING_SECONDS = 10


async def room(ctx: Context, date_id: DateId) -> RoomView:
    """Errors: NotFound where there never was one."""
    known = resources(ctx).rooms.at(date_id)
    if known is None:
        async with ctx.db.read() as tx:
            known = await store.find_room(tx, date_id)
    if known is None:
        raise NotFound("This date has no waiting room.")
    return show_room(known)


def show_room(known: Room) -> RoomView:
    return RoomView(
        date_id=known.date_id, state=known.state, auto=known.auto, fail_open=known.fail_open,
        opens_at=known.opens_at, seed_hash=queueing.seed_hash(known.seed),
        seed=known.seed.hex() if known.drawn_at else None, waiting=known.waiting,
        admitted=known.admitted, used=known.used, per_second=known.per_second,
    )  # fmt: skip


async def place(
    ctx: Context, date_id: DateId, visitor_id: VisitorId, number: int | None, proof: str
) -> PlaceView:
    """With a number and its proof, waiting costs no look into the books.

    Errors: NotFound for who never came.
    """
    known = resources(ctx).rooms.at(date_id)
    if known is None:
        return _free()
    key = ctx.settings.key_for("admissions")
    if number is not None and number > known.admitted:
        genuine = queueing.proof_of(key, date_id, visitor_id, number)
        if hmac.compare_digest(genuine.encode(), proof.encode()):
            return _waiting(ctx, known, visitor_id, number)
    async with ctx.db.read() as tx:
        found = await store.find_place(tx, date_id, visitor_id)
    if found is None:
        raise NotFound("There is no such place in line.")
    return await show_place(ctx, date_id, found)


async def show_place(ctx: Context, date_id: DateId, found: Place) -> PlaceView:
    known = resources(ctx).rooms.at(date_id)
    if known is None:
        return _free()
    if found.number is None:
        seconds = int((known.opens_at - found.now).total_seconds()) if known.opens_at else 0
        wait = max(0, seconds)
        return _view(
            "drawn", None, arrivals=known.next_number - 1, room=known, least=wait, most=wait + 10,
            ask=max(3, min(_ASK_BEFORE_OPENING_SECONDS, wait)),
        )  # fmt: skip
    if found.number > known.admitted:
        return _waiting(ctx, known, found.visitor_id, found.number)
    return await _admitted(ctx, known, found)


async def _admitted(ctx: Context, known: Room, found: Place) -> PlaceView:
    async with ctx.db.transaction() as tx:
        noted = await store.note_admission(tx, known.date_id, found.visitor_id)
    if noted is None or noted.admitted_at is None:
        raise NotFound("There is no such place in line.")
    until = noted.admitted_at + timedelta(minutes=ADMISSION_MINUTES)
    if until <= noted.now:
        return _view("lapsed", found.number, room=known)
    key = ctx.settings.key_for("admissions")
    token = queueing.admission(key, known.date_id, found.visitor_id, until)
    return _view("admitted", found.number, room=known).model_copy(
        update={"admission": token, "admitted_until": until}
    )


def _waiting(ctx: Context, known: Room, visitor_id: VisitorId, number: int) -> PlaceView:
    ahead = number - known.admitted - 1
    wait = queueing.expected_wait(ahead + 1, known.per_second)
    key = ctx.settings.key_for("admissions")
    return _view(
        "waiting", number, ahead=ahead, arrivals=known.next_number - 1, room=known,
        least=wait.least, most=wait.most, ask=wait.ask_after,
        proof=queueing.proof_of(key, known.date_id, visitor_id, number),
    )  # fmt: skip


def _free() -> PlaceView:
    """No room is open: everybody may go on."""
    return _view("none", None, room=None)


def _view(
    state: PlaceState, number: int | None, *, room: Room | None, ahead: int = 0, arrivals: int = 0,
    least: int = 0, most: int = 0, ask: int = 5, proof: str = "",
) -> PlaceView:  # fmt: skip
    return PlaceView(
        state=state, number=number, ahead=ahead, arrivals=arrivals,
        opens_at=room.opens_at if room else None, seconds_least=least, seconds_most=most,
        ask_after_seconds=ask, proof=proof, admission=None, admitted_until=None,
    )  # fmt: skip


async def draw(ctx: Context, date_id: DateId) -> Draw:
    """Errors: NotFound, NotDrawn."""
    async with ctx.db.read() as tx:
        known = await store.find_room(tx, date_id)
        if known is None:
            raise NotFound("This date has no waiting room.")
        if known.drawn_at is None:
            raise NotDrawn
        keys = await store.draw_keys(tx, date_id, _DRAWN_MAX)
    return Draw(
        date_id=date_id, seed_hash=queueing.seed_hash(known.seed), seed=known.seed.hex(), keys=keys
    )
