"""Waiting rooms as this process sees them: looked at once a second, asked at every hold."""

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from quickserve.booking.store.waiting_room import Room
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import VisitorId

_LOOKS: Final = 3
_TOLD_SECONDS: Final = 3.0
_STALE_SECONDS: Final = 10.0
_LATENCIES_MAX: Final = 2000
_SLOWEST_SHARE: Final = 0.95
_TIME_TO_COME: Final = 120.0  # seconds; a page that waits asks once a minute at least
_ENOUGH: Final = 50


@dataclass(frozen=True, slots=True)
class Arrival:
    date_id: DateId
    visitor_id: VisitorId


class Demand:
    """Where requests have piled up for some looks in a row, so that one jolt opens nothing.

    What waits in other processes is told once a second, by each.
    """

    def __init__(self) -> None:
        self._looks: dict[DateId, int] = {}
        self._told: dict[tuple[DateId, UUID], tuple[float, int]] = {}

    def told(self, date_id: DateId, process_id: UUID, waiting: int) -> None:
        self._told[date_id, process_id] = time.monotonic(), waiting

    def elsewhere(self) -> Counter[DateId]:
        """How many wait in other processes, of those that told lately."""
        latest = time.monotonic() - _TOLD_SECONDS
        self._told = {of: told for of, told in self._told.items() if told[0] > latest}
        found = Counter[DateId]()
        for (date_id, _), (_, waiting) in self._told.items():
            found[date_id] += waiting
        return found

    def pressed(self, depths: Mapping[DateId, int], most: int) -> list[DateId]:
        """`depths`: how many wait for the stock of each date; `most` 0 means never."""
        pressed = [date_id for date_id, depth in depths.items() if 0 < most <= depth]
        self._looks = {date_id: self._looks.get(date_id, 0) + 1 for date_id in pressed}
        return [date_id for date_id, looks in self._looks.items() if looks >= _LOOKS]


class Turnout:
    """The share of those let in who come: of those who had time to, since this process looks."""

    def __init__(self) -> None:
        self._begun: tuple[int, int] | None = None
        self._looks: deque[tuple[float, int]] = deque()

    def share(self, admitted: int, used: int, now: float) -> float:
        """1 until there is enough to tell: too few are let in then rather than too many."""
        if self._begun is None:
            self._begun = admitted, used
        self._looks.append((now, admitted))
        while len(self._looks) > 1 and self._looks[1][0] <= now - _TIME_TO_COME:
            self._looks.popleft()
        since, admitted_then = self._looks[0]
        could = admitted_then - self._begun[0]
        if since > now - _TIME_TO_COME or could < _ENOUGH:
            return 1.0
        return min(1.0, (used - self._begun[1]) / could)


class Rooms:
    """`used` and latencies are counted here and taken by the job that steers."""

    def __init__(self) -> None:
        self._rooms: dict[DateId, Room] = {}
        self._turnouts: dict[DateId, Turnout] = {}
        self._seen_at = time.monotonic()
        self._used: Counter[DateId] = Counter()
        self._latencies_ms: list[float] = []

    def see(self, rooms: Sequence[Room]) -> None:
        self._rooms = {room.date_id: room for room in rooms}
        self._turnouts = {one: self._turnouts.get(one) or Turnout() for one in self._rooms}
        self._seen_at = time.monotonic()

    def note(self, room: Room) -> None:
        """What this process just learnt or changed."""
        if room.state == "off":
            self._rooms.pop(room.date_id, None)
            self._turnouts.pop(room.date_id, None)  # whoever waited then went on without it
        else:
            self._rooms[room.date_id] = room

    def at(self, date_id: DateId) -> Room | None:
        """None where there is none, or it is closed."""
        return self._rooms.get(date_id)

    @property
    def stale(self) -> bool:
        """Nobody can tell who is admitted now."""
        return time.monotonic() - self._seen_at > _STALE_SECONDS

    def turnout(self, room: Room) -> float:
        turnout = self._turnouts.setdefault(room.date_id, Turnout())
        return turnout.share(room.admitted, room.used, time.monotonic())

    def came(self, date_id: DateId) -> None:
        """Somebody used an admission for the first time."""
        self._used[date_id] += 1

    def take_used(self) -> dict[DateId, int]:
        used, self._used = dict(self._used), Counter()
        return used

    def measured(self, seconds: float) -> None:
        """How long somebody waited for places."""
        if len(self._latencies_ms) < _LATENCIES_MAX:
            self._latencies_ms.append(seconds * 1000)

    def take_latency_ms(self) -> float | None:
        """What 95 of 100 waited at most since the last time; None when nobody came."""
        measured, self._latencies_ms = sorted(self._latencies_ms), []
        return measured[int(len(measured) * _SLOWEST_SHARE)] if measured else None
