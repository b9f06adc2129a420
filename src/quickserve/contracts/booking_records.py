"""Bookings as the organiser's desk sees them: who bought what, without what opens it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel

from quickserve.contracts.booking import BookingId, BookingState, DateFacts, TicketId, TicketState
from quickserve.contracts.catalog import DateId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.money import Money


class RecordedTicket(BaseModel):
    id: TicketId
    code: str
    state: TicketState
    ticket_type: str
    seat: str | None = None
    holder_name: str
    admitted_at: datetime | None
    admitted_gate: str | None


class BookingRecord(BaseModel):
    """Neither the key of the buyer's page nor what a QR carries. A forgotten buyer is blank."""

    id: BookingId
    number: str
    state: BookingState
    email: str
    name: str
    total: Money
    date: DateFacts
    tickets: list[RecordedTicket]
    created_at: datetime


@dataclass(frozen=True)
class BookingCancelled(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.booking.booking-cancelled.v1"
    booking_id: BookingId
    date_id: DateId


class BookingNotConfirmed(Problem):
    status = 409
    code = "booking-not-confirmed"
    title = "Only a confirmed booking can be cancelled"


class BookingPaid(Problem):
    status = 409
    code = "booking-paid"
    title = "This booking was paid: cancel it where it is refunded, too"


class BookingRecordsClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def record(self, booking_id: BookingId, token: str) -> BookingRecord:
        return await self._client.get(BookingRecord, f"/records/{booking_id}", token=token)

    async def find(self, ticket: str, token: str) -> BookingRecord:
        """The booking of a ticket: by its code, or by what its QR carries."""
        return await self._client.get(
            BookingRecord, "/records", query={"ticket": ticket}, token=token
        )

    async def cancel(self, booking_id: BookingId, token: str | None = None) -> BookingRecord:
        """Staff cancel what cost nothing; what was paid is for `checkout`, which refunds it."""
        path = f"/bookings/{booking_id}/cancellation"
        return await self._client.put(BookingRecord, path, None, token=token)
