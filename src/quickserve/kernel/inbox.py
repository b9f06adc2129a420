"""Events arrive: the inbox row and the effect commit together, so a repeat has no effect."""

import time
from asyncio import timeout
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from quickserve.kernel import tracing
from quickserve.kernel.bus.port import Outcomes
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.telemetry import EVENT_SECONDS, EVENTS

log = structlog.get_logger()

TAKE_SECONDS_MAX = 4.0  # one that hangs must not hold up the others
ALL_SECONDS_MAX = 8.0
FORGOTTEN_AT_ONCE = 10_000


@dataclass(frozen=True)
class Subscription:
    """`handle(tx, event)` runs in the transaction that also records the message in the inbox.

    Events may come late and in another order: `handle` compares versions, or does not care. With
    `about`, the first of those taken together that are about the same stands for all of them.
    `then(ctx, event)` runs after the commit, for notices: it is lost with the process.
    """

    event: type[DomainEvent]
    handle: Callable[[Transaction, Any], Awaitable[None]]
    about: Callable[[Any], Hashable] | None = None
    then: Callable[[Any, Any], Awaitable[None]] | None = None


class Consumer:
    """A service's subscriptions: takes messages, as many as come, in one transaction."""

    def __init__(
        self, service: str, db: Database, subscriptions: Sequence[Subscription],
        context: Callable[[], Any] = lambda: None,
    ) -> None:  # fmt: skip
        self._service = service
        self._db = db
        self._context = context
        self._subscriptions = {s.event.TYPE: s for s in subscriptions}
        assert len(self._subscriptions) == len(subscriptions), f"{service} takes an event twice"

    async def take(self, messages: Sequence[Message]) -> Outcomes:
        """All together; if that fails each by itself, so that one starves nobody."""
        until = time.monotonic() + ALL_SECONDS_MAX
        together = await self._try(messages)
        if together is None or len(messages) == 1:
            return [together] * len(messages)
        outcomes: Outcomes = []
        for message in messages:
            late = time.monotonic() >= until
            outcomes.append(TimeoutError() if late else await self._try([message]))
        return outcomes

    async def _try(self, messages: Sequence[Message]) -> Exception | None:
        try:
            async with timeout(TAKE_SECONDS_MAX):
                applied = await self._apply(messages)
        except Exception as error:  # noqa: BLE001 - whatever a consumer raises, the event stays
            return error
        now = datetime.now(UTC)
        for message in messages:
            outcome = "applied" if message.id in applied else "repeated"
            EVENTS.labels(self._service, message.type, outcome).inc()
            if message.id in applied:
                age = max(0.0, (now - message.time).total_seconds())
                EVENT_SECONDS.labels(self._service, message.type).observe(age)
                await self._then(message)
        return None

    async def _then(self, message: Message) -> None:
        subscription = self._subscriptions[message.type]
        if subscription.then is None:
            return
        try:
            await subscription.then(self._context(), subscription.event.load(message.data))
        except Exception as error:  # noqa: BLE001 - what it tells can be read, too
            log.warning("not_told", type=message.type, error=type(error).__name__)

    async def _apply(self, messages: Sequence[Message]) -> set[UUID]:
        """The ids of those that had not been taken before."""
        known = {m.id: m for m in messages if m.type in self._subscriptions}
        async with self._db.transaction() as tx:
            first = await first_times(tx, self._service, list(known.values()))
            handled: set[tuple[str, Hashable]] = set()
            for message in known.values():
                if message.id in first:
                    await self._handle(tx, message, handled)
        return first

    async def _handle(
        self, tx: Transaction, message: Message, handled: set[tuple[str, Hashable]]
    ) -> None:
        """Goes on in the trace of what caused the event."""
        subscription = self._subscriptions[message.type]
        event = subscription.event.load(message.data)
        if subscription.about:
            subject = message.type, subscription.about(event)
            if subject in handled:
                return
            handled.add(subject)
        with tracing.Span(
            f"take {message.type}", "consumer", service=self._service, parent=message.trace,
            attributes={"messaging.operation.name": "take", "quickserve.from": message.source},
        ):  # fmt: skip
            await subscription.handle(tx, event)


async def first_times(tx: Transaction, service: str, messages: Sequence[Message]) -> set[UUID]:
    """Records the messages. Returns the ids that are new: the others' effect is committed."""
    # In one order everywhere: two batches with the same messages must not wait for each other.
    ordered = sorted(messages, key=lambda message: message.id)
    taken = await tx.all(
        _Taken,
        "INSERT INTO inbox (message_id, consumer)"
        " SELECT * FROM unnest(%s::uuid[], %s::text[]) ON CONFLICT DO NOTHING"
        " RETURNING message_id",
        ([m.id for m in ordered], [f"{service}.{m.type}" for m in ordered]),
    )
    return {row.message_id for row in taken}


@dataclass(frozen=True, slots=True)
class _Taken:
    message_id: UUID


async def forget_old(db: Database) -> None:
    """Rows that no delivery can repeat any more: retries come within minutes, replays in days."""
    forgotten = FORGOTTEN_AT_ONCE
    while forgotten == FORGOTTEN_AT_ONCE:  # short locks, and at the end nothing old is left
        async with db.read() as tx:
            forgotten = await tx.execute(
                "DELETE FROM inbox WHERE (message_id, consumer) IN (SELECT message_id, consumer"
                " FROM inbox WHERE received_at < clock_timestamp() - interval '30 days' LIMIT %s)",
                (FORGOTTEN_AT_ONCE,),
            )
