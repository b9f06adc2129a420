"""Where nobody can be: far out at sea. The map is drawn by tools/land_mask.py."""

import zlib
from functools import cache
from importlib.resources import files
from typing import Final

_CELLS: Final = 4  # a degree
_WIDTH: Final = 360 * _CELLS
_HEIGHT: Final = 180 * _CELLS


def at_sea(latitude: float, longitude: float) -> bool:
    """At least some 15 km from any shore: what is nearer may be a pier or an island."""
    row = min(_HEIGHT - 1, int((latitude + 90) * _CELLS))
    column = min(_WIDTH - 1, int((longitude + 180) * _CELLS))
    at = row * _WIDTH + column
    return not _land()[at >> 3] >> (at & 7) & 1


@cache
def _land() -> bytes:
    return zlib.decompress((files("quickserve.tracking") / "land.bin").read_bytes())
