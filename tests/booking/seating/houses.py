"""Houses made of letters: each row is a word, `o` a seat, `A` for a wheelchair, `c` beside it,
`x` never for sale, a space an aisle; a lower row is further from the stage."""

from uuid import uuid4

from quickserve.contracts.seating import (
    PlanId,
    Seat,
    SeatCategory,
    SeatingPlan,
    SeatKind,
    SeatRow,
    Section,
)

_KINDS: dict[str, SeatKind] = {"A": "accessible", "c": "companion"}


def section(name: str, rows: list[str], *, category: str = "Or", y: float = 0) -> Section:
    made: list[SeatRow] = []
    for at, word in enumerate(rows):
        letter = chr(ord("A") + at) if at < 26 else f"R{at}"
        seats: list[Seat] = []
        gaps: list[int] = []
        for x, sign in enumerate(word):
            if sign == " ":
                gaps.append(len(seats) - 1)
                continue
            number = str(len(seats) + 1)
            seats.append(
                Seat(
                    id=f"{name}-{letter}-{number}",
                    number=number,
                    category=category,
                    x=20 * x,
                    y=y + 25 * at,
                    kind=_KINDS.get(sign, "standard"),
                    blocked=sign == "x",
                )
            )
        made.append(SeatRow(name=letter, seats=seats, gap_after=[gap for gap in gaps if gap >= 0]))
    return Section(id=name, name=name, rows=made)


def house(*sections: Section) -> SeatingPlan:
    names = {seat.category for s in sections for row in s.rows for seat in row.seats}
    return SeatingPlan(
        id=PlanId(uuid4()), version=1, name="House", width=1000, height=1000,
        categories=[SeatCategory(name=name, color="#C2371A") for name in sorted(names)],
        sections=list(sections),
    )  # fmt: skip


def arena(seats: int = 50_000, *, row_seats: int = 40) -> SeatingPlan:
    """Sections of 25 rows, an aisle in the middle of each."""
    sections = seats // (25 * row_seats)
    word = "o" * (row_seats // 2) + " " + "o" * (row_seats // 2)
    return house(
        *(
            section(f"S{n}", [word] * 25, category=("Or", "Argent", "Bronze")[n % 3], y=700.0 * n)
            for n in range(sections)
        )
    )
