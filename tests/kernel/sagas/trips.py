"""A little saga with two participants, as honest as real ones: idempotent, undo before do."""

from dataclasses import dataclass
from types import SimpleNamespace
from uuid import UUID

from fastapi import APIRouter

from quickserve.kernel.errors import Conflict
from quickserve.kernel.saga import Saga, step
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.service import Service


class TripService(Service):
    @property
    def package(self) -> str:
        return "tests.kernel.sagas"


@dataclass(frozen=True)
class Trip:
    trip: UUID


class SeatGone(Conflict):
    code = "seat-gone"


# What may become of what; a late or repeated action finds its change not allowed any more.
NEXT = {
    "seats": {None: {"kept", "undone"}, "kept": {"sold", "undone"}},
    "charges": {None: {"set-aside", "undone"}, "set-aside": {"taken", "undone"}},
}


async def put(ctx, table, trip, state):
    """Idempotent; raises SeatGone when undone before, and Conflict when it is too late to undo."""
    statements = {
        "seats": "INSERT INTO seats VALUES (%s, %s) ON CONFLICT (trip) DO UPDATE"
        " SET state = excluded.state",
        "charges": "INSERT INTO charges VALUES (%s, %s) ON CONFLICT (trip) DO UPDATE"
        " SET state = excluded.state",
    }
    async with ctx.db.transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (str(trip),))
        found = await state_of(tx, table, trip)
        if state in NEXT[table].get(found, ()):
            await tx.execute(statements[table], (trip, state))
        elif found == "undone" != state:
            raise SeatGone
        elif state == "undone" != found:
            raise Conflict("too late to undo")


async def state_of(tx, table, trip):
    statements = {
        "seats": "SELECT state FROM seats WHERE trip = %s",
        "charges": "SELECT state FROM charges WHERE trip = %s",
    }
    return await tx.value(statements[table], (trip,))


async def reserve(ctx, params, state):
    await put(ctx, "seats", params.trip, "kept")
    return {"seat": "A1"}


async def release(ctx, params, state):
    await put(ctx, "seats", params.trip, "undone")


async def authorize(ctx, params, state):
    assert state["reserve"] == {"seat": "A1"}
    await put(ctx, "charges", params.trip, "set-aside")


async def void(ctx, params, state):
    await put(ctx, "charges", params.trip, "undone")


async def capture(ctx, params, state):
    await put(ctx, "charges", params.trip, "taken")


async def confirm(ctx, params, state):
    await put(ctx, "seats", params.trip, "sold")


take_trip = Saga(
    "take_trip",
    Trip,
    steps=(
        step("reserve", do=reserve, undo=release),
        step("authorize", do=authorize, undo=void, wait_seconds=lambda _: 1),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)

trips = SimpleNamespace(queue=SagaQueue("trips", [take_trip]), router=APIRouter())
