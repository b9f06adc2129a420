"""Copies of answers: made once, never older than the last change, in memory and in Redis."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import pytest
from pydantic import BaseModel

from quickserve.kernel.deadlines import deadline
from quickserve.kernel.errors import DeadlineExceeded
from quickserve.kernel.shared.cache import Cache
from quickserve.kernel.shared.memory import MemoryStore
from quickserve.kernel.shared.port import Look, Store

from .conftest import OpenPart, Part, eventually

TAG = "bread"


class Loaf(BaseModel):
    baked: int


class Oven:
    """The source: bakes the present loaf, slowly; counts how often it is asked."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.present = 1
        self.asked = 0
        self.begun = asyncio.Event()
        self.door = asyncio.Event()
        self.door.set()
        self._seconds = seconds

    async def bake(self) -> Loaf:
        self.asked += 1
        self.begun.set()
        seen = Loaf(baked=self.present)
        await asyncio.sleep(self._seconds)
        await self.door.wait()
        return seen

    async def read(
        self,
        cache: Cache,
        key: str = "bakery:loaf",
        seconds: float = 30,
        tags: Sequence[str] = (TAG,),
    ) -> int:
        return Loaf.model_validate_json(await cache.json(Loaf, key, seconds, self.bake, tags)).baked


@pytest.fixture
def oven() -> Oven:
    return Oven()


@pytest.mark.parametrize("tags", [(TAG,), ()], ids=["tagged", "timed"])
async def test_a_hundred_readers_make_it_once(part: Part, oven: Oven, tags: Sequence[str]) -> None:
    loaves = await asyncio.gather(*(oven.read(part.cache, tags=tags) for _ in range(100)))
    assert (set(loaves), oven.asked) == ({1}, 1)
    await oven.read(part.cache, tags=tags)
    assert oven.asked == 1


@pytest.mark.parametrize("tags", [(TAG,), ()], ids=["tagged", "timed"])
async def test_its_time_ends(part: Part, oven: Oven, tags: Sequence[str]) -> None:
    await oven.read(part.cache, seconds=0.1, tags=tags)
    oven.present = 2
    assert await oven.read(part.cache, seconds=0.1, tags=tags) == 1
    await asyncio.sleep(0.15)
    assert await oven.read(part.cache, seconds=0.1, tags=tags) == 2


async def test_what_is_forgotten_is_made_anew_and_nothing_else(part: Part, oven: Oven) -> None:
    cake = Oven()
    await oven.read(part.cache)
    await cake.read(part.cache, "bakery:cake", tags=("cake",))
    oven.present = 2
    await part.cache.forget(TAG)
    assert await oven.read(part.cache) == 2
    await cake.read(part.cache, "bakery:cake", tags=("cake",))
    assert (oven.asked, cake.asked) == (2, 1)


async def test_one_of_several_tags_is_enough(part: Part, oven: Oven) -> None:
    await oven.read(part.cache, tags=("a", "b"))
    await part.cache.forget("b", "c")
    await oven.read(part.cache, tags=("a", "b"))
    assert oven.asked == 2


async def change_while_it_is_read(cache: Cache, oven: Oven) -> int:
    """A read looks, then the change commits and is told, then the read's answer is stored."""
    oven.door.clear()
    reading = asyncio.create_task(oven.read(cache))
    await oven.begun.wait()
    oven.present = 2
    await cache.forget(TAG)
    oven.door.set()
    assert await reading == 1
    return await oven.read(cache)


async def test_an_old_answer_that_arrives_after_the_change_does_not_stay(
    part: Part, oven: Oven
) -> None:
    assert await change_while_it_is_read(part.cache, oven) == 2


class Careless:
    """The negative control: stamps what was made with the tags as they are by then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.look, self.give_up = store.look, store.give_up
        self.forget = store.forget

    async def keep(self, _stamp: str, values: Mapping[str, bytes], seconds: float) -> None:
        late = (await self._store.look([], [TAG])).stamp
        await self._store.keep(late, values, seconds)


async def test_without_the_early_stamp_it_would_stay(part: Part, oven: Oven) -> None:
    assert await change_while_it_is_read(Cache(Careless(part.store)), oven) == 1


async def test_who_comes_after_a_change_does_not_wait_for_the_answer_from_before(
    part: Part, oven: Oven
) -> None:
    oven.door.clear()
    before = asyncio.create_task(oven.read(part.cache))
    await oven.begun.wait()
    oven.present = 2
    await part.cache.forget(TAG)
    after = [asyncio.create_task(oven.read(part.cache)) for _ in range(10)]
    await eventually(lambda: oven.asked == 2)
    oven.door.set()
    assert (set(await asyncio.gather(*after)), await before) == ({2}, 1)
    assert oven.asked == 2


async def test_a_failure_is_told_to_all_and_not_kept(part: Part, oven: Oven) -> None:
    async def burn() -> Loaf:
        await asyncio.sleep(0.02)
        raise ValueError

    reads = [part.cache.json(Loaf, "bakery:loaf", 30, burn, [TAG]) for _ in range(10)]
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ValueError}
    assert await oven.read(part.cache) == 1


async def test_who_began_may_leave_and_the_others_get_it(part: Part, oven: Oven) -> None:
    oven.door.clear()
    first = asyncio.create_task(oven.read(part.cache))
    await oven.begun.wait()
    others = [asyncio.create_task(oven.read(part.cache)) for _ in range(5)]
    await asyncio.sleep(0.01)
    first.cancel()
    oven.door.set()
    assert await asyncio.gather(*others) == [1] * 5
    assert oven.asked == 1


async def test_who_waits_keeps_to_their_own_deadline(part: Part, oven: Oven) -> None:
    """The first has hardly any time; what it began serves those who have more."""

    async def hurried() -> int:
        deadline.set(time.monotonic() + 0.05)
        return await oven.read(part.cache)

    oven.door.clear()
    first = asyncio.create_task(hurried())
    await oven.begun.wait()
    patient = asyncio.create_task(oven.read(part.cache))
    with pytest.raises(DeadlineExceeded):
        await first
    oven.door.set()
    assert (await patient, oven.asked) == (1, 1)


async def test_many_keys_ask_for_what_is_missing_only(part: Part) -> None:
    asked: list[list[str]] = []

    async def make(keys: Sequence[str]) -> dict[str, bytes]:
        asked.append(sorted(keys))
        return {key: key.encode() for key in keys}

    await part.cache.jsons(Loaf, ["bakery:a", "bakery:b"], 30, make)
    found = await part.cache.jsons(Loaf, ["bakery:c", "bakery:b", "bakery:a"], 30, make)
    assert found == {key: key.encode() for key in ("bakery:a", "bakery:b", "bakery:c")}
    assert asked == [["bakery:a", "bakery:b"], ["bakery:c"]]


async def test_another_shape_of_the_model_is_another_key(part: Part, oven: Oven) -> None:
    await oven.read(part.cache)

    class Newer(BaseModel):
        baked: int
        crust: str

    async def bake() -> Newer:
        return Newer(baked=2, crust="dark")

    content = await part.cache.json(Newer, "bakery:loaf", 30, bake, [TAG])
    assert Newer.model_validate_json(content).crust == "dark"


async def test_memory_is_bounded_and_the_longest_unread_goes() -> None:
    store = MemoryStore(bytes_max=3000)
    for key in "abc":
        await store.keep("", {key: bytes(900)}, 30)
    await store.look(["a"], ())
    await store.keep("", {"d": bytes(900)}, 30)
    assert (await store.look(["a", "b", "c", "d"], ())).found.keys() == {"a", "c", "d"}


# -- Several processes ----------------------------------------------------------------------------


async def test_two_processes_make_it_once(two: tuple[Part, Part], oven: Oven) -> None:
    reads = [oven.read(part.cache) for _ in range(50) for part in two]
    assert set(await asyncio.gather(*reads)) == {1}
    assert oven.asked == 1


async def test_a_change_in_one_process_is_seen_by_the_other(
    two: tuple[Part, Part], oven: Oven
) -> None:
    here, there = two
    await oven.read(here.cache)
    oven.present = 2
    await there.cache.forget(TAG)
    assert await oven.read(here.cache) == 2


class Dying:
    """A process that is told to make something, and is killed right then."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self, keys: Sequence[str], tags: Sequence[str]) -> Look:
        assert (await self._store.look(keys, tags)).mine == set(keys)
        raise KilledError


class KilledError(Exception):
    pass


async def test_a_maker_that_dies_holds_nobody_up_for_long(
    two: tuple[Part, Part], oven: Oven
) -> None:
    dead, alive = two
    with pytest.raises(KilledError):
        await oven.read(Cache(Dying(dead.store)))
    begun = time.perf_counter()
    assert await oven.read(alive.cache) == 1
    assert 0.3 < time.perf_counter() - begun < 1.5


async def test_what_only_time_ends_is_asked_of_redis_once(process: OpenPart, oven: Oven) -> None:
    part = await process()
    await oven.read(part.cache, tags=())
    assert part.server
    calls = 0
    run = part.server.run

    async def counted(*args):
        nonlocal calls
        calls += 1
        return await run(*args)

    part.server.run = counted
    for _ in range(20):
        await oven.read(part.cache, tags=())
    assert (calls, oven.asked) == (0, 1)
