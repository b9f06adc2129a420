"""From a calendar somebody has to sold seats on a page: an organiser's first day."""

import re
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Browser, expect

from quickserve.contracts.booking import NewScan, ScanId
from quickserve.contracts.catalog import EventId
from quickserve.kernel.ids import new_uuid
from tests.journeys import calendars
from tests.journeys.browser import DESKTOP, Person, person, shoot
from tests.journeys.calendars import Calendar
from tests.journeys.product import new_organiser
from tests.journeys.shows import House, until


@pytest.fixture(params=["own", "pycon_us_2025.ics"])
def calendar(request: pytest.FixtureRequest, tmp_path: Path) -> Calendar:
    if request.param == "own":
        return calendars.own(tmp_path)
    data: Path = request.getfixturevalue("data")  # skips where the real data is absent
    source = data / "events" / "schedules" / request.param
    return calendars.real(source, tmp_path, "Looking At Audio")


async def test_from_a_calendar_to_sold_seats(browser: Browser, house: House, calendar: Calendar):
    organiser, email = new_organiser(), f"olive-{token_hex(4)}@journey.example"
    await house.product.hire(email, organiser)
    async with person(browser, house.product.address, viewport=DESKTOP) as olive:
        await olive.sign_in(email)
        await olive.arrive("/organiser")
        created, left_out = await import_it(olive, calendar)
        assert created + left_out == calendar.entries
        assert created >= 3
        said = await house.product.say("import", str(calendar.file), "--organiser", organiser)
        assert f"0 created, 0 updated, {created} unchanged" in said
        await offer_all(olive)
        event = await narrow_down(olive, calendar)
        await until(lambda: both_on_sale(house, event), 30)
        async with person(browser, house.product.address) as amina:
            tickets = await buy_by_searching(amina, calendar, organiser)
        booking = await house.tickets_of(tickets)
        session = await house.session(email)
        scan = NewScan(date_id=booking.date.date_id, code=booking.tickets[0].code, gate="Porte A")
        await house.booking.put_scan(ScanId(new_uuid()), scan, session.access_token)
        await the_pages_tell(olive, event)


async def import_it(olive: Person, calendar: Calendar) -> tuple[int, int]:
    """On the page. Returns how many events are new, and how many were left out."""
    await olive.page.get_by_role("link", name="Import", exact=True).first.click()
    await olive.page.set_input_files("[name=file]", calendar.file)
    await olive.page.get_by_role("button", name="Import this file").click()
    await expect(olive.page.get_by_text("The file is imported.")).to_be_visible(timeout=30_000)
    await shoot(olive.page, f"import-report-{calendar.file.stem}-1280")
    return await figure(olive, "New"), await figure(olive, "Left out")


async def offer_all(olive: Person) -> None:
    """One ticket for all drafts, and they are published."""
    await olive.page.get_by_role("link", name="Offer tickets for all drafts").click()
    for name, text in (
        ("name", "Plein tarif"), ("price", "12.50"), ("tax", "5.5"), ("places", "40"), ("max", "4"),
    ):  # fmt: skip
        await olive.type(name, text)
    await expect(olive.page.get_by_label("Publish the events that are drafts")).to_be_checked()
    await olive.page.get_by_role("button", name="Offer these tickets").click()
    await expect(olive.page.get_by_role("status").first).to_be_visible(timeout=60_000)


async def narrow_down(olive: Person, calendar: Calendar) -> str:
    """A second ticket for one event, sold for some days only. Returns the event's address."""
    await olive.open("/organiser/events")
    await olive.type("q", calendar.title)
    await olive.page.get_by_role("button", name="Search").click()
    await olive.page.get_by_role("link", name=calendar.title).first.click()
    event = olive.page.url
    await olive.page.get_by_role("link", name="Tickets and places").click()
    await olive.page.get_by_role("button", name="Another kind of ticket").click()
    new = olive.page.get_by_role("group", name="New ticket")
    await new.get_by_label("Name").fill("Tarif réduit")
    await new.get_by_label("Price").fill("8")
    await new.get_by_text("When it is sold").click()
    await new.get_by_label("On sale from").fill("2026-01-01T10:00")
    await olive.page.get_by_role("button", name="Save").last.click()
    await expect(olive.page.get_by_role("group", name="Tarif réduit")).to_be_visible()
    return event


async def both_on_sale(house: House, event: str) -> bool:
    """Whether booking has heard of both tickets: some moments later, after a whole programme."""
    event_id = EventId(UUID(urlsplit(event).path.rpartition("/")[2]))
    dates = (await house.catalog.event(event_id)).dates
    found = (await house.booking.availability([dates[0].id])).dates
    return bool(found) and [one.on_sale for one in found[0].ticket_types] == [True, True]


async def buy_by_searching(amina: Person, calendar: Calendar, organiser: str) -> str:
    """Two tickets, one of each kind. Returns the address of the tickets."""
    await amina.open("/")
    await amina.page.get_by_role("searchbox").fill(calendar.title)
    await amina.page.get_by_role("button", name="Search").click()
    await amina.page.get_by_role("link", name=calendar.title).first.click()
    await expect(amina.page.get_by_text(organiser)).to_be_visible()
    for ticket in ("Plein tarif", "Tarif réduit"):
        await amina.page.get_by_role("button", name=f"One more: {ticket}").click()
    await amina.page.get_by_role("button", name="Book", exact=True).click()
    await amina.arrive("/checkout/")
    await amina.fill_checkout()
    await amina.pay()
    await amina.arrive("/tickets/")
    return amina.page.url


async def the_pages_tell(olive: Person, event: str) -> None:
    """Sales and admissions, on the event's page and on today's."""
    await olive.page.goto(event)
    await expect(olive.page.get_by_role("cell", name="Amina Diallo")).to_be_visible()
    await expect(olive.page.get_by_role("row", name="Tarif réduit")).to_contain_text("€8.00")
    assert await figure(olive, "Admitted") == 1
    await shoot(olive.page, "event-sales-1280")
    await olive.open("/organiser")
    await expect(olive.page.get_by_role("cell", name="Amina Diallo")).to_be_visible()
    await shoot(olive.page, "today-1280")


async def figure(olive: Person, label: str) -> int:
    """The number of one of the page's figures."""
    labelled = olive.page.get_by_text(label, exact=True)
    one = olive.page.locator(".figures > div", has=labelled)
    digits = re.sub(r"[^\d]", "", await one.first.locator(".figure").inner_text())
    return int(digits)
