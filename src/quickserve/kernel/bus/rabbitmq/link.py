"""One connection to the broker, from when it is made until it breaks; then a new one is made."""

import asyncio
import logging
from asyncio import timeout
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, DeliveryMode
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq import Channel as BareChannel
from pamqp.commands import Basic

from quickserve.kernel.bus.port import BusUnreachable
from quickserve.kernel.bus.rabbitmq import queues

# The library writes a line of its own about each attempt; we tell what matters.
logging.getLogger("aiormq").setLevel(logging.CRITICAL)
logging.getLogger("aio_pika").setLevel(logging.CRITICAL)

_CONNECT_SECONDS_MAX: Final = 5
_HEARTBEAT_SECONDS: Final = 5  # three missed ones and the broker counts as away
_CONFIRM_SECONDS_MAX: Final = 5  # the outbox holds its claims for ten


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: to whom, and how it is written."""

    exchange: str
    key: str
    body: bytes
    content_type: str | None
    id: str | None
    type: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # That there is no queue for it: an error, or nobody's loss.
    must_arrive: bool = True


class Link:
    def __init__(
        self, connection: AbstractConnection, sending: AbstractChannel, bare: BareChannel
    ) -> None:
        self._connection = connection
        self._sending = bare
        self.broken = asyncio.Event()
        connection.close_callbacks.add(self._break)
        sending.close_callbacks.add(self._break)

    async def send(self, letters: Sequence[Letter]) -> None:
        """Returns when the broker has taken all of them, in their order, onto its disk.

        Raises BusUnreachable when it did not say so of each, and does not tell which.
        """
        try:
            async with timeout(_CONFIRM_SECONDS_MAX):
                # Not raised one by one: what a breaking connection raises looks like our being
                # cancelled.
                answers = await asyncio.gather(
                    *(self._send(letter) for letter in letters), return_exceptions=True
                )
        except TimeoutError as error:
            self.broken.set()
            raise BusUnreachable("The broker does not confirm.") from error
        for answer in answers:
            if isinstance(answer, BaseException):
                # Refused is not broken; but what finds no queue needs all declared anew.
                if isinstance(answer, PublishError) or not isinstance(answer, DeliveryError):
                    self.broken.set()
                raise BusUnreachable("The broker did not take a message.") from answer

    async def _send(self, letter: Letter) -> None:
        await self._sending.basic_publish(
            letter.body,
            exchange=letter.exchange,
            routing_key=letter.key,
            properties=Basic.Properties(
                content_type=letter.content_type,
                headers=dict(letter.headers) or None,
                delivery_mode=DeliveryMode.PERSISTENT,
                message_id=letter.id,
                message_type=letter.type,
            ),
            mandatory=letter.must_arrive,
            wait=False,  # until it is written: the confirmation is what counts
        )

    async def channel(self) -> AbstractChannel:
        channel = self._connection.channel()
        await channel.initialize(timeout=_CONNECT_SECONDS_MAX)
        channel.close_callbacks.add(self._break)
        # The broker ends a consumer when its queue is deleted, and says so once.
        bare = await channel.get_underlay_channel()
        bare.on_consumer_cancel_callbacks.add(self._break)
        return channel

    async def close(self, channel: AbstractChannel) -> None:
        """One of `channel`: the link stays."""
        channel.close_callbacks.discard(self._break)
        await channel.close()

    def _break(self, *_: object) -> None:
        self.broken.set()


@asynccontextmanager
async def link_to(url: str, wanted: Mapping[str, Collection[str]]) -> AsyncGenerator[Link]:
    """Connects and declares. Raises what the broker or the network says."""
    async with timeout(_CONNECT_SECONDS_MAX):
        connection = await aio_pika.connect(url, heartbeat=_HEARTBEAT_SECONDS)
    try:
        sending = connection.channel(publisher_confirms=True, on_return_raises=True)
        await sending.initialize(timeout=_CONNECT_SECONDS_MAX)
        bare = await sending.get_underlay_channel()
        assert isinstance(bare, BareChannel)
        link = Link(connection, sending, bare)
        await queues.declare(sending, wanted)
        yield link
    finally:
        # A broker that is away does not say goodbye.
        with suppress(Exception):
            async with timeout(1):
                await connection.close()
