"""What no attempt could deliver: looked at, sent again, thrown away."""

import hashlib
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
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
    def __init__(self, link: Link) -> None:
        self._link = link

    async def of(self, service: str) -> list[DeadLetter]:
        """The oldest first, at most LOOK_MAX. They stay where they are."""
        async with aclosing(self._given_out(service)) as given_out:
            return [_described(found) async for _, found in given_out]

    async def replay(self, service: str, letter_id: str | None = None) -> int:
        """Sends one, or all that are there now, to the service again. Returns how many."""
        return await self._settle(service, letter_id, again=True)

    async def drop(self, service: str, letter_id: str) -> int:
        """Returns 0 when there is no such letter."""
        return await self._settle(service, letter_id, again=False)

    async def _settle(self, service: str, letter_id: str | None, *, again: bool) -> int:
        settled = 0
        async with aclosing(self._given_out(service)) as given_out:
            async for channel, found in given_out:
                if letter_id not in (None, _id(found)):
                    continue
                if again:
                    # First: rather twice than never. The consumer knows what it took.
                    await self._link.send([_anew(found, service)])
                assert found.delivery_tag is not None
                await channel.basic_ack(found.delivery_tag)
                settled += 1
                if letter_id is not None:
                    break
        return settled

    async def _given_out(
        self, service: str
    ) -> AsyncGenerator[tuple[AbstractChannel, DeliveredMessage]]:
        """Those that the caller does not acknowledge are back in their places afterwards."""
        channel = await self._link.channel()
        bare = await channel.get_underlay_channel()
        queue = dead_queue_of(service)
        try:
            there = (await bare.queue_declare(queue, passive=True)).message_count or 0
            for _ in range(min(there, LOOK_MAX)):
                found = await bare.basic_get(queue)
                if found.delivery_tag is None:
                    return
                yield bare, found
        finally:
            await self._link.close(channel)


@asynccontextmanager
async def dead_letters(
    url: str, wanted: Mapping[str, Collection[str]]
) -> AsyncGenerator[DeadLetters]:
    """Raises BusUnreachable with what the broker or the network says."""
    try:
        async with link_to(url, wanted) as link:
            yield DeadLetters(link)
    except (AMQPError, OSError, TimeoutError) as error:
        raise BusUnreachable(str(error) or type(error).__name__) from error


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
