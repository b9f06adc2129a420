"""Seats that lie on each other, found through a grid; what lies there twice is moved away."""

import math
from collections import defaultdict
from collections.abc import Iterator

from quickserve.catalog.seating.layout import MARGIN, SEAT_APART, lay_out
from quickserve.catalog.seating.loose import LoosePlan, LooseRow, LooseSeat, LooseSection
from quickserve.catalog.seating.places import grow, move_section, shown, step_of

Told = tuple[LooseSection, LooseRow, LooseSeat]

_NEAR = 0.5  # of the usual distance: closer seats lie on each other
_LEAST_NEAR, _MOST_NEAR = 1.0, 15.0
_MANY = 0.3  # of a section's or a row's seats: then all of it is in the wrong place
_USELESS = 0.5  # of the plan's seats


class Grid:
    """Seats by place. A cell never holds more than a few: what lies on another is not added."""

    def __init__(self, near: float) -> None:
        self._near = near
        self._cells: defaultdict[tuple[int, int], list[Told]] = defaultdict(list)

    def at(self, x: float, y: float) -> Told | None:
        """Who lies there already."""
        near = self._near
        column, line = int(x // near), int(y // near)
        cells = self._cells
        for i in (column - 1, column, column + 1):
            for j in (line - 1, line, line + 1):
                for told in cells.get((i, j), ()):
                    seat = told[2]
                    assert seat.x is not None
                    assert seat.y is not None
                    if (seat.x - x) ** 2 + (seat.y - y) ** 2 < near * near:
                        return told
        return None

    def add(self, told: Told) -> None:
        seat = told[2]
        assert seat.x is not None
        assert seat.y is not None
        self._cells[int(seat.x // self._near), int(seat.y // self._near)].append(told)


def repair_overlaps(plan: LoosePlan) -> None:
    """Seats keep their place in the order of the file. Whole sections and rows move as such."""
    near = _near(plan)
    overlaps = _overlaps(plan, near)
    if not overlaps:
        return
    seats = sum(1 for _ in plan.seats())
    if seats > 3 and len(overlaps) > seats * _USELESS and _crowded(plan):  # noqa: PLR2004
        lay_out(plan)
        plan.width = plan.height = 0
        for (section, row, seat), other in overlaps:
            _tell(plan, "positions-useless", (section, row, seat), other)
        grow(plan)
        return
    if _move_sections(plan, overlaps):
        grow(plan)
        overlaps = _overlaps(plan, near)
    _move_rows_and_seats(plan, overlaps, near)
    grow(plan)


def _crowded(plan: LoosePlan) -> bool:
    """Most seats share so few places that the places say nothing."""
    places = {(seat.x, seat.y) for _, _, seat in plan.seats()}
    return len(places) * 2 <= sum(1 for _ in plan.seats())


def _near(plan: LoosePlan) -> float:
    """How close is too close, from how far neighbours usually are apart."""
    found: list[float] = []
    for section in plan.sections:
        for row in section.rows:
            for one, two in zip(row.seats, row.seats[1:], strict=False):
                distance = _distance(one, two)
                if distance > _LEAST_NEAR:
                    found.append(distance)
    found.sort()
    usual = found[len(found) // 2] if found else SEAT_APART
    return max(_LEAST_NEAR, min(_MOST_NEAR, usual * _NEAR))


def _distance(one: LooseSeat, two: LooseSeat) -> float:
    assert one.x is not None
    assert one.y is not None
    assert two.x is not None
    assert two.y is not None
    return math.hypot(one.x - two.x, one.y - two.y)


def _overlaps(plan: LoosePlan, near: float) -> list[tuple[Told, Told]]:
    grid, found = Grid(near), list[tuple[Told, Told]]()
    for told in plan.seats():
        seat = told[2]
        assert seat.x is not None
        assert seat.y is not None
        if other := grid.at(seat.x, seat.y):
            found.append((told, other))
        else:
            grid.add(told)
    return found


def _tell(plan: LoosePlan, code: str, told: Told, other: Told) -> None:
    section, row, seat = told
    plan.find(
        code, seat.at, section.name, row.name, seat.number, other=other[2].number,
        other_row=other[1].name, other_section=other[0].name, x=shown(seat.x), y=shown(seat.y),
    )  # fmt: skip


def _move_sections(plan: LoosePlan, overlaps: list[tuple[Told, Told]]) -> bool:
    """To the right of all others, those of which many seats lie on another section's."""
    by_section: defaultdict[int, list[tuple[Told, Told]]] = defaultdict(list)
    for told, other in overlaps:
        if other[0] is not told[0]:
            by_section[id(told[0])].append((told, other))
    moved = False
    for section in plan.sections:
        found = by_section.get(id(section), [])
        seats = [seat for row in section.rows for seat in row.seats]
        if len(found) < 2 or len(found) < _MANY * len(seats):  # noqa: PLR2004
            continue
        others = [s for other in plan.sections if other is not section for s in _seats(other)]
        right = max(seat.x or 0 for seat in others)
        left = min(seat.x or 0 for seat in seats)
        move_section(section, math.ceil(right - left + 2 * MARGIN), 0)
        for told, other in found:
            _tell(plan, "section-overlaps", told, other)
        moved = True
    return moved


def _seats(section: LooseSection) -> Iterator[LooseSeat]:
    for row in section.rows:
        yield from row.seats


def _move_rows_and_seats(plan: LoosePlan, overlaps: list[tuple[Told, Told]], near: float) -> None:
    moving = {id(told[2]) for told, _ in overlaps}
    by_row: defaultdict[int, list[tuple[Told, Told]]] = defaultdict(list)
    for told, other in overlaps:
        if other[1] is not told[1]:
            by_row[id(told[1])].append((told, other))
    whole = {
        id(row) for section in plan.sections for row in section.rows
        if len(by_row[id(row)]) >= max(2, _MANY * len(row.seats))
    }  # fmt: skip
    grid = Grid(near)
    for told in plan.seats():
        if id(told[2]) not in moving and id(told[1]) not in whole:
            grid.add(told)
    lowest = max(seat.y or 0 for _, _, seat in plan.seats())
    done: set[int] = set()
    for told, other in overlaps:
        section, row, seat = told
        if id(row) in whole:
            if id(row) not in done:
                done.add(id(row))
                lowest += 2 * MARGIN if len(done) == 1 else _depth(row) + SEAT_APART
                top = min(one.y or 0 for one in row.seats)
                for one in row.seats:
                    one.y = (one.y or 0) + lowest - top
                lowest += _depth(row)
            if other[1] is not row:
                _tell(plan, "row-overlaps", told, other)
                grid.add(told)
                continue
        _put_beside(plan, grid, told)
        _tell(plan, "seats-overlap", told, other)
        grid.add((section, row, seat))


def _depth(row: LooseRow) -> float:
    heights = [seat.y or 0 for seat in row.seats]
    return max(heights) - min(heights)


def _put_beside(plan: LoosePlan, grid: Grid, told: Told) -> None:
    """Between its neighbours, else at the end of its row, else somewhere below the plan."""
    _, row, seat = told
    at = next(index for index, one in enumerate(row.seats) if one is seat)
    if 0 < at < len(row.seats) - 1:
        before, after = row.seats[at - 1], row.seats[at + 1]
        x, y = ((before.x or 0) + (after.x or 0)) / 2, ((before.y or 0) + (after.y or 0)) / 2
        if grid.at(x, y) is None:
            seat.x, seat.y = x, y
            return
    others = [one for one in row.seats if one is not seat] or [seat]
    dx, dy = step_of(LooseRow(row.name, others))
    x, y = others[-1].x or 0.0, others[-1].y or 0.0
    for _ in range(len(row.seats) + 20):
        x, y = x + dx, y + dy
        if x >= 0 and y >= 0 and grid.at(x, y) is None:
            seat.x, seat.y = x, y
            return
    x, y = MARGIN, (plan.height or 0) + MARGIN
    while grid.at(x, y) is not None:
        x += SEAT_APART
    seat.x, seat.y = x, y
