"""A process of the benchmark of events: it sends, takes, or does both; it tells times as JSON.

Times are the system's monotonic clock, which processes of one machine share.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import aio_pika
import uvloop

from quickserve.kernel import outbox
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Bus, BusUnreachable, Outcomes, Route
from quickserve.kernel.bus.rabbitmq.bus import RabbitBus
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.inbox import Consumer, Subscription
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.outbox import Relay

_WRITERS = 4
_RAW = "bench.raw"
_RAW_BATCH = 100


@dataclass(frozen=True)
class SeatsSold(DomainEvent):
    """As large as a usual event of ours."""

    TYPE: ClassVar[str] = "quickserve.bench.seats-sold.v1"
    booking_id: UUID
    at: float
    run: str
    title: str = "Concert de gala de l’orchestre des jeunes du conservatoire"
    seats: tuple[str, ...] = ("A-12", "A-13", "A-14")
    total_minor: int = 7350
    currency: str = "EUR"


@dataclass(frozen=True)
class Task:
    """`rate` 0: as fast as it goes, `together` events a commit."""

    role: str
    run: str  # what an earlier one left behind is not counted
    sender_url: str
    taker_url: str
    broker_url: str
    count: int
    rate: float
    together: int


class Taker:
    """Applies each event with a row, and notes when it was committed."""

    def __init__(self, task: Task, db: Database, bus: Bus) -> None:
        self._task = task
        self._latencies_ms: list[float] = []
        self._finished = asyncio.Event()
        consumer = Consumer("bench", db, [Subscription(SeatsSold, self._apply)])
        self._inner = consumer.take
        bus.subscribe(Route("bench", (SeatsSold,), self.take))

    async def _apply(self, tx: Transaction, event: SeatsSold) -> None:
        await tx.execute("INSERT INTO applied VALUES (%s, clock_timestamp())", (event.booking_id,))

    async def take(self, messages: Sequence[Message]) -> Outcomes:
        outcomes = await self._inner(messages)
        assert not any(outcomes), outcomes
        now = time.monotonic()
        self._latencies_ms += [
            (now - message.data["at"]) * 1000
            for message in messages
            if message.data["run"] == self._task.run
        ]
        if len(self._latencies_ms) >= self._task.count:
            self._finished.set()
        return outcomes

    async def finished(self) -> dict[str, Any]:
        await self._finished.wait()
        ordered = sorted(self._latencies_ms)
        return {"finished": time.monotonic(), "p99_ms": ordered[int(len(ordered) * 0.99)]}


async def write(task: Task, db: Database) -> None:
    """Commits the events, each dated when its commit begins."""
    began = time.monotonic()
    numbers = iter(range(0, task.count, task.together))

    async def writer() -> None:
        for number in numbers:
            if task.rate:
                await asyncio.sleep(max(0, began + number / task.rate - time.monotonic()))
            async with db.transaction() as tx:
                at = time.monotonic()
                events = (SeatsSold(new_uuid(), at, task.run) for _ in range(task.together))
                await outbox.append(tx, *events)

    await asyncio.gather(*(writer() for _ in range(_WRITERS)))


@asynccontextmanager
async def opened(url: str) -> AsyncGenerator[Database]:
    db = Database(url)
    await db.open()
    try:
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def relaying(db: Database, bus: Bus) -> AsyncGenerator[None]:
    running = asyncio.create_task(Relay("bench", db, bus).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


async def send(task: Task) -> dict[str, Any]:
    bus = RabbitBus(task.broker_url, {"bench": [SeatsSold.TYPE]})
    async with opened(task.sender_url) as db, bus.connected(), relaying(db, bus):
        await started()
        began = time.monotonic()
        await write(task, db)
        await started()  # the other one has taken all
    return {"began": began}


async def take(task: Task) -> dict[str, Any]:
    bus = RabbitBus(task.broker_url)
    async with opened(task.taker_url) as db:
        taker = Taker(task, db, bus)
        async with bus.connected(), bus.consuming():
            await _connected(bus)
            await started()
            return await taker.finished()


async def _connected(bus: RabbitBus) -> None:
    while True:
        try:
            await bus.publish([])
        except BusUnreachable:
            continue
        return


async def both(task: Task) -> dict[str, Any]:
    """One process, as `quickserve up`."""
    bus = LocalBus()
    async with opened(task.sender_url) as sender, opened(task.taker_url) as receiver:
        taker = Taker(task, receiver, bus)
        async with relaying(sender, bus):
            await started()
            began = time.monotonic()
            await write(task, sender)
            return {"began": began, **await taker.finished()}


# -- Without QuickServe: the same bytes, confirmed in batches, acknowledged in batches -------------


async def raw_send(task: Task) -> dict[str, Any]:
    body = SeatsSold(new_uuid(), 0, task.run).dump()
    async with await aio_pika.connect(task.broker_url) as connection:
        channel = await connection.channel()
        await _raw_queue(channel)
        await started()
        began = time.monotonic()
        for _ in range(0, task.count, _RAW_BATCH):
            letters = [
                aio_pika.Message(body, delivery_mode=2, message_id=str(new_uuid()))
                for _ in range(_RAW_BATCH)
            ]
            await asyncio.gather(
                *(channel.default_exchange.publish(letter, _RAW) for letter in letters)
            )
        await started()
    return {"began": began}


async def raw_take(task: Task) -> dict[str, Any]:
    finished = asyncio.Event()
    seen = 0

    async def note(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal seen
        seen += 1
        if seen % _RAW_BATCH == 0:
            await message.ack(multiple=True)
        if seen == task.count:
            finished.set()

    async with await aio_pika.connect(task.broker_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=2 * _RAW_BATCH)
        queue = await _raw_queue(channel)
        await queue.consume(note)
        await started()
        await finished.wait()
        return {"finished": time.monotonic()}


async def _raw_queue(channel: aio_pika.abc.AbstractChannel) -> aio_pika.abc.AbstractQueue:
    return await channel.declare_queue(_RAW, durable=True, arguments={"x-queue-type": "quorum"})


async def started() -> None:
    """Says that it is ready, and waits for the word."""
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


ROLES = {"send": send, "take": take, "both": both, "raw-send": raw_send, "raw-take": raw_take}


if __name__ == "__main__":
    configure_logging("warning", "json")
    given = Task(**json.loads(sys.argv[1]))
    print(json.dumps(uvloop.run(ROLES[given.role](given))), flush=True)
