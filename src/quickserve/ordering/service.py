"""Takes orders that the kitchen can make in time, and moves them on until they are handed over."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from quickserve.kernel.batches import Batch
from quickserve.kernel.lane import Lane
from quickserve.kernel.openapi import Documented
from quickserve.kernel.service import Job, Runtime, Service
from quickserve.ordering.api import router
from quickserve.ordering.api.orders import LANE
from quickserve.ordering.commands.fetch_menus import fetch_menus
from quickserve.ordering.commands.forget import delete_leftovers, forget_people
from quickserve.ordering.commands.print_tickets import print_tickets, tidy_prints
from quickserve.ordering.commands.record_moves import record_moves
from quickserve.ordering.commands.record_orders import record_orders
from quickserve.ordering.commands.reject_unanswered import reject_unanswered
from quickserve.ordering.commands.steer_stands import steer_stands
from quickserve.ordering.events import SUBSCRIPTIONS
from quickserve.ordering.resources import Resources
from quickserve.ordering.shelf import AGE_SECONDS, Shelf
from quickserve.ordering.store import CONSTRAINTS


@asynccontextmanager
async def open_resources(
    runtime: Runtime, age_seconds: float = AGE_SECONDS
) -> AsyncGenerator[Resources]:
    placing = Batch(partial(record_orders, runtime.db), lambda row: row.stand.organiser_id)
    moving = Batch(partial(record_moves, runtime.db), lambda row: row.stand.organiser_id)
    try:
        yield Resources(Shelf(runtime.db, age_seconds), placing, moving, runtime.shared.fanout)
    finally:
        await placing.close()
        await moving.close()


def _open_lane(app: FastAPI) -> None:
    assert isinstance(app, Documented)
    app.lane = Lane(app.state.runtime, LANE, app.general)


service = Service(
    name="ordering",
    router=router,
    subscriptions=SUBSCRIPTIONS,
    jobs=(
        Job("fetch menus", fetch_menus, every_seconds=0.5),
        Job("reject unanswered", reject_unanswered, every_seconds=1),
        Job("print tickets", print_tickets, every_seconds=0.5),
        Job("tidy prints", tidy_prints, every_seconds=600),
        Job("steer stands", steer_stands, every_seconds=5),
        Job("forget people", forget_people, every_seconds=3600),
        Job("delete leftovers", delete_leftovers, every_seconds=3600),
    ),
    constraints=CONSTRAINTS,
    resources=open_resources,
    finish=_open_lane,
)
