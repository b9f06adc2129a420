"""Where the stage of a plan is, and how far from it and from the middle its seats are.

In rows and seats, so that a plan's scale does not matter. Worked out once for a plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import cos, dist, hypot, radians, sin
from statistics import median

from quickserve.contracts.seating import Seat, SeatingPlan, SeatRow, Section, Shape

Point = tuple[float, float]

_STAGE = ("stage", "scène", "scene", "bühne", "podium")
_DOWN = 0.0, 1.0
# Where no stage is drawn, it is taken to be so many rows before the first one.
_ROWS_BEFORE = 5
# Seats are all around a stage if their centre is nearer to it than this share of their distance.
_AROUND = 0.25
_DIGITS = 6  # so that a plan and its mirror image do not differ by the last bit


@dataclass(frozen=True, slots=True)
class Axis:
    """The line through `origin` that looks `ahead`, and how far from the house's own it begins."""

    origin: Point
    ahead: Point
    aside: float = 0.0

    def across(self, spot: Point) -> float:
        """To one side of the line less than 0, to the other more."""
        x, y = spot[0] - self.origin[0], spot[1] - self.origin[1]
        return x * self.ahead[1] - y * self.ahead[0]


class Sight:
    """From the stage through the middle of the house.

    Around a stage each section has a middle of its own. So it has where no stage is drawn: there
    the places of the sections may only be the order of a list.
    """

    def __init__(self, plan: SeatingPlan) -> None:
        sections = [
            [seat for row in section.rows for seat in row.seats] for section in plan.sections
        ]
        every = [_at(seat) for seats in sections for seat in seats]
        own = [_own_axis(section) for section in plan.sections]
        self._seat_pitch = _seat_pitch(plan)
        self._row_pitch = _row_pitch(plan, own) or self._seat_pitch
        drawn = [_middle(s) for section in plan.sections for s in section.shapes if _is_stage(s)]
        if drawn:
            self._stage = _centre(drawn)
            self._axes = _axes_from(self._stage, every, sections)
        else:
            house = _house_axis(plan, own)
            before = _ROWS_BEFORE * self._row_pitch
            self._stage = _step(house.origin, house.ahead, -before)
            self._axes = [Axis(a.origin, a.ahead, abs(house.across(a.origin))) for a in own]
        self._nearest = min((dist(self._stage, spot) for spot in every), default=0.0)

    def rows_behind(self, row: SeatRow) -> float:
        """From the seat that is nearest to the stage to the nearest one of this row."""
        away = min(dist(self._stage, _at(seat)) for seat in row.seats) - self._nearest
        return round(away / self._row_pitch, _DIGITS)

    def seats_aside(self, section: int, seat: Seat) -> float:
        """From the middle of its section; to one side it is less than 0."""
        return round(self._axes[section].across(_at(seat)) / self._seat_pitch, _DIGITS)

    def section_aside(self, section: int) -> float:
        """In seats, how far the section's own middle is from the house's."""
        return round(self._axes[section].aside / self._seat_pitch, _DIGITS)


# -- With a stage ----------------------------------------------------------------------------------


def _is_stage(shape: Shape) -> bool:
    return any(word in shape.text.casefold() for word in _STAGE)


def _middle(shape: Shape) -> Point:
    """Of what is drawn: rectangles begin at a corner and are turned around it, as polygons are."""
    if shape.kind == "rectangle":
        x, y = shape.width / 2, shape.height / 2
    elif shape.points:
        centre = _centre(shape.points)
        x, y = centre[0] - shape.x, centre[1] - shape.y
    else:
        x = y = 0.0
    turn = radians(shape.rotation)
    return (
        shape.x + x * cos(turn) - y * sin(turn),
        shape.y + x * sin(turn) + y * cos(turn),
    )


def _axes_from(stage: Point, every: list[Point], sections: list[list[Seat]]) -> list[Axis]:
    centre = _centre(every)
    usual = sum(dist(stage, spot) for spot in every) / max(len(every), 1)
    if dist(stage, centre) > _AROUND * usual:
        return [Axis(stage, _towards(stage, centre))] * len(sections)
    return [
        Axis(stage, _towards(stage, _centre([_at(seat) for seat in seats]))) for seats in sections
    ]


# -- Without one -----------------------------------------------------------------------------------


def _own_axis(section: Section) -> Axis:
    """From the middle between its outermost seats, across its rows, to the back."""
    rows = [row.seats for row in section.rows if row.seats]
    if not rows:
        return Axis((0.0, 0.0), _DOWN)
    longest = max(rows, key=len)
    along = _towards(_at(longest[0]), _at(longest[-1]), (1.0, 0.0))
    ahead = -along[1], along[0]
    back = Axis(_row_centre(rows[0]), along).across(_row_centre(rows[-1]))
    if back > 0 or (back == 0 and ahead[1] < 0):
        ahead = -ahead[0], -ahead[1]
    return Axis(_between((_at(seat) for row in rows for seat in row), ahead), ahead)


def _house_axis(plan: SeatingPlan, own: list[Axis]) -> Axis:
    """Before the first rows of all sections; in the midst of seats that look at each other."""
    seen = [
        (s, axis)
        for s, axis in zip(plan.sections, own, strict=True)
        if any(r.seats for r in s.rows)
    ]
    total = sum(axis.ahead[0] for _, axis in seen), sum(axis.ahead[1] for _, axis in seen)
    if hypot(*total) <= _AROUND * len(seen):
        spots = [_at(seat) for section, _ in seen for row in section.rows for seat in row.seats]
        return Axis(_centre(spots), _DOWN)
    ahead = _towards((0.0, 0.0), total)
    fronts = (next(row.seats for row in section.rows if row.seats) for section, _ in seen)
    return Axis(_between((_at(seat) for seats in fronts for seat in seats), ahead), ahead)


# -- Measures --------------------------------------------------------------------------------------


def _seat_pitch(plan: SeatingPlan) -> float:
    steps = [
        dist(_at(a), _at(b))
        for section in plan.sections
        for row in section.rows
        for a, b in pairwise(row.seats)
    ]
    return max(median(steps), 1.0) if steps else 1.0


def _row_pitch(plan: SeatingPlan, own: list[Axis]) -> float:
    steps: list[float] = []
    for section, axis in zip(plan.sections, own, strict=True):
        along = Axis(axis.origin, (-axis.ahead[1], axis.ahead[0]))
        behind = [along.across(_row_centre(row.seats)) for row in section.rows if row.seats]
        steps += [abs(b - a) for a, b in pairwise(behind)]
    return max(median(steps), 1.0) if steps else 0.0


def _between(spots: Iterable[Point], ahead: Point) -> Point:
    """The middle across `ahead`, where the first of them is."""
    line = Axis((0.0, 0.0), ahead)
    found = [(line.across(spot), spot[0] * ahead[0] + spot[1] * ahead[1]) for spot in spots]
    aside = (min(found)[0] + max(found)[0]) / 2
    front = min(one[1] for one in found)
    return front * ahead[0] + aside * ahead[1], front * ahead[1] - aside * ahead[0]


def _at(seat: Seat) -> Point:
    return seat.x, seat.y


def _row_centre(seats: list[Seat]) -> Point:
    return _centre([_at(seat) for seat in seats])


def _centre(points: list[Point]) -> Point:
    count = max(len(points), 1)
    return sum(x for x, _ in points) / count, sum(y for _, y in points) / count


def _towards(a: Point, b: Point, otherwise: Point = _DOWN) -> Point:
    """The direction from one to the other."""
    away = dist(a, b)
    return ((b[0] - a[0]) / away, (b[1] - a[1]) / away) if away else otherwise


def _step(spot: Point, ahead: Point, length: float) -> Point:
    return spot[0] + ahead[0] * length, spot[1] + ahead[1] * length
