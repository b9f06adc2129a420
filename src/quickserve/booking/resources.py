"""What the commands share within a process, beside the database."""

import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from quickserve.booking.houses import Houses
from quickserve.booking.keys import KeyRing
from quickserve.booking.model import HoldTimes, NewHoldRow, Sale
from quickserve.booking.notices import Notices
from quickserve.booking.rooms import Arrival, Demand, Rooms
from quickserve.booking.seat_looks import SeatLooks
from quickserve.booking.shelf import Shelf
from quickserve.booking.store.reports import Sales
from quickserve.booking.store.waiting_room import Place
from quickserve.contracts.catalog import DateId
from quickserve.kernel.batches import Batch
from quickserve.kernel.service import Context

_TOTALS_MAX = 10_000


class Totals:
    """Sums over all sales of an event or organiser, each kept for a second.

    However many people look at a page, and however often, all that was ever sold is summed once
    a second at most.
    """

    def __init__(self, seconds: float = 1.0) -> None:
        self._seconds = seconds
        self._known: dict[UUID, tuple[float, list[Sales]]] = {}

    async def get(self, of: UUID, add_up: Callable[[], Awaitable[list[Sales]]]) -> list[Sales]:
        since, sales = self._known.get(of, (-math.inf, []))
        if time.monotonic() - since < self._seconds:
            return sales
        if len(self._known) >= _TOTALS_MAX:
            self._known.clear()
        sales = await add_up()
        self._known[of] = (time.monotonic(), sales)
        return sales


@dataclass(frozen=True, slots=True)
class Resources:
    keys: KeyRing
    sales: Batch[Sale, None]
    holds: Batch[NewHoldRow, HoldTimes]
    totals: Totals
    notices: Notices
    shelf: Shelf
    houses: Houses
    seat_looks: SeatLooks
    seat_notices: Notices
    rooms: Rooms
    arrivals: Batch[Arrival, Place]
    places: Batch[Arrival, Place]
    demand: Demand

    def depths(self) -> Counter[DateId]:
        """How many requests wait for the stock of each date, here and where it was told."""
        found = self.demand.elsewhere()
        for batch in (self.holds, self.sales):
            for date_id, depth in batch.depths().items():
                assert isinstance(date_id, UUID), "both are batched by date"
                found[DateId(date_id)] += depth
        return found

    def depth(self, date_id: DateId) -> int:
        return self.depths()[date_id]


def tell_changed(ctx: Context, *date_ids: DateId) -> None:
    """After the commit: the dates' places, sales or admissions are others now."""
    resources(ctx).notices.changed(*date_ids)
    resources(ctx).seat_notices.changed(*date_ids)


def resources(ctx: Context) -> Resources:
    assert isinstance(ctx.resources, Resources)
    return ctx.resources
