"""The bus within one process: publishing is calling the consumers.

Nothing is lost by it: the outbox keeps an event until every consumer's transaction committed.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from quickserve.kernel.bus.port import Outcomes, Route
from quickserve.kernel.events import Message


class LocalBus:
    def __init__(self) -> None:
        self._routes: list[Route] = []

    def subscribe(self, route: Route) -> None:
        self._routes.append(route)

    async def publish(self, messages: Sequence[Message]) -> Outcomes:
        failures: dict[int, Exception] = {}
        for taken in await asyncio.gather(*(_offer(route, messages) for route in self._routes)):
            failures |= taken
        return [failures.get(place) for place in range(len(messages))]

    @property
    def app(self) -> None:
        return None

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        yield

    @asynccontextmanager
    async def consuming(self) -> AsyncGenerator[None]:
        yield


async def _offer(route: Route, messages: Sequence[Message]) -> dict[int, Exception]:
    """What the route refused, by place."""
    places = [place for place, message in enumerate(messages) if message.type in route.types]
    if not places:
        return {}
    outcomes = await route.take([messages[place] for place in places])
    return {place: e for place, e in zip(places, outcomes, strict=True) if e is not None}
