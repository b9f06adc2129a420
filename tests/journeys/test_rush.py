"""A rush: through the waiting room to the tickets, with a place that survives a reload."""

from playwright.async_api import Browser, expect

from quickserve.contracts.waiting_room import RoomSettings, WaitingRoomClient
from quickserve.kernel.auth import Role
from tests.journeys.browser import person, shoot
from tests.journeys.shows import House


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
