"""Houses as those see them who only look: a map of each date, apart from the one that is sold from.

A look is a second old at most, and costs one read of what changed since the last one.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from quickserve.booking.houses import House, Houses
from quickserve.booking.store import seats
from quickserve.booking.store.seats import SeatedDate
from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Database

SEATS_SECONDS: Final = 1.0
_DATES_MAX: Final = 200


@dataclass(slots=True)
class Look:
    """`house` is None until the date is ready."""

    seated: SeatedDate | None = None
    house: House | None = None
    at: float = -SEATS_SECONDS
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SeatLooks:
    def __init__(self, db: Database, houses: Houses) -> None:
        self._db = db
        self._houses = houses
        self._looks: OrderedDict[DateId, Look] = OrderedDict()

    async def look(self, date_id: DateId, *, fresh: bool = False) -> Look | None:
        """None where the date has no seats, or is not ready. `fresh`: as it is now."""
        look = self._looks.setdefault(date_id, Look())
        self._looks.move_to_end(date_id)
        if len(self._looks) > _DATES_MAX:
            self._looks.popitem(last=False)
        async with look.lock:
            if fresh or time.monotonic() - look.at >= SEATS_SECONDS:
                await self._catch_up(date_id, look)
        return look if look.house else None

    async def _catch_up(self, date_id: DateId, look: Look) -> None:
        at = time.monotonic()
        async with self._db.read() as tx:
            seated = await seats.find_date(tx, date_id)
        if seated is None or not seated.ready:
            look.seated, look.house, look.at = seated, None, at
            return
        plan = await self._houses.layout(seated.plan_id, seated.plan_version)
        if plan is None:
            look.house = None
            return
        house = look.house
        if house is None or house.plan_key != (seated.plan_id, seated.plan_version):
            house = House(seated, plan)
        if house.version != seated.version:
            async with self._db.read() as tx:
                await house.catch_up(tx, seated)
        look.seated, look.house, look.at = seated, house, at
