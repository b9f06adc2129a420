"""From a commit to its effect through a namespace topic, whose subscriptions are pulled from."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from quickserve.kernel.bus import eventgrid_pull
from quickserve.kernel.bus.cloudevents import structured
from quickserve.kernel.bus.port import Route
from quickserve.kernel.db import Transaction
from quickserve.kernel.events import Message
from quickserve.kernel.testing import each
from tests.kernel.world import Bakery, LoafBaked, eventually

from .azure.cloud import Azure
from .azure.namespace import Queue, Queued
from .eventgrid_world import (
    Process,
    all_eaten,
    bake,
    eaten,
    eating,
    message,
    publishing,
    pull_settings,
    sent,
    started,
)  # fmt: skip
from .town import LoafBurnt


def queue_of(azure: Azure, service: str, **options: Any) -> Queue:
    made = azure.namespace.queues[f"quickserve-{service}"] = Queue(**options)
    return made


async def empty(queue: Queue) -> bool:
    return not queue.events


async def test_each_service_has_a_queue_of_its_own(azure: Azure, bakery: Bakery) -> None:
    settings = pull_settings(azure)
    queues = [queue_of(azure, name) for name in ("anna", "ben")]
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    process.eats("ben", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        loaves = await bake(bakery, 250)
        await eventually(lambda: all_eaten(bakery, loaves, "anna", "ben"))
        for queue in queues:
            await eventually(lambda queue=queue: empty(queue))
    assert [queue.verbs["acknowledge"] for queue in queues] == [250, 250]
    assert all(queue.dead == [] for queue in queues)


async def test_every_event_has_its_effect_once_in_spite_of_everything(
    azure: Azure, bakery: Bakery
) -> None:
    """Answers are lost, locks end too early, the server stumbles, the consumer fails."""
    settings = pull_settings(azure)
    queue = queue_of(azure, "anna", lock_seconds=0.3)
    azure.namespace.intake.troubles = [429]
    azure.namespace.intake.lost_answers = 1
    azure.namespace.faults = [503, 500, 429]
    azure.namespace.lost_answers = ["acknowledge", "acknowledge", "release"]
    process = Process(azure, settings)
    process.eats("anna", bakery.db, failing_now_and_then())
    async with started(process), publishing(azure, settings, bakery):
        loaves = [loaf for _ in range(4) for loaf in await bake(bakery, 25)]
        await eventually(lambda: sent(bakery))
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
        await eventually(lambda: empty(queue))
    assert len(await eaten(bakery, "anna")) == len(loaves), "once each"
    assert max(queue.counts) > 1, "some came again"
    assert queue.dead == []


def failing_now_and_then() -> Callable[[Transaction, Any], Any]:
    eat = eating("anna")
    count = 0

    async def handle(tx: Transaction, event: LoafBaked) -> None:
        nonlocal count
        count += 1
        await eat(tx, event)
        if count % 20 == 3:
            raise RuntimeError("a moment's weakness, after the effect")

    return handle


async def test_an_acknowledgement_that_is_lost_has_no_second_effect(
    azure: Azure, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventgrid_pull, "_SETTLE_ATTEMPTS", 1)
    settings = pull_settings(azure)
    queue = queue_of(azure, "anna", lock_seconds=0.1)

    async def fail_before(*_: Any) -> Any:
        azure.namespace.faults = [503]

    process = Process(azure, settings)

    async def eat_and_lose_the_server(tx: Transaction, event: LoafBaked) -> None:
        await eating("anna")(tx, event)
        await fail_before()

    process.eats("anna", bakery.db, eat_and_lose_the_server)
    async with started(process), publishing(azure, settings, bakery):
        loaves = await bake(bakery, 1)
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
        await eventually(lambda: empty(queue))
    assert len(await eaten(bakery, "anna")) == 1
    assert queue.counts == [1, 2]


async def test_a_poison_event_is_delayed_more_and_more_and_then_dead_lettered(
    azure: Azure, bakery: Bakery
) -> None:
    settings = pull_settings(azure)
    queue = queue_of(azure, "anna", deliveries_max=5)
    poison: list[LoafBaked] = []

    async def picky(tx: Transaction, event: LoafBaked) -> None:
        if event in poison:
            raise RuntimeError("never this one")
        await eating("anna")(tx, event)

    process = Process(azure, settings)
    process.eats("anna", bakery.db, picky)
    async with started(process), publishing(azure, settings, bakery):
        poison += await bake(bakery, 1)
        loaves = await bake(bakery, 20)
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
        await eventually(lambda: empty(queue), seconds=20)
    assert [(event["subject"], reason) for event, reason in queue.dead] == [
        (str(poison[0].loaf_id), "MaxDeliveryAttemptsExceeded")
    ]


def test_the_delays_are_those_that_event_grid_knows() -> None:
    delays = [eventgrid_pull._delay(count) for count in range(11)]
    assert set(delays) <= {0, 10, 60, 600, 3600}
    assert delays == sorted(delays)
    assert sum(delays[1:10]) > 3600, "a fault of an hour dead-letters nothing"
    waits = [eventgrid_pull._delay(count, later=True) for count in range(1, 10)]
    assert set(waits) <= {10, 60, 600, 3600}, "never at once: a release takes its time"
    assert sum(waits) > 3 * 3600


async def test_what_can_never_be_read_is_dead_lettered_at_once(azure: Azure) -> None:
    queue = queue_of(azure, "anna")
    taken: list[Any] = []

    async def take(m: Message) -> None:
        taken.append(m.id)

    good = message()
    broken = {"specversion": "1.0", "type": LoafBaked.TYPE, "source": "x"}
    queue.events = [Queued(broken), Queued(json.loads(structured(good)))]
    process = Process(azure, pull_settings(azure))
    process.takes(Route("anna", (LoafBaked,), each(take)))
    async with started(process):
        await eventually(lambda: empty(queue))
    assert taken == [good.id]
    assert [(event, reason) for event, reason in queue.dead] == [(broken, "Rejected")]


async def test_what_is_none_of_ours_is_put_away(azure: Azure) -> None:
    queue = queue_of(azure, "anna")
    queue.events = [Queued(json.loads(structured(message(type="Microsoft.Storage.BlobCreated"))))]
    process = Process(azure, pull_settings(azure))
    process.takes(Route("anna", (LoafBaked,), each(nothing_is_for_us)))
    async with started(process):
        await eventually(lambda: empty(queue))
    assert (queue.dead, queue.verbs["acknowledge"]) == ([], 1)


async def nothing_is_for_us(_m: Message) -> None:
    raise AssertionError("not for us")


async def test_what_only_the_next_version_takes_waits_for_it(azure: Azure) -> None:
    """A release adds a subscription; the old process has not ended yet."""
    queue = queue_of(azure, "anna", lock_seconds=0.5)  # given to who is gone, it comes again soon
    sent = message(type=LoafBurnt.TYPE)
    queue.events = [Queued(json.loads(structured(sent))), Queued(json.loads(structured(message())))]
    old, new = Process(azure, pull_settings(azure)), Process(azure, pull_settings(azure))
    taken: dict[str, list[Any]] = {"old": [], "new": []}
    for name, process, events in (("old", old, (LoafBaked,)), ("new", new, (LoafBaked, LoafBurnt))):

        async def take(m: Message, name: str = name) -> None:
            taken[name].append(m.id)

        process.takes(Route("anna", events, each(take)))
    async with started(old):
        await eventually(lambda: given(queue, times=3))  # what it takes, and twice what not
        assert sent.id not in taken["old"]
    async with started(new):
        await eventually(lambda: empty(queue))
    assert (taken["new"], queue.dead) == ([sent.id], [])


async def given(queue: Queue, times: int) -> bool:
    return len(queue.counts) >= times


async def test_what_no_version_takes_is_dead_lettered_in_the_end(azure: Azure) -> None:
    queue = queue_of(azure, "anna", deliveries_max=3)
    other = json.loads(structured(message(type="quickserve.test.other.v1")))
    queue.events = [Queued(other)]
    process = Process(azure, pull_settings(azure))
    process.takes(Route("anna", (LoafBaked,), each(nothing_is_for_us)))
    async with started(process):
        await eventually(lambda: empty(queue))
    assert queue.dead == [(other, "MaxDeliveryAttemptsExceeded")]


async def test_a_namespace_that_goes_away_is_asked_until_it_is_back(
    azure: Azure, bakery: Bakery
) -> None:
    settings = pull_settings(azure)
    queue = queue_of(azure, "anna")
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        await eventually(lambda: asked(queue))
        await azure.server.stop()
        loaves = await bake(bakery, 5)
        await asyncio.sleep(1)
        await azure.server.start()
        await eventually(lambda: all_eaten(bakery, loaves, "anna"), seconds=7)
    assert await empty(queue)


async def asked(queue: Queue) -> bool:
    return queue.verbs["receive"] > 0


@pytest.mark.parametrize("status", [401, 404])
async def test_a_wrong_setting_is_repaired_while_we_run(
    azure: Azure, bakery: Bakery, status: int
) -> None:
    settings = pull_settings(azure)
    queue = queue_of(azure, "anna")
    azure.namespace.faults = [status] * 3
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        loaves = await bake(bakery, 1)
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
    assert await empty(queue)


async def test_a_consumer_that_fails_at_everything_is_not_hurried(
    azure: Azure, bakery: Bakery
) -> None:
    """Each round uses up a delivery of every event: a short fault must not use up all."""
    settings = pull_settings(azure)
    queue = queue_of(azure, "anna", scale=0.001)
    process = Process(azure, settings)
    await bakery.ask("ALTER TABLE eaten RENAME TO eaten_elsewhere")
    process.eats("anna", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        loaves = await bake(bakery, 3)
        await asyncio.sleep(2)
        assert max(queue.counts, default=0) <= 4
        await bakery.ask("ALTER TABLE eaten_elsewhere RENAME TO eaten")
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
    assert queue.dead == []


async def test_what_is_in_hand_is_acknowledged_before_the_end(azure: Azure) -> None:
    queue = queue_of(azure, "slow")
    queue.events = [Queued(json.loads(structured(message())))]
    reached, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(_m: Message) -> None:
        reached.set()
        await may_end.wait()

    process = Process(azure, pull_settings(azure))
    process.takes(Route("slow", (LoafBaked,), each(slowly)))
    async with started(process):
        await reached.wait()
        asyncio.get_running_loop().call_later(0.1, may_end.set)
    assert await empty(queue)


async def test_the_end_does_not_wait_for_a_long_poll(azure: Azure) -> None:
    queue = queue_of(azure, "anna", scale=1)
    process = Process(azure, pull_settings(azure))
    process.eats("anna", None)  # type: ignore[arg-type] # nothing comes
    async with asyncio.timeout(3), started(process):
        await eventually(lambda: asked(queue))
