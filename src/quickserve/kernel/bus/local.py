"""The bus within one process: publishing is calling the consumers, one after the other.

Nothing is lost by it: the outbox keeps an event until every consumer's transaction committed.
"""

import asyncio
from collections import defaultdict

from quickserve.kernel.bus.port import Route
from quickserve.kernel.events import Message

CONSUMER_SECONDS_MAX = 5.0  # one that hangs must not hold up the others


class LocalBus:
    def __init__(self) -> None:
        self._routes: dict[str, list[Route]] = defaultdict(list)

    def subscribe(self, route: Route) -> None:
        self._routes[route.event.TYPE].append(route)

    async def publish(self, message: Message) -> None:
        failures: list[Exception] = []
        for route in self._routes[message.type]:
            try:
                async with asyncio.timeout(CONSUMER_SECONDS_MAX):
                    await route.handler(message)
            except Exception as error:  # noqa: BLE001 - one consumer's fault must not starve the others
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{message.type} was not taken by all", failures)
