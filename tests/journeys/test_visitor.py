"""From the home page to the seat: a visitor without an account, and the door."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.async_api import Browser, Route, expect

from quickserve.kernel.auth import Role
from tests.journeys import qr
from tests.journeys.browser import PHONE, Person, chromium, person, shoot
from tests.journeys.product import PASSWORD
from tests.journeys.shows import House, Show


async def test_two_tickets_in_six_interactions_and_two_fields(browser: Browser, house: House):
    show = await house.put_on("Fado au jardin", capacity=12)
    async with person(browser, house.product.address) as amina:
        await amina.open(f"/?q={show.title.replace(' ', '+')}")
        await amina.tap(amina.page.get_by_role("link", name=show.title))
        more = amina.page.get_by_role("button", name="One more: Plein tarif")
        await amina.tap(more)
        await amina.tap(more)
        await amina.tap(amina.page.get_by_role("button", name="Book", exact=True))
        await expect(amina.page.locator("[data-countdown]")).to_contain_text("14 min")
        await expect(amina.page.locator(".paybar-total")).to_contain_text("36.00")
        await amina.fill_checkout()
        await amina.pay()
        await amina.arrive("/tickets/")
        assert amina.interactions <= 6
        assert amina.fields == ["email", "name"]
        link = amina.page.url
        await the_tickets_are_complete(browser, house, amina)
    assert await house.places_left(show) == 10
    assert await house.charges(show) == [("captured", 3600)]
    async with person(browser, house.product.address) as friend:
        await friend.page.goto(link)
        await expect(friend.page.get_by_role("heading", name="Your 2 tickets")).to_be_visible()


async def test_enter_after_a_code_uses_the_code(browser: Browser, house: House):
    show = await house.put_on("Ciné en plein air")
    await house.allow_codes(show)
    await house.places_left(show)
    async with person(browser, house.product.address) as amina:
        await amina.open(f"/events/{show.event_id}?date={show.date_id}")
        await amina.tap(amina.page.get_by_role("button", name="One more: Plein tarif"))
        await amina.tap(amina.page.get_by_text("Voucher or access code"))
        await amina.type("code", "lanterne")
        await amina.page.keyboard.press("Enter")
        await expect(amina.page.get_by_text("Code LANTERNE counts")).to_be_visible()
        await amina.tap(amina.page.get_by_role("button", name="Book", exact=True))
        await amina.arrive("/checkout/")


async def the_tickets_are_complete(browser: Browser, house: House, amina: Person):
    """On the page, in the calendar, on paper: the same two tickets."""
    booking = await house.tickets_of(amina.page.url)
    codes = amina.page.locator(".pass-qr [role=img]")
    pictures = [await codes.nth(i).screenshot() for i in range(await codes.count())]
    payloads = [text for picture in pictures for text in await qr.read(browser, picture)]
    assert payloads == [ticket.payload for ticket in booking.tickets]
    assert len(set(payloads)) == 2
    for ticket in booking.tickets:
        await expect(amina.page.get_by_text(ticket.code)).to_be_visible()

    calendar = await downloaded(amina, "calendar.ics")
    event = Calendar.from_ical(calendar).events[0]
    assert event["SUMMARY"] == booking.date.title
    assert event.start == booking.date.starts_at
    paper = await downloaded(amina, "tickets.pdf")
    assert paper.startswith(b"%PDF")


async def downloaded(amina: Person, name: str) -> bytes:
    async with amina.page.expect_download() as download:
        await amina.page.locator(f"a[href$='{name}']").click()
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_bytes)


async def test_the_programme_is_narrowed_by_words_and_days(browser: Browser, house: House):
    tonight = await house.put_on("Nuit courte", starts_in=timedelta(minutes=1))
    later = await house.put_on("Nuit lointaine", starts_in=timedelta(days=40))
    async with person(browser, house.product.address) as amina:
        await amina.open("/")
        await amina.page.get_by_role("searchbox").fill("nuit")
        await amina.page.get_by_role("button", name="Search").click()
        for show in (tonight, later):
            await expect(amina.page.get_by_role("link", name=show.title)).to_be_visible()
        await amina.page.get_by_role("link", name="Tonight").click()
        await expect(amina.page.get_by_role("link", name=tonight.title)).to_be_visible()
        await expect(amina.page.get_by_role("link", name=later.title)).to_have_count(0)
        await amina.open("/?when=past")
        chosen = await amina.page.locator(".chips [aria-current]").bounding_box()
        assert chosen
        assert chosen["x"] >= 0
        assert chosen["x"] + chosen["width"] <= PHONE["width"]


async def test_the_door_admits_once_and_tells_when_and_where(browser: Browser, house: House):
    show = await house.put_on("Bal des pompiers", starts_in=timedelta(hours=1))
    async with person(browser, house.product.address) as amina:
        code = (await house.tickets_of(await buy(amina, show))).tickets[0]
    async with person(browser, house.product.address) as denis:
        await open_door(denis, house, show, gate="Porte A")
        await check(denis, code.code)
        await expect(denis.page.locator("[data-verdict=go]")).to_contain_text("Amina Diallo")
        await expect(denis.page.locator("[data-part=counts]")).to_contain_text("1 admitted")
        await expect(denis.page.locator("[name=code]")).to_have_value("")
        await expect(denis.page.locator("[name=code]:user-invalid")).to_have_count(0)
        await shoot(denis.page, "door-admitted-390")
        await open_door(denis, house, show, gate="Porte B", email=None)
        await check(denis, code.code)
        again = denis.page.locator("[data-verdict=no]")
        await expect(again).to_contain_text("Porte A")
        await expect(again).to_contain_text("Already")
        await shoot(denis.page, "door-already-390")
        await check(denis, code.payload[:-4] + "AAAA")
        await expect(denis.page.locator("[data-verdict=no]")).not_to_contain_text("Already")
        await expect(denis.page.locator("[data-part=counts]")).to_contain_text("1 admitted")
        await shoot(denis.page, "door-forged-390")


async def test_a_scan_without_an_answer_never_shows_the_ticket_before(
    browser: Browser, house: House
):
    show = await house.put_on("Fanfare sans réseau", starts_in=timedelta(hours=1))
    async with person(browser, house.product.address) as amina:
        tickets = (await house.tickets_of(await buy(amina, show, places=4))).tickets
    async with person(browser, house.product.address) as denis:
        await open_door(denis, house, show, gate="Porte A")
        welcome, refused = (denis.page.locator(f"[data-verdict={kind}]") for kind in ("go", "no"))
        await check(denis, tickets[0].code)
        for ticket, failure in zip(tickets[1:], FAILURES, strict=True):
            await expect(welcome).to_be_visible()
            await denis.page.route("**/door/*", failure)
            await denis.type("code", ticket.code)
            scan = await denis.page.locator("[name=scan]").input_value()
            await denis.page.get_by_role("button", name="Check").click()
            await expect(refused).to_contain_text("No answer: scan it again.")
            await expect(denis.page.locator("[name=code]")).to_have_value(ticket.code)
            await expect(denis.page.locator("[name=scan]")).to_have_value(scan)
            await shoot(denis.page, "door-no-answer-390")
            await denis.page.unroute("**/door/*")
            await denis.page.get_by_role("button", name="Check").click()
        await expect(welcome).to_be_visible()
        await expect(denis.page.locator("[data-part=counts]")).to_contain_text("4 admitted")
        denis.complaints = [one for one in denis.complaints if "ERR_FAILED" not in one]


async def too_busy(route: Route) -> None:
    await route.fulfill(status=429, content_type="application/problem+json", body="{}")


async def strange_network(route: Route) -> None:
    await route.fulfill(status=200, content_type="text/html", body="<p>Sign in to this Wi-Fi")


async def no_network(route: Route) -> None:
    await route.abort()


FAILURES = (too_busy, strange_network, no_network)


async def test_when_the_session_ended_the_door_leads_to_sign_in_and_back(
    browser: Browser, house: House
):
    show = await house.put_on("Bal de minuit", starts_in=timedelta(hours=1))
    async with person(browser, house.product.address) as amina:
        ticket = (await house.tickets_of(await buy(amina, show))).tickets[0]
    async with person(browser, house.product.address) as denis:
        email = await house.hire(show, Role.DOOR)
        await open_door(denis, house, show, gate="Porte A", email=email)
        await check(denis, "AAAA-AAAA")
        stand = denis.page.url
        elsewhere = await denis.page.context.new_page()
        await elsewhere.goto(f"{denis.address}/en/sign-in")
        await elsewhere.get_by_role("button", name="Sign out").click()
        await denis.type("code", ticket.code)
        await denis.page.get_by_role("button", name="Check").click()
        await denis.arrive("/sign-in")
        await denis.type("email", email)
        await denis.type("password", PASSWORD)
        await denis.page.locator("main form button").click()
        await denis.page.wait_for_url(stand)
        await check(denis, ticket.code)
        await expect(denis.page.locator("[data-verdict=go]")).to_be_visible()


@pytest.mark.one_shape
async def test_the_door_reads_a_code_with_the_camera(
    browser: Browser, house: House, tmp_path: Path
):
    show = await house.put_on("Orgue et électronique", starts_in=timedelta(hours=1))
    async with person(browser, house.product.address) as amina:
        ticket = (await house.tickets_of(await buy(amina, show))).tickets[0]
    film = tmp_path / "ticket.y4m"
    qr.film(ticket.payload, film)
    options = (
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )  # fmt: skip
    async with (
        chromium(*options) as with_camera,
        person(with_camera, house.product.address, permissions=["camera"]) as denis,
    ):
        await open_door(denis, house, show, gate="Porte A")
        await denis.page.get_by_role("button", name="Scan with the camera").click()
        await expect(denis.page.locator("[data-verdict=go]")).to_contain_text("Amina Diallo")
        await shoot(denis.page, "door-camera-390")
    admitted = (await house.sales(show)).admitted
    assert admitted == 1


async def buy(somebody: Person, show: Show, places: int = 1) -> str:
    """The address of the tickets."""
    await somebody.open(f"/events/{show.event_id}")
    await somebody.page.locator("input[data-price-minor]").fill(str(places))
    await somebody.page.locator(".paybar button").click()
    await somebody.arrive("/checkout/")
    await somebody.fill_checkout()
    await somebody.pay()
    await somebody.arrive("/tickets/")
    return somebody.page.url


async def open_door(
    denis: Person, house: House, show: Show, *, gate: str, email: str | None = ""
) -> None:
    """Signs in unless `email` is None; then chooses the date at this gate."""
    if email is not None:
        await denis.sign_in(email or await house.hire(show, Role.DOOR))
    await denis.open("/door")
    await denis.type("gate", gate)
    await denis.page.locator("main form button").click()
    await denis.page.get_by_role("link", name=show.title).click()
    await expect(denis.page.get_by_role("heading", name=f"{gate} · {show.title}")).to_be_visible()


async def check(denis: Person, code: str) -> None:
    await denis.type("code", code)
    async with denis.page.expect_response(lambda answer: answer.request.method == "POST"):
        await denis.page.get_by_role("button", name="Check").click()
