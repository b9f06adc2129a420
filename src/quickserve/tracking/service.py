"""Knows who carries an order and where they are, while they carry it and no longer."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from quickserve.kernel.batches import Batch
from quickserve.kernel.lane import Lane
from quickserve.kernel.openapi import Documented
from quickserve.kernel.service import Job, Runtime, Service
from quickserve.tracking.api import router
from quickserve.tracking.api.ingest import LANE
from quickserve.tracking.commands.assign_jobs import assign_jobs
from quickserve.tracking.commands.end_shift import end_forgotten_shifts
from quickserve.tracking.commands.forget import forget_people, keep_days
from quickserve.tracking.commands.take_fixes import record_fixes
from quickserve.tracking.events import SUBSCRIPTIONS
from quickserve.tracking.keys import Keys
from quickserve.tracking.resources import Resources
from quickserve.tracking.store import CONSTRAINTS
from quickserve.tracking.trails import Trails


@asynccontextmanager
async def open_resources(runtime: Runtime) -> AsyncGenerator[Resources]:
    trails = Trails()
    calls = Batch(partial(record_fixes, runtime.context(), trails), lambda _: "fixes")
    try:
        yield Resources(Keys(runtime.settings), trails, calls)
    finally:
        await calls.close()


def _open_lane(app: FastAPI) -> None:
    assert isinstance(app, Documented)
    app.lane = Lane(app.state.runtime, LANE, app.general)


service = Service(
    name="tracking",
    router=router,
    subscriptions=SUBSCRIPTIONS,
    jobs=(
        Job("assign jobs", assign_jobs, every_seconds=0.5),
        Job("end forgotten shifts", end_forgotten_shifts, every_seconds=600),
        Job("keep days", keep_days, every_seconds=3600),
        Job("forget people", forget_people, every_seconds=3600),
    ),
    constraints=CONSTRAINTS,
    resources=open_resources,
    finish=_open_lane,
)
