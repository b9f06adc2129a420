"""Bakers who send and eaters who take, over a broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

import aio_pika

from quickserve.kernel.bus.port import BusUnreachable, Outcomes, Route
from quickserve.kernel.bus.rabbitmq.bus import RabbitBus
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, new_uuid
from tests.kernel.world import LoafBaked, eventually


@dataclass(frozen=True)
class LoafBurnt(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.test.loaf-burnt.v1"
    name: str


def loaf(name: str = "batard", event: type[DomainEvent] = LoafBaked) -> Message:
    return Message(
        MessageId(new_uuid()), "bakery", event.TYPE, name, datetime.now(UTC), {"name": name}
    )


Verdict = Callable[[Message], Exception | None]


def accepts(_message: Message) -> None:
    return None


@dataclass
class Eater:
    """Takes messages, remembers them with the time, and refuses what `verdict` refuses."""

    verdict: Verdict = accepts
    pause: float = 0
    taken: list[Message] = field(default_factory=list[Message])
    tried: list[tuple[float, Message]] = field(default_factory=list[tuple[float, Message]])
    batches: list[int] = field(default_factory=list[int])

    async def take(self, messages: Sequence[Message]) -> Outcomes:
        self.batches.append(len(messages))
        await asyncio.sleep(self.pause)
        outcomes: Outcomes = []
        for message in messages:
            self.tried.append((time.monotonic(), message))
            outcomes.append(self.verdict(message))
            if outcomes[-1] is None:
                self.taken.append(message)
        return outcomes

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.taken]

    async def has(self, count: int, seconds: float = 15) -> None:
        """Waits until it took so many."""
        deadline = time.monotonic() + seconds
        while len(self.taken) < count:
            assert time.monotonic() < deadline, f"{len(self.taken)} of {count} came"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def bus_at(
    url: str,
    *,
    consuming: bool = True,
    events: Sequence[type[DomainEvent]] = (LoafBaked,),
    **eaters: Eater,
) -> AsyncIterator[RabbitBus]:
    """A process: its eaters take `events`."""
    bus = RabbitBus(url)
    for name, eater in eaters.items():
        bus.subscribe(Route(name, tuple(events), eater.take))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(bus.connected())
        await eventually(lambda: connected(bus))
        if consuming:
            await stack.enter_async_context(bus.consuming())
        yield bus


async def connected(bus: RabbitBus) -> bool:
    """And its queues are made."""
    try:
        await bus.publish([])
    except BusUnreachable:
        return False
    return True


async def depth(url: str, queue: str) -> int:
    """How many messages wait in a queue."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        found = await channel.declare_queue(queue, passive=True)
        return found.declaration_result.message_count or 0


async def consumers(url: str, queue: str) -> int:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        found = await channel.declare_queue(queue, passive=True)
        return found.declaration_result.consumer_count or 0


async def send(url: str, queue: str, body: bytes, **properties: object) -> None:
    """As a stranger does, who knows nothing of events."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        message = aio_pika.Message(body, **properties)  # type: ignore[arg-type]
        await channel.default_exchange.publish(message, queue)
