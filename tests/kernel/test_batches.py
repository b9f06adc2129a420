"""What arrives while a transaction is in flight goes together into the next one of its date."""

import asyncio

import pytest

from quickserve.contracts.booking import SoldOut
from quickserve.kernel.batches import Batch
from quickserve.kernel.deadlines import deadline
from quickserve.kernel.errors import Unavailable


class Till:
    """Writes numbers, those of each thousand by themselves; 13 is refused, and 99 is a bug.

    From 5000 on somebody holds a lock, until `unlocked`.
    """

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.batch = Batch(self.write, lambda number: number // 1000)
        self.unlocked = asyncio.Event()

    async def write(self, items):
        self.batches.append(list(items))
        await asyncio.sleep(0)
        if items[0] >= 5000:
            await self.unlocked.wait()
        if 13 in items:
            raise SoldOut
        if 99 in items:
            raise RuntimeError("a bug")
        return [item * 2 for item in items]


async def test_alone_nobody_waits_and_together_they_share():
    till = Till()
    answers = await asyncio.gather(*(till.batch.put(i) for i in range(100, 400)))
    assert answers == [i * 2 for i in range(100, 400)]
    assert [len(batch) for batch in till.batches] == [128, 128, 44]
    assert await till.batch.put(7) == 14
    assert till.batches[-1] == [7]


async def test_who_is_refused_is_refused_alone():
    till = Till()
    answers = await asyncio.gather(*(till.batch.put(i) for i in (1, 13, 2)), return_exceptions=True)
    assert [type(a) for a in answers] == [int, SoldOut, int]
    assert till.batches == [[1, 13, 2], [1], [13], [2]]


async def test_who_waits_for_a_lock_holds_up_no_other_date():
    till = Till()
    stuck = [asyncio.create_task(till.batch.put(5000 + i)) for i in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        assert await till.batch.put(1) == 2
    assert not any(task.done() for task in stuck)
    till.unlocked.set()
    assert await asyncio.gather(*stuck) == [10_000, 10_002, 10_004]


async def test_who_is_refused_sends_only_its_own_date_one_by_one():
    till = Till()
    answers = await asyncio.gather(
        *(till.batch.put(i) for i in (1, 13, 1001, 1002)), return_exceptions=True
    )
    assert [type(a) for a in answers] == [int, SoldOut, int, int]
    assert sorted(till.batches) == [[1], [1, 13], [13], [1001, 1002]]


async def test_a_date_that_nobody_wants_any_more_is_forgotten():
    till = Till()
    await asyncio.gather(*(till.batch.put(i * 1000) for i in range(5)))
    with pytest.raises(SoldOut):
        await till.batch.put(13)
    assert till.batch._waiting == till.batch._runners == {}
    assert till.batch._total == 0


async def test_a_failure_that_is_nobodys_fault_is_told_to_all():
    till = Till()
    answers = await asyncio.gather(*(till.batch.put(i) for i in (1, 99)), return_exceptions=True)
    assert [type(a) for a in answers] == [RuntimeError, RuntimeError]
    assert await till.batch.put(3) == 6


async def test_who_gave_up_waiting_disturbs_nobody():
    till = Till()
    waiting = asyncio.create_task(till.batch.put(1))
    other = asyncio.create_task(till.batch.put(2))
    await asyncio.sleep(0)
    waiting.cancel()
    assert await other == 4
    await till.batch.close()


async def test_the_queue_is_bounded():
    till = Till()
    answers = await asyncio.gather(
        *(till.batch.put(i % 800 + 100) for i in range(2100)), return_exceptions=True
    )
    refused = [a for a in answers if isinstance(a, Unavailable)]
    assert len(refused) == 100
    all_dates = [till.batch.put(1000 * date + i) for date in range(6, 14) for i in range(1500)]
    crowd = [asyncio.create_task(one) for one in all_dates]
    await asyncio.sleep(0)
    till.unlocked.set()
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    refused = [a for a in answers if isinstance(a, Unavailable)]
    assert len(refused) == 2000
    with pytest.raises(SoldOut):
        await till.batch.put(13)


async def test_who_is_turned_away_hears_how_long_the_others_will_take():
    async def slowly(items):
        await asyncio.sleep(0.3)
        return items

    batch = Batch(slowly, lambda _: "a date")
    for _ in range(12):
        await batch.put(0)  # alone: 0.3 s each, and so it looks for the 2000 ahead
    crowd = [asyncio.create_task(batch.put(i)) for i in range(2001)]
    _, waiting = await asyncio.wait(crowd, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
    [refusal] = [task.exception() for task in crowd if task.done()]
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after == 30, "never longer than that"
    await asyncio.wait(waiting)
    crowd = [asyncio.create_task(batch.put(i)) for i in range(2001)]
    await asyncio.wait(crowd, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
    [refusal] = [task.exception() for task in crowd if task.done()]
    assert isinstance(refusal, Unavailable)
    assert 3 <= refusal.retry_after < 30, "together they are faster: 2000 take some 5 s"
    await asyncio.gather(*crowd, return_exceptions=True)


async def test_the_firsts_deadline_is_not_the_others():
    seen: list[float | None] = []

    async def write(items):
        seen.append(deadline.get())
        return items

    token = deadline.set(1.0)
    await Batch(write, type).put(1)
    deadline.reset(token)
    assert seen == [None]
