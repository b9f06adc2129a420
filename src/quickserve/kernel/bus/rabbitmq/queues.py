"""Exchanges and queues. Whoever comes first makes them; everybody declares the same ones.

A queue of each service takes what it wants from one topic exchange. A message that failed waits in
one of the delay queues, which all services share, and then goes back to its service's queue, whose
name is its routing key there. What nobody could take ends in the service's queue of dead letters.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel

EXCHANGE: Final = "quickserve"
RETRY: Final = "quickserve.retry"
DELAY_HEADER: Final = "quickserve-delay"
DELAYS_MS: Final = (500, 2_000, 10_000, 60_000, 300_000)
# A message is given out this often without an answer: then it is what ends the process.
DELIVERIES_MAX: Final = 10
_DECLARE_SECONDS_MAX: Final = 20

_QUORUM: Final[dict[str, Any]] = {"x-queue-type": "quorum"}
# Between queues as between us and the broker: kept here until it is safe there.
_SAFE_DEATH: Final[dict[str, Any]] = {
    "x-dead-letter-exchange": "",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


def queue_of(service: str) -> str:
    return f"quickserve.{service}"


def dead_queue_of(service: str) -> str:
    return f"quickserve.{service}.dead"


async def declare(channel: AbstractChannel, wanted: Mapping[str, Collection[str]]) -> None:
    """`wanted`: the types of events that each service takes."""
    events = await channel.declare_exchange(
        EXCHANGE, ExchangeType.TOPIC, durable=True, timeout=_DECLARE_SECONDS_MAX
    )
    retry = await channel.declare_exchange(RETRY, ExchangeType.HEADERS, durable=True)
    for delay_ms in DELAYS_MS:
        queue = await channel.declare_queue(
            f"{RETRY}.{delay_ms}",
            durable=True,
            timeout=_DECLARE_SECONDS_MAX,
            arguments={**_QUORUM, **_SAFE_DEATH, "x-message-ttl": delay_ms},
        )
        await queue.bind(retry, arguments={"x-match": "all", DELAY_HEADER: delay_ms})
    for service, types in wanted.items():
        await _declare_service(channel, service)
        queue = await channel.get_queue(queue_of(service), ensure=False)
        for name in sorted(types):
            await queue.bind(events, name)


async def _declare_service(channel: AbstractChannel, service: str) -> None:
    # Looking at dead letters gives them back, again and again; newer brokers count by themselves.
    await channel.declare_queue(
        dead_queue_of(service),
        durable=True,
        timeout=_DECLARE_SECONDS_MAX,
        arguments={**_QUORUM, "x-delivery-limit": 1_000_000},
    )
    await channel.declare_queue(
        queue_of(service),
        durable=True,
        timeout=_DECLARE_SECONDS_MAX,
        arguments={
            **_QUORUM,
            **_SAFE_DEATH,
            "x-dead-letter-routing-key": dead_queue_of(service),
            "x-delivery-limit": DELIVERIES_MAX,
        },
    )
