"""How many visitors wait for places of a date, in this process: told to booking once a second.

Calls to booking are bounded, so most of a rush of browsers waits here, where booking cannot see it.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final
from uuid import UUID

from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import Demand, WaitingRoomClient
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Context, Job, Runtime

_WORTH_TELLING: Final = 10
_EVERY_SECONDS: Final = 1.0


class Crowd:
    """`id` tells this process from others."""

    def __init__(self) -> None:
        self.id: UUID = new_uuid()
        self._waiting = Counter[DateId]()
        self._most: dict[DateId, int] = {}

    @contextmanager
    def waits_for(self, date_id: DateId) -> Generator[None]:
        self._waiting[date_id] += 1
        self._most[date_id] = max(self._most.get(date_id, 0), self._waiting[date_id])
        try:
            yield
        finally:
            self._waiting[date_id] -= 1
            if not self._waiting[date_id]:
                del self._waiting[date_id]

    def take_most(self) -> dict[DateId, int]:
        """The most who waited at once, since this was asked last."""
        most, self._most = self._most, dict(self._waiting)
        return most


@asynccontextmanager
async def open_crowd(_runtime: Runtime) -> AsyncGenerator[Crowd]:
    yield Crowd()


def crowd_of(runtime: Runtime) -> Crowd:
    assert isinstance(runtime.resources, Crowd)
    return runtime.resources


async def _tell(ctx: Context) -> None:
    """By the way of calls that wait for news: it must not queue behind the rush it tells of."""
    crowd = crowd_of(ctx.runtime)
    rooms = WaitingRoomClient(ctx.client("booking"))
    for date_id, most in crowd.take_most().items():
        if most >= _WORTH_TELLING:
            with suppress(Problem):  # it is told again in a second
                await rooms.tell_demand(date_id, crowd.id, Demand(waiting=most))


TELL = Job("tell demand", _tell, every_seconds=_EVERY_SECONDS)
