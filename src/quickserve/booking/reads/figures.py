"""Sales and admissions, for the organiser."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from quickserve.booking.model import Pool, places_together
from quickserve.booking.reads.bookings import link_of
from quickserve.booking.resources import resources
from quickserve.booking.store import reports
from quickserve.contracts.booking import (
    DateFacts,
)  # fmt: skip
from quickserve.contracts.booking_reports import (
    BookingLine,
    DateFigures,
    OrganiserReport,
    SalesReport,
)  # fmt: skip
from quickserve.contracts.catalog import DateId, EventId
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
            fees=_fees(sales),
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
            fees=_fees(sales),
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
    taken = [(line.total_minor + line.fees_minor, line.currency) for line in sales]
    return [Money(minor, currency) for minor, currency in taken if minor]


def _fees(sales: list[reports.Sales]) -> list[Money]:
    return [Money(line.fees_minor, line.currency) for line in sales if line.fees_minor]


def _lines(ctx: Context, latest: list[reports.LatestBooking]) -> list[BookingLine]:
    return [
        BookingLine(
            id=one.id, number=link_of(ctx, one.id).number, name=one.name, tickets=one.places,
            state="confirmed", total=Money(one.total_minor, one.currency),
            created_at=one.created_at,
        )
        for one in latest
    ]  # fmt: skip
