"""How often somebody may: counted together, and each for itself while Redis is away."""

import asyncio

from tests.servers import Redis

from .conftest import OpenPart, Part


async def admitted(part: Part, times: int, per_minute: int, key: str = "takes:anna") -> int:
    return sum([await part.counters.admits(key, per_minute) for _ in range(times)])


async def test_as_many_at_once_as_a_minute_has(part: Part) -> None:
    assert await admitted(part, 8, 5) == 5
    assert await admitted(part, 1, 5, "takes:ben") == 1


async def test_time_refills(part: Part) -> None:
    assert await admitted(part, 700, 600) < 700
    await asyncio.sleep(0.35)  # 600 a minute are 3 in 0.3 s
    assert 2 <= await admitted(part, 10, 600) <= 9


async def test_zero_is_no_limit(part: Part) -> None:
    assert await admitted(part, 50, 0) == 50


async def test_two_processes_count_together(two: tuple[Part, Part]) -> None:
    here, there = two
    outcomes = [await part.counters.admits("takes:anna", 6) for _ in range(5) for part in two]
    assert sum(outcomes) == 6
    assert not await here.counters.admits("takes:anna", 6)
    assert not await there.counters.admits("takes:anna", 6)


async def test_without_redis_each_counts_for_itself(redis: Redis, process: OpenPart) -> None:
    part = await process()
    redis.kill()
    assert await admitted(part, 8, 5) == 5
