"""`ordering` as the people see it who make the orders: the board of a stand."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from quickserve.contracts.menus import StandId, Station
from quickserve.contracts.ordering import OrderView
from quickserve.kernel.ids import OrganiserId


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
