import asyncio

from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga_worker import Sagas

from .trips import Trip, state_of, take_trip, trips


async def start(runtime, saga=take_trip):
    trip = new_uuid()
    async with runtime.db.transaction() as tx:
        await trips.queue.spawn(tx, saga, trip, Trip(trip))
    return trip


async def ended(runtime, saga_id, seconds=20):
    async with asyncio.timeout(seconds):
        while True:
            async with runtime.db.read() as tx:
                status = await trips.queue.status(tx, saga_id)
            if status.state in ("done", "undone"):
                return status
            await asyncio.sleep(0.02)


async def test_a_trip_is_taken(runtime):
    async with Sagas(trips.queue, runtime):
        trip = await start(runtime)
        status = await ended(runtime, trip)
    assert status.state == "done"
    async with runtime.db.read() as tx:
        assert await state_of(tx, "seats", trip) == "sold"
        assert await state_of(tx, "charges", trip) == "taken"
        history = await trips.queue.describe(tx, trip)
    assert [(s.name, s.kind, s.state) for s in history.steps] == [
        ("reserve", "do", "done"),
        ("authorize", "do", "done"),
        ("capture", "do", "done"),
        ("confirm", "do", "done"),
    ]
    assert [(a.number, a.state) for a in history.attempts] == [(1, "completed")]
