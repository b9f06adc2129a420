"""When somebody will be there: a range, from what is left of the way and how fast they were."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from quickserve.contracts.tracking import Arrival, Moves
from quickserve.tracking.geo import Degrees, along_m, distance_m, lengths_m
from quickserve.tracking.model import DETOUR, TYPICAL

_OFF_ROUTE_M: Final = 150.0  # then the way there is another one
_RECENT_SHARE: Final = 0.6  # how much the last minutes count against what is typical
_FAST: Final = 1.3
_SLOW: Final = 0.7
_AT_LEAST_SECONDS: Final = 60.0  # stairs, bell, looking for the seat
_STOP_SECONDS: Final = (25.0, 120.0)  # each order that is handed over before
_SILENT_SECONDS: Final = 180.0  # after that nobody can say


@dataclass(frozen=True, slots=True)
class Way:
    """What is left of it. `along_m` is None off the route, or without one."""

    left_m: float
    along_m: float | None


def way_left(
    at: Degrees, to: Degrees, moves: Moves, route: list[Degrees] | None, since_m: float = 0.0
) -> Way:
    if route:
        along, off = along_m(route, at, since_m)
        if off <= _OFF_ROUTE_M:
            end = distance_m(route[-1], to) * DETOUR[moves]
            return Way(max(0.0, lengths_m(route)[-1] - along) + end, along)
    return Way(distance_m(at, to) * DETOUR[moves], None)


def arrival(
    left_m: float,
    moves: Moves,
    *,
    speed_mps: float | None,
    fixed_at: datetime,
    now: datetime,
    stops: int = 0,
) -> Arrival | None:
    """None when the last fix is too old to say anything."""
    silent = max(0.0, (now - fixed_at).total_seconds())
    if silent > _SILENT_SECONDS:
        return None
    typical = TYPICAL[moves]
    speed = (
        typical
        if speed_mps is None
        else (_RECENT_SHARE * speed_mps + (1 - _RECENT_SHARE) * typical)
    )
    soon = left_m / (max(speed, typical) * _FAST) + stops * _STOP_SECONDS[0]
    late = left_m / (min(speed, typical) * _SLOW) + stops * _STOP_SECONDS[1]
    earliest = max(fixed_at + timedelta(seconds=soon), now)
    latest = fixed_at + timedelta(seconds=late + silent)
    return Arrival(
        earliest=earliest, latest=max(latest, earliest + timedelta(seconds=_AT_LEAST_SECONDS))
    )
