"""A plan as choosing needs it: seats that stand side by side, and how good each place is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import dist
from statistics import median

from quickserve.contracts.seating import Seat, SeatId, SeatingPlan, Section

# How much worse one seat off the middle is, in rows: four seats aside is a row further back.
ASIDE = 0.25
_STAGE = ("stage", "scène", "scene", "bühne", "podium")


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours of one row and category, without an aisle in between.

    `depth` is how many rows it is from the stage, across sections. `middle` is the position that
    the house's middle is nearest to, perhaps outside of the block. `standard` has a bit for each
    seat that is sold to anybody; position 0 is the lowest.
    """

    number: int
    section: int
    row: int
    depth: float
    category: str
    seat_ids: tuple[SeatId, ...]
    middle: float
    standard: int
    for_sale: int


@dataclass(frozen=True, slots=True)
class Place:
    block: int
    position: int


@dataclass(frozen=True, slots=True)
class Accessible:
    """A seat for somebody in a wheelchair, and the seats beside it, nearest first."""

    seat_id: SeatId
    category: str
    beside: tuple[SeatId, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one version of a plan; shared by all its dates."""

    blocks: tuple[Block, ...]
    places: dict[SeatId, Place]
    labels: dict[SeatId, str]
    accessible: tuple[Accessible, ...]
    sellable: dict[str, int] = field(default_factory=dict[str, int])


def layout(plan: SeatingPlan) -> Layout:
    blocks: list[Block] = []
    labels: dict[SeatId, str] = {}
    accessible: list[Accessible] = []
    fronts = _fronts(plan)
    for number, section in enumerate(plan.sections):
        middle = _middle(section)
        for row_number, row in enumerate(section.rows):
            for seat in row.seats:
                labels[seat.id] = " · ".join(
                    part for part in (section.name, row.name, seat.number) if part
                )
            for neighbours in _neighbours(row.seats, row.gap_after):
                accessible += _accessible(neighbours)
                for run in _of_one_category(neighbours):
                    at = len(blocks), number, row_number
                    blocks.append(_block(at, fronts[number] + row_number, run, middle))
    places = {
        seat_id: Place(block.number, position)
        for block in blocks
        for position, seat_id in enumerate(block.seat_ids)
    }
    sellable: dict[str, int] = {}
    for block in blocks:
        count = block.for_sale.bit_count()
        sellable[block.category] = sellable.get(block.category, 0) + count
    return Layout(tuple(blocks), places, labels, tuple(accessible), sellable)


def _fronts(plan: SeatingPlan) -> list[float]:
    """How many rows the front of each section is behind the one nearest to the stage.

    The stage is the shape that says so; without one, it is before the first section's first row.
    """
    firsts = [next((row.seats for row in s.rows if row.seats), []) for s in plan.sections]
    fronts = [_centre([(seat.x, seat.y) for seat in seats]) for seats in firsts]
    stages = [
        (shape.x, shape.y)
        for section in plan.sections
        for shape in section.shapes
        if any(word in shape.text.casefold() for word in _STAGE)
    ]
    found = [front for front in fronts if front]
    if not found:
        return [0.0] * len(fronts)
    stage = _centre(stages) or found[0]
    away = [dist(stage, front) if front else 0.0 for front in fronts]
    nearest = min(one for one, front in zip(away, fronts, strict=True) if front)
    pitch = _pitch(plan)
    return [max(0.0, one - nearest) / pitch for one in away]


def _pitch(plan: SeatingPlan) -> float:
    """From row to row."""
    steps: list[float] = []
    for section in plan.sections:
        rows = [row.seats[0] for row in section.rows if row.seats]
        steps += [dist((a.x, a.y), (b.x, b.y)) for a, b in pairwise(rows)]
    return max(median(steps), 1.0) if steps else 1.0


def _centre(points: list[tuple[float, float]]) -> tuple[float, float] | None:
    if not points:
        return None
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _middle(section: Section) -> float:
    """Between its outermost seats."""
    across = [seat.x for row in section.rows for seat in row.seats]
    return (min(across) + max(across)) / 2 if across else 0.0


def _neighbours(seats: list[Seat], gap_after: list[int]) -> Iterator[list[Seat]]:
    start = 0
    for gap in sorted({gap + 1 for gap in gap_after if 0 <= gap < len(seats) - 1}):
        yield seats[start:gap]
        start = gap
    if seats[start:]:
        yield seats[start:]


def _of_one_category(seats: list[Seat]) -> Iterator[list[Seat]]:
    run: list[Seat] = []
    for seat in seats:
        if run and seat.category != run[0].category:
            yield run
            run = []
        run.append(seat)
    if run:
        yield run


def _block(at: tuple[int, int, int], depth: float, seats: list[Seat], middle: float) -> Block:
    number, section, row = at
    pitch = median(abs(b.x - a.x) for a, b in pairwise(seats)) if len(seats) > 1 else 0.0
    rightward = -1 if len(seats) > 1 and seats[-1].x < seats[0].x else 1
    position = (middle - seats[0].x) * rightward / pitch if pitch > 0 else 0.0
    return Block(
        number=number, section=section, row=row, depth=depth, category=seats[0].category,
        seat_ids=tuple(seat.id for seat in seats), middle=position,
        standard=_bits(seat.kind == "standard" and not seat.blocked for seat in seats),
        for_sale=_bits(not seat.blocked for seat in seats),
    )  # fmt: skip


def _bits(flags: Iterator[bool]) -> int:
    return sum(1 << position for position, flag in enumerate(flags) if flag)


def _accessible(seats: list[Seat]) -> Iterator[Accessible]:
    for position, seat in enumerate(seats):
        if seat.kind != "accessible" or seat.blocked:
            continue
        others = [
            (abs(n - position), other.kind != "companion", other.id)
            for n, other in enumerate(seats)
            if n != position and not other.blocked and other.kind != "accessible"
            and other.category == seat.category
        ]  # fmt: skip
        yield Accessible(seat.id, seat.category, tuple(one[2] for one in sorted(others)))
