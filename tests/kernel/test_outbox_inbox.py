"""Events: saved with the change, delivered at least once, with their effect exactly once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from quickserve.kernel import inbox, outbox
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import BusUnreachable, Outcomes, Route
from quickserve.kernel.db import Transaction
from quickserve.kernel.events import Message
from quickserve.kernel.inbox import Subscription
from quickserve.kernel.outbox import Relay
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import each

from .world import Bakery, LoafBaked, baked, eventually, runtime_of

EATEN = "SELECT count(*) FROM eaten WHERE loaf_id = %s AND consumer = %s"
WAITING = "SELECT count(*) FROM outbox"
DUE_NOW = "UPDATE outbox SET next_attempt_at = clock_timestamp()"
Effect = Callable[[Transaction, LoafBaked], Awaitable[None]]


def eating(consumer: str) -> Effect:
    async def eat(tx: Transaction, event: LoafBaked) -> None:
        await tx.execute("INSERT INTO eaten VALUES (%s, %s)", (event.loaf_id, consumer))

    return eat


async def refusing(_tx: Transaction, _event: LoafBaked) -> None:
    raise RuntimeError("I am full")


class Town:
    """A bakery whose events several consumers take; they share its schema to save time."""

    def __init__(self, bakery: Bakery, settings: Settings) -> None:
        self.bakery = bakery
        self.settings = settings
        self.bus = LocalBus()
        self.relay = Relay("bakery", bakery.db, self.bus)

    def consumer(
        self, name: str, effect: Effect | None = None,
        about: Callable[[LoafBaked], object] | None = None,
    ) -> None:  # fmt: skip
        handle = effect or eating(name)
        subscriptions = [Subscription(LoafBaked, handle, about)]
        runtime_of(
            self.settings, self.bakery.db, bus=self.bus, name=name, subscriptions=subscriptions
        )

    async def bake(self, *events: LoafBaked) -> None:
        async with self.bakery.db.transaction() as tx:
            await outbox.append(tx, *events)

    async def eaten(self, event: LoafBaked, consumer: str) -> int:
        return await self.bakery.ask(EATEN, event.loaf_id, consumer)

    async def waiting(self) -> int:
        return await self.bakery.ask(WAITING)


@pytest.fixture
def town(bakery: Bakery, settings: Settings) -> Town:
    return Town(bakery, settings)


async def test_the_event_is_saved_only_with_the_change(town: Town) -> None:
    async def burn() -> None:
        async with town.bakery.db.transaction() as tx:
            await outbox.append(tx, baked())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await burn()
    assert await town.waiting() == 0
    await town.bake(baked(), baked())
    assert await town.waiting() == 2


async def test_every_consumer_takes_it_and_then_it_is_gone(town: Town) -> None:
    town.consumer("anna")
    town.consumer("ben")
    loaf = baked(420)
    await town.bake(loaf)
    assert await town.relay.deliver() == 1
    assert [await town.eaten(loaf, name) for name in ("anna", "ben")] == [1, 1]
    assert await town.waiting() == 0


async def test_an_event_arrives_as_it_was_sent(town: Town) -> None:
    seen: list[LoafBaked] = []

    async def look(_tx: Transaction, event: LoafBaked) -> None:
        seen.append(event)

    town.consumer("anna", look)
    loaf = baked(420)
    await town.bake(loaf)
    await town.relay.deliver()
    assert seen == [loaf]


async def test_a_repeated_delivery_has_no_second_effect(town: Town) -> None:
    town.consumer("anna")
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    town.bus.subscribe(Route("keeper", (LoafBaked,), each(keep)))
    loaf = baked()
    await town.bake(loaf)
    await town.relay.deliver()
    await asyncio.gather(*(town.bus.publish(messages) for _ in range(5)))
    assert await town.eaten(loaf, "anna") == 1


async def test_one_stands_for_all_that_are_about_the_same(town: Town) -> None:
    town.consumer("anna", about=lambda loaf: loaf.price)
    loaves = [baked(420), baked(500), baked(420), baked(420)]
    await town.bake(*loaves)
    assert await town.relay.deliver() == 4
    assert [await town.eaten(loaf, "anna") for loaf in loaves] == [1, 1, 0, 0]
    later = baked(420)
    await town.bake(later)
    await town.relay.deliver()
    assert await town.eaten(later, "anna") == 1


async def test_a_failed_effect_leaves_no_inbox_row(town: Town) -> None:
    town.consumer("anna", refusing)
    await town.bake(baked())
    assert await town.relay.deliver() == 0
    assert await town.bakery.ask("SELECT count(*) FROM inbox") == 0


async def test_a_failing_consumer_starves_nobody(town: Town) -> None:
    picky = baked()

    async def eat_others(tx: Transaction, event: LoafBaked) -> None:
        if event == picky:
            raise RuntimeError("not this one")
        await eating("anna")(tx, event)

    town.consumer("anna", eat_others)
    town.consumer("ben")
    loaves = [baked(), picky, baked()]
    await town.bake(*loaves)
    assert await town.relay.deliver() == 2
    assert [await town.eaten(loaf, "anna") for loaf in loaves] == [1, 0, 1]
    assert [await town.eaten(loaf, "ben") for loaf in loaves] == [1, 1, 1]
    await town.bakery.ask(DUE_NOW)
    await town.relay.deliver()
    assert await town.eaten(picky, "ben") == 1


async def test_a_consumer_that_hangs_starves_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "TAKE_SECONDS_MAX", 1)

    async def hang(_tx: Transaction, _event: LoafBaked) -> None:
        await asyncio.sleep(60)

    town.consumer("anna", hang)
    town.consumer("ben")
    loaf = baked()
    await town.bake(loaf)
    assert await town.relay.deliver() == 0
    assert await town.eaten(loaf, "ben") == 1


async def test_the_delay_grows_to_a_minute_and_nothing_is_ever_given_up(town: Town) -> None:
    town.consumer("anna", refusing)
    loaf = baked()
    await town.bake(loaf)
    for attempt in range(1, 30):
        before = await town.bakery.ask("SELECT clock_timestamp()")
        assert await town.relay.deliver() == 0
        assert await town.bakery.ask("SELECT attempts FROM outbox") == attempt
        delay = timedelta(seconds=min(60, 0.2 * 2 ** (attempt - 1)))
        due = await town.bakery.ask("SELECT next_attempt_at FROM outbox")
        assert before + delay <= due <= await town.bakery.ask("SELECT clock_timestamp()") + delay
        if delay > timedelta(seconds=5):
            await town.relay.deliver()
            assert await town.bakery.ask("SELECT attempts FROM outbox") == attempt, "not due yet"
        await town.bakery.ask(DUE_NOW)
    assert await town.waiting() == 1
    assert await town.bakery.ask("SELECT failure FROM outbox") != ""


async def test_events_arrive_in_the_order_they_were_written(town: Town) -> None:
    town.consumer("anna")
    loaves = [baked() for _ in range(250)]
    await town.bake(*loaves[:120])
    for loaf in loaves[120:]:
        await town.bake(loaf)
    # The oldest now lie last on the disk, where a statement without an order finds them.
    await town.bakery.ask(
        "UPDATE outbox SET attempts = 0 WHERE position IN"
        " (SELECT position FROM outbox ORDER BY position LIMIT 20)"
    )
    while await town.relay.deliver():
        pass
    order = await town.bakery.ask("SELECT array_agg(loaf_id ORDER BY at) FROM eaten")
    assert order == [loaf.loaf_id for loaf in loaves]


async def test_two_relays_do_not_deliver_the_same(town: Town) -> None:
    taken: list[UUID] = []

    async def take(message: Message) -> None:
        taken.append(message.id)
        await asyncio.sleep(0)

    town.bus.subscribe(Route("anna", (LoafBaked,), each(take)))
    await town.bake(*(baked() for _ in range(350)))

    async def drain(relay: Relay) -> int:
        delivered = 0
        while count := await relay.deliver():
            delivered += count
        return delivered

    shares = await asyncio.gather(drain(town.relay), drain(Relay("b", town.bakery.db, town.bus)))
    assert sum(shares) == len(taken) == len(set(taken)) == 350
    assert min(shares) > 0
    assert await town.waiting() == 0


async def test_what_a_dead_relay_claimed_is_delivered_by_another(town: Town) -> None:
    town.consumer("anna")
    loaf = baked()
    await town.bake(loaf)
    dead = Relay("bakery", town.bakery.db, town.bus)
    assert len(await dead.claim()) == 1
    assert await town.relay.deliver() == 0, "claimed"
    await town.bakery.ask("UPDATE outbox SET next_attempt_at = next_attempt_at - interval '10 s'")
    assert await town.relay.deliver() == 1


async def test_a_relay_that_is_stopped_gives_its_claims_back(town: Town) -> None:
    reached = asyncio.Event()

    async def hang(_message: Message) -> None:
        reached.set()
        await asyncio.sleep(60)

    town.bus.subscribe(Route("slow", (LoafBaked,), each(hang)))
    await town.bake(baked(), baked())
    delivery = asyncio.create_task(town.relay.deliver())
    await reached.wait()
    delivery.cancel()
    await asyncio.gather(delivery, return_exceptions=True)
    assert len(await Relay("bakery", town.bakery.db, town.bus).claim()) == 2


async def test_a_batch_of_which_many_hang_still_ends(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "TAKE_SECONDS_MAX", 0.05)
    monkeypatch.setattr(inbox, "ALL_SECONDS_MAX", 0.3)
    hanging = [baked() for _ in range(30)]
    loaves = [baked(), *hanging, baked()]

    async def eat_or_hang(tx: Transaction, event: LoafBaked) -> None:
        if event in hanging:
            await asyncio.sleep(60)
        await eating("anna")(tx, event)

    town.consumer("anna", eat_or_hang)
    await town.bake(*loaves)
    assert await town.relay.deliver() == 1, "time was over before the last one's turn"
    await town.bakery.ask(
        "UPDATE outbox SET next_attempt_at = clock_timestamp()"
        " WHERE position = (SELECT max(position) FROM outbox)"
    )
    assert await town.relay.deliver() == 1
    assert [await town.eaten(loaves[i], "anna") for i in (0, -1)] == [1, 1]


async def test_a_bus_that_is_away_counts_against_no_event(town: Town) -> None:
    class Away(LocalBus):
        async def publish(self, messages: Sequence[Message]) -> Outcomes:
            raise BusUnreachable

    await town.bake(baked(), baked())
    with pytest.raises(BusUnreachable):
        await Relay("bakery", town.bakery.db, Away()).deliver()
    assert await town.bakery.ask("SELECT sum(attempts) FROM outbox") == 0
    assert len(await town.relay.claim()) == 2, "given back at once"


async def test_a_commit_wakes_its_own_relay(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "POLL_SECONDS", 60)
    taken = asyncio.Event()

    async def take(_message: Message) -> None:
        taken.set()

    town.bus.subscribe(Route("anna", (LoafBaked,), each(take)))
    running = asyncio.create_task(town.relay.run())
    await asyncio.sleep(0.1)
    await town.bake(baked())
    await asyncio.wait_for(taken.wait(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_was_left_over_waits_for_its_consumers(
    bakery: Bakery, settings: Settings
) -> None:
    """Services start one after the other: no relay may run before all have subscribed."""
    bus = LocalBus()
    producer = runtime_of(settings, bakery.db, bus=bus, name="bakery")
    left_over = baked()
    async with bakery.db.transaction() as tx:
        await outbox.append(tx, left_over)
    consumer = runtime_of(
        settings, bakery.db, bus=bus, name="anna",
        subscriptions=[Subscription(LoafBaked, eating("anna"))], owns_data=False,
    )  # fmt: skip
    async with producer.running():
        await asyncio.sleep(0.2)
        async with consumer.running():
            await eventually(lambda: bakery.ask(EATEN, left_over.loaf_id, "anna"))


def test_unknown_members_of_an_event_are_ignored() -> None:
    loaf = baked()
    data = {"loaf_id": str(loaf.loaf_id), "price": {"minor": 350, "currency": "EUR"}, "new": 1}
    assert LoafBaked.load(data) == loaf
    assert loaf.subject == str(loaf.loaf_id)


async def test_old_messages_are_forgotten_however_many(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "FORGOTTEN_AT_ONCE", 10)
    await town.bakery.ask(
        "INSERT INTO inbox SELECT gen_random_uuid(), 'anna', clock_timestamp()"
        " - CASE WHEN n > 3 THEN interval '31 days' ELSE interval '29 days' END"
        " FROM generate_series(1, 33) AS n"
    )
    await inbox.forget_old(town.bakery.db)
    assert await town.bakery.ask("SELECT count(*) FROM inbox") == 3
