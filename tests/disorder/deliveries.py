"""A history of events as a bus may deliver it: shuffled, doubled, in batches, in parallel."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quickserve.app import Platform, load
from quickserve.kernel.db import Database, open_connection
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, new_uuid
from quickserve.kernel.inbox import Consumer
from quickserve.kernel.testing import test_settings

_TAKERS = 2  # as two processes that share a queue
_TRIES_MAX = 20


@dataclass(frozen=True)
class Service:
    """A service's consumer with its database, and nothing else of it."""

    name: str
    consumer: Consumer
    admin_url: str

    async def rows(self, question: str, *params: Any) -> list[tuple[Any, ...]]:
        async with await open_connection(self.admin_url) as connection:
            await connection.execute(f"SET search_path = {self.name}, public".encode())
            cursor = await connection.execute(question.encode(), params)
            return await cursor.fetchall()

    async def take_all(self, batches: Sequence[Sequence[Message]]) -> None:
        """Several takers at once; what fails comes again, as from a broker."""
        waiting = list(batches)

        async def taker() -> None:
            while waiting:
                await self._take(waiting.pop())

        await asyncio.gather(*(taker() for _ in range(_TAKERS)))

    async def _take(self, batch: Sequence[Message]) -> None:
        for _ in range(_TRIES_MAX):
            outcomes = await self.consumer.take(batch)
            batch = [m for m, failure in zip(batch, outcomes, strict=True) if failure]
            if not batch:
                return
        raise AssertionError(f"refused for ever: {outcomes}")


@asynccontextmanager
async def consumer_of(name: str, database_url: str) -> AsyncIterator[Service]:
    platform = Platform(test_settings(database_url), [load(name)])
    await platform.migrate()
    db = Database(platform._database_url(load(name)), constraints=load(name).constraints)
    await db.open()
    try:
        yield Service(name, Consumer(name, db, load(name).subscriptions), database_url)
    finally:
        await db.close()


def disordered(events: Sequence[DomainEvent], chance: random.Random) -> list[list[Message]]:
    """Each at least once, some again as the same message, some as another with the same content."""
    messages = [_message(event) for event in events]
    again = chance.sample(messages, len(messages) // 2)
    replayed = [_message(event) for event in chance.sample(events, len(events) // 3)]
    everything = messages + again + replayed
    chance.shuffle(everything)
    batches: list[list[Message]] = []
    while everything:
        size = chance.randint(1, 7)
        batches.append(everything[:size])
        everything = everything[size:]
    return batches


def _message(event: DomainEvent) -> Message:
    return Message(
        MessageId(new_uuid()), "elsewhere", event.TYPE, event.subject, datetime.now(UTC),
        json.loads(event.dump()),
    )  # fmt: skip
