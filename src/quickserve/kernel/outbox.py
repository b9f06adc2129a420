"""Events leave a service: written with the change, delivered afterwards, at least once."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from quickserve.kernel import tracing
from quickserve.kernel.bus.port import Bus, Outcomes
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, new_uuid
from quickserve.kernel.logs import told
from quickserve.kernel.telemetry import EVENTS

log = structlog.get_logger()

BATCH = 100
POLL_SECONDS = 1.0  # finds what another process wrote; our own commits wake the relay at once
GATHER_SECONDS = 0.01  # after a wake: in a rush one batch serves many commits
# A relay that dies leaves its claims to the others after this.
CLAIM_SECONDS = 10


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    type: str
    subject: str
    data: Any
    occurred_at: datetime
    trace: str


async def append(
    tx: Transaction, *events: DomainEvent, traces: Sequence[str] | None = None
) -> None:
    """Writes the events into the service's outbox, in the change's own transaction.

    `traces` are their causes, one each, where the caller works for several at once.
    """
    causes = traces or [tracing.traceparent()] * len(events)
    # One JSON text: arrays of JSON texts would have every quotation mark escaped twice.
    rows = ",".join(
        f'{{"id":"{new_uuid()}","type":"{event.TYPE}","subject":{json.dumps(event.subject)},'
        f'"data":{event.dump().decode()},"trace":{json.dumps(trace)}}}'
        for event, trace in zip(events, causes, strict=True)
    )
    await tx.execute(
        "INSERT INTO outbox (id, type, subject, data, trace)"
        " SELECT * FROM jsonb_to_recordset(%s::jsonb)"
        " AS event(id uuid, type text, subject text, data jsonb, trace text)",
        (f"[{rows}]",),
    )
    tx.after_commit.append(lambda: _wake_relays(tx.url))


class Relay:
    """Carries one service's outbox to the bus, oldest first, retrying with a growing delay.

    A postponed event does not hold up those behind it: consumers do not rely on the order of
    events of which one failed.
    """

    def __init__(self, service: str, db: Database, bus: Bus) -> None:
        self._service = service
        self._db = db
        self._bus = bus
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled, whatever happens to the database and the bus."""
        _relays.add(self)
        try:
            while True:
                self._wake.clear()
                try:
                    taken = await self.deliver()
                except Exception as error:  # noqa: BLE001 - the next round may succeed
                    log.warning("relay_interrupted", service=self._service, error=told(error))
                    await asyncio.sleep(POLL_SECONDS)
                    taken = 0
                if not taken:
                    await self._rest()
        finally:
            _relays.discard(self)

    async def deliver(self) -> int:
        """One batch. Returns how many events are safe with the bus."""
        rows = await self.claim()
        if not rows:
            return 0
        outcomes: Outcomes = []
        try:
            outcomes = await self._bus.publish([self._message(row) for row in rows])
        finally:
            delivered = [
                row.id for row, failure in zip(rows, outcomes, strict=False) if not failure
            ]
            await self._settle(delivered, [row.id for row in rows[len(outcomes) :]])
        for row, failure in zip(rows, outcomes, strict=True):
            if failure:
                await self._postpone(row, failure)
        return len(delivered)

    async def claim(self) -> list[_Row]:
        """The oldest due events, for CLAIM_SECONDS out of the sight of other relays."""
        async with self._db.read() as tx:
            return await tx.all(
                _Row,
                "WITH claimed AS ("
                " UPDATE outbox"
                " SET next_attempt_at = clock_timestamp() + %s * interval '1 second'"
                " WHERE id IN ("
                "  SELECT id FROM outbox"
                "  WHERE next_attempt_at <= clock_timestamp()"
                "  ORDER BY position LIMIT %s FOR UPDATE SKIP LOCKED)"
                " RETURNING id, type, subject, data, occurred_at, trace, position)"
                " SELECT id, type, subject, data, occurred_at, trace FROM claimed"
                " ORDER BY position",
                (CLAIM_SECONDS, BATCH),
            )

    def _message(self, row: _Row) -> Message:
        return Message(
            id=MessageId(row.id), source=self._service, type=row.type,
            subject=row.subject, time=row.occurred_at, data=row.data, trace=row.trace,
        )  # fmt: skip

    async def _settle(self, delivered: Sequence[UUID], untried: Sequence[UUID]) -> None:
        if delivered:
            async with self._db.read() as tx:
                await tx.execute("DELETE FROM outbox WHERE id = ANY(%s)", (delivered,))
        if untried:
            async with self._db.read() as tx:
                await tx.execute(
                    "UPDATE outbox SET next_attempt_at = clock_timestamp() WHERE id = ANY(%s)",
                    (untried,),
                )

    async def _postpone(self, row: _Row, error: Exception) -> None:
        """An event is never given up: whoever repairs the consumer gets it within a minute."""
        EVENTS.labels(self._service, row.type, "postponed").inc()
        log.warning("event_not_delivered", service=self._service, type=row.type, error=told(error))
        async with self._db.read() as tx:
            await tx.execute(
                "UPDATE outbox SET attempts = attempts + 1, failure = %(failure)s,"
                " next_attempt_at = clock_timestamp()"
                "   + least(60, 0.2 * power(2, least(attempts, 20))) * interval '1 second'"
                " WHERE id = %(id)s",
                {"id": row.id, "failure": type(error).__name__},
            )

    def wake(self, url: str) -> None:
        if url in ("", self._db.url):
            self._wake.set()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_SECONDS)


_relays: set[Relay] = set()


def _wake_relays(url: str) -> None:
    for relay in _relays:
        relay.wake(url)
