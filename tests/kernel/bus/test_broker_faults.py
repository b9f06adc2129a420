"""The broker dies, freezes, drops everybody; consumers die. Nothing is lost, nothing done twice."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aio_pika
import pytest

from quickserve.kernel import outbox
from quickserve.kernel.bus.port import BusUnreachable, Route
from quickserve.kernel.bus.rabbitmq import queues
from quickserve.kernel.bus.rabbitmq.bus import RabbitBus
from quickserve.kernel.bus.rabbitmq.dead_letters import dead_letters
from quickserve.kernel.db import Transaction
from quickserve.kernel.inbox import Consumer, Subscription
from quickserve.kernel.outbox import Relay
from tests.kernel.world import Bakery, LoafBaked, baked, eventually
from tests.servers import Rabbit

from .town import Eater, bus_at, connected, depth, loaf

RECOVERY_SECONDS_MAX = 5
# This broker forgets a new queue's process when it dies within a second or so.
NEW_QUEUE_SECONDS = 2
DROP_ALL = (
    '[rabbit_networking:close_connection(P, "test") || P <- rabbit_networking:connections()].'
)


@pytest.fixture
def broker(rabbit: Rabbit) -> Iterator[Rabbit]:
    """Whatever a test does to it, the next one finds it running."""
    yield rabbit
    rabbit.resume()
    if not rabbit.running:
        rabbit.start()


@pytest.fixture
def url(broker: Rabbit) -> str:
    return broker.new_url()


async def do(work: object) -> None:
    """Starting and stopping a broker blocks; the buses live on meanwhile."""
    await asyncio.to_thread(work)  # type: ignore[arg-type]


async def test_what_was_confirmed_survives_the_broker_s_sudden_death(
    broker: Rabbit, url: str
) -> None:
    anna = Eater()
    async with bus_at(url, consuming=False, anna=anna) as bus:
        await asyncio.sleep(NEW_QUEUE_SECONDS)
        assert await bus.publish([loaf(str(n)) for n in range(50)]) == [None] * 50
        broker.kill()
        await do(broker.start)
    async with bus_at(url, anna=anna):
        await anna.has(50)
    assert anna.subjects == [str(n) for n in range(50)]


async def test_a_frozen_broker_confirms_nothing_and_the_sender_says_so(
    broker: Rabbit, url: str
) -> None:
    anna = Eater()
    async with bus_at(url, anna=anna) as bus:
        broker.pause()
        began = time.monotonic()
        with pytest.raises(BusUnreachable):
            await bus.publish([loaf("perhaps")])
        assert time.monotonic() - began < outbox.CLAIM_SECONDS - 2, "the claim still holds"
        broker.resume()
        resumed = time.monotonic()
        await eventually(lambda: published(bus, "surely"))
        assert time.monotonic() - resumed < RECOVERY_SECONDS_MAX
        await eventually(lambda: asyncio.sleep(0, "surely" in anna.subjects))


async def published(bus: RabbitBus, name: str) -> bool:
    try:
        await bus.publish([loaf(name)])
    except BusUnreachable:
        return False
    return True


async def delete_queue(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        await (await connection.channel()).queue_delete(queues.queue_of("anna"))


async def test_a_queue_that_somebody_deleted_is_made_again_before_anything_counts_as_sent(
    url: str,
) -> None:
    sender = RabbitBus(url, {"anna": [LoafBaked.TYPE]})
    async with sender.connected():
        await eventually(lambda: connected(sender))
        await delete_queue(url)
        await eventually(lambda: published(sender, "kept"))
        assert await depth(url, queues.queue_of("anna")) == 1


async def test_who_takes_from_a_queue_that_somebody_deleted_goes_on(url: str) -> None:
    anna = Eater()
    async with bus_at(url, anna=anna) as bus:
        await bus.publish([loaf("before")])
        await anna.has(1)
        await delete_queue(url)
        await eventually(lambda: published(bus, "after"))
        await anna.has(2)
    assert anna.subjects == ["before", "after"]


# -- From commit to effect ------------------------------------------------------------------------


class Town:
    """A bakery whose relay sends what is baked, and an eater who writes down what came."""

    def __init__(self, bakery: Bakery, url: str) -> None:
        self.bakery = bakery
        self.bus = RabbitBus(url)
        self.baked = 0
        subscription = Subscription(LoafBaked, self._eat)
        self.bus.subscribe(
            Route("anna", (LoafBaked,), Consumer("anna", bakery.db, [subscription]).take)
        )

    async def _eat(self, tx: Transaction, event: LoafBaked) -> None:
        await tx.execute("INSERT INTO eaten VALUES (%s, 'anna')", (event.loaf_id,))

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        async with self.bus.connected():
            relay = asyncio.create_task(Relay("bakery", self.bakery.db, self.bus).run())
            async with self.bus.consuming():
                yield
            relay.cancel()
            await asyncio.wait({relay})

    async def bake(self, count: int = 20) -> None:
        async with self.bakery.db.transaction() as tx:
            await outbox.append(tx, *(baked() for _ in range(count)))
        self.baked += count

    async def eaten(self) -> int:
        return await self.bakery.ask("SELECT count(*) FROM eaten")

    async def twice(self) -> int:
        return await self.bakery.ask("SELECT count(*) - count(DISTINCT loaf_id) FROM eaten")

    async def all_eaten(self) -> bool:
        return await self.eaten() >= self.baked

    async def more_eaten(self) -> None:
        """What is baked now gets eaten."""
        before = await self.eaten()
        await self.bake(1)
        await eventually(lambda: self._more_than(before), seconds=20)

    async def _more_than(self, before: int) -> bool:
        return await self.eaten() > before


@asynccontextmanager
async def baking(town: Town) -> AsyncIterator[None]:
    """Somebody bakes all the time."""

    async def bake() -> None:
        while True:
            await town.bake()
            await asyncio.sleep(0.02)

    async with town.living():
        task = asyncio.create_task(bake())
        yield
        task.cancel()
        await asyncio.wait({task})
        await eventually(town.all_eaten, seconds=30)


@pytest.mark.parametrize("way", ["stop", "kill"])
async def test_a_broker_that_restarts_loses_nothing_and_doubles_nothing(
    broker: Rabbit, url: str, bakery: Bakery, way: str
) -> None:
    town = Town(bakery, url)
    async with baking(town):
        await town.more_eaten()
        await asyncio.sleep(NEW_QUEUE_SECONDS)
        await do(broker.stop if way == "stop" else broker.kill)
        await town.bake()
        await do(broker.start)
        back = time.monotonic()
        await town.more_eaten()
        assert time.monotonic() - back < RECOVERY_SECONDS_MAX
    assert await town.eaten() == town.baked
    assert await town.twice() == 0


async def test_connections_that_drop_are_made_anew(
    broker: Rabbit, url: str, bakery: Bakery
) -> None:
    town = Town(bakery, url)
    async with baking(town):
        for _ in range(5):
            await town.more_eaten()
            await do(lambda: broker.tell(DROP_ALL))
        await town.more_eaten()
    assert await town.eaten() == town.baked
    assert await town.twice() == 0


# -- Consumers that die ---------------------------------------------------------------------------


async def run_eater(url: str, deliveries_max: int, enough: set[str]) -> set[str]:
    """Until it dies of something, or has taken `enough`. Returns what it took."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.kernel.bus.eater_process", url, str(deliveries_max),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    taken: set[str] = set()
    async for line in process.stdout:
        taken.add(line.decode().strip())
        if taken >= enough:
            process.kill()
    await process.wait()
    return taken


async def test_what_ends_the_process_becomes_a_dead_letter_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries_max = 3
    monkeypatch.setattr(queues, "DELIVERIES_MAX", deliveries_max)
    names = {str(n) for n in range(40)}
    half = sorted(names)[:20]
    async with bus_at(url, consuming=False, anna=Eater()) as bus:
        await bus.publish([loaf(name) for name in [*half, "poison", *names.difference(half)]])
    taken: set[str] = set()
    for _ in range(deliveries_max + 1):
        assert await depth(url, queues.dead_queue_of("anna")) == 0
        taken |= await run_eater(url, deliveries_max, {"poison"})
    if rest := names - taken:
        taken |= await run_eater(url, deliveries_max, rest)
    assert taken == names
    await eventually(lambda: is_dead(url))
    async with dead_letters(url, {"anna": [LoafBaked.TYPE]}) as letters:
        (poison,) = await letters.of("anna")
    assert b'"poison"' in poison.content
    assert poison.failure == "delivery_limit"
    assert poison.first_failed


async def is_dead(url: str) -> bool:
    return await depth(url, queues.dead_queue_of("anna")) == 1
