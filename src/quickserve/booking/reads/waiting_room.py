"""A room as everybody sees it, a place in it, and the draw to be checked."""

import hmac
from collections.abc import Sequence
from datetime import timedelta

from quickserve.booking import queueing
from quickserve.booking.resources import resources
from quickserve.booking.rooms import Arrival
from quickserve.booking.store import offers
from quickserve.booking.store import waiting_room as store
from quickserve.booking.store.waiting_room import Place, Room
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import (
    ADMISSION_MINUTES,
    Draw,
    NotDrawn,
    PlaceView,
    RoomView,
    VisitorId,
    place_of,
    place_that_waits,
    place_to_be_drawn,
)
from quickserve.kernel.db import Database
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Context

_DRAWN_MAX = 100_000


async def room(ctx: Context, date_id: DateId) -> RoomView:
    """With its date. Errors: NotFound where there never was one."""
    known = resources(ctx).rooms.at(date_id)
    async with ctx.db.read() as tx:
        known = known or await store.find_room(tx, date_id)
        if known is None:
            raise NotFound("This date has no waiting room.")
        date = await offers.find_date_facts(tx, date_id)
    return show_room(known).model_copy(update={"date": date})


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
        return place_of("none", None)
    key = ctx.settings.key_for("admissions")
    if number is not None and number > known.admitted:
        genuine = queueing.proof_of(key, date_id, visitor_id, number)
        if hmac.compare_digest(genuine.encode(), proof.encode()):
            return _waiting(ctx, known, visitor_id, number)
    found = await resources(ctx).places.put(Arrival(date_id, visitor_id))
    return await show_place(ctx, date_id, found)


async def look_up(db: Database, asked: Sequence[Arrival]) -> list[Place | Problem]:
    """All of one date, in one look: after the draw everybody asks for the number at once."""
    async with db.read() as tx:
        found = await store.find_places(tx, asked[0].date_id, [one.visitor_id for one in asked])
    places: dict[VisitorId, Place | Problem] = {one.visitor_id: one for one in found}
    none = NotFound("There is no such place in line.")
    return [places.get(one.visitor_id, none) for one in asked]


async def show_place(ctx: Context, date_id: DateId, found: Place) -> PlaceView:
    known = resources(ctx).rooms.at(date_id)
    if known is None:
        return place_of("none", None)
    if found.number is None:
        return place_to_be_drawn(show_room(known), found.now)
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
        return place_of("lapsed", show_room(known), found.number)
    key = ctx.settings.key_for("admissions")
    token = queueing.admission(key, known.date_id, found.visitor_id, until)
    return place_of("admitted", show_room(known), found.number).model_copy(
        update={"admission": token, "admitted_until": until}
    )


def _waiting(ctx: Context, known: Room, visitor_id: VisitorId, number: int) -> PlaceView:
    key = ctx.settings.key_for("admissions")
    proof = queueing.proof_of(key, known.date_id, visitor_id, number)
    return place_that_waits(show_room(known), number, proof)


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
