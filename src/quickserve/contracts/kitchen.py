"""`ordering` as the people see it who make the orders: the board of a stand."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from quickserve.contracts.menus import StandId, Station, StationKey
from quickserve.contracts.ordering import OrderState, OrderView, StandStatus
from quickserve.kernel.ids import OrganiserId, PersonId


class KitchenBoard(BaseModel):
    """What is not handed over yet, the first to be ready first.

    `recall`: what the stand moved on last and may take back. `out`: items and modifiers (86).
    """

    stand_id: StandId
    organiser_id: OrganiserId
    name: str
    zone: str
    stations: list[Station]
    paused_until: datetime | None
    intake_percent: int
    out: list[UUID]
    orders: list[OrderView]
    recall: OrderView | None
    server_now: datetime


# -- As the organiser sees it ----------------------------------------------------------------------


class SlotLoad(BaseModel):
    """Make-seconds of a station in the 300 s from `starts_at`."""

    station: StationKey
    starts_at: datetime
    capacity_s: int
    reserved_s: int


class StandFigures(BaseModel):
    """Of the last 24 hours. `refused`: by problem code, orders that the kitchen had no room for.

    `rejected`: by reason. `ready_s`: seconds from an order to its being ready.
    """

    status: StandStatus
    placed: int
    finished: int
    cancelled: int
    rejected: dict[str, int]
    refused: dict[str, int]
    waiting: int
    oldest: datetime | None
    ready_p50_s: int
    ready_p90_s: int
    slots: list[SlotLoad]
    server_now: datetime


class StaffStep(BaseModel):
    """`person`: who of the staff, for a year."""

    state: OrderState
    at: datetime
    by: str
    reason: str | None
    person: PersonId | None


class StaffSteps(BaseModel):
    steps: list[StaffStep]
