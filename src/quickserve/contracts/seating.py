"""Seating plans as `catalog` keeps them: what seats there are, and where; never who has them."""

from datetime import datetime
from typing import Annotated, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId

PlanId = NewType("PlanId", UUID)
SeatingImportId = NewType("SeatingImportId", UUID)

SEATS_MAX = 60_000  # of one plan
SECTIONS_MAX = 500
ROWS_MAX = 2_000  # of one section
ROW_SEATS_MAX = 1_000
CATEGORIES_MAX = 50
SHAPES_MAX = 500  # of one section
SIZE_MAX = 100_000  # of a plan, either way; seats are some 20 to 40 apart
NAME_MAX = 60
PLAN_NAME_MAX = 200

# Stays the same through all versions of a plan: tickets name it.
SeatId = Annotated[str, StringConstraints(min_length=1, max_length=60)]
SeatKind = Literal["standard", "accessible", "companion"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX)]
Color = Annotated[str, StringConstraints(max_length=30)]
Coordinate = Annotated[float, Field(ge=-SIZE_MAX, le=SIZE_MAX, allow_inf_nan=False)]
Length = Annotated[float, Field(ge=0, le=SIZE_MAX, allow_inf_nan=False)]


class SeatCategory(BaseModel):
    """Seats of one category are sold as the ticket types that name it. `color` is #RRGGBB."""

    name: Name
    color: Color


class Seat(BaseModel):
    """`x` and `y` are the middle of the seat on the plan; `blocked`: never for sale."""

    id: SeatId
    number: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    category: Name
    x: Coordinate
    y: Coordinate
    kind: SeatKind = "standard"
    blocked: bool = False


def seat_label(section: str, row: str, number: str) -> str:
    """As tickets and pages name a seat."""
    return " · ".join(part for part in (section, row, number) if part)


class SeatRow(BaseModel):
    """Seats that stand next to each other in this order; `gap_after` breaks the neighbourhood.

    `gap_after` has the positions in `seats` after which there is an aisle.
    """

    name: Name
    seats: list[Seat] = Field(max_length=ROW_SEATS_MAX)
    gap_after: list[Annotated[int, Field(ge=0)]] = Field(default=[], max_length=ROW_SEATS_MAX)


class Shape(BaseModel):
    """A stage, a wall, a word: drawn, not sold. `points` for polygons, relative to nothing."""

    kind: Literal["rectangle", "circle", "ellipse", "polygon", "text"]
    x: Coordinate
    y: Coordinate
    width: Length = 0
    height: Length = 0
    rotation: Annotated[float, Field(ge=-3600, le=3600, allow_inf_nan=False)] = 0
    points: list[tuple[Coordinate, Coordinate]] = Field(default=[], max_length=1000)
    text: str = Field(default="", max_length=200)
    color: Color = ""
    border_color: Color = ""


class Section(BaseModel):
    """A part of the house that is shown by itself: pretix calls it a zone."""

    id: Name
    name: Name
    rows: list[SeatRow] = Field(max_length=ROWS_MAX)
    shapes: list[Shape] = Field(default=[], max_length=SHAPES_MAX)


class SeatingPlan(BaseModel):
    """One version of a plan: it never changes. Rows go from the stage to the back."""

    id: PlanId
    version: int
    name: str
    width: float
    height: float
    categories: list[SeatCategory]
    sections: list[Section]


class SeatingPlanDraft(BaseModel):
    """What becomes the next version."""

    model_config = ConfigDict(extra="forbid")

    base_version: int = Field(ge=0, description="The version it was made from; 0 makes a new plan.")
    name: str = Field(min_length=1, max_length=PLAN_NAME_MAX)
    width: float = Field(gt=0, le=SIZE_MAX, allow_inf_nan=False)
    height: float = Field(gt=0, le=SIZE_MAX, allow_inf_nan=False)
    categories: list[SeatCategory] = Field(min_length=1, max_length=CATEGORIES_MAX)
    sections: list[Section] = Field(max_length=SECTIONS_MAX)


class SeatingPlanSummary(BaseModel):
    """The latest version of a plan. `sellable` are the seats that are not blocked."""

    id: PlanId
    organiser_id: OrganiserId
    version: int
    name: str
    seats: int
    sellable: int
    sections: int
    categories: list[str]
    dates: int = Field(description="How many dates that are not over have a version of the plan.")
    created_at: datetime
    changed_at: datetime


class SeatingPlanList(BaseModel):
    plans: list[SeatingPlanSummary]


class PlanFinding(BaseModel):
    """What is the matter with one seat, row or section, and how it would be repaired.

    `at` says where in the file or draft, `values` what the sentences of the `code` are filled with.
    One that is no `defect` only says what was assumed.
    """

    id: str
    code: str
    defect: bool
    at: str
    section: str
    row: str
    seat: str
    message: str
    repair: str
    values: dict[str, str]


class PlanReport(BaseModel):
    """`plan` has all repairs; `findings` the first few thousand, `counts` all of them by code."""

    findings: list[PlanFinding]
    counts: dict[str, int]
    defects: int
    plan: SeatingPlanDraft


class SeatingImportView(BaseModel):
    """A file that was read. Nothing is saved before all its defects' repairs are `accepted`.

    `findings` are the first few thousand, defects first, `counts` all of them by code. `waiting`
    counts the defects whose repair nobody accepted yet. When it is saved, `plan_id` and
    `plan_version` say as what.
    """

    id: SeatingImportId
    organiser_id: OrganiserId
    filename: str
    format: str
    name: str
    seats: int
    sections: int
    categories: list[str]
    findings: list[PlanFinding]
    counts: dict[str, int]
    defects: int
    waiting: int
    accepted: list[str]
    plan_id: PlanId | None
    plan_version: int | None
    created_at: datetime


class Acceptance(BaseModel):
    """`repairs`: "all", "code:" with a finding's code, or ids of findings.

    As soon as every defect's repair is accepted, the repaired plan is saved as `plan_id`.
    """

    model_config = ConfigDict(extra="forbid")

    repairs: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(
        max_length=10_000
    )
    plan_id: PlanId
    base_version: int = Field(default=0, ge=0)
    name: str | None = Field(default=None, min_length=1, max_length=PLAN_NAME_MAX)


class PlanRefused(Problem):
    """`extra` has the `reason`, a code."""

    status = 422
    code = "plan-refused"
    title = "This file is no seating plan that can be read"


class PlanChanged(Problem):
    """`extra` has the `version` that is the latest now."""

    status = 409
    code = "plan-changed"
    title = "Somebody saved another version of this plan meanwhile"


class PlanHasDefects(Problem):
    """Nothing was saved. `errors` name the first places; a check or an import tells them all."""

    status = 422
    code = "plan-has-defects"
    title = "This plan has defects: repair them first"
