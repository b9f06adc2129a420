"""Answers for screens."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from quickserve.booking import signing
from quickserve.booking.model import Booking, Hold, Pool, Ticket, places_together
from quickserve.booking.resources import resources
from quickserve.booking.store import bookings, keys, offers, reports, retention, scans, stock
from quickserve.contracts.booking import (
    Admissions,
    Availability,
    BookingId,
    BookingView,
    DateFacts,
    DoorDates,
    HoldId,
    HoldView,
    QuotaList,
    TicketKeys,
    TicketTypeAvailability,
    TicketView,
)  # fmt: skip
from quickserve.contracts.booking_records import BookingRecord, RecordedTicket
from quickserve.contracts.booking_reports import (
    BookingLine,
    DateFigures,
    OrganiserReport,
    SalesReport,
)  # fmt: skip
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.contracts.erasure import BOOKINGS_MAX, PersonalData
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context

_DAYS_OF_EVENT, _HOURS_OF_EVENT_MAX = 60, 400
_HOURS_OF_ORGANISER = 48
_LATEST = 10
_NEXT_DATES = 10
_DOOR_DATES_MAX = 60
PLACES_SECONDS = 1.0


# -- Stock and holds ------------------------------------------------------------------------------


async def availability(ctx: Context, date_ids: Sequence[DateId]) -> bytes:
    """An AvailabilityList, up to PLACES_SECONDS old, without dates that nothing is known of."""
    known = await places(ctx, date_ids)
    return b'{"dates":[' + b",".join(known.values()) + b"]}"


async def places(ctx: Context, date_ids: Sequence[DateId]) -> dict[DateId, bytes]:
    """An Availability of each date that is known.

    However many look at a date, and whether or not Redis is there, its quotas' rows, which a rush
    fights for, are read once a second at most by each process.
    """
    keys = {f"booking:places:{date_id}": date_id for date_id in date_ids}

    async def make(wanted: Sequence[str]) -> dict[str, bytes]:
        found = await _find_availability(ctx, [keys[key] for key in wanted])
        known = {date.date_id: date.model_dump_json().encode() for date in found}
        return {key: known.get(keys[key], b"") for key in wanted}

    kept = await ctx.cache.jsons(Availability, list(keys), PLACES_SECONDS, make)
    return {keys[key]: found for key, found in kept.items() if found}


async def _find_availability(ctx: Context, date_ids: Sequence[DateId]) -> list[Availability]:
    async with ctx.db.read() as tx:
        known = set(await reports.known_dates(tx, date_ids))
        types = await reports.sellable_types(tx, date_ids)
        quotas = await reports.quotas_of_dates(tx, date_ids)
    pools: dict[DateId, list[Pool]] = defaultdict(list)
    left: dict[tuple[DateId, TicketTypeId], int] = {}
    for quota in quotas:
        pools[quota.date_id].append(quota.left)
        for type_id in quota.ticket_type_ids:
            known_left = left.get((quota.date_id, type_id), quota.left.size)
            left[quota.date_id, type_id] = min(known_left, quota.left.size)
    offered: dict[DateId, list[TicketTypeAvailability]] = defaultdict(list)
    for kind in types:
        offered[kind.date_id].append(
            TicketTypeAvailability(
                ticket_type_id=kind.ticket_type_id,
                available=left.get((kind.date_id, kind.ticket_type_id), 0),
                on_sale=kind.on_sale,
            )
        )
    return [
        Availability(
            date_id=date_id,
            places_left=places_together(pools[date_id]),
            on_sale=any(kind.on_sale for kind in offered[date_id]),
            ticket_types=offered[date_id],
        )
        for date_id in date_ids
        if date_id in known
    ]


async def quotas(ctx: Context, event_id: EventId) -> QuotaList:
    async with ctx.db.read() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        return QuotaList(quotas=await reports.quotas_of_event(tx, event_id))


async def hold(ctx: Context, hold_id: HoldId) -> HoldView:
    """Whoever knows the id may see it. Errors: NotFound."""
    async with ctx.db.read() as tx:
        found = await stock.find_hold(tx, hold_id)
    if found is None:
        raise NotFound("There is no such hold.")
    return show_hold(found)


def show_hold(found: Hold) -> HoldView:
    return HoldView(
        id=found.id, state=found.state, expires_at=found.expires_at,
        server_now=found.server_now, date=found.date, items=found.items, total=found.total,
    )  # fmt: skip


# -- Bookings and tickets -------------------------------------------------------------------------


async def booking(ctx: Context, booking_id: BookingId, key: str) -> BookingView:
    """Errors: NotFound, also when the key does not fit."""
    if not _link(ctx, booking_id).opens(key):
        raise NotFound("There is no such booking.")
    async with ctx.db.read() as tx:
        found = await bookings.find_booking(tx, booking_id)
    if found is None:
        raise NotFound("There is no such booking.")
    return await show_booking(ctx, found)


async def show_booking(ctx: Context, found: Booking) -> BookingView:
    tickets = found.tickets
    if found.state == "confirmed" and not tickets:
        async with ctx.db.read() as tx:
            tickets = await bookings.find_tickets(tx, found.id)
    link = _link(ctx, found.id)
    return BookingView(
        id=found.id, key=link.key, number=link.number, state=found.state,
        email=found.buyer.email, name=found.buyer.name, language=found.buyer.language,
        total=found.total, items=found.items, date=found.date,
        tickets=await show_tickets(ctx, found.date.date_id, tickets),
        created_at=found.created_at,
    )  # fmt: skip


async def show_tickets(
    ctx: Context, date_id: DateId, tickets: Sequence[Ticket]
) -> list[TicketView]:
    """Payloads are not stored: the ticket and its key give the same one every time."""
    ring = await resources(ctx).keys.by_id({ticket.key_id for ticket in tickets})
    return [
        TicketView(
            id=ticket.id, code=signing.show_code(ticket.code),
            payload=signing.sign_payload(ring[ticket.key_id], ticket.id, date_id),
            state=ticket.state, ticket_type=ticket.ticket_type, holder_name=ticket.holder_name,
            admitted_at=ticket.admitted_at, admitted_gate=ticket.admitted_gate,
        )
        for ticket in tickets
    ]  # fmt: skip


async def record(ctx: Context, booking_id: BookingId) -> BookingRecord:
    """For the organiser's own. Errors: NotFound, Forbidden."""
    async with ctx.db.read() as tx:
        found = await bookings.find_booking(tx, booking_id)
        if found is None:
            raise NotFound("There is no such booking.")
        ctx.principal.require(found.date.organiser_id, Role.ORGANISER)
    return await show_record(ctx, found)


async def record_of_ticket(ctx: Context, text: str) -> BookingRecord:
    """By a code or a QR's text; nothing is proven, the ticket need not be genuine."""
    claim, code = signing.read_payload(text), signing.read_code(text)
    async with ctx.db.read() as tx:
        booking_id = await bookings.find_booking_of_ticket(
            tx, ticket_id=claim.ticket_id if claim else None, code=code
        )
    if booking_id is None:
        raise NotFound("There is no such ticket.")
    return await record(ctx, booking_id)


async def show_record(ctx: Context, found: Booking) -> BookingRecord:
    async with ctx.db.read() as tx:
        tickets = await bookings.find_tickets(tx, found.id)
    return BookingRecord(
        id=found.id, number=_link(ctx, found.id).number, state=found.state,
        email=found.buyer.email, name=found.buyer.name, total=found.total, date=found.date,
        created_at=found.created_at,
        tickets=[
            RecordedTicket(
                id=ticket.id, code=signing.show_code(ticket.code), state=ticket.state,
                ticket_type=ticket.ticket_type, holder_name=ticket.holder_name,
                admitted_at=ticket.admitted_at, admitted_gate=ticket.admitted_gate,
            )
            for ticket in tickets
        ],
    )  # fmt: skip


def _link(ctx: Context, booking_id: BookingId) -> signing.BookingLink:
    return signing.booking_link(booking_id, ctx.settings.key_for("booking-links"))


# -- Door -----------------------------------------------------------------------------------------


async def ticket_keys(ctx: Context, organiser_id: OrganiserId) -> TicketKeys:
    """All keys, retired ones too, and the revoked tickets of dates that a door may still see."""
    ctx.principal.require(organiser_id, Role.DOOR)
    async with ctx.db.read() as tx:
        return TicketKeys(
            organiser_id=organiser_id,
            keys=await keys.keys_of_organiser(tx, organiser_id),
            revoked_ticket_ids=await scans.revoked_tickets(tx, organiser_id),
        )


async def door_dates(ctx: Context, organiser_id: OrganiserId, text: str) -> DoorDates:
    ctx.principal.require(organiser_id, Role.DOOR)
    async with ctx.db.read() as tx:
        found = await reports.door_dates(tx, organiser_id, text.split()[:10], _DOOR_DATES_MAX)
    return DoorDates(dates=found)


async def admissions(ctx: Context, date_id: DateId) -> Admissions:
    async with ctx.db.read() as tx:
        date = await offers.find_date_facts(tx, date_id)
        if date is None:
            raise NotFound("There is no such date.")
        ctx.principal.require(date.organiser_id, Role.DOOR)
        return await scans.count_admissions(tx, date)


# -- Reports --------------------------------------------------------------------------------------


async def sales_report(ctx: Context, event_id: EventId) -> SalesReport:
    async with ctx.db.read() as tx:
        event = await reports.find_event(tx, event_id)
        if event is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(event.organiser_id, Role.ORGANISER)
        dates = await _figures(tx, await reports.dates_of_event(tx, event_id))
        totals = resources(ctx).totals
        sales = await totals.get(event_id, partial(reports.sales_of_event, tx, event_id))
        return SalesReport(
            event_id=event_id,
            title=event.title,
            capacity=sum(date.capacity for date in dates),
            sold=sum(line.places for line in sales),
            held=sum(date.held for date in dates),
            admitted=sum(date.admitted for date in dates),
            revenue=_revenue(sales),
            hours=await reports.hours_of_event(
                tx, event_id, days=_DAYS_OF_EVENT, limit=_HOURS_OF_EVENT_MAX
            ),
            dates=dates,
            ticket_types=await reports.count_ticket_types(tx, event_id),
            latest=_lines(ctx, await reports.latest_of_event(tx, event_id, _LATEST)),
        )


async def organiser_report(ctx: Context, organiser_id: OrganiserId) -> OrganiserReport:
    """`sold_today` since midnight where the organiser's next date is, else in UTC."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        dates = await reports.next_dates(tx, organiser_id, _NEXT_DATES)
        yesterday, midnight, later = _days(ctx.clock.now(), dates[0].zone if dates else "UTC")
        totals = resources(ctx).totals
        sales = await totals.get(
            organiser_id, partial(reports.sales_of_organiser, tx, organiser_id)
        )
        door = await reports.door_of_organiser(tx, organiser_id, yesterday, later)
        return OrganiserReport(
            organiser_id=organiser_id,
            held=await _held(tx, await reports.dates_with_holds(tx, organiser_id)),
            sold=sum(line.places for line in sales),
            sold_today=await reports.places_sold_since(tx, organiser_id, midnight),
            admitted=door.admitted,
            expected=door.expected,
            revenue=_revenue(sales),
            hours=await reports.hours_of_organiser(tx, organiser_id, _HOURS_OF_ORGANISER),
            next_dates=await _figures(tx, dates),
            latest=_lines(ctx, await reports.latest_of_organiser(tx, organiser_id, _LATEST)),
        )


def _days(now: datetime, zone: str) -> tuple[datetime, datetime, datetime]:
    """The midnights there that yesterday, today, and the day after tomorrow begin with."""
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    # Of the wall clock: a day of 23 hours is a day.
    days = (today + timedelta(days=n) for n in (-1, 0, 2))
    yesterday, midnight, later = (day.astimezone(UTC) for day in days)
    return yesterday, midnight, later


async def _held(tx: Transaction, date_ids: Sequence[DateId]) -> int:
    by_date: dict[DateId, list[Pool]] = defaultdict(list)
    for quota in await reports.quotas_of_dates(tx, date_ids):
        by_date[quota.date_id].append(quota.pool_of_held)
    return sum(map(places_together, by_date.values()))


async def _figures(tx: Transaction, dates: list[DateFacts]) -> list[DateFigures]:
    ids = [date.date_id for date in dates]
    counts = {count.date_id: count for count in await reports.count_dates(tx, ids)}
    quotas: dict[DateId, list[reports.DateQuota]] = defaultdict(list)
    for quota in await reports.quotas_of_dates(tx, ids):
        quotas[quota.date_id].append(quota)
    figures: list[DateFigures] = []
    for date in dates:
        count = counts[date.date_id]
        stocks = quotas[date.date_id]
        figures.append(
            DateFigures(
                date=date,
                capacity=places_together([q.pool for q in stocks]),
                held=places_together([q.pool_of_held for q in stocks]),
                sold=count.sold,
                admitted=count.admitted,
            )
        )
    return figures


def _revenue(sales: list[reports.Sales]) -> list[Money]:
    return [Money(line.total_minor, line.currency) for line in sales if line.total_minor]


def _lines(ctx: Context, latest: list[reports.LatestBooking]) -> list[BookingLine]:
    return [
        BookingLine(
            id=one.id, number=_link(ctx, one.id).number, name=one.name, tickets=one.places,
            state="confirmed", total=Money(one.total_minor, one.currency),
            created_at=one.created_at,
        )
        for one in latest
    ]  # fmt: skip


async def personal_data(ctx: Context, email: str) -> PersonalData:
    """Bookings that name the buyer, and how many cannot be erased yet."""
    async with ctx.db.read() as tx:
        return PersonalData(
            booking_ids=await retention.bookings_of(tx, email, BOOKINGS_MAX),
            under_way=await retention.count_pending(tx, email),
        )
