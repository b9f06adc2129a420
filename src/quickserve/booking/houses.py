"""The houses that seats are chosen in: a map of each date's seats, in this process's memory.

Several processes may sell one house. Whoever chooses has locked the date, and then brings the map
up to date by what changed since: so the map is never wrong while it matters.
"""

import json
from collections import OrderedDict
from typing import Any, Final

from quickserve.booking.seating.layout import Layout, layout
from quickserve.booking.seating.seat_map import SeatMap
from quickserve.booking.store import seats
from quickserve.booking.store.seats import SeatedDate
from quickserve.contracts.catalog import DateId
from quickserve.contracts.seating import PlanId, SeatingPlan
from quickserve.kernel.db import Database, Transaction

_HOUSES_MAX: Final = 200
_LAYOUTS_MAX: Final = 50


class House:
    """A date's seats as of `version`; wrong as soon as the transaction that changed it fails."""

    def __init__(self, seated: SeatedDate, plan: Layout) -> None:
        self.plan_key = seated.plan_id, seated.plan_version
        self.seats = SeatMap(plan)
        self.version = -1

    async def catch_up(self, tx: Transaction, seated: SeatedDate) -> None:
        for change in await seats.changes_since(tx, seated.date_id, self.version):
            if change.state == "free":
                self.seats.free([change.seat_id])
            else:
                self.seats.take([change.seat_id])
        self.version = seated.version


class Houses:
    """Those of one process; the ones not used for the longest time go first."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._houses: OrderedDict[DateId, House] = OrderedDict()
        self._layouts: OrderedDict[tuple[PlanId, int], Layout] = OrderedDict()

    async def layout(self, plan_id: PlanId, version: int) -> Layout | None:
        """None while the plan is not here."""
        key = plan_id, version
        if key not in self._layouts:
            async with self._db.read() as tx:
                plan: Any = await seats.find_plan(tx, plan_id, version)
            if plan is None:
                return None
            self.keep(SeatingPlan.model_validate_json(json.dumps(plan)))
        self._layouts.move_to_end(key)
        return self._layouts[key]

    def keep(self, plan: SeatingPlan) -> Layout:
        self._layouts[plan.id, plan.version] = found = layout(plan)
        if len(self._layouts) > _LAYOUTS_MAX:
            self._layouts.popitem(last=False)
        return found

    async def lock(self, tx: Transaction, date_id: DateId) -> House | None:
        """The house as it is, until the transaction ends; None where there are no seats yet.

        Call `layout` before the transaction, so that no plan is read while others wait.
        """
        seated = await seats.lock_date(tx, date_id)
        if seated is None or not seated.ready:
            return None
        house = self._houses.get(date_id)
        if house is None or house.plan_key != (seated.plan_id, seated.plan_version):
            plan = self._layouts.get((seated.plan_id, seated.plan_version))
            if plan is None:
                return None
            house = self._houses[date_id] = House(seated, plan)
            if len(self._houses) > _HOUSES_MAX:
                self._houses.popitem(last=False)
        self._houses.move_to_end(date_id)
        await house.catch_up(tx, seated)
        return house

    def forget(self, date_id: DateId) -> None:
        """What was taken in it was not committed."""
        self._houses.pop(date_id, None)
