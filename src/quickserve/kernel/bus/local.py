"""The bus within one process: publishing is calling the consumers, one after the other.

Nothing is lost by it: the outbox keeps an event until every consumer's transaction committed.
"""

from collections import defaultdict

from quickserve.kernel.bus.port import Route
from quickserve.kernel.events import Message


class LocalBus:
    def __init__(self) -> None:
        self._routes: dict[str, list[Route]] = defaultdict(list)

    def subscribe(self, route: Route) -> None:
        self._routes[route.event.TYPE].append(route)

    async def publish(self, message: Message) -> None:
        failures: list[Exception] = []
        for route in self._routes[message.type]:
            try:
                await route.handler(message)
            except Exception as error:  # noqa: BLE001 - one consumer's fault must not starve the others
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{message.type} was not taken by all", failures)
