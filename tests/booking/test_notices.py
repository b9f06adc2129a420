"""Places left: looked up once a second, and told to whoever follows them."""

import asyncio
import time

import pytest

from quickserve.booking.notices import Notices
from quickserve.booking.reads import stock
from quickserve.contracts import notices
from quickserve.contracts.booking import Availability
from quickserve.contracts.catalog import DateId
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.shared.memory import MemoryFanout


async def left(gala) -> int:
    return (await gala.box.checkout.availability([gala.date_id])).dates[0].places_left


async def test_a_thousand_looks_read_the_quotas_once_a_second(gala, monkeypatch):
    monkeypatch.setattr(stock, "PLACES_SECONDS", 1.0)
    await gala.quota(10)
    assert await left(gala) == 10
    await gala.box.sql("UPDATE quotas SET capacity = 7 WHERE date_id = %s", (gala.date_id,))
    begun = time.monotonic()
    told = {await left(gala) for _ in range(50)}
    if time.monotonic() - begun < 0.5:
        assert told == {10}
    await asyncio.sleep(1.1)
    assert await left(gala) == 7


async def test_whoever_follows_a_date_is_told_the_last_word(gala):
    await gala.quota(10)
    fanout = gala.box.platform.platforms["booking"].shared.fanout
    async with fanout.subscribe([notices.places(gala.date_id)]) as told:
        await gala.hold(2)
        await asyncio.sleep(0.3)
        await gala.hold(3)
        async with asyncio.timeout(10):
            async for notice in told:
                if notice and Availability.model_validate_json(notice.data).places_left == 5:
                    break


class Figures:
    """Looked up from a copy that is `age` old at most, as the reads are."""

    def __init__(self, age: float) -> None:
        self.now = 0
        self.looks: list[float] = []
        self.broken = False
        self._age = age
        self._copy = (-1.0, 0)

    async def look(self, dates):
        if self.broken:
            raise RuntimeError
        if time.monotonic() - self._copy[0] > self._age:
            self._copy = (time.monotonic(), self.now)
        self.looks.append(time.monotonic())
        return dict.fromkeys(dates, b"%d" % self._copy[1])


@pytest.fixture
def date_id():
    return DateId(new_uuid())


async def test_the_last_notice_has_the_last_change_however_old_the_copy(date_id):
    figures, fanout = Figures(0.1), MemoryFanout()
    telling = Notices(fanout, figures.look, 0.1)
    async with fanout.subscribe([notices.places(date_id)]) as told:
        for number in range(1, 40):
            figures.now = number
            telling.changed(date_id)
            await asyncio.sleep(0.01)
        last = None
        async with asyncio.timeout(5):
            while last != b"39":
                last = (await anext(told)).data
        await asyncio.sleep(0.4)
    assert len(figures.looks) <= 8  # 39 changes in 0.4 s, looked at every 0.15 s
    before = len(figures.looks)
    await asyncio.sleep(0.3)
    assert len(figures.looks) == before, "nothing changes, nobody looks"
    await telling.close()


async def test_what_cannot_be_looked_up_now_is_told_later(date_id):
    figures, fanout = Figures(0.02), MemoryFanout()
    telling = Notices(fanout, figures.look, 0.02)
    async with fanout.subscribe([notices.places(date_id)]) as told:
        figures.broken = True
        telling.changed(date_id)
        await asyncio.sleep(0.2)
        figures.broken, figures.now = False, 5
        async with asyncio.timeout(5):
            assert (await anext(told)).data == b"5"
    await telling.close()
