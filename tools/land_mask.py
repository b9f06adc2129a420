"""Draw the map of where land is; the result is committed, and tells positions in the sea.

    python tools/land_mask.py

Land is Natural Earth's 1:10m (public domain) as npm's `world-atlas` packs it. A bit a quarter of a
degree, rows from the south pole, a cell of margin around all land: piers and ferries are no sea.
"""

import json
import math
import tempfile
import zlib
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha512
from pathlib import Path
from typing import Any

from vendor_assets import ROOT, Package

ATLAS = Package("world-atlas", "2.0.2", {})
INTEGRITY = (
    "sha512-IXfV0qwlKXpckz1FhwXVwKRjiIhOnWttOskm5CtxMsjg"
    "E/MXAYRHWJqgXOpM8IkcPBoXnyTU5lFHcYa5ChG0LQ=="
)
TARGET = ROOT / "src" / "quickserve" / "tracking" / "land.bin"
CELLS = 4  # a degree
HALF_WAY_ROUND = 180
WIDTH, HEIGHT = 360 * CELLS, 180 * CELLS

Ring = list[tuple[float, float]]


def rings(topology: dict[str, Any]) -> Iterator[Ring]:
    """TopoJSON: arcs of whole-number steps, shared between shapes."""
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[Ring] = []
    for arc in topology["arcs"]:
        x = y = 0
        points: Ring = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + move[0], y * scale[1] + move[1]))
        arcs.append(points)
    for shape in topology["objects"]["land"]["geometries"]:
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            yield [p for i in ring for p in (arcs[i] if i >= 0 else arcs[~i][::-1])]


def draw(land: bytearray, ring: Ring, crossings: dict[int, list[float]]) -> None:
    """Marks the cells of the shore, and notes where each row's middle crosses it."""
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if abs(x2 - x1) > HALF_WAY_ROUND:
            continue  # over the date line, where shapes are cut
        steps = int(max(abs(x2 - x1), abs(y2 - y1)) * CELLS * 2) + 1
        for step in range(steps + 1):
            x, y = x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps
            land[cell(x, y)] = 1
        low, high = sorted((y1, y2))
        first = math.ceil((low + 90) * CELLS - 0.5)
        for row in range(first, math.ceil((high + 90) * CELLS - 0.5)):
            middle = (row + 0.5) / CELLS - 90
            crossings.setdefault(row, []).append(x1 + (middle - y1) / (y2 - y1) * (x2 - x1))


def cell(x: float, y: float) -> int:
    column = min(WIDTH - 1, max(0, int((x + 180) * CELLS)))
    return min(HEIGHT - 1, max(0, int((y + 90) * CELLS))) * WIDTH + column


def fill(land: bytearray, crossings: dict[int, list[float]]) -> None:
    for row, found in crossings.items():
        found.sort()
        for left, right in zip(found[::2], found[1::2], strict=False):
            middle = (row + 0.5) / CELLS - 90
            for at in range(cell(left, middle), cell(right, middle) + 1):
                land[at] = 1


def widened(land: bytearray) -> bytearray:
    wide = bytearray(land)
    for at in (i for i, is_land in enumerate(land) if is_land):
        row, column = divmod(at, WIDTH)
        for up in (-1, 0, 1):
            for across in (-1, 0, 1):
                if 0 <= row + up < HEIGHT:
                    wide[(row + up) * WIDTH + (column + across) % WIDTH] = 1
    return wide


def packed(land: bytearray) -> bytes:
    bits = bytearray(len(land) // 8)
    for at in (i for i, is_land in enumerate(land) if is_land):
        bits[at >> 3] |= 1 << (at & 7)
    return zlib.compress(bytes(bits), 9)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archive = ATLAS.fetch(Path(scratch))
        found = "sha512-" + b64encode(sha512(archive.read_bytes()).digest()).decode()
        assert found == INTEGRITY, f"{ATLAS.name} is not what it was: {found}"
        topology = json.loads(ATLAS.read(archive, "land-10m.json"))
    land = bytearray(WIDTH * HEIGHT)
    crossings: dict[int, list[float]] = {}
    for ring in rings(topology):
        if all(math.hypot(x, y) < 1 for x, y in ring):
            continue  # Natural Earth's joke of an island, where broken receivers are
        draw(land, ring, crossings)
    fill(land, crossings)
    TARGET.write_bytes(packed(widened(land)))
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
