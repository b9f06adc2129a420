"""A rush: through the waiting room to the tickets, with a place that survives a reload."""

import asyncio
import hashlib
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
from playwright.async_api import Browser, expect

from quickserve.contracts.waiting_room import RoomSettings, WaitingRoomClient
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import person, shoot
from tests.journeys.product import product
from tests.journeys.shows import House, Show, house_of


async def test_a_visitor_waits_is_let_in_and_books(browser: Browser, house: House):
    show = await house.put_on("Concert très attendu")
    token = (await house.session(await house.hire(show, Role.ORGANISER))).access_token
    rooms = WaitingRoomClient(house.booking._client)
    await rooms.put_room(show.date_id, RoomSettings(open=True), token)
    async with person(browser, house.product.address) as amina:
        await amina.open(f"/events/{show.event_id}")
        await amina.page.locator("input[data-price-minor]").fill("2")
        await amina.page.locator(".paybar button").click()
        await amina.arrive("/waiting-room/")
        await shoot(amina.page, "waiting-room-390")
        await amina.page.reload()
        await amina.arrive("/events/")
        await amina.page.locator("input[data-price-minor]").fill("2")
        await amina.page.locator(".paybar button").click()
        await amina.arrive("/checkout/")
        await amina.fill_checkout()
        await amina.pay()
        await amina.arrive("/tickets/")
        await expect(amina.page.get_by_role("heading", name="Your 2 tickets")).to_be_visible()


async def test_three_come_before_the_sale_are_drawn_and_let_in_in_turn(
    browser: Browser, house: House
):
    """Nobody of them touches anything while they wait: the page asks by itself."""
    show = await house.put_on("Ouverture des ventes")
    token = (await house.session(await house.hire(show, Role.ORGANISER))).access_token
    rooms = WaitingRoomClient(house.booking._client)
    opens_at = datetime.now(UTC) + timedelta(seconds=15)
    made = await rooms.put_room(show.date_id, RoomSettings(open=True, opens_at=opens_at), token)
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(person(browser, house.product.address))
            for _ in range(3)
        ]
        for one in people:
            await one.open(f"/events/{show.event_id}")
            await one.page.locator("input[data-price-minor]").fill("2")
            await one.page.locator(".paybar button").click()
            await one.arrive("/waiting-room/")
            text = one.page.get_by_text("You are here before the sale opens.")
            await expect(text).to_be_visible()
        await shoot(people[0].page, "before-the-sale-390")
        await asyncio.gather(*(one.arrive("/events/") for one in people))
        assert datetime.now(UTC) >= opens_at
        drawn = await rooms.draw(show.date_id)
        assert hashlib.sha256(bytes.fromhex(drawn.seed)).hexdigest() == made.seed_hash
        assert (len(drawn.keys), drawn.keys) == (3, sorted(drawn.keys))
        amina = people[1]
        await amina.page.locator("input[data-price-minor]").fill("2")
        await amina.page.locator(".paybar button").click()
        await amina.arrive("/checkout/")
        await amina.fill_checkout()
        await amina.pay()
        await amina.arrive("/tickets/")
        await expect(amina.page.get_by_role("heading", name="Your 2 tickets")).to_be_visible()


async def test_a_rush_of_browsers_opens_the_room_by_itself():
    many = {"QUICKSERVE_ROOM_AUTO_DEPTH": "20", "QUICKSERVE_TAKES_PER_MINUTE": "0"}
    with product("--no-demo", **many) as running:
        async with house_of(running) as house:
            show = await house.put_on("Prise d'assaut", capacity=100_000)
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(base_url=running.address, limits=limits) as http:
                page = await http.get(f"/en/events/{show.event_id}")
                csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
                assert "/checkout/" in await _press_book(http, show, csrf)
                async with asyncio.timeout(60):
                    await asyncio.gather(
                        *(_until_told_to_wait(http, show, csrf) for _ in range(80))
                    )
            assert (await WaitingRoomClient(house.booking._client).room(show.date_id)).auto


async def _until_told_to_wait(http: httpx.AsyncClient, show: Show, csrf: str) -> None:
    while "/waiting-room/" not in await _press_book(http, show, csrf):
        pass


async def _press_book(http: httpx.AsyncClient, show: Show, csrf: str) -> str:
    """Where it leads."""
    form = {
        "csrf": csrf, "hold": str(new_uuid()), "date": str(show.date_id),
        f"q-{show.ticket_type_id}": "1",
    }  # fmt: skip
    answer = await http.post(f"/en/events/{show.event_id}", data=form, timeout=30)
    return answer.headers.get("location", "")
