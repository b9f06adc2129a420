"""Stories of one saga each, on the queue of the trips."""

import asyncio

from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga import Saga
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.saga_worker import Sagas

from .trips import Trip


async def nothing(ctx, params, state):
    return {}


async def no_undo(ctx, params, state):
    return None


def a_saga(*steps, **options):
    """A saga of a name of its own, so that tests do not take each other's for theirs."""
    return Saga(f"saga_{new_uuid().hex}", Trip, steps=steps, **options)


class Story:
    """One saga, started in a transaction of its own and carried out by engines of the test's."""

    def __init__(self, runtime, saga):
        self.runtime = runtime
        self.saga = saga
        self.queue = SagaQueue("trips", [saga])
        self.id = new_uuid()

    def engine(self, **options):
        return Sagas(self.queue, self.runtime, **{"lease_seconds": 2, "workers": 1, **options})

    async def start(self):
        async with self.runtime.db.transaction() as tx:
            return await self.queue.spawn(tx, self.saga, self.id, Trip(self.id))

    async def signal(self, event):
        async with self.runtime.db.transaction() as tx:
            await self.queue.signal(tx, event)

    async def status(self):
        async with self.runtime.db.read() as tx:
            return await self.queue.status(tx, self.id)

    async def history(self):
        async with self.runtime.db.read() as tx:
            return await self.queue.describe(tx, self.id)

    async def becomes(self, *states, seconds=15):
        async with asyncio.timeout(seconds):
            while True:
                status = await self.status()
                if status and status.state in states:
                    return status
                await asyncio.sleep(0.02)

    async def ends(self):
        return await self.becomes("done", "undone")
