"""A house of 15,000 seats in a browser: how long until it is drawn, and what travels for it.

The plan is read from data that is no part of the project (QUICKSERVE_TEST_DATA); without it the
house is made up: four sections of 62 rows.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, expect
from tests.journeys.browser import DESKTOP, Person, chromium, person
from tests.journeys.product import product
from tests.journeys.shows import house_of
from tests.journeys.theatres import Theatre, put_on_seated, somebody_takes

from bench.figures import Figure, median
from quickserve.contracts.booking_seats import BookingSeatsClient
from quickserve.contracts.seating import Seat, SeatCategory, SeatingPlanDraft, SeatRow, Section
from quickserve.laptop import clients

_DATA: Final = Path(
    os.environ.get("QUICKSERVE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")
)
_LOOKS: Final = 9
_COLORS: Final = ("#C2371A", "#1F5FA8", "#0B6B52")


def run() -> list[Figure]:
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    plan = metropolis()
    seats = sum(len(row.seats) for section in plan.sections for row in section.rows)
    with product() as running:
        async with house_of(running) as house, chromium() as browser:
            theatre = await put_on_seated(house, "Metropolis", plan)
            ids = [s.id for s in plan.sections[0].rows[0].seats[:40:2]]
            await somebody_takes(house, theatre, *ids[:10])
            figures = await _pages(browser, running.address, theatre, seats)
            async with clients(running.home) as client:
                taken = await BookingSeatsClient(client("booking")).seats(theatre.show.date_id)
            size = len(taken.model_dump_json())
            return [*figures, Figure("states of all seats, one look", size / 1000, "kB")]


async def _pages(browser: Browser, address: str, theatre: Theatre, seats: int) -> list[Figure]:
    show = theatre.show
    path = f"/events/{show.event_id}/seats?date={show.date_id}&q-{show.ticket_type_id}=2"
    figures: list[Figure] = []
    for name, its_path in (("overview", path), ("one area", f"{path}&area=0")):
        looks = [await _look(browser, address, its_path) for _ in range(_LOOKS)]
        title = f"{seats:,} seats, {name}"
        figures.append(Figure(f"{title}: drawn after", median([x[0] for x in looks]), "ms"))
        figures.append(Figure(f"{title}: travelled", median([x[1] for x in looks]) / 1000, "kB"))
        if name == "one area":
            drawing = median([x[2] for x in looks])
            figures.append(Figure(f"{title}: drawing alone", drawing, "ms"))
    return figures


async def _look(browser: Browser, address: str, path: str) -> tuple[float, float, float]:
    """(ms until it is drawn, bytes, ms of drawing) in a fresh browser profile."""
    async with person(browser, address, viewport=DESKTOP) as amina:
        await amina.open(path)
        if "area=" in path:
            await expect(amina.page.get_by_role("grid")).to_be_visible()
        return await _told(amina)


async def _told(amina: Person) -> tuple[float, float, float]:
    told: list[float] = await amina.page.evaluate(_TIMES)
    return told[0], told[1], told[2]


# Until the next picture after the last change: what one sees.
_TIMES: Final = """async () => {
  const drawn = performance.getEntriesByName("seats-drawn")[0];
  const got = performance.getEntriesByName("seats-got")[0];
  let paint;
  while (!(paint = performance.getEntriesByName("first-contentful-paint")[0])) {
    await new Promise((done) => setTimeout(done, 50));
  }
  const all = [...performance.getEntriesByType("resource"),
    performance.getEntriesByType("navigation")[0]];
  const bytes = all.reduce((sum, one) => sum + (one.transferSize || 0), 0);
  const at = Math.max(paint.startTime, drawn?.startTime ?? 0);
  return [at, bytes, drawn ? drawn.startTime - got.startTime : 0];
}"""


def metropolis() -> SeatingPlanDraft:
    """Each price tier is a category."""
    found = _DATA / "seating" / "venue_metropolis.json"
    told = json.loads(found.read_text("utf-8")) if found.exists() else _made_up()
    sections = [_section(one) for one in told["sections"]]
    names = {s.category for section in sections for row in section.rows for s in row.seats}
    categories = [
        SeatCategory(name=name, color=_COLORS[n % len(_COLORS)])
        for n, name in enumerate(sorted(names))
    ]
    return SeatingPlanDraft(
        base_version=0, name=told["name"], width=told["map"]["width"],
        height=told["map"]["height"], categories=categories, sections=sections,
    )  # fmt: skip


def _section(told: dict[str, Any]) -> Section:
    moved = told["transform"]
    rows = [
        SeatRow(
            name=str(row["index"]),
            seats=[
                Seat(
                    id=one["id"], number=str(one["col"]), category=f"Tier {one['priceTier']}",
                    x=moved["x"] + one["x"], y=moved["y"] + one["y"],
                )
                for one in row["seats"]
            ],
        )
        for row in told["rows"]
    ]  # fmt: skip
    return Section(id=told["id"], name=told["label"], rows=rows)


def _made_up() -> dict[str, Any]:
    def seat(section: str, row: int, col: int) -> dict[str, Any]:
        tier = 1 + (row - 1) * 3 // 62
        return {
            "id": f"{section}-{row}-{col}", "col": col, "x": 35 * col, "y": 35 * row,
            "priceTier": tier,
        }  # fmt: skip

    corners = (("A", 0, 30), ("B", 0, 2300), ("C", 2300, 30), ("D", 2300, 2300))
    return {
        "name": "Arena", "map": {"width": 5000, "height": 4600},
        "sections": [
            {
                "id": name, "label": name, "transform": {"x": x, "y": y},
                "rows": [
                    {"index": row, "seats": [seat(name, row, col) for col in range(1, 63)]}
                    for row in range(1, 63)
                ],
            }
            for name, x, y in corners
        ],
    }  # fmt: skip
