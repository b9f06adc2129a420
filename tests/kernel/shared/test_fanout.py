"""Notices: quick and at most once; whoever may have missed one is told so."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from quickserve.kernel.shared.port import Notice
from tests.servers import Redis

from .conftest import WAITING_MAX, OpenPart, Part


async def hear(reader: AsyncIterator[Notice | None], seconds: float = 5) -> bytes | None:
    async with asyncio.timeout(seconds):
        notice = await anext(reader)
    return notice.data if notice else None


async def settle(part: Part, reader: AsyncIterator[Notice | None]) -> None:
    """A connection that has just been opened tells that something may have been missed."""
    await part.fanout.publish("bread", b"first")
    while await hear(reader) != b"first":
        pass


async def test_who_listens_hears_it_in_order_and_nothing_else(part: Part) -> None:
    async with part.fanout.subscribe(["bread", "cake"]) as reader:
        await settle(part, reader)
        for channel, data in (("bread", b"1"), ("beer", b"2"), ("cake", b"3"), ("bread", b"4")):
            await part.fanout.publish(channel, data)
        assert [await hear(reader) for _ in range(3)] == [b"1", b"3", b"4"]


async def test_who_is_slow_loses_the_oldest_and_is_told(part: Part) -> None:
    async with part.fanout.subscribe(["bread"]) as slow, part.fanout.subscribe(["bread"]) as quick:
        await settle(part, quick)
        await settle(part, slow)
        await hear(quick)
        for number in range(WAITING_MAX + 3):
            await part.fanout.publish("bread", b"%d" % number)
            assert await hear(quick) == b"%d" % number
        assert [await hear(slow) for _ in range(3)] == [None, b"3", b"4"]


async def test_closing_ends_every_subscription(part: Part) -> None:
    async with part.fanout.subscribe(["bread"]) as reader:
        await settle(part, reader)
        part.fanout.close()
        with pytest.raises(StopAsyncIteration):
            await hear(reader)
    async with part.fanout.subscribe(["bread"]) as late:
        with pytest.raises(StopAsyncIteration):
            await hear(late)


async def test_it_crosses_processes(two: tuple[Part, Part]) -> None:
    here, there = two
    async with there.fanout.subscribe(["bread"]) as reader:
        await settle(there, reader)
        await here.fanout.publish("bread", b"warm")
        assert await hear(reader) == b"warm"


async def test_after_a_restart_the_gap_is_told_and_it_goes_on(
    redis: Redis, two: tuple[Part, Part]
) -> None:
    here, there = two
    async with there.fanout.subscribe(["bread"]) as reader:
        await settle(there, reader)
        redis.kill()
        await here.fanout.publish("bread", b"lost")
        redis.start()
        assert await hear(reader) is None
        while True:
            await here.fanout.publish("bread", b"warm")
            async with asyncio.timeout(5):
                if await hear(reader) == b"warm":
                    break


async def test_a_notice_that_was_not_sent_is_a_gap_for_the_others(
    redis: Redis, process: OpenPart
) -> None:
    """So short a pause that the listener's own connection never notices."""
    here, there = await process(0.1), await process()
    async with there.fanout.subscribe(["bread"]) as reader:
        await settle(there, reader)
        redis.pause()
        await here.fanout.publish("bread", b"lost")
        redis.resume()
        heard = await hear(reader)
        assert heard in (None, b"lost")
        if heard == b"lost":  # it was on its way
            assert await hear(reader) is None


async def test_while_redis_is_away_the_process_still_hears_itself(
    redis: Redis, process: OpenPart
) -> None:
    part = await process()
    async with part.fanout.subscribe(["bread"]) as reader:
        await settle(part, reader)
        redis.kill()
        await part.fanout.publish("bread", b"warm")
        assert await hear(reader) == b"warm"
