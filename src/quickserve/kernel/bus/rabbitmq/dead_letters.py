"""What no attempt could deliver: looked at, sent again, thrown away."""

import hashlib
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aio_pika.exceptions import AMQPError
from aiormq.abc import AbstractChannel, DeliveredMessage

from quickserve.kernel.bus.port import BusUnreachable
from quickserve.kernel.bus.rabbitmq.intake import ATTEMPTS, FAILURE, FIRST_FAILED
from quickserve.kernel.bus.rabbitmq.link import Letter, Link, link_to
from quickserve.kernel.bus.rabbitmq.queues import DELIVERIES_MAX, dead_queue_of, queue_of

LOOK_MAX: Final = 10_000  # of one queue


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`failure` is the kind of the last one; `content` may tell about people."""

    id: str
    type: str
    failure: str
    attempts: int
    first_failed: datetime | None
    content: bytes


class DeadLetters:
    """`channel` is ours: what it has and does not acknowledge goes back when it is told so."""

    def __init__(self, link: Link, channel: AbstractChannel) -> None:
        self._link = link
        self._channel = channel

    async def of(self, service: str) -> list[DeadLetter]:
        """The oldest first, at most LOOK_MAX. They stay where they are."""
        async with self._given_out(service) as letters:
            return [_described(letter) for letter in letters]

    async def replay(self, service: str, letter_id: str | None = None) -> int:
        """Sends one, or all that are there now, to the service again. Returns how many."""
        settled = 0
        async with self._given_out(service) as letters:
            for letter in _those(letters, letter_id):
                # Twice rather than never: the consumer knows what it took.
                await self._link.send([_anew(letter, service)])
                await self._channel.basic_ack(_tag(letter))
                settled += 1
        return settled

    async def drop(self, service: str, letter_id: str) -> int:
        """Returns 0 when there is no such letter."""
        async with self._given_out(service) as letters:
            dropped = _those(letters, letter_id)
            for letter in dropped:
                await self._channel.basic_ack(_tag(letter))
        return len(dropped)

    @asynccontextmanager
    async def _given_out(self, service: str) -> AsyncGenerator[list[DeliveredMessage]]:
        """All that there are, out of the sight of others; at the end the rest is back."""
        letters: list[DeliveredMessage] = []
        try:
            while len(letters) < LOOK_MAX:
                letter = await self._channel.basic_get(dead_queue_of(service))
                if letter.delivery_tag is None:
                    break
                letters.append(letter)
            yield letters
        finally:
            await self._channel.basic_nack(0, multiple=True, requeue=True)


@asynccontextmanager
async def dead_letters(
    url: str, wanted: Mapping[str, Collection[str]]
) -> AsyncGenerator[DeadLetters]:
    """Raises BusUnreachable with what the broker or the network says."""
    try:
        async with link_to(url, wanted) as link:
            channel = await link.channel()
            yield DeadLetters(link, await channel.get_underlay_channel())
    except (AMQPError, OSError, TimeoutError) as error:
        raise BusUnreachable(str(error) or type(error).__name__) from error


def _those(letters: list[DeliveredMessage], letter_id: str | None) -> list[DeliveredMessage]:
    return [letter for letter in letters if letter_id in (None, _id(letter))]


def _tag(letter: DeliveredMessage) -> int:
    assert letter.delivery_tag is not None
    return letter.delivery_tag


def _anew(found: DeliveredMessage, service: str) -> Letter:
    given = found.header.properties
    headers = {
        name: value
        for name, value in (given.headers or {}).items()
        if not name.startswith(("x-", "quickserve-"))
    }
    return Letter(
        "", queue_of(service), found.body, given.content_type, given.message_id,
        type=given.message_type, headers=headers,
    )  # fmt: skip


def _described(found: DeliveredMessage) -> DeadLetter:
    headers: Mapping[str, Any] = found.header.properties.headers or {}
    by_broker = next(iter(_list(headers.get("x-death"))), {})
    first = headers.get(FIRST_FAILED)
    try:
        first_failed = datetime.fromisoformat(str(first)) if first else by_broker.get("time")
    except ValueError:
        first_failed = None
    failure = headers.get(FAILURE) or f"{by_broker.get('reason', 'unknown')}"
    attempts = headers.get(ATTEMPTS, DELIVERIES_MAX if by_broker else 0)
    return DeadLetter(
        id=_id(found),
        type=found.header.properties.message_type or "unknown",
        failure=str(failure),
        attempts=attempts if isinstance(attempts, int) else 0,
        first_failed=first_failed.astimezone(UTC) if first_failed else None,
        content=found.body,
    )


def _id(found: DeliveredMessage) -> str:
    """What is no event of ours need not have one."""
    return found.header.properties.message_id or hashlib.sha256(found.body).hexdigest()[:16]


def _list(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []
