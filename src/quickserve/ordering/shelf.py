"""Stands and menus as a rush reads them: one look serves everybody for a moment.

What is out, closed or paused is seen a quarter of a second later at most; what somebody orders is
judged again under the lock of the stand. Nobody is refused because of an old look.
"""

import asyncio
import time
from contextvars import Context

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.db import Database
from quickserve.ordering.model import Home, MenuIndex, Stand
from quickserve.ordering.store import orders, stands

AGE_SECONDS = 0.25
_STANDS_MAX = 5_000
_ORDERS_MAX = 50_000


class Shelf:
    """Looks of one process. `None` stands for a stand that nothing is known of."""

    def __init__(self, db: Database, age_seconds: float = AGE_SECONDS) -> None:
        self._db = db
        self._age = age_seconds
        self._seen: dict[StandId, tuple[float, Stand | None]] = {}
        self._menus: dict[tuple[StandId, int], MenuIndex] = {}
        self._looking: dict[StandId, asyncio.Task[tuple[float, Stand | None]]] = {}
        self._homes: dict[OrderId, Home] = {}

    async def stand(self, stand_id: StandId, *, fresh: bool = False) -> Stand | None:
        since = time.monotonic() - (0 if fresh else self._age)
        seen = self._seen.get(stand_id)
        if seen is not None and seen[0] >= since:
            return seen[1]
        while True:
            looking = self._looking.get(stand_id)
            if looking is None:
                # In nobody's name: the first one's deadline is not that of those who come later.
                looking = asyncio.create_task(self._read(stand_id), context=Context())
                self._looking[stand_id] = looking
            began, stand = await asyncio.shield(looking)
            if began >= since:
                return stand

    async def home_of(self, order_id: OrderId) -> Home | None:
        """Whose an order is never changes; its kitchen asks three times."""
        home = self._homes.get(order_id)
        if home is None:
            async with self._db.read() as tx:
                home = await orders.home_of(tx, order_id)
            if home is not None:
                self.note_home(order_id, home)
        return home

    def note_home(self, order_id: OrderId, home: Home) -> None:
        if len(self._homes) >= _ORDERS_MAX:
            self._homes.clear()
        self._homes[order_id] = home

    def forget(self, stand_id: StandId) -> None:
        """It was changed by this process: what is being read now may be from before."""
        self._seen.pop(stand_id, None)
        self._looking.pop(stand_id, None)

    async def _read(self, stand_id: StandId) -> tuple[float, Stand | None]:
        began, me = time.monotonic(), asyncio.current_task()
        try:
            async with self._db.read() as tx:
                row = await stands.find_stand(tx, stand_id)
                stand = None
                if row is not None:
                    menu = self._menus.get((stand_id, row.menu_here or 0))
                    if menu is None and row.menu_here is not None:
                        menu = await stands.find_menu(tx, stand_id, row.menu_here)
                    stand = row.stand(menu)
        finally:
            current = self._looking.get(stand_id) is me
            if current:
                del self._looking[stand_id]
        if not current:
            return began, stand
        if len(self._seen) >= _STANDS_MAX:
            self._seen.clear()
            self._menus.clear()
        self._seen[stand_id] = (began, stand)
        if stand is not None and stand.menu is not None:
            for key in [one for one in self._menus if one[0] == stand_id]:
                del self._menus[key]
            self._menus[stand_id, stand.menu.menu.version] = stand.menu
        return began, stand
