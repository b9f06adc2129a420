"""Sales by staff: at the door against cash, to guests for nothing, to groups that pay later."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, EmailStr, Field

from quickserve.contracts.booking import (
    ITEMS_MAX,
    BookingId,
    BookingView,
    HeldItem,
    HoldId,
    Item,
    Line,
    Request,
)
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.money import Money

DeskKind = Literal["cash", "complimentary"]

RESERVATION_DAYS_MAX = 366
NAME_MAX = 200


class DeskContact(Request):
    """Who comes; at the door the address may be left out."""

    name: Line = Field(min_length=1, max_length=NAME_MAX)
    email: EmailStr | None = None
    language: Literal["fr", "en"] = "fr"


class NewDeskSale(Request):
    """Booked at once. `cash`: at the listed price, which was paid; `complimentary`: for nothing.

    Or a reservation is settled: then `hold_id` names it, and there are no date and items.
    `accessible`: a place for a wheelchair and the seats beside it, where seats are chosen for them.
    """

    kind: DeskKind
    contact: DeskContact
    date_id: DateId | None = None
    items: list[Item] = Field(default=[], max_length=ITEMS_MAX)
    hold_id: HoldId | None = None
    note: Line = Field(default="", max_length=200)
    accessible: bool = False


class NewReservation(Request):
    """Places for a group until a moment; unpaid then, they go back on sale by themselves."""

    date_id: DateId
    items: list[Item] = Field(min_length=1, max_length=ITEMS_MAX)
    name: Line = Field(min_length=1, max_length=NAME_MAX)
    until: AwareDatetime
    accessible: bool = False


class ReservationView(BaseModel):
    """`id` is a hold's: whoever has it can pay at the checkout."""

    id: HoldId
    date_id: DateId
    name: str
    items: list[HeldItem]
    total: Money
    until: datetime
    created_at: datetime


class ReservationList(BaseModel):
    reservations: list[ReservationView]


class TillLine(BaseModel):
    """What was sold at the desk of one event, by kind."""

    kind: DeskKind
    bookings: int
    places: int
    total: Money


class Till(BaseModel):
    event_id: EventId
    lines: list[TillLine]


class DeadlinePast(Problem):
    status = 422
    code = "deadline-past"
    title = "The deadline is past, or after the event"


class BoxOfficeClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def sell(self, booking_id: BookingId, sale: NewDeskSale, token: str) -> BookingView:
        """The caller mints the id; a repeat answers with the same booking."""
        path = f"/desk-sales/{booking_id}"
        return await self._client.put(BookingView, path, sale, token=token)

    async def reserve(
        self, hold_id: HoldId, reservation: NewReservation, token: str
    ) -> ReservationView:
        path = f"/reservations/{hold_id}"
        return await self._client.put(ReservationView, path, reservation, token=token)

    async def reservations(self, event_id: EventId, token: str) -> ReservationList:
        """Those that still hold their places, the next deadline first."""
        path = f"/events/{event_id}/reservations"
        return await self._client.get(ReservationList, path, token=token)

    async def till(self, event_id: EventId, token: str) -> Till:
        return await self._client.get(Till, f"/events/{event_id}/till", token=token)
