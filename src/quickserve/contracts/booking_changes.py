"""What may become of a booking after the sale: tickets pass on, come back, or are exchanged."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field

from quickserve.contracts.booking import (
    BookingId,
    BookingState,
    DateFacts,
    Line,
    Request,
    TicketId,
    TicketState,
    TicketView,
)
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

AmendmentId = NewType("AmendmentId", UUID)

AmendmentKind = Literal["cancel", "exchange", "resale"]
# `sold`: a returned ticket's place was needed, so its seller gets the money.
AmendmentState = Literal["open", "sold", "done", "dropped"]

HOURS_MAX = 24 * 366
TICKETS_MAX = 100  # of one amendment


class ChangeRules(Request):
    """What an organiser allows buyers to do by themselves, per event.

    `…_hours`: until so many hours before the date starts; None: not at all. The fee is kept back
    from what a cancellation refunds, in basis points. Resale is at face value, always.
    """

    cancel_hours: int | None = Field(default=None, ge=0, le=HOURS_MAX)
    cancel_fee_bp: int = Field(default=0, ge=0, le=10_000)
    exchange_hours: int | None = Field(default=None, ge=0, le=HOURS_MAX)
    transfer: bool = True
    resale: bool = False


class ChangeableTicket(BaseModel):
    """`own`: still the buyer's, not passed on. What is allowed now, by the database's clock.

    `refund` is what cancelling it gives back.
    """

    id: TicketId
    ticket_type_id: TicketTypeId
    ticket_type: str
    code: str
    seat: str
    price: Money
    refund: Money
    state: TicketState
    holder_name: str
    own: bool
    may_cancel: bool
    may_exchange: bool
    may_transfer: bool
    may_resell: bool
    resale_id: AmendmentId | None = None
    resale_until: datetime | None = None


class BookingChanges(BaseModel):
    """What the buyer may do now with each ticket, and until when at all."""

    id: BookingId
    number: str
    state: BookingState
    organiser_id: OrganiserId
    date: DateFacts
    total: Money
    rules: ChangeRules
    cancel_until: datetime | None
    exchange_until: datetime | None
    tickets: list[ChangeableTicket]


class NewTransfer(Request):
    """`key` opens the booking, or the ticket where it was passed on before."""

    ticket_id: TicketId
    key: str = Field(min_length=8, max_length=100)
    name: Line = Field(min_length=1, max_length=200)
    email: EmailStr


class TicketPage(BaseModel):
    """One ticket as whom it was passed on to sees it; `key` opens it.

    `opened`: by somebody else than who passed it on.
    """

    ticket: TicketView
    key: str
    date: DateFacts
    may_transfer: bool
    opened: bool


class TicketOpening(Request):
    key: str = Field(min_length=8, max_length=100)


class NewAmendment(Request):
    """`checkout` begins to change a booking. `booking_id` must have the tickets.

    `new_booking_id`: what is got in exchange, so that the old link leads there.
    """

    booking_id: BookingId
    kind: AmendmentKind
    ticket_ids: list[TicketId] = Field(min_length=1, max_length=TICKETS_MAX)
    new_booking_id: BookingId | None = None


class ResaleEnd(Request):
    key: str = Field(min_length=8, max_length=100)


class Amendment(BaseModel):
    """`value` is what the tickets cost, `refund` what a cancellation gives back of it."""

    id: AmendmentId
    booking_id: BookingId
    kind: AmendmentKind
    state: AmendmentState
    value: Money
    refund: Money


@dataclass(frozen=True)
class BookingAmended(DomainEvent):
    """Tickets left the booking; `total` is what the others cost."""

    TYPE: ClassVar[str] = "quickserve.booking.booking-amended.v1"
    booking_id: BookingId
    date_id: DateId
    kind: AmendmentKind
    total: Money


@dataclass(frozen=True)
class TicketTransferred(DomainEvent):
    """`ticket_id` is no longer valid, `successor_id` is; to whom, only booking knows."""

    TYPE: ClassVar[str] = "quickserve.booking.ticket-transferred.v1"
    ticket_id: TicketId
    successor_id: TicketId
    date_id: DateId


@dataclass(frozen=True)
class ResaleSold(DomainEvent):
    """Somebody else has the place of a returned ticket: its seller is to be paid."""

    TYPE: ClassVar[str] = "quickserve.booking.resale-sold.v1"
    resale_id: AmendmentId
    booking_id: BookingId


@dataclass(frozen=True)
class ResaleEnded(DomainEvent):
    """Nobody bought in time, or the seller thought better of it: the ticket is valid again."""

    TYPE: ClassVar[str] = "quickserve.booking.resale-ended.v1"
    resale_id: AmendmentId
    booking_id: BookingId


class ChangeNotAllowed(Problem):
    """`extra.reason`: rule, late, admitted, not-valid, not-own, under-way."""

    status = 409
    code = "change-not-allowed"
    title = "This ticket cannot be changed this way now"


class PlaceTaken(Problem):
    status = 409
    code = "place-taken"
    title = "Somebody is buying this place at this moment: try again later"


class BookingChangesClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def rules(self, event_id: EventId) -> ChangeRules:
        return await self._client.get(ChangeRules, f"/events/{event_id}/change-rules")

    async def put_rules(
        self, event_id: EventId, rules: ChangeRules, token: str | None = None
    ) -> ChangeRules:
        path = f"/events/{event_id}/change-rules"
        return await self._client.put(ChangeRules, path, rules, token=token)

    async def changes(self, booking_id: BookingId, key: str) -> BookingChanges:
        """Raises NotFound when the key does not fit."""
        path = f"/bookings/{booking_id}/changes"
        return await self._client.get(BookingChanges, path, query={"key": key})

    async def transfer(self, successor_id: TicketId, transfer: NewTransfer) -> TicketPage:
        """The caller mints the id of the ticket that takes the other's place."""
        return await self._client.put(TicketPage, f"/transfers/{successor_id}", transfer)

    async def ticket(self, ticket_id: TicketId, key: str) -> TicketPage:
        """One that was passed on. Raises NotFound when the key does not fit."""
        return await self._client.get(TicketPage, f"/tickets/{ticket_id}", query={"key": key})

    async def note_opening(self, ticket_id: TicketId, key: str) -> None:
        """Its new holder has it: its address is shown no longer to who passed it on."""
        path = f"/tickets/{ticket_id}/opening"
        await self._client.call("PUT", path, body=TicketOpening(key=key))

    async def open(self, amendment_id: AmendmentId, amendment: NewAmendment) -> Amendment:
        return await self._client.put(Amendment, f"/amendments/{amendment_id}", amendment)

    async def amendment(self, amendment_id: AmendmentId) -> Amendment:
        return await self._client.get(Amendment, f"/amendments/{amendment_id}")

    async def drop(self, amendment_id: AmendmentId) -> None:
        """The tickets are as before; also when it never came to be."""
        await self._client.call("PUT", f"/amendments/{amendment_id}/dropping")

    async def confirm(self, amendment_id: AmendmentId) -> Amendment:
        """The tickets leave the booking."""
        path = f"/amendments/{amendment_id}/confirmation"
        return await self._client.put(Amendment, path, None)

    async def end_resale(self, resale_id: AmendmentId, key: str) -> Amendment:
        """The seller wants the ticket back. Raises PlaceTaken while somebody else has its place."""
        path = f"/resales/{resale_id}/end"
        return await self._client.put(Amendment, path, ResaleEnd(key=key))
