"""`booking` as the others see it: quotas, holds, bookings, tickets, check-in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.contracts.seating import SeatId
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

QuotaId = NewType("QuotaId", UUID)
HoldId = NewType("HoldId", UUID)
BookingId = NewType("BookingId", UUID)
TicketId = NewType("TicketId", UUID)
ScanId = NewType("ScanId", UUID)
VoucherId = NewType("VoucherId", UUID)  # also its quota's, and its block's
TicketKeyId = NewType("TicketKeyId", str)  # secrets.token_hex(8): short, every QR has it

HoldState = Literal["active", "used", "released", "expired"]
BookingState = Literal["pending", "confirmed", "withdrawn", "cancelled"]
TicketState = Literal["valid", "revoked", "cancelled", "changing", "returned", "passed-on"]
Verdict = Literal["admitted", "already-admitted", "refused"]
Refusal = Literal["forged", "unknown", "revoked", "other-date", "other-organiser", "cancelled"]

ITEMS_MAX = 20  # ticket types of one hold
CODES_MAX = 5  # of one hold

# One line of text: no NUL, which PostgreSQL cannot store, and no other control character.
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Request(BaseModel):
    """What a caller sends: a misspelt field is told, not ignored."""

    model_config = ConfigDict(extra="forbid")


# -- Stock -----------------------------------------------------------------------------------------


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
    hidden: bool = False


RoomState = Literal["off", "pre", "open"]


class Availability(BaseModel):
    """`places_left` is what the date's quotas leave together; 0 when it has none.

    `room`: its waiting room, which opens at `room_opens_at` while it is `pre`.
    `ruled`: its `Terms` have more to say; `codes`: there are codes that may open or reduce it.
    """

    date_id: DateId
    places_left: int
    on_sale: bool
    ruled: bool = False
    codes: bool = False
    room: RoomState = "off"
    room_opens_at: datetime | None = None
    ticket_types: list[TicketTypeAvailability]


class AvailabilityList(BaseModel):
    dates: list[Availability]


# -- Holds -----------------------------------------------------------------------------------------


class Item(Request):
    """`seats`: as many as the quantity; without them the best ones are chosen."""

    ticket_type_id: TicketTypeId
    quantity: int = Field(ge=1, le=100, strict=True)
    seats: list[SeatId] = Field(default=[], max_length=100)


# A voucher's or access code as somebody types it: whatever it is, it is only compared.
TypedCode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class NewHold(Request):
    """`accessible`: where seats are chosen, a place for a wheelchair and those beside it.

    `admission`: what the waiting room gave, while the date has one.
    """

    date_id: DateId
    items: list[Item] = Field(min_length=1, max_length=ITEMS_MAX)
    codes: list[TypedCode] = Field(default=[], max_length=CODES_MAX)
    accessible: bool = False
    admission: str | None = Field(default=None, max_length=200)


class HeldSeat(BaseModel):
    """`label` is section, row and number, as people read them."""

    id: SeatId
    label: str


class UsedVoucher(BaseModel):
    id: VoucherId
    code: str


class Reduction(BaseModel):
    """What a discount or a voucher takes off one ticket."""

    kind: Literal["discount", "voucher"]
    id: UUID
    name: str
    amount: Money


class OfBundle(BaseModel):
    """`quantity`: how many of the bundle were chosen."""

    ticket_type_id: TicketTypeId
    name: str
    quantity: int


class HeldItem(BaseModel):
    """`unit_price` is what is paid: `list_price`, where it is another, less the reductions.

    A ticket type has a line for each price. `vouchers` had a part in it, with or without a
    reduction.
    """

    ticket_type_id: TicketTypeId
    name: str
    quantity: int
    unit_price: Money
    tax_rate_bp: int
    list_price: Money | None = None
    reductions: list[Reduction] = []
    vouchers: list[UsedVoucher] = []
    bundle: OfBundle | None = None
    seats: list[HeldSeat] = []


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


# -- Bookings and tickets --------------------------------------------------------------------------


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
    codes: list[TypedCode] = Field(default=[], max_length=CODES_MAX)
    admission: str | None = Field(default=None, max_length=200)
    contact: Contact


class TicketView(BaseModel):
    """`code` is what people read aloud; `payload` is what the QR carries.

    Both are blank for whom the ticket does not belong to any more. `key` opens the page of a ticket
    that was passed on: the buyer is told it until the new holder has opened it.
    """

    id: TicketId
    code: str
    payload: str
    state: TicketState
    ticket_type: str
    seat: str | None = None
    holder_name: str
    admitted_at: datetime | None
    admitted_gate: str | None
    key: str = ""


class ExchangedTickets(BaseModel):
    """So many tickets of a booking became another one, which `id` and `key` open."""

    id: BookingId
    key: str
    number: str
    tickets: int


class BookingView(BaseModel):
    """`key` opens the booking's page without an account; whoever has it has the tickets.

    `exchanged`: what became of those that left it by an exchange.
    """

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
    exchanged: list[ExchangedTickets] = []


# -- Door ------------------------------------------------------------------------------------------


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
    seat: str | None = None
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


# -- Events ----------------------------------------------------------------------------------------


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


# -- Errors ----------------------------------------------------------------------------------------


class SoldOut(Problem):
    status = 409
    code = "sold-out"
    title = "Not enough places are left"


class SeatTaken(Problem):
    """`extra.seats`: those of the chosen ones that somebody else has."""

    status = 409
    code = "seat-taken"
    title = "Somebody else has this seat"


class UnknownSeat(Problem):
    """`extra.seats`: those that the date does not have, or not for this ticket."""

    status = 422
    code = "unknown-seat"
    title = "This ticket is not sold for this seat"


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
