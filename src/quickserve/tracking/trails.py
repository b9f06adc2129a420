"""The order of fixes: late ones find their place, the same ones count once, leaps do not count.

A trail is what a process remembers of a shift's last minutes. What it has forgotten, or never seen
because another process took it, costs no more than a doubtful fix: the database refuses the same
moment twice.
"""

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Literal

from quickserve.contracts.tracking import ShiftId
from quickserve.tracking.geo import Degrees, distance_m

Verdict = Literal["accepted", "duplicate", "jump"]

_POINTS_MAX: Final = 64
_SUSPECTS: Final = 3  # so many that agree are believed: the ones before them were the leap
_SLACK_M: Final = 40.0
_ACCURACY_M_MAX: Final = 200.0  # who claims to be anywhere may not be everywhere
_RECENT_SECONDS: Final = 150.0
_APART_SECONDS: Final = 8.0  # between points that speed is told by: nearer ones are scatter
_TRAILS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Point:
    """`at` in seconds since 1970."""

    at: float
    latitude: float
    longitude: float
    accuracy_m: float | None = None

    @property
    def degrees(self) -> Degrees:
        return self.latitude, self.longitude


def is_leap(a: Point, b: Point, fastest_mps: float) -> bool:
    """Whether nobody gets from one to the other in that time."""
    blur = _SLACK_M
    for point in (a, b):
        blur += min(point.accuracy_m or 0.0, _ACCURACY_M_MAX)
    reach = blur + fastest_mps * abs(b.at - a.at)
    return distance_m(a.degrees, b.degrees) > reach


@dataclass(slots=True)
class Trail:
    """Points by time, without doubles. `along_m`: how far along each job's route it has come."""

    fastest_mps: float
    points: list[Point] = field(default_factory=list[Point])
    suspects: list[Point] = field(default_factory=list[Point])
    along_m: dict[object, float] = field(default_factory=dict[object, float])

    def take(self, point: Point) -> Verdict:
        place = bisect_left(self.points, point.at, key=lambda known: known.at)
        if place < len(self.points) and self.points[place].at == point.at:
            return "duplicate"
        if any(known.at == point.at for known in self.suspects):
            return "duplicate"
        if place == 0 and len(self.points) == _POINTS_MAX:
            return "accepted"  # from before what is remembered
        beside = self.points[max(0, place - 1) : place + 1]
        if any(is_leap(known, point, self.fastest_mps) for known in beside):
            return self._suspect(point)
        self.points.insert(place, point)
        if place == len(self.points) - 1:
            self.suspects.clear()
        del self.points[: len(self.points) - _POINTS_MAX]
        return "accepted"

    def _suspect(self, point: Point) -> Verdict:
        """A wrong first fix must not make all the right ones after it look wrong."""
        if point.at < self.points[-1].at:
            return "jump"
        if self.suspects and (
            point.at < self.suspects[-1].at or is_leap(self.suspects[-1], point, self.fastest_mps)
        ):
            self.suspects.clear()
        self.suspects.append(point)
        if len(self.suspects) < _SUSPECTS:
            return "jump"
        self.points, self.suspects = self.suspects, []
        self.along_m.clear()
        return "accepted"

    @property
    def latest(self) -> Point | None:
        return self.points[-1] if self.points else None

    def speed_mps(self) -> float | None:
        """Over the last minutes, from points far enough apart in time; None while there are few."""
        if not self.points:
            return None
        newest = last = self.points[-1]
        way = 0.0
        for point in reversed(self.points):
            if newest.at - point.at > _RECENT_SECONDS:
                break
            if last.at - point.at >= _APART_SECONDS:
                way += distance_m(point.degrees, last.degrees)
                last = point
        seconds = newest.at - last.at
        return way / seconds if seconds else None


class Trails:
    """Those of one process; who was not heard of for longest goes first."""

    def __init__(self) -> None:
        self._known: OrderedDict[ShiftId, Trail] = OrderedDict()

    def get(self, shift_id: ShiftId, fastest_mps: float) -> Trail:
        trail = self._known.get(shift_id)
        if trail is None:
            trail = self._known[shift_id] = Trail(fastest_mps)
            if len(self._known) > _TRAILS_MAX:
                self._known.popitem(last=False)
        trail.fastest_mps = fastest_mps
        self._known.move_to_end(shift_id)
        return trail

    def forget(self, *shift_ids: ShiftId) -> None:
        """The shift has ended, or what was taken was not written."""
        for shift_id in shift_ids:
            self._known.pop(shift_id, None)
