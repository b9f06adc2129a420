"""Seating plans as `catalog` keeps them: what seats there are, and where; never who has them."""

from typing import Annotated, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, StringConstraints

PlanId = NewType("PlanId", UUID)

SEATS_MAX = 60_000  # of one plan

# Stays the same through all versions of a plan: tickets name it.
SeatId = Annotated[str, StringConstraints(min_length=1, max_length=60)]
SeatKind = Literal["standard", "accessible", "companion"]


class SeatCategory(BaseModel):
    """Seats of one category are sold as the ticket types that name it. `color` is #RRGGBB."""

    name: str
    color: str


class Seat(BaseModel):
    """`x` and `y` are the middle of the seat on the plan; `blocked`: never for sale."""

    id: SeatId
    number: str
    category: str
    x: float
    y: float
    kind: SeatKind = "standard"
    blocked: bool = False


class SeatRow(BaseModel):
    """Seats that stand next to each other in this order; `gap_after` breaks the neighbourhood.

    `gap_after` has the positions in `seats` after which there is an aisle.
    """

    name: str
    seats: list[Seat]
    gap_after: list[int] = []


class Shape(BaseModel):
    """A stage, a wall, a word: drawn, not sold. `points` for polygons, relative to nothing."""

    kind: Literal["rectangle", "circle", "ellipse", "polygon", "text"]
    x: float
    y: float
    width: float = 0
    height: float = 0
    rotation: float = 0
    points: list[tuple[float, float]] = []
    text: str = ""
    color: str = ""
    border_color: str = ""


class Section(BaseModel):
    """A part of the house that is shown by itself: pretix calls it a zone."""

    id: str
    name: str
    rows: list[SeatRow]
    shapes: list[Shape] = []


class SeatingPlan(BaseModel):
    """One version of a plan: it never changes. Rows go from the stage to the back."""

    id: PlanId
    version: int
    name: str
    width: float
    height: float
    categories: list[SeatCategory]
    sections: list[Section]
