"""What is offered, as a rush reads it: one look at a date serves everybody for a moment.

A thousand people who want the same tickets would read the same offer a thousand times. Whether
there is room the quotas' rows decide when places are taken; a look only prices and judges, by the
database's clock. Nobody is refused because of an old look: who would be, waits for a new one.
"""

import asyncio
import time
from collections.abc import Iterable
from contextvars import Context

from quickserve.booking.model import Offer
from quickserve.booking.store import offers
from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Database

AGE_SECONDS = 0.25
_DATES_MAX = 20_000


class Shelf:
    """Looks of one process. `None` stands for a date that nothing is known of."""

    def __init__(self, db: Database, age_seconds: float = AGE_SECONDS) -> None:
        self._db = db
        self._age = age_seconds
        self._seen: dict[DateId, tuple[float, Offer | None]] = {}
        self._looking: dict[DateId, asyncio.Task[tuple[float, Offer | None]]] = {}

    async def offer(self, date_id: DateId) -> Offer | None:
        """As it was `age_seconds` ago, or later."""
        since = time.monotonic() - self._age
        seen = self._seen.get(date_id)
        if seen is not None and seen[0] >= since:
            return seen[1]
        return await self._look(date_id, since)

    async def fresh_offer(self, date_id: DateId) -> Offer | None:
        """As it is now; all who ask while somebody looks share the next look."""
        return await self._look(date_id, time.monotonic())

    def forget(self, date_ids: Iterable[DateId]) -> None:
        """They were changed by this process."""
        for date_id in date_ids:
            self._seen.pop(date_id, None)

    def forget_all(self) -> None:
        """Rules were changed that hold for many dates."""
        self._seen.clear()

    async def _look(self, date_id: DateId, since: float) -> Offer | None:
        while True:
            looking = self._looking.get(date_id)
            if looking is None:
                # In nobody's name: the first one's deadline is not that of those who come later.
                looking = asyncio.create_task(self._read(date_id), context=Context())
                self._looking[date_id] = looking
            began, offer = await asyncio.shield(looking)
            if began >= since:
                return offer

    async def _read(self, date_id: DateId) -> tuple[float, Offer | None]:
        began = time.monotonic()
        try:
            async with self._db.read() as tx:
                look = began, await offers.find_offer(tx, date_id, began)
        finally:
            del self._looking[date_id]
        if len(self._seen) >= _DATES_MAX:
            self._seen.clear()
        self._seen[date_id] = look
        return look
