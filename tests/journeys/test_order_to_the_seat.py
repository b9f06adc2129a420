"""Four people, four browsers: ordered in the stand, made, carried by hand, watched."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from quickserve import laptop
from quickserve.contracts.booking import BookingId, BookingView, Contact, FreeBooking, Item
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import DESKTOP, PHONE, Person, person, shoot
from tests.journeys.shows import House, Show, until
from tests.journeys.stalls import Stall, open_stall
from tests.journeys.test_kitchen import TABLET

SEAT = "Bloc C, rang 12, siège 8"
SECONDS = 2_500  # live pages: a second, and what this machine needs besides


@pytest.fixture
async def show(house: House) -> Show:
    return await house.put_on("Nuit des grillades", price="0", starts_in=timedelta(hours=1))


@pytest.fixture
async def stall(house: House, show: Show) -> Stall:
    return await open_stall(house.product, show.organiser_id, event_id=show.event_id)


@dataclass
class Four:
    """Who takes part, each at a browser of their own."""

    lea: Person  # sits there and is hungry
    karim: Person  # cooks
    amina: Person  # carries
    olive: Person  # organises


@asynccontextmanager
async def four_people(browser: Browser, house: House, show: Show) -> AsyncGenerator[Four, None]:
    async with AsyncExitStack() as people:

        async def somebody(role: Role | None, viewport: ViewportSize) -> Person:
            address = house.product.address
            one = await people.enter_async_context(person(browser, address, viewport=viewport))
            if role:
                await one.sign_in(await house.hire(show, role))
            return one

        yield Four(
            await somebody(None, PHONE), await somebody(Role.KITCHEN, TABLET),
            await somebody(Role.RUNNER, PHONE), await somebody(Role.ORGANISER, DESKTOP),
        )  # fmt: skip


async def test_a_visitor_orders_to_the_seat_and_four_see_the_same(
    browser: Browser, house: House, show: Show, stall: Stall
) -> None:
    booking = await _book(house, show)
    async with four_people(browser, house, show) as four:
        for one in (four.karim, four.olive):
            await one.open(f"/kitchen/{stall.stand.id}")
        await _go_on_shift(four.amina)
        order_id, key = await _order(four.lea, stall, booking)
        await _cook(four, order_id)
        await _carry(four, order_id)
        await expect(four.lea.page.get_by_text("Handed over at")).to_be_visible(timeout=SECONDS)
        for one in (four.karim, four.olive):
            card = one.page.locator(f"[data-order='{order_id}']")
            await expect(card).to_have_count(0, timeout=SECONDS)
        await shoot(four.lea.page, "seat-8-there")
        await shoot(four.olive.page, "seat-9-done")

    async with laptop.clients(house.product.home) as client:
        order = await OrderingClient(client("ordering")).order(order_id, key)
    assert [(step.state, step.by) for step in order.steps] == [
        ("pending", "saga"), ("accepted", "saga"), ("preparing", "stand"), ("ready", "stand"),
        ("on-the-way", "runner"), ("delivered", "runner"),
    ]  # fmt: skip
    assert (order.ticket_id, order.destination.seat) == (booking.tickets[0].id, SEAT)

    async def paid() -> bool:
        return await house.charges(show) == [("captured", order.totals.total.minor)]

    await until(paid)
    assert (await house.payment.check_ledger()).findings == []


async def _go_on_shift(amina: Person) -> None:
    await amina.open("/runner")
    await amina.type("name", "Amina")
    await amina.page.get_by_role("button", name="Go on shift").click()
    await amina.arrive("/runner/")
    await expect(amina.page.get_by_text("Nothing to carry just now.")).to_be_visible()


async def _order(lea: Person, stall: Stall, booking: BookingView) -> tuple[OrderId, str]:
    """From the ticket to the order, by card; its id and its key."""
    page = lea.page
    tickets = f"/tickets/{booking.id}/{booking.key}"
    await lea.open(tickets)
    await page.locator(f"a[href*='{tickets}/orders/']").click()
    await page.get_by_role("button", name=f"Menu of {stall.stand.draft.name}").click()
    await page.get_by_role("link", name="Choose: Burger").click()
    await page.get_by_text("Well done").click()
    await shoot(page, "seat-1-item")
    await page.get_by_role("button", name="Into the basket").click()
    await page.locator(".paybar a").click()
    await page.locator("[name=fulfilment][value=seat]").check()
    await lea.type("seat", SEAT)
    await lea.type("name", "Léa")
    await lea.type("email", "lea@journey.example")
    await lea.fill_card()
    await shoot(page, "seat-2-basket")
    await page.locator("[name=order]").click()
    await lea.arrive("/orders/")
    await expect(page.locator("[aria-current=step]").first).to_contain_text("Accepted")
    await shoot(page, "seat-3-accepted")
    order_id, key = page.url.split("/")[-2:]
    return OrderId(UUID(order_id)), key


async def _cook(four: Four, order_id: OrderId) -> None:
    """It is on the boards by itself; the buyer sees each touch."""
    for one in (four.karim, four.olive):
        card = one.page.locator(f"[data-order='{order_id}']")
        await expect(card).to_contain_text(SEAT, timeout=SECONDS)
    await shoot(four.olive.page, "seat-4-watching")
    card = four.karim.page.locator(f"[data-order='{order_id}']")
    stands = four.lea.page.locator("[aria-current=step]").first
    await card.get_by_role("button", name="Start", exact=True).click()
    await expect(stands).to_contain_text("Being prepared", timeout=SECONDS)
    await four.karim.page.wait_for_timeout(500)  # sooner it would be a double tap
    await card.get_by_role("button", name="Ready", exact=True).click()
    whole = four.lea.page.get_by_role("region", name="How it stands")
    await expect(whole).to_contain_text("Ready · There between", timeout=SECONDS)


async def _carry(four: Four, order_id: OrderId) -> None:
    """The runner fetches it; a wrong code hands nothing over, the right one does."""
    amina, lea = four.amina.page, four.lea.page
    job = amina.locator(f"[data-job='{order_id}']")
    await expect(job).to_contain_text(SEAT, timeout=SECONDS)
    await expect(job).to_contain_text("For Léa")
    await shoot(amina, "seat-5-job")
    await job.get_by_role("button", name="Picked up").click()
    await expect(lea.locator("[aria-current=step]").first).to_contain_text(
        "On its way", timeout=SECONDS
    )
    pin = await lea.locator(".track-pin b").inner_text()
    await shoot(lea, "seat-6-on-the-way")
    for code in ("0000" if pin != "0000" else "1111", pin):
        await job.locator("[name=pin]").fill(code)
        await job.get_by_role("button", name="Handed over", exact=True).click()
        if code != pin:
            await expect(amina.get_by_role("alert")).to_be_visible()
            await shoot(amina, "seat-7-wrong-code")
    await expect(amina.get_by_text("Nothing to carry just now.")).to_be_visible()


async def _book(house: House, show: Show) -> BookingView:
    contact = Contact(email="lea@journey.example", name="Léa", language="fr")
    items = [Item(ticket_type_id=show.ticket_type_id, quantity=1)]
    new = FreeBooking(date_id=show.date_id, items=items, contact=contact)
    return await house.booking.book_free(BookingId(new_uuid()), new)
