"""Parts fail under a steady stream of buyers; afterwards nothing is lost and nothing doubled.

Each story prints what buyers noticed.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest

from quickserve.contracts.catalog import DateDraft, EventDraft, VenueDraft
from quickserve.kernel.bus.rabbitmq.queues import EXCHANGE
from tests.faults.aftermath import CAPACITY, RECOVERY_SECONDS_MAX, nothing_is_lost_or_doubled
from tests.faults.buyers import buying
from tests.faults.system import SERVICES, System, system
from tests.journeys.shows import Show, until
from tests.shape import APART

pytestmark = pytest.mark.skipif(
    not APART, reason="faults strike the split shape: QUICKSERVE_TEST_SHAPE=apart"
)

PER_SECOND = 6.0


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[System]:
    async with system() as one:
        await one.note_events()
        yield one


@pytest.fixture
async def show(running: System) -> Show:
    return await running.house.put_on("Orage", capacity=CAPACITY)


async def test_every_service_is_killed_in_turn(running: System, show: Show):
    async with buying(running.product.address, show, PER_SECOND) as stream:
        await asyncio.sleep(2)
        for service in SERVICES:
            await running.kill(service)
            await asyncio.sleep(2)
        back = stream.now
        await asyncio.sleep(3)
    await nothing_is_lost_or_doubled(running, show, stream, "kill -9 of each service", back)


async def test_the_broker_is_away_for_a_minute(running: System, show: Show):
    """Events wait in the outboxes; buyers hardly notice, for sagas do not hang on events."""
    async with buying(running.product.address, show, PER_SECOND) as stream:
        await asyncio.sleep(2)
        await asyncio.to_thread(running.rabbit.stop)
        changed = await rename(running, show, "Orage au loin")
        await asyncio.sleep(60)
        assert not await knows(running, show, changed)
        await asyncio.to_thread(running.rabbit.start)
        back = stream.now
        await until(lambda: knows(running, show, changed), 20)
        caught_up = stream.now - back
        await asyncio.sleep(2)
    print(f"events delivered {caught_up:.1f} s after the broker was back")
    assert caught_up <= RECOVERY_SECONDS_MAX
    await nothing_is_lost_or_doubled(running, show, stream, "broker away for 60 s", back)


async def test_redis_is_away(running: System, show: Show):
    async with buying(running.product.address, show, PER_SECOND) as stream:
        await asyncio.sleep(2)
        await asyncio.to_thread(running.redis.stop)
        await asyncio.sleep(5)
        await asyncio.to_thread(running.redis.start)
        back = stream.now
        await asyncio.sleep(3)
    assert not stream.failed, "without Redis it is slower, not wrong"
    await nothing_is_lost_or_doubled(running, show, stream, "Redis away for 5 s", back)


async def test_the_database_is_restarted(running: System, show: Show):
    async with buying(running.product.address, show, PER_SECOND) as stream:
        await asyncio.sleep(2)
        await asyncio.to_thread(running.postgres.stop)
        running.postgres.start()  # by the thread that stays: the server ends with it
        back = stream.now
        await asyncio.sleep(10)
    await nothing_is_lost_or_doubled(running, show, stream, "database restarted", back)


async def test_a_service_is_frozen_for_half_a_minute(running: System, show: Show):
    async with buying(running.product.address, show, PER_SECOND) as stream:
        await asyncio.sleep(2)
        await running.freeze("booking", 30)
        back = stream.now
        await asyncio.sleep(8)
    await nothing_is_lost_or_doubled(running, show, stream, "booking frozen for 30 s", back)


async def test_a_rolling_restart_is_not_noticed(running: System, show: Show):
    """SIGHUP: each service's successor is ready before it stops."""
    before = {service: running.pid(service) for service in SERVICES}

    async def all_replaced() -> bool:
        return not any(running.alive(pid) for pid in before.values())

    async with buying(running.product.address, show, PER_SECOND) as stream:
        await asyncio.sleep(2)
        running.product.process.send_signal(signal.SIGHUP)
        await until(all_replaced, 120)
        back = stream.now
        await asyncio.sleep(2)
    await nothing_is_lost_or_doubled(running, show, stream, "rolling restart", back)
    assert not stream.failed


async def test_a_lease_runs_out_while_its_worker_still_works(running: System, show: Show):
    """Frozen for longer than a lease: another takes its sagas; then it wakes up and goes on."""
    with running.another("checkout"):
        async with buying(running.product.address, show, PER_SECOND) as stream:
            await asyncio.sleep(2)
            for _ in range(2):
                await running.freeze("checkout", 5)
                await asyncio.sleep(1)
            back = stream.now
            await asyncio.sleep(3)
    await nothing_is_lost_or_doubled(running, show, stream, "lease lost twice", back)


async def test_deliveries_are_doubled_and_out_of_order(running: System, show: Show):
    async with echoes(running.broker_url) as copies:
        async with buying(running.product.address, show, PER_SECOND) as stream:
            for number in range(30):
                last = await rename(running, show, f"Orage {number}")
                await asyncio.sleep(0.2)
            await until(lambda: knows(running, show, last), 20)
            await asyncio.sleep(2)
        assert len(copies) > 60
    assert await offered(running, show) == (last, "Orage 29"), "no older version came to stay"
    await nothing_is_lost_or_doubled(running, show, stream, "deliveries tripled and shuffled", None)


# -- Events ---------------------------------------------------------------------------------------


async def rename(running: System, show: Show, title: str) -> int:
    """Returns the event's new version."""
    event = await running.house.catalog.event(show.event_id)
    dates = [
        DateDraft(
            id=date.id, starts_at=date.starts_at, ends_at=date.ends_at, zone=date.zone,
            venue=date.venue and VenueDraft(name=date.venue.name, city=date.venue.city),
        )
        for date in event.dates
    ]  # fmt: skip
    draft = EventDraft(organiser_id=show.organiser_id, title=title, language="fr", dates=dates)
    await running.house.catalog.put_event(show.event_id, draft)
    rows = await running.ask(
        "catalog", "SELECT version FROM catalog.events WHERE id = %s", show.event_id
    )
    return rows[0][0]


async def offered(running: System, show: Show) -> tuple[int, str]:
    """Version and title of the event as booking has heard of them."""
    rows = await running.ask(
        "booking", "SELECT version, title FROM booking.offered_events WHERE id = %s", show.event_id
    )
    return rows[0]


async def knows(running: System, show: Show, version: int) -> bool:
    return (await offered(running, show))[0] >= version


@asynccontextmanager
async def echoes(broker_url: str) -> AsyncIterator[list[str]]:
    """Everything that is published comes twice more, late and in another order."""
    copies: list[str] = []
    chance = random.Random(7)
    later: set[asyncio.Task[None]] = set()
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EXCHANGE)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")

        async def repeat(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await asyncio.sleep(chance.uniform(0.01, 1.5))
            copy = aio_pika.Message(
                message.body, headers={**message.headers, "x-copy": True},
                content_type=message.content_type, message_id=message.message_id,
                type=message.type,
            )  # fmt: skip
            await exchange.publish(copy, message.routing_key or "")
            copies.append(message.routing_key or "")

        async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await message.ack()
            if "x-copy" not in message.headers:
                later.update(asyncio.create_task(repeat(message)) for _ in range(2))

        await queue.consume(hear)
        yield copies
        await asyncio.gather(*later)
