"""Rows of seating plans, as the store reads and writes them."""

from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.contracts.seating import PlanId
from quickserve.kernel.ids import OrganiserId


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What saving a version decides on; without versions the hash is None."""

    id: PlanId
    organiser_id: OrganiserId
    version: int
    content_hash: bytes | None


@dataclass(frozen=True, slots=True)
class PlanRow:
    id: PlanId
    organiser_id: OrganiserId
    version: int
    name: str
    seats: int
    sellable: int
    sections: int
    categories: list[str]
    dates: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PlanVersionHead:
    plan_id: PlanId
    version: int
    categories: list[str]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A version as JSON, and what an imported file says beyond it."""

    organiser_id: OrganiserId
    name: str
    content: str
    kept: str | None


@dataclass(frozen=True, slots=True)
class SavedPlanVersion:
    plan_id: PlanId
    version: int
    name: str
    seats: int
    sellable: int
    sections: int
    categories: list[str]
    content: str
    kept: str | None
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class DatePlan:
    date_id: DateId
    plan_id: PlanId
    plan_version: int


@dataclass(frozen=True, slots=True)
class TicketTypeCategory:
    ticket_type_id: TicketTypeId
    seat_category: str
