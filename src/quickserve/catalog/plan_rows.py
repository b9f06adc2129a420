"""Rows of seating plans, as the store reads and writes them."""

from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.contracts.seating import PlanId, SeatingImportId
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


@dataclass(frozen=True, slots=True)
class SavedPlanImport:
    """A file that was read; see the table's comments."""

    id: SeatingImportId
    organiser_id: OrganiserId
    filename: str
    content_hash: bytes
    format: str
    seats: int
    defects: int
    defect_codes: list[str]
    draft: str
    kept: str | None
    findings: str
    counts: str


@dataclass(frozen=True, slots=True)
class PlanImportRow(SavedPlanImport):
    accepted: list[str]
    plan_id: PlanId | None
    plan_version: int | None
    created_at: datetime

    @property
    def waiting(self) -> int:
        """Defects whose repair nobody accepted. Their ids count from 1."""
        accepted = set(self.accepted)
        if "all" in accepted:
            return 0
        return sum(
            f"{at + 1}" not in accepted and f"code:{code}" not in accepted
            for at, code in enumerate(self.defect_codes)
        )
