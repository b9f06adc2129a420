"""A steady stream of buyers who do what a browser does: ask again, with the same ids."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2 as httpx

from quickserve.kernel.ids import new_uuid
from tests.journeys.shows import Show

_PATIENCE_SECONDS = 150
_ANSWER_SECONDS_MAX = 12
_PAUSE_SECONDS = 0.25


@dataclass
class Stream:
    """What happened to the buyers so far. Times in seconds since the stream began."""

    sent: int = 0
    failed: Counter[str] = field(default_factory=Counter[str])
    longest_outage: float = 0
    began: float = field(default_factory=time.monotonic)
    ended: list[tuple[float, float, dict[str, Any]]] = field(default_factory=list)  # began, ended
    lost: list[str] = field(default_factory=list)

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def confirmed(self) -> list[dict[str, Any]]:
        return [view for _, _, view in self.ended if view["state"] == "confirmed"]

    def first_success_after(self, moment: float) -> float:
        """How long after the moment somebody had tickets."""
        later = [at for _, at, view in self.ended if at > moment and view["state"] == "confirmed"]
        return min(later, default=float("inf")) - moment

    def all_served_after(self, moment: float) -> float:
        """How long after the moment the last of those had tickets who had come before it."""
        return max((at for came, at, _ in self.ended if came < moment), default=moment) - moment

    def told(self, what: str, back_at: float | None) -> str:
        recovery = ""
        if back_at is not None:
            recovery = (
                f", tickets {self.first_success_after(back_at):.1f} s after it was back,"
                f" for all who waited {max(0, self.all_served_after(back_at)):.1f} s"
            )
        return (
            f"{what}: {self.sent} requests, {sum(self.failed.values())} failed and sent again"
            f" {dict(self.failed)}, {len(self.confirmed())} bookings,"
            f" longest outage {self.longest_outage:.1f} s{recovery}"
        )


class Buyer:
    """One person's way from a hold to the tickets."""

    def __init__(self, http: httpx.AsyncClient, stream: Stream, show: Show, number: int) -> None:
        self._http = http
        self._stream = stream
        self._show = show
        self._number = number

    async def buy(self) -> None:
        came, hold_id, checkout_id = self._stream.now, new_uuid(), new_uuid()
        item = {"ticket_type_id": str(self._show.ticket_type_id), "quantity": 1 + self._number % 2}
        hold = {"date_id": str(self._show.date_id), "items": [item]}
        await self._ask("PUT", f"/api/booking/holds/{hold_id}", hold)
        path = f"/api/checkout/checkouts/{checkout_id}"
        view = await self._ask("PUT", path, _order(hold_id, self._number))
        while view["state"] == "processing":
            view = await self._ask("GET", f"{path}?wait_ms=5000")
        self._stream.ended.append((came, self._stream.now, view))

    async def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        started = time.monotonic()
        while True:
            self._stream.sent += 1
            failure = ""
            try:
                answer = await self._http.request(method, path, json=body)
                if answer.status_code < 500:
                    assert answer.status_code < 400, f"{method} {path}: {answer.text}"
                    waited = time.monotonic() - started
                    self._stream.longest_outage = max(self._stream.longest_outage, waited)
                    return answer.json()
                failure = str(answer.status_code)
            except httpx.TransportError as error:
                failure = type(error).__name__
            self._stream.failed[failure] += 1
            assert time.monotonic() - started < _PATIENCE_SECONDS, f"{method} {path}: {failure}"
            await asyncio.sleep(_PAUSE_SECONDS)


def _order(hold_id: UUID, number: int) -> dict[str, Any]:
    contact = {"email": f"buyer{number}@faults.example", "name": f"Buyer {number}"}
    method = "sandbox-late" if number % 10 == 0 else "sandbox-success"
    return {"hold_id": str(hold_id), "contact": contact, "method": method}


@asynccontextmanager
async def buying(address: str, show: Show, per_second: float) -> AsyncIterator[Stream]:
    """Buyers keep coming inside; at the end the last of them finish."""
    stream = Stream()
    buyers: set[asyncio.Task[None]] = set()
    limits = httpx.Limits(max_connections=500)
    async with httpx.AsyncClient(
        base_url=address, timeout=_ANSWER_SECONDS_MAX, limits=limits
    ) as http:

        async def come() -> None:
            number = 0
            while True:
                number += 1
                buyers.add(asyncio.create_task(Buyer(http, stream, show, number).buy()))
                await asyncio.sleep(1 / per_second)

        coming = asyncio.create_task(come())
        try:
            yield stream
        finally:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming
            outcomes = await asyncio.gather(*buyers, return_exceptions=True)
            stream.lost = [repr(o)[:300] for o in outcomes if isinstance(o, BaseException)]
