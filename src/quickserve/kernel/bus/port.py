"""What a message bus does, whatever carries it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from quickserve.kernel.events import DomainEvent, Message

Handler = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """A consumer's interest in one type of event."""

    consumer: str
    event: type[DomainEvent]
    handler: Handler


class Bus(Protocol):
    def subscribe(self, route: Route) -> None: ...

    async def publish(self, message: Message) -> None:
        """Returns when every consumer took the message; raises when one could not."""
        ...
