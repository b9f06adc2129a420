"""What a message bus does, whatever carries it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.types import ASGIApp

from quickserve.kernel.events import DomainEvent, Message

# What became of each message, in their order: None when its effect is committed, else why not.
Outcomes = list[Exception | None]
Take = Callable[[Sequence[Message]], Awaitable[Outcomes]]

OURS: Final = "quickserve."  # how the types of all our events begin, in every version


class BusFault(Exception):  # noqa: N818 - says what is the case
    """Its text says why, for the log: it quotes no message and no secret."""


class BusUnreachable(BusFault):
    """The bus does not answer; nothing is known against the messages."""


class NotTakenHere(BusFault):
    """It was meant for the service: while a release rolls out, another version takes it."""

    def __init__(self) -> None:
        super().__init__("another version of the service may")


@dataclass(frozen=True, slots=True)
class Route:
    """The events a service takes. `take` is given some at once and does not raise."""

    service: str
    events: tuple[type[DomainEvent], ...]
    take: Take

    def misses(self, kind: str) -> bool:
        """Whether an event of this type is one of ours that another version may take."""
        return kind.startswith(OURS) and kind not in self.types

    @property
    def types(self) -> frozenset[str]:
        return frozenset(event.TYPE for event in self.events)


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """Of a service's queue with a broker; `waiting` is None where nobody has made it."""

    service: str
    waiting: int | None
    consumers: int
    dead: int


class Bus(Protocol):
    def subscribe(self, route: Route) -> None:
        """Before `consuming`."""
        ...

    async def publish(self, messages: Sequence[Message]) -> Outcomes:
        """Returns when each is safe: kept by the broker, or taken by every consumer.

        Raises BusUnreachable when the bus is away: then each may have been sent, or not.
        """
        ...

    @property
    def app(self) -> ASGIApp | None:
        """Takes what the bus pushes to `/bus/…` of the process. It knows its callers itself."""
        ...

    def connected(self) -> AbstractAsyncContextManager[None]:
        """Around everything that publishes or takes. Does not wait for the other side."""
        ...

    def consuming(self) -> AbstractAsyncContextManager[None]:
        """Messages are taken inside; at the end those in hand are finished."""
        ...
