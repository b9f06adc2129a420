"""`booking` as the others see it: quotas, holds, bookings, tickets, check-in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

QuotaId = NewType("QuotaId", UUID)
HoldId = NewType("HoldId", UUID)
BookingId = NewType("BookingId", UUID)
TicketId = NewType("TicketId", UUID)
ScanId = NewType("ScanId", UUID)
TicketKeyId = NewType("TicketKeyId", str)  # secrets.token_hex(8): short, every QR has it

HoldState = Literal["active", "used", "released", "expired"]
BookingState = Literal["pending", "confirmed", "withdrawn", "cancelled"]
TicketState = Literal["valid", "revoked", "cancelled"]
Verdict = Literal["admitted", "already-admitted", "refused"]
Refusal = Literal["forged", "unknown", "revoked", "other-date", "other-organiser", "cancelled"]

ITEMS_MAX = 20  # ticket types of one hold

# One line of text: no NUL, which PostgreSQL cannot store, and no other control character.
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Request(BaseModel):
    """What a caller sends: a misspelt field is told, not ignored."""

    model_config = ConfigDict(extra="forbid")


# -- Stock ----------------------------------------------------------------------------------------


class QuotaChange(Request):
    """How many places a date has for these ticket types together; without any it is retired."""

    id: QuotaId
    organiser_id: OrganiserId
    date_id: DateId
    name: Line = Field(default="", max_length=100)
    capacity: int = Field(ge=0, le=1_000_000)
    ticket_type_ids: list[TicketTypeId] = Field(max_length=100)


class QuotaChanges(BaseModel):
    quotas: list[QuotaChange] = Field(min_length=1, max_length=2000)


class QuotaView(BaseModel):
    id: QuotaId
    date_id: DateId
    name: str
    capacity: int
    held: int
    sold: int
    available: int
    ticket_type_ids: list[TicketTypeId]


class QuotaList(BaseModel):
    quotas: list[QuotaView]


class TicketTypeAvailability(BaseModel):
    ticket_type_id: TicketTypeId
    available: int
    on_sale: bool


class Availability(BaseModel):
    """`places_left` is what the date's quotas leave together; 0 when it has none."""

    date_id: DateId
    places_left: int
    on_sale: bool
    ticket_types: list[TicketTypeAvailability]


class AvailabilityList(BaseModel):
    dates: list[Availability]


# -- Holds ----------------------------------------------------------------------------------------


class Item(Request):
    ticket_type_id: TicketTypeId
    quantity: int = Field(ge=1, le=100, strict=True)


class NewHold(Request):
    date_id: DateId
    items: list[Item] = Field(min_length=1, max_length=ITEMS_MAX)


class HeldItem(BaseModel):
    ticket_type_id: TicketTypeId
    name: str
    quantity: int
    unit_price: Money
    tax_rate_bp: int


class DateFacts(BaseModel):
    """What a ticket or a receipt says about its date."""

    date_id: DateId
    event_id: EventId
    organiser_id: OrganiserId
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    venue_name: str | None
    city: str | None
    room: str | None


class HoldView(BaseModel):
    """`server_now` lets a page count down although its own clock is wrong."""

    id: HoldId
    state: HoldState
    expires_at: datetime
    server_now: datetime
    date: DateFacts
    items: list[HeldItem]
    total: Money


# -- Bookings and tickets -------------------------------------------------------------------------


class Contact(Request):
    email: EmailStr
    name: Line = Field(min_length=1, max_length=200)
    language: Literal["fr", "en"] = "fr"


class NewBooking(BaseModel):
    """Turns a hold into a pending booking, whose places no clock takes back."""

    hold_id: HoldId
    contact: Contact


class FreeBooking(Request):
    """Books places that cost nothing: out of a hold, or at once from `date_id` and `items`."""

    hold_id: HoldId | None = None
    date_id: DateId | None = None
    items: list[Item] = Field(default=[], max_length=ITEMS_MAX)
    contact: Contact


class TicketView(BaseModel):
    """`code` is what people read aloud; `payload` is what the QR carries."""

    id: TicketId
    code: str
    payload: str
    state: TicketState
    ticket_type: str
    holder_name: str
    admitted_at: datetime | None
    admitted_gate: str | None


class BookingView(BaseModel):
    """`key` opens the booking's page without an account; whoever has it has the tickets."""

    id: BookingId
    key: str
    number: str
    state: BookingState
    email: str
    name: str
    language: str
    total: Money
    items: list[HeldItem]
    date: DateFacts
    tickets: list[TicketView]
    created_at: datetime


# -- Door -----------------------------------------------------------------------------------------


class NewScan(Request):
    """`code` is a QR's text or a typed human code."""

    date_id: DateId
    code: str = Field(min_length=1, max_length=1000)
    gate: Line = Field(min_length=1, max_length=60)


class ScanView(BaseModel):
    """For `already-admitted`, `admitted_at` and `gate` tell when and where it was first."""

    id: ScanId
    verdict: Verdict
    refusal: Refusal | None
    ticket_id: TicketId | None
    code: str | None
    holder_name: str | None
    ticket_type: str | None
    admitted_at: datetime | None
    gate: str | None


class Admissions(BaseModel):
    date: DateFacts
    admitted: int
    expected: int


class DoorDates(BaseModel):
    """What a door may be opened for: the nearest first; with a search text, past ones too."""

    dates: list[DateFacts]


class TicketKey(BaseModel):
    """An Ed25519 public key, base64url; `retired_at` set means: verify with it, sign no more."""

    key_id: str
    public_key: str
    created_at: datetime
    retired_at: datetime | None


class TicketKeys(BaseModel):
    """What a door needs to judge tickets without the server."""

    organiser_id: OrganiserId
    keys: list[TicketKey]
    revoked_ticket_ids: list[TicketId]


# -- Reports --------------------------------------------------------------------------------------


class HourFigure(BaseModel):
    hour: datetime
    sold: int
    admitted: int


class DateFigures(BaseModel):
    date: DateFacts
    capacity: int
    held: int
    sold: int
    admitted: int


class TicketTypeFigures(BaseModel):
    ticket_type_id: TicketTypeId
    name: str
    sold: int
    revenue: Money


class BookingLine(BaseModel):
    id: BookingId
    number: str
    name: str
    tickets: int
    state: BookingState
    total: Money
    created_at: datetime


class SalesReport(BaseModel):
    """Sales and admissions of one event; hours without either are left out."""

    event_id: EventId
    title: str
    capacity: int
    sold: int
    held: int
    admitted: int
    revenue: list[Money]
    hours: list[HourFigure]
    dates: list[DateFigures]
    ticket_types: list[TicketTypeFigures]
    latest: list[BookingLine]


class OrganiserReport(BaseModel):
    """The Today page: all events together; the door from yesterday to tomorrow, by the calendar."""

    organiser_id: OrganiserId
    held: int
    sold: int
    sold_today: int
    admitted: int
    expected: int
    revenue: list[Money]
    hours: list[HourFigure]
    next_dates: list[DateFigures]
    latest: list[BookingLine]


# -- Events ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BookingConfirmed(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.booking.booking-confirmed.v1"
    booking_id: BookingId
    event_id: EventId
    date_id: DateId
    organiser_id: OrganiserId
    tickets: int
    total: Money


@dataclass(frozen=True)
class BookingWithdrawn(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.booking.booking-withdrawn.v1"
    booking_id: BookingId
    date_id: DateId


@dataclass(frozen=True)
class TicketAdmitted(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.booking.ticket-admitted.v1"
    ticket_id: TicketId
    date_id: DateId
    gate: str


@dataclass(frozen=True)
class TicketRevoked(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.booking.ticket-revoked.v1"
    ticket_id: TicketId
    date_id: DateId


# -- Errors ---------------------------------------------------------------------------------------


class SoldOut(Problem):
    status = 409
    code = "sold-out"
    title = "Not enough places are left"


class NotOnSale(Problem):
    """`extra.reason`: not-yet, ended, cancelled, unpublished."""

    status = 409
    code = "not-on-sale"
    title = "This ticket is not on sale now"


class QuantityNotAllowed(Problem):
    """`extra`: min, max, name."""

    status = 422
    code = "quantity-not-allowed"
    title = "This many tickets cannot be booked at once"


class UnknownTicketType(Problem):
    status = 404
    code = "unknown-ticket-type"
    title = "This date has no such ticket"


class MixedCurrencies(Problem):
    status = 422
    code = "mixed-currencies"
    title = "One booking has one currency"


class HoldExpired(Problem):
    status = 409
    code = "hold-expired"
    title = "The places went back on sale: choose again"


class HoldUsed(Problem):
    status = 409
    code = "hold-used"
    title = "These places were booked already"


class PaymentRequired(Problem):
    status = 402
    code = "payment-required"
    title = "These places have a price: go through the checkout"


class CapacityBelowSold(Problem):
    status = 409
    code = "capacity-below-sold"
    title = "More places are sold or held than this capacity"


class BookingNotPending(Problem):
    status = 409
    code = "booking-not-pending"
    title = "The booking is no longer pending"


# -- Client ---------------------------------------------------------------------------------------


class BookingClient:
    """`token` is the acting person's access token where staff act."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_quotas(
        self, organiser_id: OrganiserId, changes: QuotaChanges, token: str | None = None
    ) -> None:
        path = f"/organisers/{organiser_id}/quotas"
        await self._client.call("PUT", path, body=changes, token=token)

    async def quotas(self, event_id: EventId, token: str) -> QuotaList:
        return await self._client.get(QuotaList, f"/events/{event_id}/quotas", token=token)

    async def availability(self, date_ids: list[DateId]) -> AvailabilityList:
        """Dates that nothing is known of are left out. At most 100 dates."""
        query = {"date_id": [str(i) for i in date_ids]}
        return await self._client.get(AvailabilityList, "/availability", query=query)

    async def put_hold(self, hold_id: HoldId, hold: NewHold) -> HoldView:
        return await self._client.put(HoldView, f"/holds/{hold_id}", hold)

    async def hold(self, hold_id: HoldId) -> HoldView:
        return await self._client.get(HoldView, f"/holds/{hold_id}")

    async def release_hold(self, hold_id: HoldId) -> None:
        await self._client.call("DELETE", f"/holds/{hold_id}")

    async def put_booking(self, booking_id: BookingId, booking: NewBooking) -> BookingView:
        return await self._client.put(BookingView, f"/bookings/{booking_id}", booking)

    async def confirm(self, booking_id: BookingId) -> BookingView:
        return await self._client.put(BookingView, f"/bookings/{booking_id}/confirmation", None)

    async def withdraw(self, booking_id: BookingId) -> None:
        """Gives the places back; also when the booking never came to be."""
        await self._client.call("PUT", f"/bookings/{booking_id}/withdrawal")

    async def book_free(self, booking_id: BookingId, booking: FreeBooking) -> BookingView:
        return await self._client.put(BookingView, f"/free-bookings/{booking_id}", booking)

    async def booking(self, booking_id: BookingId, key: str) -> BookingView:
        """Raises NotFound when the key does not fit."""
        return await self._client.get(BookingView, f"/bookings/{booking_id}", query={"key": key})

    async def put_scan(self, scan_id: ScanId, scan: NewScan, token: str) -> ScanView:
        return await self._client.put(ScanView, f"/scans/{scan_id}", scan, token=token)

    async def admissions(self, date_id: DateId, token: str) -> Admissions:
        return await self._client.get(Admissions, f"/dates/{date_id}/admissions", token=token)

    async def door_dates(
        self, organiser_id: OrganiserId, token: str, *, text: str = ""
    ) -> DoorDates:
        path = f"/organisers/{organiser_id}/door-dates"
        return await self._client.get(DoorDates, path, query={"text": text}, token=token)

    async def ticket_keys(self, organiser_id: OrganiserId, token: str) -> TicketKeys:
        path = f"/organisers/{organiser_id}/ticket-keys"
        return await self._client.get(TicketKeys, path, token=token)

    async def rotate_ticket_key(
        self, organiser_id: OrganiserId, key_id: TicketKeyId, token: str
    ) -> TicketKeys:
        """The caller mints `key_id`. At most once a minute: else TooManyRequests."""
        path = f"/organisers/{organiser_id}/ticket-keys/{key_id}"
        return await self._client.put(TicketKeys, path, None, token=token)

    async def revoke_ticket(self, ticket_id: TicketId, token: str) -> TicketView:
        path = f"/tickets/{ticket_id}/revocation"
        return await self._client.put(TicketView, path, None, token=token)

    async def sales_report(self, event_id: EventId, token: str) -> SalesReport:
        return await self._client.get(SalesReport, f"/events/{event_id}/sales", token=token)

    async def organiser_report(self, organiser_id: OrganiserId, token: str) -> OrganiserReport:
        path = f"/organisers/{organiser_id}/report"
        return await self._client.get(OrganiserReport, path, token=token)
