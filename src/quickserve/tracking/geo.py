"""Distances on the earth, short enough that a sphere will do."""

import itertools
import math
from collections.abc import Sequence
from typing import Final

Degrees = tuple[float, float]  # latitude, longitude
_RADIUS_M: Final = 6_371_008.8
_M_PER_DEGREE: Final = math.pi * _RADIUS_M / 180


def distance_m(a: Degrees, b: Degrees) -> float:
    """The great circle's (haversine)."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    up = math.sin((lat_b - lat_a) / 2) ** 2
    across = math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return (
        2
        * _RADIUS_M
        * math.asin(math.sqrt(min(1.0, up + math.cos(lat_a) * math.cos(lat_b) * across)))
    )


def bearing_deg(a: Degrees, b: Degrees) -> float:
    """From north by east, 0 ≤ it < 360."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    east = math.radians(b[1] - a[1])
    y = math.sin(east) * math.cos(lat_b)
    x = math.cos(lat_a) * math.sin(lat_b) - math.sin(lat_a) * math.cos(lat_b) * math.cos(east)
    return math.degrees(math.atan2(y, x)) % 360


def between_deg(a: float, b: float) -> float:
    """How far two directions are apart: 0 to 180."""
    return abs((a - b + 180) % 360 - 180)


def lengths_m(route: Sequence[Degrees]) -> list[float]:
    """How far along the route each of its points is."""
    along = [0.0]
    for a, b in itertools.pairwise(route):
        along.append(along[-1] + distance_m(a, b))
    return along


def along_m(route: Sequence[Degrees], at: Degrees, since_m: float = 0.0) -> tuple[float, float]:
    """How far along the route somebody is, and how far off it; not much behind `since_m`.

    A way may cross itself: of places as near as each other the first one after `since_m` counts.
    """
    lengths = lengths_m(route)
    best = (since_m, math.inf)
    for index, (a, b) in enumerate(itertools.pairwise(route)):
        if lengths[index + 1] < since_m - _BACK_M:
            continue
        share, off = _onto(a, b, at)
        along = lengths[index] + share * (lengths[index + 1] - lengths[index])
        if along >= since_m - _BACK_M and off < best[1] - _AS_NEAR_M:
            best = (along, off)
    return best


_BACK_M: Final = 50.0  # fixes scatter: a step back is no turn
_AS_NEAR_M: Final = 5.0


def _onto(a: Degrees, b: Degrees, at: Degrees) -> tuple[float, float]:
    """Which share of the way from `a` to `b` is nearest, and how far that is; on a flat map."""
    east = _M_PER_DEGREE * math.cos(math.radians(a[0]))
    bx, by = _short(b[1] - a[1]) * east, (b[0] - a[0]) * _M_PER_DEGREE
    px, py = _short(at[1] - a[1]) * east, (at[0] - a[0]) * _M_PER_DEGREE
    length = bx * bx + by * by
    share = min(1.0, max(0.0, (px * bx + py * by) / length)) if length else 0.0
    return share, math.hypot(px - share * bx, py - share * by)


def _short(degrees: float) -> float:
    """Over the date line, too."""
    return (degrees + 180) % 360 - 180
