"""The demo's house with seats: a stand in three parts, around a floor where people stand."""

from math import cos, pi, sin

from quickserve.contracts.seating import (
    Seat,
    SeatCategory,
    SeatingPlanDraft,
    SeatRow,
    Section,
    Shape,
)

CATEGORY = "Gradin"
_ROWS = 10
_WIDTH, _HEIGHT = 1300, 860
_MIDDLE, _STAGE = _WIDTH / 2, 110
_NEAREST, _BEHIND, _APART = 380, 32, 25
# From the left to the right, as the audience sees it: degrees from straight ahead.
_PARTS = (("gauche", "Gradin gauche", -62, -26), ("centre", "Gradin centre", -22, 22),
          ("droite", "Gradin droite", 26, 62))  # fmt: skip


def the_hall() -> SeatingPlanDraft:
    return SeatingPlanDraft(
        base_version=0, name="Les Docks, grande salle", width=_WIDTH, height=_HEIGHT,
        categories=[SeatCategory(name=CATEGORY, color="#2F5DA8")],
        sections=[
            Section(
                id=part, name=name, rows=[_row(part, at, first, last) for at in range(_ROWS)],
                shapes=_SHAPES if part == "centre" else [],
            )
            for part, name, first, last in _PARTS
        ],
    )  # fmt: skip


_SHAPES = [
    Shape(kind="rectangle", x=_MIDDLE - 220, y=30, width=440, height=80, text="Scène"),
    Shape(kind="ellipse", x=_MIDDLE, y=_STAGE + 170, width=440, height=220, text="Fosse"),
]


def _row(part: str, at: int, first: int, last: int) -> SeatRow:
    """An arc around the stage; the middle of the first row is for wheelchairs and companions."""
    radius, name = _NEAREST + at * _BEHIND, "ABCDEFGHIJ"[at]
    count = int(radius * (last - first) * pi / 180 / _APART)
    step = _APART / radius * 180 / pi
    begin = (first + last - (count - 1) * step) / 2
    seats: list[Seat] = []
    for n in range(count):
        angle = (begin + n * step) * pi / 180
        near = abs(n - count // 2)
        special = part == "centre" and at == 0 and near < 3  # noqa: PLR2004 - places
        seats.append(
            Seat(
                id=f"{part}-{name}-{n + 1}", number=str(n + 1), category=CATEGORY,
                x=round(_MIDDLE + radius * sin(angle), 2), y=round(_STAGE + radius * cos(angle), 2),
                kind=("accessible" if near % 2 else "companion") if special else "standard",
            )
        )  # fmt: skip
    return SeatRow(name=name, seats=seats)
