"""Tells whoever looks at a date that its figures changed, once a second at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context

import structlog

from quickserve.contracts import notices
from quickserve.contracts.catalog import DateId
from quickserve.kernel.shared.port import Fanout

log = structlog.get_logger()

_DATES_MAX = 100  # looked up at once


class Notices:
    """`look` answers figures that may be `age_seconds` old.

    So the last notice of a date goes out when its last change is older than that: what it tells,
    and what a page reads because of it, has the change in it.
    """

    def __init__(
        self,
        fanout: Fanout,
        look: Callable[[Sequence[DateId]], Awaitable[Mapping[DateId, bytes]]],
        age_seconds: float,
        channel: Callable[[DateId], str] = notices.places,
    ) -> None:
        self._fanout = fanout
        self._look = look
        self._channel = channel
        self._pause = age_seconds + 0.05
        self._changed: dict[DateId, float] = {}
        self._telling: asyncio.Task[None] | None = None

    def changed(self, *date_ids: DateId) -> None:
        """After the commit. Waits for nothing."""
        self._changed.update(dict.fromkeys(date_ids, time.monotonic()))
        if date_ids and (self._telling is None or self._telling.done()):
            # In a context of its own: the request's deadline and trace end before this does.
            self._telling = asyncio.create_task(self._tell(), context=Context())

    async def close(self) -> None:
        """What is not told yet is not told: pages begin with a snapshot."""
        while self._telling is not None and not self._telling.done():
            self._telling.cancel()
            await asyncio.wait([self._telling], timeout=1)

    async def _tell(self) -> None:
        while self._changed:
            await asyncio.sleep(self._pause)
            old = time.monotonic() - self._pause
            dates = list(self._changed)
            for date_id in [one for one in dates if self._changed[one] <= old]:
                del self._changed[date_id]
            for start in range(0, len(dates), _DATES_MAX):
                await self._tell_some(dates[start : start + _DATES_MAX])

    async def _tell_some(self, dates: Sequence[DateId]) -> None:
        try:
            for date_id, figures in (await self._look(dates)).items():
                await self._fanout.publish(self._channel(date_id), figures)
        except Exception as error:  # noqa: BLE001 - the database is away: try again with the next
            log.warning("figures_not_told", error=type(error).__name__)
            now = time.monotonic()
            self._changed = dict.fromkeys(dates, now) | self._changed
