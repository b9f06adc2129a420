"""Figures for the organiser."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from quickserve.booking.model import Pool, places_together
from quickserve.contracts.booking_changes import (
    AmendmentId,
    BookingChangesClient,
    ChangeRules,
    NewAmendment,
)
from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money

from .conftest import replace_event, some_event


async def test_the_sales_of_an_event(gala):
    await gala.quota(50, gala.seat, gala.child)
    await gala.quota(5, gala.child)
    booking = await gala.book(2)
    await gala.book(1, kind=gala.child)
    await gala.hold(3)
    await gala.pend((await gala.hold(1)).id)
    await gala.scan(booking.tickets[0].payload)
    report = await gala.box.checkout.sales_report(gala.event.event_id, gala.token)
    figures = (report.capacity, report.sold, report.held, report.admitted)
    assert figures == (50, 3, 4, 1)  # the children's seats are among the fifty
    assert report.revenue == [Money(2 * 1800 + 900, "EUR")]
    assert [(t.name, t.sold, t.revenue.minor) for t in report.ticket_types] == [
        ("Seat", 2, 3600), ("Child", 1, 900),
    ]  # fmt: skip
    assert sum(hour.sold for hour in report.hours) == 3
    assert sum(hour.admitted for hour in report.hours) == 1
    date = report.dates[0]
    assert (date.capacity, date.held, date.sold, date.admitted) == (50, 4, 3, 1)
    assert [(line.tickets, line.number) for line in report.latest][1] == (2, booking.number)


async def test_the_fee_of_a_cancelled_ticket_is_part_of_the_takings(gala):
    changes = BookingChangesClient(gala.box.checkout._client)
    rules = ChangeRules(cancel_hours=1, cancel_fee_bp=1000)
    await changes.put_rules(gala.event.event_id, rules, gala.token)
    await gala.quota(50)
    booking = await gala.book(2)
    for ticket in booking.tickets:
        amendment_id = AmendmentId(new_uuid())
        new = NewAmendment(booking_id=booking.id, kind="cancel", ticket_ids=[ticket.id])
        await changes.open(amendment_id, new)
        await changes.confirm(amendment_id)
    report = await gala.box.checkout.sales_report(gala.event.event_id, gala.token)
    assert (report.sold, report.revenue, report.fees) == (0, [Money(360, "EUR")], report.revenue)
    today = await gala.box.checkout.organiser_report(gala.organiser_id, gala.token)
    assert (today.revenue, today.fees) == (report.revenue, report.fees)
    await gala.book(1)
    await asyncio.sleep(1.1)  # sums are kept for a second
    report = await gala.box.checkout.sales_report(gala.event.event_id, gala.token)
    assert (report.revenue, report.fees) == ([Money(2160, "EUR")], [Money(360, "EUR")])


async def test_the_organisers_today(gala):
    await gala.quota(50)
    soon = gala.event.dates[0].starts_at.replace(year=2020)
    today = replace(gala.event.dates[0], starts_at=soon)  # has begun, has not ended
    await replace_event(gala, dates=[today])
    await gala.book(2)
    booking = await gala.book(1)
    await gala.scan(booking.tickets[0].payload)
    far = some_event(gala.organiser_id)
    await gala.box.offer(far)
    cancelled = replace(some_event(gala.organiser_id), state="cancelled")
    await gala.box.offer(cancelled)
    report = await gala.box.checkout.organiser_report(gala.organiser_id, gala.token)
    assert (report.sold, report.sold_today) == (3, 3)
    assert (report.admitted, report.expected) == (1, 3)
    assert report.revenue == [Money(5400, "EUR")]
    assert sum(hour.sold for hour in report.hours) == 3
    ids = [date.date.date_id for date in report.next_dates]
    assert ids == [gala.date_id, far.dates[0].id]
    assert (report.next_dates[0].sold, report.next_dates[0].capacity) == (3, 50)
    assert [line.tickets for line in report.latest] == [1, 2]


async def test_what_is_set_aside_counts_on_every_date(gala):
    """Also beyond the ten next ones that the page lists."""
    await gala.quota(50, gala.seat, gala.child)
    await gala.quota(5, gala.child)
    last = gala.event.dates[0]
    nearer = [
        replace(last, id=DateId(new_uuid()), starts_at=last.starts_at - timedelta(hours=n))
        for n in range(1, 13)
    ]
    await replace_event(gala, dates=[*nearer, last])
    await gala.hold(2)
    await gala.pend((await gala.hold(1, kind=gala.child)).id)
    report = await gala.box.checkout.organiser_report(gala.organiser_id, gala.token)
    assert gala.date_id not in [figures.date.date_id for figures in report.next_dates]
    assert report.held == 3


@pytest.mark.parametrize(
    ("days", "hour", "counts"),
    [(-2, 23, False), (-1, 1, True), (0, 12, True), (1, 0, True), (1, 23, True), (2, 0, False)],
)
async def test_the_door_counts_from_yesterday_to_tomorrow_by_the_calendar(gala, days, hour, counts):
    await gala.quota(50)
    await gala.book(2)
    zone = ZoneInfo(gala.event.dates[0].zone)
    there = datetime.now(zone) + timedelta(days=days)
    starts = there.replace(hour=hour, minute=0, second=0, microsecond=0)
    moved = replace(gala.event.dates[0], starts_at=starts, ends_at=starts + timedelta(minutes=30))
    coming = replace(moved, id=DateId(new_uuid()), ends_at=starts + timedelta(days=9))
    await replace_event(gala, dates=[moved, coming])  # one tells the zone: it is not over
    report = await gala.box.checkout.organiser_report(gala.organiser_id, gala.token)
    assert report.expected == (2 if counts else 0)


async def test_an_organiser_of_nothing_has_an_empty_page(gala):
    report = await gala.box.checkout.organiser_report(gala.organiser_id, gala.token)
    assert (report.sold, report.revenue, report.hours, report.latest) == (0, [], [], [])


async def test_reports_are_for_the_organiser(gala, anna):
    for token in (anna, gala.door_token):
        with pytest.raises(Forbidden):
            await gala.box.checkout.sales_report(gala.event.event_id, token)
        with pytest.raises(Forbidden):
            await gala.box.checkout.organiser_report(gala.organiser_id, token)
    with pytest.raises(NotFound):
        await gala.box.checkout.sales_report(some_event().event_id, gala.token)


async def test_availability_of_many_dates(gala):
    await gala.quota(4)
    other = some_event()
    await gala.box.offer(other)
    ids = [DateId(new_uuid()), other.dates[0].id, gala.date_id, gala.date_id]
    dates = (await gala.box.checkout.availability(ids)).dates
    assert [date.date_id for date in dates] == ids[1:3]
    assert [date.places_left for date in dates] == [0, 4]
    assert all(date.on_sale for date in dates)
    query = [("date_id", str(new_uuid())) for _ in range(101)]
    answer = await gala.box.call("GET", "/availability", params=query)
    assert answer.status_code == 422
    assert (await gala.box.call("GET", "/availability")).status_code == 422


@pytest.mark.parametrize(
    ("pools", "places"),
    [
        ([], 0),
        ([(10, "a")], 10),
        ([(10, "a"), (5, "b")], 15),
        ([(100, "ab"), (10, "b")], 100),
        ([(100, "ab"), (30, "a"), (40, "b")], 70),
        ([(5, "ab"), (30, "a"), (40, "b")], 5),
        ([(10, "a"), (10, "a")], 10),
        ([(0, "ab"), (10, "c")], 10),
    ],
)
def test_overlapping_quotas_together(pools, places):
    types = {letter: TicketTypeId(new_uuid()) for letter in "abc"}
    made = [Pool(size, frozenset(types[x] for x in names)) for size, names in pools]
    assert places_together(made) == places
