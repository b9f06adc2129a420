"""A plan as choosing needs it: seats that stand side by side, and how good each place is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from quickserve.booking.seating.sight import Sight
from quickserve.contracts.seating import Seat, SeatId, SeatingPlan, seat_label

# How much worse one seat off the middle is, in rows: four seats aside is a row further back.
ASIDE = 0.25
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours of one row and category, without an aisle in between.

    `middle` is its best position: where the house's middle crosses it, or else one of its seats.
    `depth` is how many rows that is behind the best of the house, seats off the middle counted as
    `ASIDE`. `standard` has a bit for each seat that is sold to anybody; position 0 is the lowest.
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
    sight = Sight(plan)
    for number, section in enumerate(plan.sections):
        for row_number, row in enumerate(section.rows):
            for seat in row.seats:
                labels[seat.id] = seat_label(section.name, row.name, seat.number)
            depth = sight.rows_behind(row) if row.seats else 0.0
            for neighbours in _neighbours(row.seats, row.gap_after):
                accessible += _accessible(neighbours)
                for run in _of_one_category(neighbours):
                    at = len(blocks), number, row_number
                    blocks.append(_block(at, depth, run, sight))
    places = {
        seat_id: Place(block.number, position)
        for block in blocks
        for position, seat_id in enumerate(block.seat_ids)
    }
    accessible.sort(key=lambda one: _worth(blocks, places[one.seat_id]))
    sellable: dict[str, int] = {}
    for block in blocks:
        count = block.for_sale.bit_count()
        sellable[block.category] = sellable.get(block.category, 0) + count
    return Layout(tuple(blocks), places, labels, tuple(accessible), sellable)


def _worth(blocks: list[Block], place: Place) -> float:
    block = blocks[place.block]
    return block.depth + ASIDE * abs(place.position - block.middle)


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


def _block(at: tuple[int, int, int], depth: float, seats: list[Seat], sight: Sight) -> Block:
    number, section, row = at
    middle, aside = _best([sight.seats_aside(section, seat) for seat in seats])
    aside += sight.section_aside(section)
    return Block(
        number=number, section=section, row=row, category=seats[0].category,
        depth=round(depth + ASIDE * aside, _DIGITS), middle=middle,
        seat_ids=tuple(seat.id for seat in seats),
        standard=_bits(seat.kind == "standard" and not seat.blocked for seat in seats),
        for_sale=_bits(not seat.blocked for seat in seats),
    )  # fmt: skip


def _best(asides: list[float]) -> tuple[float, float]:
    """The position nearest to the middle, perhaps between two seats, and how far off it is."""
    for position, (one, other) in enumerate(pairwise(asides)):
        if one * other < 0:
            return round(position + one / (one - other), _DIGITS), 0.0
    nearest = min(range(len(asides)), key=lambda position: abs(asides[position]))
    return float(nearest), abs(asides[nearest])


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
