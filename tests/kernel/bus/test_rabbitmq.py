"""Events over a real RabbitMQ: safe when published, taken in batches, tried again, never lost."""

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest

from quickserve.kernel.bus import cloudevents, make_bus
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import BusUnreachable, Outcomes, Route
from quickserve.kernel.bus.rabbitmq import intake, queues
from quickserve.kernel.bus.rabbitmq.bus import RabbitBus
from quickserve.kernel.errors import Conflict, Unavailable
from quickserve.kernel.events import Message
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for
from tests.kernel.world import LoafBaked, eventually
from tests.servers import Rabbit

from .town import Eater, LoafBurnt, bus_at, consumers, depth, loaf, send

SHORT_DELAYS_MS = (100, 300, 900)


@pytest.fixture
def url(rabbit: Rabbit) -> str:
    return rabbit.new_url()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays of which a test can await all."""
    monkeypatch.setattr(queues, "DELAYS_MS", SHORT_DELAYS_MS)
    monkeypatch.setattr(intake, "_PASSING_DELAY_MS", SHORT_DELAYS_MS[0])


# -- From one to others ---------------------------------------------------------------------------


async def test_an_event_comes_to_every_service_that_wants_it_as_it_was_sent(url: str) -> None:
    anna, ben = Eater(), Eater()
    async with (
        bus_at(url, anna=anna) as bus,
        bus_at(url, events=[LoafBaked, LoafBurnt], ben=ben),
    ):
        baked, burnt = loaf("baguette"), loaf("croissant", LoafBurnt)
        assert await bus.publish([baked, burnt]) == [None, None]
        await asyncio.gather(anna.has(1), ben.has(2))
    assert anna.taken == [baked]
    assert ben.taken == [baked, burnt]


async def test_an_event_that_nobody_wants_is_delivered(url: str) -> None:
    async with bus_at(url) as bus:
        assert await bus.publish([loaf()]) == [None]


@pytest.mark.usefixtures("quick")
async def test_an_event_that_only_the_next_version_takes_waits_for_it(url: str) -> None:
    """While a release rolls out, a process of the old version still empties the queue."""
    old, new = Eater(), Eater()
    sender = RabbitBus(url, {"anna": [LoafBaked.TYPE, LoafBurnt.TYPE]})
    async with sender.connected():
        async with bus_at(url, anna=old):
            await sender.publish([loaf("croissant", LoafBurnt), loaf("baguette")])
            await old.has(1)
        async with bus_at(url, events=[LoafBaked, LoafBurnt], anna=new):
            await new.has(1)
    assert (old.subjects, new.subjects) == (["baguette"], ["croissant"])


async def test_an_event_waits_for_a_service_that_never_ran(url: str) -> None:
    """Who sends makes the queues of those who will take."""
    sender = RabbitBus(url, {"anna": [LoafBaked.TYPE]})
    async with sender.connected():
        await sender.publish([loaf("early")])
    anna = Eater()
    async with bus_at(url, anna=anna):
        await anna.has(1)
    assert anna.subjects == ["early"]


async def test_the_order_of_publication_is_kept(url: str) -> None:
    anna = Eater()
    names = [str(place) for place in range(500)]
    async with bus_at(url, anna=anna) as bus:
        for start in range(0, 500, 125):
            await bus.publish([loaf(name) for name in names[start : start + 125]])
        await anna.has(500)
    assert anna.subjects == names


async def test_what_came_together_is_taken_together(url: str) -> None:
    anna = Eater(pause=0.05)
    async with bus_at(url, consuming=False, anna=anna) as bus:
        await bus.publish([loaf() for _ in range(250)])
        async with bus.consuming():
            await anna.has(250)
    assert max(anna.batches) > 20
    assert max(anna.batches) <= intake.BATCH


async def test_two_processes_share_the_work(url: str) -> None:
    one, two = Eater(pause=0.05), Eater(pause=0.05)
    loaves = [loaf() for _ in range(600)]
    async with bus_at(url, anna=one) as bus, bus_at(url, anna=two):
        await eventually(lambda: both_consume(url))
        await bus.publish(loaves)
        await eventually(lambda: asyncio.sleep(0, len(one.taken) + len(two.taken) == 600))
    ids = [message.id for message in one.taken + two.taken]
    assert sorted(ids) == sorted(message.id for message in loaves), "each once"
    assert min(len(one.taken), len(two.taken)) > 50


async def both_consume(url: str) -> bool:
    return await consumers(url, queues.queue_of("anna")) == 2


# -- What fails -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
async def test_a_refused_event_is_tried_later_and_later_and_then_a_dead_letter(url: str) -> None:
    bad = loaf("bad")
    anna = Eater(lambda message: Conflict() if message.id == bad.id else None)
    ben = Eater()
    async with bus_at(url, anna=anna, ben=ben) as bus:
        await bus.publish([loaf("1"), bad, loaf("2")])
        await asyncio.gather(anna.has(2), ben.has(3))
        await eventually(lambda: one_in(url, queues.dead_queue_of("anna")))
    times = [when for when, message in anna.tried if message.id == bad.id]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert len(pauses) == len(SHORT_DELAYS_MS)
    for pause, delay_ms in zip(pauses, SHORT_DELAYS_MS, strict=True):
        assert delay_ms / 1000 <= pause < delay_ms / 1000 + 1
    assert anna.subjects == ["1", "2"]
    assert ben.subjects == ["1", "bad", "2"], "each exactly once: retries are for who refused"
    assert len(ben.tried) == 3


async def one_in(url: str, queue: str) -> bool:
    return await depth(url, queue) == 1


@pytest.mark.usefixtures("quick")
async def test_what_passes_counts_against_no_event(url: str) -> None:
    """A database away for an hour must leave no dead letters."""
    tries = 2 * len(SHORT_DELAYS_MS)
    failures = [Unavailable(), TimeoutError()] * len(SHORT_DELAYS_MS)
    anna = Eater(lambda _message: failures.pop() if failures else None)
    async with bus_at(url, anna=anna) as bus:
        await bus.publish([loaf()])
        await anna.has(1)
    assert len(anna.tried) == tries + 1
    assert await depth(url, queues.dead_queue_of("anna")) == 0


@pytest.mark.parametrize(
    "stranger",
    [
        {"body": b""},
        {"body": b"{", "content_type": cloudevents.STRUCTURED},
        {"body": b"\xff\x00", "headers": {"quickserve-attempts": "many", "ce-id": 7}},
    ],
)
async def test_what_is_no_event_is_a_dead_letter_at_once_and_blocks_nobody(
    url: str, stranger: dict[str, object]
) -> None:
    anna = Eater()
    async with bus_at(url, anna=anna) as bus:
        await bus.publish([loaf("1")])
        await anna.has(1)
        await send(url, queues.queue_of("anna"), **stranger)  # type: ignore[arg-type]
        await bus.publish([loaf("2")])
        await anna.has(2)
        await eventually(lambda: one_in(url, queues.dead_queue_of("anna")))
    assert await depth(url, queues.queue_of("anna")) == 0


@pytest.mark.parametrize("attempts", ["many", -7, 2**40, None, [1]])
async def test_a_strange_count_of_attempts_does_no_harm(url: str, attempts: object) -> None:
    anna = Eater(lambda _message: Conflict())
    async with bus_at(url, anna=anna) as bus:
        await bus.publish([loaf("1")])
        headers = {intake.ATTEMPTS: attempts, intake.FIRST_FAILED: attempts}
        body = cloudevents.structured(loaf("2"))
        await send(
            url, queues.queue_of("anna"), body, headers=headers,
            content_type=cloudevents.STRUCTURED,
        )  # fmt: skip
        await eventually(lambda: asyncio.sleep(0, len(anna.tried) >= 2))


async def test_events_of_strangers_come_in_either_form(url: str) -> None:
    anna = Eater()
    body = b'{"name": "brioche"}'
    attributes = {"specversion": "1.0", "id": "7", "source": "/mill", "type": LoafBaked.TYPE}
    async with bus_at(url, anna=anna) as bus:
        await bus.publish([loaf()])
        for prefix in ("ce-", "cloudEvents:", "cloudEvents_"):
            headers = {f"{prefix}{name}": value for name, value in attributes.items()}
            await send(
                url, queues.queue_of("anna"), body, headers=headers,
                content_type="application/json",
            )  # fmt: skip
        await anna.has(4)
    assert {message.data["name"] for message in anna.taken[1:]} == {"brioche"}
    assert len({message.id for message in anna.taken[1:]}) == 1


async def test_a_subscription_that_is_gone_leaves_a_binding_that_does_no_harm(url: str) -> None:
    async with bus_at(url, events=[LoafBaked, LoafBurnt], anna=Eater()):
        pass
    anna = Eater()
    async with bus_at(url, events=[LoafBaked], anna=anna) as bus:
        await bus.publish([loaf("x", LoafBurnt), loaf("y")])
        await anna.has(1)
        await eventually(lambda: none_in(url, queues.queue_of("anna")))
    assert [message.subject for _, message in anna.tried] == ["y"]
    assert await depth(url, queues.dead_queue_of("anna")) == 0


async def none_in(url: str, queue: str) -> bool:
    return await depth(url, queue) == 0


# -- The end of a process -------------------------------------------------------------------------


async def test_at_the_end_what_is_in_hand_is_finished_and_the_rest_is_left(url: str) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    class Slow(Eater):
        async def take(self, messages: Sequence[Message]) -> Outcomes:
            started.set()
            await go.wait()
            return await super().take(messages)

    slow, other = Slow(), Eater()
    async with bus_at(url, consuming=False, anna=slow) as bus:
        await bus.publish([loaf(str(place)) for place in range(300)])

        async def end() -> None:
            async with bus.consuming():
                await started.wait()

        ending = asyncio.create_task(end())
        await started.wait()
        await asyncio.sleep(0.2)
        assert not ending.done()
        go.set()
        await ending
        in_hand = len(slow.taken)
        assert 0 < in_hand <= intake.BATCH
        assert await bus.publish([loaf("300")]) == [None], "sending goes on"
        async with bus_at(url, anna=other):
            await other.has(301 - in_hand)
    assert sorted(map(int, slow.subjects + other.subjects)) == list(range(301))


# -- The choice -----------------------------------------------------------------------------------


async def test_the_settings_choose_the_bus(url: str) -> None:
    assert isinstance(make_bus(settings_for("postgresql://"), {}), LocalBus)
    settings: Settings = settings_for("postgresql://", rabbitmq_url=url)
    assert url not in repr(settings)
    anna = Eater()
    bus = make_bus(settings, {"anna": [LoafBaked]})
    bus.subscribe(Route("anna", (LoafBaked,), anna.take))
    async with bus.connected(), bus.consuming():
        await bus.publish([loaf()])
        await anna.has(1)


async def test_without_a_broker_publishing_says_so_soon() -> None:
    bus = RabbitBus("amqp://guest:guest@127.0.0.1:1/")
    async with bus.connected(), bus.consuming():
        began = time.monotonic()
        with pytest.raises(BusUnreachable):
            await bus.publish([loaf()])
        assert time.monotonic() - began < 2
