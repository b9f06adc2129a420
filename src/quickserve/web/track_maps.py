"""Where somebody is, drawn: streets as an overview with a grid, a house by its plan.

Both are pictures of the server's: no script, and nothing of another site, is needed to see them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from quickserve.contracts.tracking import Place
from quickserve.web.house_plan import Area, HousePlan

Degrees = tuple[float, float]
MarkKind = Literal["stand", "runner", "to"]

WIDTH: Final = 360.0
HEIGHT: Final = 220.0
_PADDING: Final = 44.0
_METRES_A_DEGREE: Final = 111_195.0
_SPAN_MIN_M: Final = 60.0
_GRID_STEPS_M: Final = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 200_000)
_GRID_LINES_MAX: Final = 6
_WORD_APART: Final = 40.0  # words nearer to each other would be written over one another


@dataclass(frozen=True, slots=True)
class Mark:
    """`below`: its word is written there, because another one's is above."""

    kind: MarkKind
    word: str
    x: float
    y: float
    at: Degrees
    below: bool = False

    @property
    def word_y(self) -> float:
        return round(self.y + (24 if self.below else -14), 1)

    @property
    def anchor(self) -> str:
        third = WIDTH / 3
        return "start" if self.x < third else "end" if self.x > 2 * third else "middle"


@dataclass(frozen=True, slots=True)
class StreetMap:
    """`steps_m` lie between two lines of the grid, `step` on the drawing."""

    marks: list[Mark]
    xs: list[float]
    ys: list[float]
    step_m: int
    step: float

    @property
    def data(self) -> list[tuple[MarkKind, str, float, float]]:
        """For a map with streets, should the page have one."""
        return [(one.kind, one.word, *one.at) for one in self.marks]

    @property
    def line(self) -> str:
        """From the runner to where they go; "" where there are several of either."""
        kinds = sorted(one.kind for one in self.marks if one.kind != "stand")
        ends = [one for one in self.marks if one.kind != "stand"]
        alone = kinds == ["runner", "to"]
        return " ".join(f"{one.x},{one.y}" for one in ends) if alone else ""


def street_map(places: Sequence[tuple[MarkKind, str, Degrees]]) -> StreetMap | None:
    """None where there is only one place: that is no map."""
    if len({at for *_, at in places}) < 2:  # noqa: PLR2004
        return None
    latitudes, longitudes = [at[0] for *_, at in places], [at[1] for *_, at in places]
    middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
    east = _METRES_A_DEGREE * max(0.01, math.cos(math.radians(middle[0])))
    metres = [
        ((at[1] - middle[1]) * east, (middle[0] - at[0]) * _METRES_A_DEGREE) for *_, at in places
    ]
    across = max(_SPAN_MIN_M, max(x for x, _ in metres) - min(x for x, _ in metres))
    down = max(_SPAN_MIN_M, max(y for _, y in metres) - min(y for _, y in metres))
    scale = min((WIDTH - 2 * _PADDING) / across, (HEIGHT - 2 * _PADDING) / down)
    marks: list[Mark] = []
    for (kind, word, degrees), (x, y) in zip(places, metres, strict=True):
        at = round(WIDTH / 2 + x * scale, 1), round(HEIGHT / 2 + y * scale, 1)
        crowded = any(
            abs(one.y - at[1]) < _WORD_APART / 2 and abs(one.x - at[0]) < 2 * _WORD_APART
            for one in marks
        )
        marks.append(Mark(kind, word, *at, degrees, below=crowded))
    fitting = (m for m in _GRID_STEPS_M if WIDTH / (m * scale) <= _GRID_LINES_MAX)
    step_m = next(fitting, _GRID_STEPS_M[-1])
    step = round(step_m * scale, 1)
    return StreetMap(marks, _lines(step, WIDTH), _lines(step, HEIGHT), step_m, step)


def _lines(step: float, until: float) -> list[float]:
    return [round(step * i, 1) for i in range(1, int(until / step) + 1)] if step else []


@dataclass(frozen=True, slots=True)
class Dot:
    kind: MarkKind
    word: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class VenueMap:
    """`here`: areas' numbers by who is in them, for their colour."""

    plan: HousePlan
    dots: list[Dot]
    here: dict[int, MarkKind]

    @property
    def letter(self) -> float:
        return round(self.plan.box[2] / 26, 1)

    @property
    def radius(self) -> float:
        return round(self.plan.box[2] / 45, 1)


def venue_map(
    plan: HousePlan, places: Sequence[tuple[MarkKind, str, Place | None, str]]
) -> VenueMap | None:
    """Each by a checkpoint's place or a seat in words; None where nothing of it is on the plan."""
    dots: list[Dot] = []
    here: dict[int, MarkKind] = {}
    for kind, word, place, seat in places:
        found = _at_place(plan, place) if place else _at_seat(plan, seat)
        if found:
            area, x, y = found
            dots.append(Dot(kind, word, round(x, 1), round(y, 1)))
            here[area.number] = kind
    return VenueMap(plan, dots, here) if dots else None


def _at_place(plan: HousePlan, place: Place) -> tuple[Area, float, float] | None:
    section, row = _words(place.section), _words(place.row)
    areas = [one for one in plan.areas if _within(section, _words(one.name))]
    for area in areas:
        for placed in area.rows:
            if row and _words(placed.name) == row:
                seats = placed.row.seats
                middle = seats[len(seats) // 2]
                return area, middle.x, middle.y
    return (areas[0], *areas[0].middle) if areas else None


def _at_seat(plan: HousePlan, seat: str) -> tuple[Area, float, float] | None:
    wanted = _words(seat)
    for one in plan.seats.values() if wanted else ():
        if _words(one.label) == wanted:
            return plan.areas[one.area], one.seat.x, one.seat.y
    for area in plan.areas:
        if wanted and _within(_words(area.name), wanted):
            return area, *area.middle
    return None


def _words(text: str) -> list[str]:
    for mark in ",·;/":
        text = text.replace(mark, " ")
    return text.casefold().split()


def _within(some: list[str], words: list[str]) -> bool:
    return bool(some) and any(words[i : i + len(some)] == some for i in range(len(words)))
