"""A service's queue is emptied: some messages at once, each settled by what became of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from aio_pika.abc import AbstractChannel
from aiormq.abc import DeliveredMessage

from quickserve.kernel.bus import cloudevents
from quickserve.kernel.bus.port import NotTakenHere, Route
from quickserve.kernel.bus.rabbitmq import queues
from quickserve.kernel.bus.rabbitmq.link import Letter, Link
from quickserve.kernel.errors import Malformed, Problem
from quickserve.kernel.events import Message
from quickserve.kernel.telemetry import EVENTS

log = structlog.get_logger()

BATCH: Final = 100
PREFETCH: Final = 2 * BATCH  # one batch is taken while the next one arrives
# Back this often without an answer: perhaps it is what ended the process.
_SUSPECT_RETURNS: Final = 2
# A failure that passes (a database away) counts against no message, for so long.
_PASSING_DELAY_MS: Final = 2_000
_PASSING_MAX: Final = timedelta(days=1)
# What a copy carries; everything of the broker's own begins with x-.
ATTEMPTS: Final = "quickserve-attempts"
FAILURE: Final = "quickserve-failure"
FIRST_FAILED: Final = "quickserve-first-failed"


@dataclass(frozen=True, slots=True)
class _Failed:
    delivered: DeliveredMessage
    type: str
    error: Exception
    hopeless: bool = False


class Intake:
    """Of one route, on one link. `end` lets it finish what it has in hand."""

    def __init__(self, route: Route, link: Link) -> None:
        self._route = route
        self._link = link
        self._queue = queues.queue_of(route.service)
        self._arrived: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        self._ended = False

    async def run(self) -> None:
        """Until `end`. Raises what the broker or the network says."""
        channel = await self._link.channel()
        await self._take_the_suspects(channel)
        await channel.set_qos(prefetch_count=PREFETCH)
        bare = await channel.get_underlay_channel()
        tag = (await bare.basic_consume(self._queue, self._arrived.put)).consumer_tag
        while batch := await self._next():
            await self._take(batch)
        # What came and was not taken goes back to the queue.
        if not self._link.broken.is_set() and tag:
            await bare.basic_cancel(tag)
            await self._link.close(channel)

    def end(self) -> None:
        self._ended = True
        self._arrived.put_nowait(None)

    async def _take_the_suspects(self, channel: AbstractChannel) -> None:
        """One at a time, so that nothing else is counted with what ends the process."""
        bare = await channel.get_underlay_channel()
        while not self._ended:
            message = await bare.basic_get(self._queue)
            if message.delivery_tag is None:
                return
            await self._take([message])
            if _number(_headers(message), "x-delivery-count") < _SUSPECT_RETURNS:
                return

    async def _next(self) -> list[DeliveredMessage]:
        """What has arrived; empty at the end."""
        batch = [await self._arrived.get()]
        while len(batch) < BATCH and not self._arrived.empty():
            batch.append(self._arrived.get_nowait())
        return [] if self._ended else [message for message in batch if message]

    async def _take(self, batch: Sequence[DeliveredMessage]) -> None:
        failed: list[_Failed] = []
        wanted: list[tuple[DeliveredMessage, Message]] = []
        for delivered in batch:
            try:
                message = _read(delivered)
            except Malformed as error:
                failed.append(_Failed(delivered, "malformed", error, hopeless=True))
                continue
            if message.type in self._route.types:
                wanted.append((delivered, message))
            else:  # while a release rolls out; what no version takes becomes a dead letter
                failed.append(_Failed(delivered, message.type, NotTakenHere()))
        if wanted:
            outcomes = await self._route.take([message for _, message in wanted])
            failed += [
                _Failed(delivered, message.type, error)
                for (delivered, message), error in zip(wanted, outcomes, strict=True)
                if error is not None
            ]
        # The copy is safe before the original is settled: twice rather than never.
        await self._link.send([self._copy(one) for one in failed])
        last = batch[-1]
        assert last.delivery_tag is not None
        await last.channel.basic_ack(last.delivery_tag, multiple=True, wait=False)

    def _copy(self, failed: _Failed) -> Letter:
        headers = _headers(failed.delivered)
        now = datetime.now(UTC)
        first = _first_failure(headers) or now
        attempts = _number(headers, ATTEMPTS)
        kind = type(failed.error).__name__
        passing = _passes(failed.error) and now - first < _PASSING_MAX
        if not passing:
            attempts += 1
        dead = failed.hopeless or attempts > len(queues.DELAYS_MS)
        kept = {name: value for name, value in headers.items() if not name.startswith("x-")}
        kept |= {ATTEMPTS: attempts, FAILURE: kind, FIRST_FAILED: first.isoformat()}
        service = self._route.service
        EVENTS.labels(service, failed.type, "dead" if dead else "postponed").inc()
        log.warning(
            "event_is_a_dead_letter" if dead else "event_not_taken",
            service=service, type=failed.type, failure=kind, attempts=attempts,
            id=str(failed.delivered.header.properties.message_id),
        )  # fmt: skip
        if dead:
            return _letter(failed.delivered, "", queues.dead_queue_of(service), kept)
        delay = _PASSING_DELAY_MS if passing else queues.DELAYS_MS[attempts - 1]
        return _letter(
            failed.delivered, queues.RETRY, self._queue, {**kept, queues.DELAY_HEADER: delay}
        )


def _read(delivered: DeliveredMessage) -> Message:
    return cloudevents.from_amqp(
        _headers(delivered), delivered.header.properties.content_type, delivered.body
    )


def _letter(delivered: DeliveredMessage, exchange: str, key: str, headers: Any) -> Letter:
    given = delivered.header.properties
    return Letter(
        exchange, key, delivered.body, given.content_type, given.message_id,
        type=given.message_type, headers=headers,
    )  # fmt: skip


def _headers(delivered: DeliveredMessage) -> dict[str, Any]:
    return dict(delivered.header.properties.headers or {})


def _number(headers: dict[str, Any], name: str) -> int:
    value = headers.get(name)
    return max(0, value) if isinstance(value, int) else 0


def _first_failure(headers: dict[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(headers[FIRST_FAILED])
    except (KeyError, TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _passes(error: Exception) -> bool:
    """Whether it says something about the world and not about the message."""
    if isinstance(error, TimeoutError | NotTakenHere):
        return True
    return isinstance(error, Problem) and error.transient
