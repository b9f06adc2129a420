"""Which fixes can be meant: on earth, not in the sea, not in the future."""

import math
from collections.abc import Sequence
from typing import Final, Literal

from quickserve.contracts.tracking import Fix, ImpossiblePosition
from quickserve.kernel.errors import FieldError
from quickserve.tracking.land import at_sea
from quickserve.tracking.trails import Point

Fault = Literal["off-earth", "at-sea", "in-the-future"]

_AHEAD_SECONDS_MAX: Final = 60.0  # phones' clocks are not that wrong
_LATITUDE_MAX: Final = 90
_LONGITUDE_MAX: Final = 180
_TOLD_MAX: Final = 5
_WORDS: Final[dict[Fault, str]] = {
    "off-earth": "Latitudes are -90 to 90, longitudes -180 to 180 degrees.",
    "at-sea": "This is far out at sea.",
    "in-the-future": "This has not happened yet: is the clock right?",
}


def sort_out(fixes: Sequence[Fix], now: float) -> tuple[list[Point], int]:
    """The usable ones, and how many are not. Raises ImpossiblePosition when none is."""
    points: list[Point] = []
    faults: list[tuple[int, Fault]] = []
    for index, fix in enumerate(fixes):
        at = fix.at.timestamp()
        if fault := _fault(at, fix.latitude, fix.longitude, now):
            faults.append((index, fault))
            continue
        accuracy = fix.accuracy_m
        if accuracy is not None and not (math.isfinite(accuracy) and accuracy >= 0):
            accuracy = None
        points.append(Point(at, fix.latitude, fix.longitude, accuracy))
    if not points:
        raise ImpossiblePosition(
            _WORDS[faults[0][1]],
            errors=[
                FieldError(field=f"fixes.{index}", code=fault, message=_WORDS[fault])
                for index, fault in faults[:_TOLD_MAX]
            ],
        )
    return points, len(faults)


def _fault(at: float, latitude: float, longitude: float, now: float) -> Fault | None:
    # NaN is nowhere, too.
    if not (abs(latitude) <= _LATITUDE_MAX and abs(longitude) <= _LONGITUDE_MAX):
        return "off-earth"
    if at > now + _AHEAD_SECONDS_MAX:
        return "in-the-future"
    return "at-sea" if at_sea(latitude, longitude) else None
