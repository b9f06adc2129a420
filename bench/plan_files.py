"""Seating plans: reading a file of 50,000 seats with its defects, loading and drawing 15,000.

Beside each stands what cannot be faster: the same bytes read by csv or json alone.
"""

import asyncio
import csv
import io
import json
import time
from collections.abc import Awaitable, Callable

from bench.figures import Figure, median
from bench.server import data_folder, serving
from quickserve import laptop
from quickserve.contracts.seating import Acceptance, PlanId, SeatingImportId
from quickserve.contracts.seating_client import SeatingClient
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.laptop import Home
from quickserve.web.plan_picture import picture

_ROUNDS = 5


def run() -> list[Figure]:
    with data_folder() as folder, serving(folder, "--no-demo"):
        return asyncio.run(_measure(Home(folder)))


async def _measure(home: Home) -> list[Figure]:
    arena, hall = _table(50_000), _table(15_000)
    async with laptop.clients(home) as client:
        seating, organiser_id = SeatingClient(client("catalog")), OrganiserId(new_uuid())

        async def read(content: bytes) -> SeatingImportId:
            import_id = SeatingImportId(new_uuid())
            await seating.put_import(
                organiser_id, import_id, filename="plan.csv", content=content
            )  # fmt: skip
            return import_id

        reading = await _seconds(lambda: read(arena))
        plan_id = PlanId(new_uuid())
        accepted = Acceptance(repairs=["all"], plan_id=plan_id)
        await seating.accept(organiser_id, await read(hall), accepted)
        loading = await _seconds(lambda: seating.version(plan_id, 1))
        plan = await seating.version(plan_id, 1)
        content = await seating.version_json(plan_id, 1)

        async def draw() -> None:
            picture(plan)

        drawing = await _seconds(draw)
    rows = await _seconds(lambda: _plainly(lambda: list(csv.reader(io.StringIO(arena.decode())))))
    parsed = await _seconds(lambda: _plainly(lambda: json.loads(content)))
    return [
        Figure("50,000 seats read, examined, told", reading, "ms", "csv alone", rows, "≤ 5,000 ms"),
        Figure("a plan of 15,000 seats loaded", loading, "ms", "json alone", parsed, "≤ 200 ms"),
        Figure("a plan of 15,000 seats drawn as SVG", drawing, "ms", aim="≤ 200 ms"),
    ]


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    """The median of some rounds, in milliseconds."""
    found: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        await work()
        found.append(1000 * (time.perf_counter() - began))
    return median(found)


async def _plainly(work: Callable[[], object]) -> None:
    work()


def _table(seats: int) -> bytes:
    """Sections of 100 rows of 100; in every tenth row a number stands twice."""
    lines = ["section,row,seat,category,x,y"]
    for n in range(seats):
        section, row, seat = n // 10_000, n // 100 % 100, n % 100
        number = 7 if seat == 9 and row % 10 == 0 else seat + 1
        category = "near" if row < 30 else "far"
        lines.append(
            f"S{section},{row + 1},{number},{category},{section * 3000 + seat * 25},{row * 30}"
        )
    return "\n".join(lines).encode()
