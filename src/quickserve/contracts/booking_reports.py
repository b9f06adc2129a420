"""Sales and admissions as the organiser's pages show them."""

from datetime import datetime

from pydantic import BaseModel

from quickserve.contracts.booking import BookingId, BookingState, DateFacts
from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


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
    """Sales and admissions of one event; hours without either are left out.

    `revenue` is what confirmed bookings cost, with the `fees` that cancellations did not give back.
    """

    event_id: EventId
    title: str
    capacity: int
    sold: int
    held: int
    admitted: int
    revenue: list[Money]
    fees: list[Money]
    hours: list[HourFigure]
    dates: list[DateFigures]
    ticket_types: list[TicketTypeFigures]
    latest: list[BookingLine]


class OrganiserReport(BaseModel):
    """The Today page: all events together; the door from yesterday to tomorrow, by the calendar.

    `revenue` and `fees` as in `SalesReport`.
    """

    organiser_id: OrganiserId
    held: int
    sold: int
    sold_today: int
    admitted: int
    expected: int
    revenue: list[Money]
    fees: list[Money]
    hours: list[HourFigure]
    next_dates: list[DateFigures]
    latest: list[BookingLine]
