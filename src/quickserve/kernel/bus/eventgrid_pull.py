"""Fetches events from a subscription of an Event Grid namespace, for one service."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from quickserve.kernel.bus import cloudevents
from quickserve.kernel.bus.eventgrid_requests import Busy, Grid
from quickserve.kernel.bus.port import BusUnreachable, NotTakenHere, Route
from quickserve.kernel.errors import Malformed
from quickserve.kernel.events import Message
from quickserve.kernel.logs import told

log = structlog.get_logger()

VERSION = "2024-06-01"
EVENTS_MAX = 100  # what `:receive` gives at most
WAIT_SECONDS = 20  # of one long poll; a connection that died silently is found this late
_ANSWER_SECONDS = 10
_PAUSE_SECONDS = (0.2, 5.0)  # after a failure, doubling
_SETTLE_ATTEMPTS = 3

# How long an event that failed stays away, by its count of deliveries: Event Grid knows these
# delays only. A short fault costs seconds; ten deliveries, its usual maximum before it
# dead-letters, last more than an hour.
_RELEASE_SECONDS = (0, 0, 10, 10, 60, 60, 600, 600, 3600)
# One that this version of the service does not take starts this much later in the row: until the
# next version runs, ten deliveries last more than three hours.
_LATER = 2


@dataclass(frozen=True, slots=True)
class _Delivery:
    lock: str
    count: int
    event: Any


class Puller:
    """Offers a route what its subscription has, batch after batch.

    A lock lasts a minute at least and a route decides within seconds, so none is renewed. Where
    one ends all the same, or an acknowledgement is lost, the event comes again and the inbox
    knows it.
    """

    def __init__(self, grid: Grid, topic: str, subscription: str, route: Route) -> None:
        self._grid = grid
        self._path = f"/topics/{topic}/eventsubscriptions/{subscription}"
        self._route = route

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`, whatever happens; what is in hand then is finished."""
        shortest, longest = _PAUSE_SECONDS
        pause = shortest
        while not stopping.is_set():
            try:
                going = await self._round(stopping)
            except Exception as error:  # noqa: BLE001 - the next round may succeed
                going = False
                log.warning("eventgrid_interrupted", service=self._route.service, error=told(error))
            if going:
                pause = shortest
            else:
                await _sleep(pause, unless=stopping)
                pause = min(pause * 2, longest)

    async def _round(self, stopping: asyncio.Event) -> bool:
        """False when every event failed: then the fault is not the events'."""
        deliveries = await self._received(stopping)
        if not deliveries:
            return True
        done, unreadable, messages = self._sorted(deliveries)
        wanted = [m for _, m in messages if m.type in self._route.types]
        outcomes = iter(await self._route.take(wanted) if wanted else [])
        going = bool(done or unreadable)
        failed: dict[int, list[str]] = defaultdict(list)
        for delivery, message in messages:
            missed = self._route.misses(message.type)
            outcome = NotTakenHere() if missed else next(outcomes)
            going = going or missed or outcome is None
            if outcome is None:
                done.append(delivery.lock)
                continue
            failed[_delay(delivery.count, later=missed)].append(delivery.lock)
            log.warning(
                "event_not_taken", service=self._route.service, type=message.type,
                delivery=delivery.count, error=told(outcome),
            )  # fmt: skip
        await self._settle("acknowledge", done)
        await self._settle("reject", unreadable)
        for delay, locks in failed.items():
            await self._settle("release", locks, releaseDelayInSeconds=delay)
        return going

    def _sorted(
        self, deliveries: Sequence[_Delivery]
    ) -> tuple[list[str], list[str], list[tuple[_Delivery, Message]]]:
        """Locks of events that are none of ours, of unreadable ones, and what is for the route."""
        foreign: list[str] = []
        unreadable: list[str] = []
        messages: list[tuple[_Delivery, Message]] = []
        for delivery in deliveries:
            try:
                message = cloudevents.from_structured(json.dumps(delivery.event).encode())
            except Malformed as error:
                # At once among the dead letters: no repetition makes it readable.
                unreadable.append(delivery.lock)
                log.warning("event_unreadable", service=self._route.service, error=told(error))
                continue
            if message.type in self._route.types or self._route.misses(message.type):
                messages.append((delivery, message))
            else:
                foreign.append(delivery.lock)
        return foreign, unreadable, messages

    async def _received(self, stopping: asyncio.Event) -> list[_Delivery]:
        """Nothing when it is time to stop; what the server gives out then comes again."""
        asking = asyncio.create_task(self._receive())
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({asking, stop}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else []
        finally:
            asking.cancel()
            stop.cancel()
            await asyncio.gather(asking, stop, return_exceptions=True)

    async def _receive(self) -> list[_Delivery]:
        answer = await self._grid.post(
            f"{self._path}:receive", version=VERSION, maxEvents=EVENTS_MAX,
            maxWaitTime=WAIT_SECONDS, seconds_max=WAIT_SECONDS + _ANSWER_SECONDS,
        )  # fmt: skip
        given = json.loads(answer)["value"] if answer else []
        return [
            _Delivery(
                lock=one["brokerProperties"]["lockToken"],
                count=one["brokerProperties"]["deliveryCount"],
                event=one["event"],
            )
            for one in given
        ]

    async def _settle(self, verb: str, locks: Sequence[str], **query: Any) -> None:
        if not locks:
            return
        content = json.dumps({"lockTokens": locks}).encode()
        for attempt in range(1, _SETTLE_ATTEMPTS + 1):
            try:
                answer = await self._grid.post(
                    f"{self._path}:{verb}", version=VERSION, seconds_max=_ANSWER_SECONDS,
                    content=content, **query,
                )  # fmt: skip
            except (Busy, BusUnreachable):
                if attempt == _SETTLE_ATTEMPTS:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)
            else:
                self._note_lost(verb, answer)
                return

    def _note_lost(self, verb: str, answer: bytes) -> None:
        if lost := json.loads(answer).get("failedLockTokens") if answer else None:
            log.warning(
                "eventgrid_locks_lost", service=self._route.service, verb=verb, count=len(lost)
            )


def _delay(count: int, *, later: bool = False) -> int:
    step = max(count, 1) + (_LATER if later else 0)
    return _RELEASE_SECONDS[min(step, len(_RELEASE_SECONDS)) - 1]


async def _sleep(seconds: float, *, unless: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await unless.wait()
    except TimeoutError:
        return
