"""A seating plan as its pages show it: areas of at most 1,500 seats, and where every seat is.

A version of a plan never changes, so that each is put together once a process.
"""

import gzip
import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import dist
from typing import Any, Final

from quickserve.contracts.booking_seats import is_taken
from quickserve.contracts.catalog import CatalogClient, DateView
from quickserve.contracts.seating import PlanId, Seat, SeatId, SeatingPlan, SeatRow, Section, Shape
from quickserve.web.patience import optional

AREA_SEATS_MAX: Final = 1_500
LINKS_MAX: Final = 60  # areas that can be tapped on the overview; more are in the list only
_PLANS_MAX: Final = 10
_MARGIN: Final = 12.0  # around the outermost seats' middles


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """`start` is the place of its first seat in the plan's order."""

    name: str
    start: int
    row: SeatRow


@dataclass(frozen=True, slots=True)
class Area:
    """A section, or some rows of a large one. `outline` is drawn around its seats."""

    number: int
    name: str
    start: int
    size: int
    rows: tuple[PlacedRow, ...]
    outline: tuple[tuple[float, float], ...]
    categories: tuple[str, ...]

    @property
    def middle(self) -> tuple[float, float]:
        xs, ys = [x for x, _ in self.outline], [y for _, y in self.outline]
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2

    def letter_size(self, house_width: float) -> float:
        """So that its name fits, and is no larger than a title."""
        width = max(x for x, _ in self.outline) - min(x for x, _ in self.outline)
        return round(min(house_width / 28, width * 1.5 / max(len(self.name), 3)), 1)

    def free(self, bits: bytes) -> int:
        """How many of its seats are to be had; every eighth of a byte by itself is slow."""
        whole = int.from_bytes(bits, "little") >> self.start
        return self.size - (whole & ((1 << self.size) - 1)).bit_count()


@dataclass(frozen=True, slots=True)
class Placed:
    """`index` is its place in the plan's order, `row` that of its row."""

    index: int
    area: int
    row: int
    label: str
    seat: Seat


@dataclass(slots=True)
class HousePlan:
    plan: SeatingPlan
    areas: list[Area]
    seats: dict[SeatId, Placed]
    shapes: list[Shape]
    box: tuple[float, float, float, float]
    accessible: bool
    _geometry: dict[int, bytes] = field(default_factory=dict[int, bytes])

    @property
    def categories(self) -> list[str]:
        return [category.name for category in self.plan.categories]

    def geometry(self, number: int) -> bytes:
        """The area's rows and seats as the browser draws them, gzipped JSON."""
        if number not in self._geometry:
            text = json.dumps(self._drawn(self.areas[number]), separators=(",", ":"))
            self._geometry[number] = gzip.compress(text.encode(), 9)
        return self._geometry[number]

    def _drawn(self, area: Area) -> list[Any]:
        at = {name: index for index, name in enumerate(self.categories)}
        return [
            [
                placed.name,
                [
                    [
                        seat.id, seat.number, round(seat.x, 1), round(seat.y, 1),
                        at.get(seat.category, 0), seat.kind[0],
                    ]
                    for seat in placed.row.seats
                ],
            ]
            for placed in area.rows
        ]  # fmt: skip

    def nearest(
        self, lost: SeatId, bits: bytes, kept: Sequence[SeatId], but: set[SeatId]
    ) -> SeatId | None:
        """The free seat of the same category that is nearest, to those that are kept above all.

        It is not one of `but`.
        """
        gone = self.seats[lost]
        others = [self.seats[one] for one in kept if one in self.seats]

        def away(one: Placed) -> float:
            friends = [_between(one, other) for other in others]
            return _between(one, gone) + 2 * min(friends, default=0.0)

        free = [
            (away(one), seat_id)
            for seat_id, one in self.seats.items()
            if one.seat.category == gone.seat.category and one.seat.kind == gone.seat.kind
            and seat_id != lost and seat_id not in but and not is_taken(bits, one.index)
        ]  # fmt: skip
        return min(free)[1] if free else None


def _between(one: Placed, other: Placed) -> float:
    """Another row is three times as far, however it runs: people talk to who sits beside them.

    So is it in `static/seats.js`.
    """
    away = dist((one.seat.x, one.seat.y), (other.seat.x, other.seat.y))
    return away if one.row == other.row else 3 * away


def house_plan(plan: SeatingPlan) -> HousePlan:
    areas: list[Area] = []
    seats: dict[SeatId, Placed] = {}
    index = row_at = 0
    for section in plan.sections:
        for name, rows in _parts(section):
            placed: list[PlacedRow] = []
            start = index
            for row in rows:
                placed.append(PlacedRow(row.name, index, row))
                for seat in row.seats:
                    words = (section.name, row.name, seat.number)
                    label = " · ".join(word for word in words if word)
                    seats[seat.id] = Placed(index, len(areas), row_at, label, seat)
                    index += 1
                row_at += 1
            if index > start:
                areas.append(_area(len(areas), name, start, index - start, placed))
    shapes = [shape for section in plan.sections for shape in section.shapes]
    some = any(one.seat.kind == "accessible" and not one.seat.blocked for one in seats.values())
    return HousePlan(plan, areas, seats, shapes, _box(areas, shapes), some)


def _parts(section: Section) -> Iterator[tuple[str, list[SeatRow]]]:
    """The section, or parts of it of whole rows; parts are named by their rows."""
    parts: list[list[SeatRow]] = [[]]
    count = 0
    for row in section.rows:
        if parts[-1] and count + len(row.seats) > AREA_SEATS_MAX:
            parts.append([])
            count = 0
        parts[-1].append(row)
        count += len(row.seats)
    for rows in parts:
        if len(parts) == 1:
            yield section.name, rows
        else:
            yield f"{section.name} {rows[0].name}–{rows[-1].name}", rows


def _area(number: int, name: str, start: int, size: int, rows: list[PlacedRow]) -> Area:
    points = [(seat.x, seat.y) for placed in rows for seat in placed.row.seats]
    found = dict.fromkeys(seat.category for placed in rows for seat in placed.row.seats)
    return Area(number, name, start, size, tuple(rows), _hull(points), tuple(found))


def _hull(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Around all seats, a little outside of them (Andrew's monotone chain)."""
    around = [
        (x + dx, y + dy)
        for x, y in points
        for dx, dy in ((-_MARGIN, -_MARGIN), (_MARGIN, -_MARGIN), (_MARGIN, _MARGIN),
                       (-_MARGIN, _MARGIN))
    ]  # fmt: skip
    ordered = sorted(set(around))
    return (*_chain(ordered), *_chain(ordered[::-1]))


def _chain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    made: list[tuple[float, float]] = []
    for x, y in points:
        while len(made) > 1:
            (ax, ay), (bx, by) = made[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            made.pop()
        made.append((x, y))
    return made[:-1]


def _box(areas: list[Area], shapes: list[Shape]) -> tuple[float, float, float, float]:
    """x, y, width and height of all that is drawn."""
    points = [point for area in areas for point in area.outline]
    for shape in shapes:
        width, height = max(shape.width, 40), max(shape.height, 40)
        points += [(shape.x - width / 2, shape.y - height / 2)]
        points += [(shape.x + width / 2, shape.y + height / 2)]
    if not points:
        return 0, 0, 100, 100
    left, top = min(x for x, _ in points), min(y for _, y in points)
    right, bottom = max(x for x, _ in points), max(y for _, y in points)
    return left - 10, top - 10, right - left + 20, bottom - top + 20


class HousePlans:
    """Of one process."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[PlanId, int], HousePlan] = OrderedDict()

    async def get(self, catalog: CatalogClient, plan_id: PlanId, version: int) -> HousePlan:
        """Raises NotFound, and what a call may raise."""
        key = plan_id, version
        if key not in self._known:
            self._known[key] = house_plan(await catalog.seating_plan(plan_id, version))
            if len(self._known) > _PLANS_MAX:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


PLANS: Final = HousePlans()


async def has_wheelchair_places(catalog: CatalogClient, dates: Iterable[DateView]) -> bool:
    """Any of the dates; not while nobody can tell."""
    plans = {(date.plan_id, date.plan_version) for date in dates}
    for plan_id, version in plans:
        if plan_id is None or version is None:
            continue
        found = await optional(PLANS.get(catalog, plan_id, version))
        if found is not None and found.accessible:
            return True
    return False
