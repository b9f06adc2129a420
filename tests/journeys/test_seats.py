"""Seats in a browser: by keyboard alone, by thumb, live, in both languages and themes."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from quickserve.kernel.auth import Role
from tests.journeys.browser import (
    COLOURS,
    DESKTOP,
    PHONE,
    Person,
    person,
    scrolls_sideways,
    shoot,
    violations,
)
from tests.journeys.shows import House
from tests.journeys.test_budgets import SCRIPTS_MAX, STYLES_MAX, bytes_by_kind
from tests.journeys.theatres import Theatre, a_theatre, put_on_seated, somebody_takes
from tests.plans import turned

NARROW: ViewportSize = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
async def theatre(house: House) -> Theatre:
    return await put_on_seated(house, "Le Cid", a_theatre())


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def tab_to(page: Page, name: str) -> None:
    """With the Tab key only."""
    for _ in range(120):
        await page.keyboard.press("Tab")
        told = await page.evaluate(_NAME)
        if name in told:
            return
    raise AssertionError(f"{name} cannot be reached")


_NAME = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.textContent ?? "";
  return (at.getAttribute("aria-label") ?? "") + " " + label + " " + at.textContent;
}"""


async def test_two_adjacent_seats_by_keyboard_alone(browser: Browser, house: House):
    theatre = await put_on_seated(house, "Bérénice", a_theatre())
    async with person(browser, house.product.address, viewport=DESKTOP) as amina:
        page = amina.page
        await amina.open(theatre.path)
        await tab_to(page, "One more: Plein tarif")
        await press(page, "Enter", "Enter")
        await tab_to(page, "Choose them on the plan")
        await press(page, "Enter")
        await amina.arrive("/seats")
        ticked = page.locator("input[name=seat]:checked")
        await expect(ticked).to_have_count(2)
        await tab_to(page, "Parterre: 84 seats free")
        await press(page, "Enter")
        await expect(page.get_by_role("grid", name="Parterre")).to_be_visible()
        await tab_to(page, "Row A, seat 8")
        await press(page, "ArrowDown", "ArrowDown", "Home")
        said = page.locator("[data-seat-map] [role=status]")
        await press(page, "Space")
        await expect(said).to_have_text("Row C, seat 1: chosen, instead of Parterre · A · 8.")
        await press(page, "ArrowRight", "Space")
        await expect(page.get_by_role("gridcell", name="Row C, seat 2")).to_be_focused()
        await expect(ticked).to_have_count(2)
        await expect(page.locator("[data-sum]")).to_have_text("€36.00")
        for _ in range(60):
            await press(page, "Shift+Tab")
            if "Book these seats" in await page.evaluate(_NAME):
                break
        await press(page, "Enter")
        await amina.arrive("/checkout/")
        await expect(page.locator("main")).to_contain_text("Parterre · C · 1, Parterre · C · 2")
        for label, text in (
            ("E-mail address", "amina@journey.example"), ("Name on the tickets", "Amina Diallo"),
            ("Card number", "4242424242424242"), ("Expires", "12/40"), ("Security code", "123"),
        ):  # fmt: skip
            await tab_to(page, label)
            await page.keyboard.type(text)
        await press(page, "Enter")
        await amina.arrive("/tickets/")
        booking = await house.tickets_of(page.url)
    assert [t.seat for t in booking.tickets] == ["Parterre · C · 1", "Parterre · C · 2"]


async def test_a_seat_goes_while_one_looks_and_the_nearest_is_offered(
    browser: Browser, house: House
):
    theatre = await put_on_seated(house, "Phèdre", a_theatre())
    async with person(browser, house.product.address) as amina:
        page = amina.page
        await on_the_plan(amina, theatre)
        await somebody_takes(house, theatre, "P-A-8")
        note = page.locator("[data-seat-map] [role=alert]")
        await expect(note).to_contain_text("Somebody else has just taken Row A, seat 8.")
        await expect(note).to_contain_text("Your other seats are still free.")
        await expect(page.get_by_role("gridcell", name="Row A, seat 8")).to_have_attribute(
            "aria-disabled", "true"
        )
        await note.get_by_role("button", name="Take Row A, seat 10").click()
        await expect(page.locator("input[name=seat]:checked")).to_have_count(2)
        await page.get_by_role("button", name="Book these seats").click()
        await amina.arrive("/checkout/")


async def test_an_organiser_gives_a_ticket_no_seats_by_a_click(browser: Browser, house: House):
    theatre = await put_on_seated(house, "Esther", a_theatre())
    show = theatre.show
    email = await house.hire(show, Role.ORGANISER)
    async with person(browser, house.product.address, viewport=DESKTOP) as olive:
        await olive.sign_in(email)
        await olive.open(f"/organiser/events/{show.event_id}/seats")
        ticket = olive.page.get_by_label("Plein tarif")
        await expect(ticket).to_have_value("Carré or")
        await ticket.select_option("No seat: general admission")
        await olive.tap(olive.page.get_by_role("button", name="Save"))
        await olive.page.wait_for_url(lambda url: "done=saved" in url)
        await expect(ticket).to_have_value("")


async def test_a_reduced_price_is_chosen_at_the_seat_and_goes_along_to_the_next(
    browser: Browser, house: House
):
    """A seat of a row that runs aslant is lost; its neighbour is offered, for the same ticket."""
    plan = turned(a_theatre(), 62)
    theatre = await put_on_seated(house, "Athalie", plan, reduced="12")
    show = theatre.show
    async with person(browser, house.product.address) as amina:
        page = amina.page
        await amina.open(f"/events/{show.event_id}/seats?date={show.date_id}&area=0")
        await expect(page.get_by_role("grid")).to_be_visible()
        await tab_to(page, "Row A, seat 1")
        await press(page, "End", "Space", "ArrowLeft", "Space")
        said = page.locator("[data-seat-map] [role=status]")
        await expect(said).to_contain_text("chosen, as Plein tarif · €18. Other tickets are under")
        seats = [await one.input_value() for one in await page.locator("[name=seat]").all()]
        lost = seats[1]
        row, number = lost.split("-")[1:]
        ticket = page.get_by_label(f"Ticket for Parterre · {row} · {number}")
        await tab_to(page, f"Ticket for Parterre · {row} · {number}")
        await press(page, "ArrowDown")
        await expect(ticket.locator("option:checked")).to_have_text("Tarif réduit · €12")
        await expect(page.locator("[data-sum]")).to_have_text("€30.00")
        assert await violations(page, {}) == []
        await shoot(page, "seats-tickets-phone-en")
        await somebody_takes(house, theatre, lost)
        note = page.locator("[data-seat-map] [role=alert]")
        await note.get_by_role("button", name=f"Take Row {row}, seat").click()
        await expect(page.locator("[data-sum]")).to_have_text("€30.00")
        await page.get_by_role("link", name="Whole house").click()
        await expect(page.locator("[data-sum]")).to_have_text("€30.00")
        await page.get_by_role("button", name="Book these seats").click()
        await amina.arrive("/checkout/")
        await expect(page.locator("main")).to_contain_text("1 × Tarif réduit")


async def on_the_plan(amina: Person, theatre: Theatre, count: int = 2) -> None:
    """At the first area, with the best seats ticked."""
    show = theatre.show
    query = f"date={show.date_id}&q-{show.ticket_type_id}={count}"
    await amina.open(f"/events/{show.event_id}/seats?{query}")
    await amina.page.locator(".area-list a").first.click()
    await expect(amina.page.get_by_role("grid")).to_be_visible()


@pytest.mark.one_shape
async def test_scripts_and_styles_are_small(browser: Browser, house: House, theatre: Theatre):
    show = theatre.show
    path = f"/events/{show.event_id}/seats?date={show.date_id}&area=0"
    sizes = await bytes_by_kind(browser, house, path)
    assert sizes["script"] <= SCRIPTS_MAX
    assert sizes["stylesheet"] <= STYLES_MAX


@pytest.mark.one_shape
@pytest.mark.parametrize(("size", "language"), [("phone", "fr"), ("desk", "en"), ("narrow", "fr")])
async def test_no_barrier(
    browser: Browser, house: House, theatre: Theatre, language: str, size: str
):
    viewport = {"phone": PHONE, "desk": DESKTOP, "narrow": NARROW}[size]
    show = theatre.show
    query = f"date={show.date_id}&q-{show.ticket_type_id}=3"
    pages = {"event": theatre.path, "house": f"/events/{show.event_id}/seats?{query}"}
    pages["area"] = f"{pages['house']}&area=0&seat=P-B-7&seat=P-B-8&seat=P-B-9"
    pages["row"] = f"{pages['area']}&row=1"
    address = house.product.address
    async with person(browser, address, language=language, viewport=viewport) as amina:
        for name, path in pages.items():
            await amina.open(path)
            if name == "area":
                await expect(amina.page.get_by_role("grid")).to_be_visible()
            for theme in ("light", "dark"):
                options = COLOURS if theme == "dark" else {}
                assert await violations(amina.page, options, theme=theme) == [], name
                if size != "narrow":
                    await shoot(amina.page, f"seats-{name}-{size}-{language}-{theme}")
            assert not await scrolls_sideways(amina.page), name
