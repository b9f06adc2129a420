"""Sells places without ever selling one twice, and lets in whoever has a ticket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from quickserve.booking.api import router, rush, waiting_room
from quickserve.booking.commands.book_free import record_sales
from quickserve.booking.commands.drop_amendment import end_due_resales
from quickserve.booking.commands.enter_waiting_room import record_arrivals
from quickserve.booking.commands.forget import delete_leftovers, forget_people
from quickserve.booking.commands.hold_places import record_holds
from quickserve.booking.commands.offer_places import close_lists, offer_places
from quickserve.booking.commands.prepare_houses import prepare_houses
from quickserve.booking.commands.return_expired_holds import return_all_expired_holds
from quickserve.booking.commands.steer_waiting_rooms import steer_waiting_rooms
from quickserve.booking.events import SUBSCRIPTIONS
from quickserve.booking.houses import Houses
from quickserve.booking.keys import KeyRing
from quickserve.booking.notices import Notices
from quickserve.booking.reads import seats, stock
from quickserve.booking.reads.waiting_room import look_up
from quickserve.booking.resources import Resources, Totals
from quickserve.booking.rooms import Demand, Rooms
from quickserve.booking.seat_looks import SEATS_SECONDS, SeatLooks
from quickserve.booking.shelf import Shelf
from quickserve.booking.store import CONSTRAINTS
from quickserve.booking.store.waiting_room import rooms_now
from quickserve.contracts import notices as channels
from quickserve.kernel.batches import Batch
from quickserve.kernel.lane import Lane
from quickserve.kernel.openapi import Documented
from quickserve.kernel.service import Job, Runtime, Service


@asynccontextmanager
async def open_resources(runtime: Runtime) -> AsyncGenerator[Resources]:
    houses = Houses(runtime.db)
    sales = Batch(partial(record_sales, runtime.db), lambda sale: sale.booking.date.date_id)
    holds = Batch(
        partial(record_holds, runtime.db, houses, runtime.settings.hold_minutes),
        lambda row: row.date_id,
    )
    keys = KeyRing(runtime.db, runtime.settings.key_for("ticket-keys"))
    look = partial(stock.places, runtime.context())
    notices = Notices(runtime.shared.fanout, look, stock.PLACES_SECONDS)
    look_at_seats = partial(seats.snapshots, runtime.context())
    seat_notices = Notices(
        runtime.shared.fanout, look_at_seats, SEATS_SECONDS, channel=channels.seats
    )
    arrivals = Batch(partial(record_arrivals, runtime.db), lambda arrival: arrival.date_id)
    places = Batch(partial(look_up, runtime.db), lambda arrival: arrival.date_id)
    rooms = Rooms()
    async with runtime.db.read() as tx:  # before the first request: who is not let in, stays out
        rooms.see(await rooms_now(tx))
    try:
        yield Resources(
            keys, sales, holds, Totals(), notices, Shelf(runtime.db), houses,
            SeatLooks(runtime.db, houses), seat_notices, rooms, arrivals, places, Demand(),
        )  # fmt: skip
    finally:
        await notices.close()
        await seat_notices.close()
        await arrivals.close()
        await places.close()
        await sales.close()
        await holds.close()


def _open_lane(app: FastAPI) -> None:
    assert isinstance(app, Documented)
    app.lane = Lane(app.state.runtime, (*rush.LANE, *waiting_room.LANE), app.general)


service = Service(
    name="booking",
    router=router,
    subscriptions=SUBSCRIPTIONS,
    jobs=(
        Job("offer places", offer_places, every_seconds=0.5),
        Job("close waiting lists", close_lists, every_seconds=30),
        Job("steer waiting rooms", steer_waiting_rooms, every_seconds=1),
        Job("prepare houses", prepare_houses, every_seconds=1),
        Job("end due resales", end_due_resales, every_seconds=30),
        Job("return expired holds", return_all_expired_holds, every_seconds=0.5),
        Job("delete leftovers", delete_leftovers, every_seconds=3600),
        Job("forget people", forget_people, every_seconds=86_400),
    ),
    constraints=CONSTRAINTS,
    resources=open_resources,
    finish=_open_lane,
)
