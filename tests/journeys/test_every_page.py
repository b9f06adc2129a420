"""What every page owes everybody: no barrier that a tool can find, in both languages and themes,
on a phone and on a desk, without a sideways scroll, an error or a request to another host.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from quickserve.contracts.booking import BookingId, Contact, TicketId
from quickserve.contracts.booking_changes import NewTransfer
from quickserve.contracts.checkout import CheckoutId, NewCheckout
from quickserve.contracts.waiting_list import EntryId, NewEntry
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import (
    COLOURS,
    DESKTOP,
    PHONE,
    Person,
    person,
    scrolls_sideways,
    shoot,
    violations,
)  # fmt: skip
from tests.journeys.shows import House, Show, until
from tests.journeys.stalls import open_stall

pytestmark = pytest.mark.one_shape

NARROW: ViewportSize = {"width": 320, "height": 640}
LANGUAGES = ("fr", "en")


@dataclass(frozen=True)
class Stage:
    """Something of everything that a page can show."""

    show: Show
    sold_out: Show
    paths: dict[str, str]
    """Name of a visitor's page → its path without the language."""
    staff: str
    """E-mail address of the organiser's person, who works at the door too."""


@pytest.fixture(scope="module")
async def stage(house: House) -> Stage:
    show = await house.put_on("Festival des lanternes", starts_in=timedelta(hours=2))
    await house.allow_changes(show)
    await house.allow_codes(show)
    sold_out = await house.put_on("Complet", capacity=2)
    await house.hold(sold_out)
    staff = await house.hire(show, Role.ORGANISER)
    await open_stall(house.product, show.organiser_id, event_id=show.event_id)
    gone = await house.hold(show)
    await house.booking.release_hold(gone)
    bought = await purchase(house, show, "sandbox-success")
    challenged = await purchase(house, show, "sandbox-challenge")
    return Stage(
        show, sold_out,
        {
            "home": "/", "home-search": "/?q=festival", "home-empty": "/?q=zzzz",
            "home-past": "/?when=past",
            "event": f"/events/{show.event_id}",
            "event-codes": f"/events/{show.event_id}?code=lanterne&code=hier&code=nix",
            "event-sold-out": f"/events/{sold_out.event_id}",
            "checkout": f"/checkout/{await house.hold(show)}",
            "checkout-gone": f"/checkout/{gone}",
            "purchase-failed": f"/purchases/{await ended(house, show, 'sandbox-declined')}",
            "purchase-waiting": f"/purchases/{await purchase(house, show, 'sandbox-never')}",
            "challenge": await challenge_path(house, challenged),
            "tickets": await tickets_path(house, bought),
            **await changes_paths(house, bought),
            **await waiting_paths(house, sold_out),
            "my-tickets": "/tickets", "sign-in": "/sign-in", "help": "/help",
            "accessibility": "/accessibility", "privacy": "/privacy",
            "not-found": "/nothing/here",
        },
        staff,
    )  # fmt: skip


async def purchase(house: House, show: Show, method: str) -> CheckoutId:
    contact = Contact(email="amina@journey.example", name="Amina Diallo")
    body = NewCheckout(hold_id=await house.hold(show), contact=contact, method=method)
    return (await house.checkout.put_checkout(CheckoutId(new_uuid()), body)).id


async def ended(house: House, show: Show, method: str) -> CheckoutId:
    checkout_id = await purchase(house, show, method)

    async def is_ended() -> bool:
        return (await house.checkout.checkout(checkout_id, wait_ms=3000)).state == "failed"

    await until(is_ended)
    return checkout_id


async def challenge_path(house: House, checkout_id: CheckoutId) -> str:
    asked = await house.checkout.checkout(checkout_id, wait_ms=5000)
    assert asked.challenge_path
    return asked.challenge_path


async def tickets_path(house: House, checkout_id: CheckoutId) -> str:
    bought = await house.checkout.checkout(checkout_id, wait_ms=5000)
    return f"/tickets/{bought.booking_id}/{bought.booking_key}"


async def changes_paths(house: House, checkout_id: CheckoutId) -> dict[str, str]:
    """Where a buyer changes a booking; one of its tickets is another person's already."""
    path = await tickets_path(house, checkout_id)
    _, booking_id, key = path.strip("/").split("/")
    found = await house.changes.changes(BookingId(UUID(booking_id)), key)
    transfer = NewTransfer(
        ticket_id=found.tickets[0].id, key=key, name="Binta Ba", email="binta@journey.example"
    )
    page = await house.changes.transfer(TicketId(new_uuid()), transfer)
    return {
        "changes": f"{path}/changes",
        "exchange": f"{path}/exchange?ticket={found.tickets[1].id}",
        "passed-on": f"/ticket/{page.ticket.id}/{page.key}",
    }


async def waiting_paths(house: House, show: Show) -> dict[str, str]:
    """Where somebody joins a waiting list, and the page of a place on it."""
    entry = await house.waiting_list.join(
        EntryId(new_uuid()),
        NewEntry(
            date_id=show.date_id, ticket_type_ids=[show.ticket_type_id], quantity=1,
            contact=Contact(email="chloe@journey.example", name="Chloé Roy"),
        ),
    )  # fmt: skip
    return {
        "waiting-list-form": f"/events/{show.event_id}/waiting-list?date={show.date_id}",
        "waiting-list-entry": f"/waiting-list/{entry.id}/{entry.key}",
    }


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_visitors(browser: Browser, house: House, stage: Stage, language: str):
    async with person(browser, house.product.address, language=language) as amina:
        found = [
            fault
            for name, path in stage.paths.items()
            for fault in await look_at(amina, name, path)
        ]
        found += await look_at_mistakes(amina, house, stage)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_the_door(browser: Browser, house: House, stage: Stage, language: str):
    async with person(browser, house.product.address, language=language) as denis:
        await denis.sign_in(stage.staff)
        found = await look_at(denis, "door-choice", "/door")
        found += await look_at(denis, "door", f"/door/{stage.show.date_id}?gate=Porte+A")
        await denis.type("code", "XXXX-XXXX")
        await denis.page.locator("[data-door] button:not([type])").click()
        await denis.page.locator("[data-verdict=no]").wait_for()
        found += await faults(denis, "door-refused")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_organisers(browser: Browser, house: House, stage: Stage, language: str):
    """All that can be reached from the first one: one page of each kind."""
    async with person(browser, house.product.address, language=language) as olive:
        await olive.sign_in(stage.staff)
        waiting, seen, found = ["/organiser"], set[str](), list[str]()
        while waiting:
            path = waiting.pop(0)
            kind = kind_of(path)
            if kind in seen:
                continue
            seen.add(kind)
            found += await look_at(olive, kind, path)
            waiting += await links(olive.page)
    assert len(seen) >= 5
    assert not found, "\n".join(found)


def kind_of(path: str) -> str:
    """`/organiser/events/0190…/edit?x=1` → `organiser-events-id-edit`."""
    parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
    return "-".join("id" if len(part) == 36 else part for part in parts)


async def links(page: Page) -> list[str]:
    """Where the organiser's page leads within the organiser's part, without the language."""
    hrefs: list[str] = await page.eval_on_selector_all(
        "a[href]:not([download])", "all => all.map((a) => a.getAttribute('href'))"
    )
    return [href[3:] for href in hrefs if href[3:].startswith("/organiser") and "." not in href]


async def look_at(somebody: Person, name: str, path: str) -> list[str]:
    await somebody.page.set_viewport_size(PHONE)
    await somebody.open(path)
    return await faults(somebody, name)


async def look_at_mistakes(amina: Person, house: House, stage: Stage) -> list[str]:
    """Pages that come only as the answer to a form."""
    await amina.page.set_viewport_size(PHONE)
    await amina.open(f"/checkout/{await house.hold(stage.show)}")
    await amina.page.eval_on_selector(
        "form[method=post][action*=checkout]", "form => form.noValidate = true"
    )
    await amina.pay()
    await amina.page.locator("[data-error-summary]").wait_for()
    found = await faults(amina, "checkout-mistakes")
    await amina.open("/sign-in")
    await amina.type("email", "amina@journey.example")
    await amina.type("password", "wrong")
    await amina.page.locator("main form button").click()
    await amina.page.locator("[role=alert]").wait_for()
    found += await faults(amina, "sign-in-wrong")
    await amina.type("password", "wrong")
    await amina.page.context.clear_cookies(name="csrf")
    await amina.page.locator("main form button").click()
    await amina.page.locator("[type=password]").wait_for(state="detached")
    return found + await faults(amina, "stale-form")


async def faults(somebody: Person, name: str) -> list[str]:
    """Of the page as it stands, each with the circumstances in which it shows.

    French on a desk, English on a phone: what a tool finds depends on the words or on the layout.
    What the dark theme changes is colours. Each language is tried for a sideways scroll.
    """
    page, where = somebody.page, f"{name} {somebody.language}"
    found: list[str] = []
    if somebody.language == LANGUAGES[0]:
        await shoot(page, f"{name}-390")
        await page.set_viewport_size(DESKTOP)
        await shoot(page, f"{name}-1280")
        found += [f"{where} 1280: {one}" for one in await violations(page, theme="light")]
    else:
        found += [f"{where} 390: {one}" for one in await violations(page, theme="light")]
        found += [f"{where} dark: {one}" for one in await violations(page, COLOURS, theme="dark")]
    await page.set_viewport_size(NARROW)
    if await scrolls_sideways(page):
        found.append(f"{where} 320: scrolls sideways")
    await page.set_viewport_size(PHONE)
    return found
