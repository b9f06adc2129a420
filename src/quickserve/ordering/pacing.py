"""What a kitchen can make, and by when. No I/O.

Time is cut into slots of 300 seconds. A station with three cooks makes 900 seconds of work in one.
An order takes make-seconds of the first slots with room; what is late already comes before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from quickserve.contracts.menus import Fulfilment, Station
from quickserve.contracts.ordering import Promise
from quickserve.ordering.model import Piece, Plan

SLOT_SECONDS = 300
SLOT = timedelta(seconds=SLOT_SECONDS)
HORIZON_SLOTS = 288  # a day
_UNBOUNDED = 2**31 - 1

# Handing out at the shelf, walking to a seat, to a table, riding to an address: seconds at least,
# and how much longer it may take.
_WAY: Mapping[Fulfilment, tuple[int, int]] = {
    "pickup": (0, 120), "table": (60, 240), "seat": (120, 360), "delivery": (600, 900),
}  # fmt: skip


def slot_of(at: datetime) -> datetime:
    """The start of the slot that `at` lies in; slots begin at full five minutes of UTC."""
    return datetime.fromtimestamp(at.timestamp() // SLOT_SECONDS * SLOT_SECONDS, UTC)


def promised(ready_by: datetime, fulfilment: Fulfilment, widened_s: int) -> Promise:
    """A range: the earliest if all goes well, the latest with what was measured lately."""
    way, spread = _WAY[fulfilment]
    earliest = ready_by + timedelta(seconds=way)
    return Promise(earliest=earliest, latest=earliest + timedelta(seconds=spread + widened_s))


def wanted_ready(target: datetime, fulfilment: Fulfilment) -> datetime:
    """When the kitchen must be done, so that it is there at `target`."""
    return target - timedelta(seconds=_WAY[fulfilment][0])


@dataclass(slots=True)
class Load:
    """Of one slot: what may be made, and what is taken."""

    capacity_s: int
    reserved_s: int


@dataclass(slots=True)
class Cap:
    """Of one fulfilment in one slot."""

    orders: int
    orders_max: int
    value: int
    value_max: int

    def fits(self, value: int) -> bool:
        return self.orders < self.orders_max and self.value + value <= self.value_max


@dataclass
class Kitchen:
    """The stations of a stand at one moment; those who are served change it in their order.

    `behind` is work that should be made already and is not, by station, in seconds.
    """

    now: datetime
    stations: Mapping[str, Station]
    intake_percent: int
    loads: dict[tuple[str, datetime], Load]
    behind: Mapping[str, int] = field(default_factory=dict[str, int])
    caps: dict[tuple[Fulfilment, datetime], Cap] = field(
        default_factory=dict[tuple[Fulfilment, datetime], Cap]
    )
    cap_rules: Mapping[Fulfilment, tuple[int | None, int | None]] = field(
        default_factory=dict[Fulfilment, tuple[int | None, int | None]]
    )

    def load(self, station: str, slot: datetime) -> Load:
        load = self.loads.get((station, slot))
        if load is None:
            cooks = self.stations[station].cooks if station in self.stations else 1
            load = Load(cooks * SLOT_SECONDS * self.intake_percent // 100, 0)
            self.loads[station, slot] = load
        return load

    def plan(
        self,
        work: Mapping[str, int],
        longest_s: int,
        *,
        target: datetime | None,
        wait_max_s: int,
    ) -> Plan | None:
        """As soon as possible, or ready at `target`; None when it cannot be made by then.

        `longest_s`: how long the longest single thing takes one cook.
        """
        soonest = self.now + timedelta(seconds=longest_s)
        if target is not None:
            pieces = self._before(work, target) if target >= soonest else None
            return None if pieces is None else self._plan(pieces, target)
        pieces, ready_by = [], soonest
        for station, seconds in work.items():
            found = self._soonest(station, seconds, min(longest_s, seconds))
            if found is None:
                return None
            pieces += found[0]
            ready_by = max(ready_by, found[1])
        if ready_by > self.now + timedelta(seconds=wait_max_s):
            return None
        return self._plan(pieces, ready_by)

    def _plan(self, pieces: Iterable[Piece], ready_by: datetime) -> Plan:
        return Plan(tuple(pieces), ready_by, self.intake_percent)

    def fits(self, fulfilment: Fulfilment, ready_by: datetime, value: int) -> bool:
        """Whether the caps of the slot it is ready in leave room."""
        return self.cap(fulfilment, slot_of(ready_by)).fits(value)

    def cap(self, fulfilment: Fulfilment, slot: datetime) -> Cap:
        cap = self.caps.get((fulfilment, slot))
        if cap is None:
            orders, value = self.cap_rules.get(fulfilment, (None, None))
            cap = Cap(0, _most(orders), 0, _most(value))
            self.caps[fulfilment, slot] = cap
        return cap

    def take(self, plan: Plan, fulfilment: Fulfilment, value: int) -> None:
        for piece in plan.pieces:
            self.load(piece.station, piece.starts_at).reserved_s += piece.seconds
        cap = self.cap(fulfilment, slot_of(plan.ready_by))
        cap.orders += 1
        cap.value += value

    def _speed(self, station: str) -> float:
        """Make-seconds a second."""
        cooks = self.stations[station].cooks if station in self.stations else 1
        return cooks * self.intake_percent / 100

    def _rooms(self, station: str, slots: int) -> Iterator[tuple[datetime, int, Load]]:
        """Room of each slot from now on, after what is late has been made.

        What is reserved of the present slot and not made yet is still to be made in the rest of it;
        what does not fit there is late already.
        """
        behind = self.behind.get(station, 0)
        slot = slot_of(self.now)
        left_of_this = int(self._speed(station) * ((slot + SLOT) - self.now).total_seconds())
        for number in range(slots):
            load = self.load(station, slot)
            room = load.capacity_s - load.reserved_s
            if number == 0:
                behind += max(0, load.reserved_s - left_of_this)
                room = max(0, min(room, left_of_this - load.reserved_s))
            late = max(0, min(behind, room))
            behind -= late
            yield slot, room - late, load
            slot += SLOT

    def _soonest(
        self, station: str, seconds: int, longest_s: int
    ) -> tuple[list[Piece], datetime] | None:
        """Begun when there is room for the first of it, and done when there was for the last; but
        one cook needs `longest_s` for the longest thing, however many stand beside.
        """
        pieces: list[Piece] = []
        speed, begun = self._speed(station), None
        for slot, room, _ in self._rooms(station, HORIZON_SLOTS):
            taken = min(room, seconds)
            if taken <= 0:
                continue
            if begun is None:
                begun = self._filled(slot, room, speed)
            pieces.append(Piece(station, slot, taken))
            seconds -= taken
            if seconds == 0:
                done = self._filled(slot, room - taken, speed)
                return pieces, max(done, begun + timedelta(seconds=longest_s))
        return None

    def _filled(self, slot: datetime, room: int, speed: float) -> datetime:
        """When all of the slot is made but this room of it."""
        return max(self.now, slot + SLOT - timedelta(seconds=min(SLOT_SECONDS, room / speed)))

    def _before(self, work: Mapping[str, int], target: datetime) -> list[Piece] | None:
        """Made as late as there is room for it, but before."""
        slots = int((target - slot_of(self.now)).total_seconds() // SLOT_SECONDS)
        if slots > HORIZON_SLOTS:
            return None
        pieces: list[Piece] = []
        for station, seconds in work.items():
            left = seconds
            for slot, room, _ in reversed(list(self._rooms(station, slots))):
                taken = min(room, left)
                if taken > 0:
                    pieces.append(Piece(station, slot, taken))
                    left -= taken
                if not left:
                    break
            if left:
                return None
        return pieces


def _most(bound: int | None) -> int:
    return _UNBOUNDED if bound is None else bound
