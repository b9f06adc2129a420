"""What somebody who looks for a fault wants to know of the broker. Makes and changes nothing."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity

from quickserve.kernel.bus.port import QueueFacts
from quickserve.kernel.bus.rabbitmq.queues import dead_queue_of, queue_of

_CONNECT_SECONDS_MAX: Final = 4


async def look(url: str, services: Sequence[str]) -> list[QueueFacts]:
    """Raises what the broker or the network says."""
    connection = await aio_pika.connect(url, timeout=_CONNECT_SECONDS_MAX)
    try:
        return [await _of(connection, service) for service in services]
    finally:
        with suppress(Exception):
            await connection.close()


async def _of(connection: AbstractConnection, service: str) -> QueueFacts:
    queue = await _declared(connection, queue_of(service))
    dead = await _declared(connection, dead_queue_of(service))
    return QueueFacts(
        service,
        waiting=queue.message_count if queue else None,
        consumers=queue.consumer_count or 0 if queue else 0,
        dead=dead.message_count or 0 if dead else 0,
    )


async def _declared(connection: AbstractConnection, name: str) -> Any:
    """What the broker says about the queue. A channel ends with the question for one not there."""
    channel = connection.channel(publisher_confirms=False)
    await channel.initialize()
    try:
        return (await channel.declare_queue(name, passive=True)).declaration_result
    except ChannelNotFoundEntity:
        return None
    finally:
        await channel.close()
