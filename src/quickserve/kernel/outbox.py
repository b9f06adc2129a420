"""Events leave a service: written with the change, delivered afterwards, at least once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from quickserve.kernel.bus.port import Bus
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, new_uuid

log = structlog.get_logger()

BATCH = 100
ATTEMPTS_MAX = 12
POLL_SECONDS = 1.0  # finds what another process wrote; our own commits wake the relay at once


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    type: str
    subject: str
    data: Any
    occurred_at: datetime


async def append(tx: Transaction, *events: DomainEvent) -> None:
    """Writes the events into the service's outbox, in the change's own transaction."""
    for event in events:
        await tx.execute(
            "INSERT INTO outbox (id, type, subject, data) VALUES (%s, %s, %s, %s)",
            (new_uuid(), event.TYPE, event.subject, event.dump().decode()),
        )
    tx.after_commit.append(_wake_relays)


class Relay:
    """Carries one service's outbox to the bus, oldest first, retrying with a growing delay."""

    def __init__(self, service: str, db: Database, bus: Bus) -> None:
        self._service = service
        self._db = db
        self._bus = bus
        self._wake = asyncio.Event()
        _relays.add(self)

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    delivered = await self.deliver()
                except Unavailable:
                    delivered = 0
                if not delivered:
                    await _wait(self._wake, POLL_SECONDS)
        finally:
            _relays.discard(self)

    async def deliver(self) -> int:
        """One batch. Returns how many events were taken by all their consumers."""
        async with self._db.read() as tx:
            rows = await tx.all(
                _Row,
                "SELECT id, type, subject, data, occurred_at FROM outbox"
                " WHERE failed_at IS NULL AND next_attempt_at <= clock_timestamp()"
                " ORDER BY position LIMIT %s",
                (BATCH,),
            )
        delivered = 0
        for row in rows:
            message = Message(
                id=MessageId(row.id), source=self._service, type=row.type,
                subject=row.subject, time=row.occurred_at, data=row.data,
            )  # fmt: skip
            try:
                await self._bus.publish(message)
            except Exception as error:  # noqa: BLE001 - whatever a consumer raises, the event stays
                await self._postpone(row, error)
            else:
                async with self._db.read() as tx:
                    await tx.execute("DELETE FROM outbox WHERE id = %s", (row.id,))
                delivered += 1
        return delivered

    async def _postpone(self, row: _Row, error: Exception) -> None:
        log.warning(
            "event_not_delivered", service=self._service, type=row.type, error=repr(error)[:300]
        )
        async with self._db.read() as tx:
            await tx.execute(
                "UPDATE outbox SET attempts = attempts + 1, failure = %(failure)s,"
                " next_attempt_at = clock_timestamp()"
                "   + least(60, 0.2 * power(2, attempts)) * interval '1 second',"
                " failed_at = CASE WHEN attempts + 1 >= %(max)s THEN clock_timestamp() END"
                " WHERE id = %(id)s",
                {"id": row.id, "max": ATTEMPTS_MAX, "failure": repr(error)[:500]},
            )


_relays: set[Relay] = set()


def _wake_relays() -> None:
    for relay in _relays:
        relay.wake()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
