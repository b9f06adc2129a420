"""Redis is killed, frozen, cut off: slower, never wrong, never an error; back again, used again."""

import asyncio
import time

from quickserve.kernel.shared.redis import AT_ONCE_MAX, CALLS
from tests.servers import Redis

from .conftest import OpenPart, Part, eventually
from .test_cache import TAG, Oven

DEADLINE = 0.1
BUSY_MACHINE_SECONDS = 0.6  # on a quiet one it is the deadline and a little


def is_up(part: Part) -> bool:
    assert part.server
    return part.server.up


async def test_killed_under_load_every_answer_is_right_and_none_late(
    redis: Redis, process: OpenPart
) -> None:
    parts = [await process(DEADLINE), await process(DEADLINE)]
    oven, settled, took = Oven(0.002), 1, []
    wrong: list[tuple[int, int]] = []
    going = True

    async def keep_reading(part: Part) -> None:
        while going:
            least, begun = settled, time.perf_counter()
            loaf = await oven.read(part.cache)
            took.append(time.perf_counter() - begun)
            if loaf < least:
                wrong.append((loaf, least))
            await asyncio.sleep(0.002)

    async def change() -> None:
        nonlocal settled
        oven.present += 1
        await parts[oven.present % 2].cache.forget(TAG)
        settled = oven.present

    async def changing() -> None:
        while going:
            await change()
            await asyncio.sleep(0.05)

    readers = [asyncio.create_task(keep_reading(part)) for part in parts for _ in range(5)]
    changes = asyncio.create_task(changing())
    await asyncio.sleep(0.5)
    redis.kill()
    await asyncio.sleep(0.5)
    redis.start()
    await eventually(lambda: all(is_up(part) for part in parts))
    await asyncio.sleep(0.3)
    going = False
    await asyncio.gather(*readers, changes)
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    assert wrong == []
    assert len(took) > 200
    assert p99 < BUSY_MACHINE_SECONDS, f"p99 {p99 * 1000:.0f} ms"
    assert await used_again(parts, oven)


async def used_again(parts: list[Part], oven: Oven) -> bool:
    """Several tries: on a busy machine a tenth of a second may pass with Redis well."""
    for _ in range(20):
        before = oven.asked
        for part in parts:
            await oven.read(part.cache)
        if oven.asked == before:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_frozen_it_costs_its_deadline_once(redis: Redis, process: OpenPart) -> None:
    part, oven = await process(DEADLINE), Oven(0)
    await oven.read(part.cache)
    redis.pause()
    failed, spared = looks("failed"), looks("spared")
    begun = time.perf_counter()
    assert await asyncio.gather(*(oven.read(part.cache) for _ in range(100))) == [1] * 100
    took = time.perf_counter() - begun
    for _ in range(10):
        await oven.read(part.cache)
    redis.resume()
    # Those who asked at once waited together; nobody after them waited at all.
    assert looks("failed") - failed <= AT_ONCE_MAX
    assert looks("spared") - spared >= 110 - AT_ONCE_MAX
    assert DEADLINE <= took < BUSY_MACHINE_SECONDS


def looks(outcome: str) -> float:
    return CALLS.labels("look", outcome)._value.get()


async def test_a_change_while_it_was_frozen_is_told_when_it_thaws(
    redis: Redis, process: OpenPart
) -> None:
    changing, reading, oven = await process(DEADLINE), await process(DEADLINE), Oven(0)
    await oven.read(reading.cache)
    redis.pause()
    oven.present = 2
    await changing.cache.forget(TAG)
    redis.resume()
    await eventually(lambda: is_up(changing))
    assert await oven.read(reading.cache) == 2


async def test_what_only_time_ends_is_still_made_once_while_it_is_away(
    redis: Redis, process: OpenPart
) -> None:
    """Places left, for one: losing Redis must not send every reader to the hot row."""
    part, oven = await process(DEADLINE), Oven()
    redis.kill()
    for _ in range(3):
        await asyncio.gather(*(oven.read(part.cache, tags=()) for _ in range(20)))
    assert oven.asked == 1


async def test_a_process_starts_without_it_and_finds_it_later(
    redis: Redis, process: OpenPart
) -> None:
    redis.kill()
    part, oven = await process(DEADLINE), Oven(0)
    assert await oven.read(part.cache) == 1
    redis.start()
    await eventually(lambda: is_up(part))
    for _ in range(3):
        await oven.read(part.cache)
    assert oven.asked == 2
