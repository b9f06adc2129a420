"""A seating plan as a drawing: a round dot a seat, all of a section and category in one path."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from quickserve.contracts.seating import SeatCategory, Section, Shape

_DOT = 0.72  # of the distance between neighbours
_DOT_USUAL = 18.0
_DOT_MOST = 40.0


class Drawable(Protocol):
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def categories(self) -> list[SeatCategory]: ...
    @property
    def sections(self) -> list[Section]: ...


@dataclass(frozen=True, slots=True)
class Dots:
    """`color` is empty for blocked seats: they are drawn in the page's colour of lines."""

    color: str
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    dot: float
    dots: list[Dots]
    rings: str
    shapes: list[Shape]
    labels: list[Label]
    text_size: float


def picture(plan: Drawable) -> Picture:
    colors = {category.name: category.color for category in plan.categories}
    by_color: defaultdict[str, list[str]] = defaultdict(list)
    rings: list[str] = []
    labels: list[Label] = []
    for section in plan.sections:
        seats = [seat for row in section.rows for seat in row.seats]
        for seat in seats:
            mark = f"M{seat.x:g} {seat.y:g}h0"
            by_color["" if seat.blocked else colors.get(seat.category, "")].append(mark)
            if seat.kind != "standard":
                rings.append(mark)
        if seats and len(plan.sections) > 1:
            middle = (min(s.x for s in seats) + max(s.x for s in seats)) / 2
            labels.append(Label(middle, min(s.y for s in seats), section.name))
    dot = _dot(plan.sections)
    return Picture(
        plan.width, plan.height, dot, [Dots(color, "".join(p)) for color, p in by_color.items()],
        "".join(rings), [shape for section in plan.sections for shape in section.shapes], labels,
        max(plan.width, plan.height) / 45,
    )  # fmt: skip


def _dot(sections: Sequence[Section]) -> float:
    apart = [
        abs(one.x - two.x) + abs(one.y - two.y)
        for section in sections
        for row in section.rows[:50]
        for one, two in zip(row.seats, row.seats[1:4], strict=False)
    ]
    usual = median(apart) if apart else _DOT_USUAL / _DOT
    return min(_DOT_MOST, max(2.0, usual * _DOT))
