"""Sold out, and in the end a ticket all the same."""

from playwright.async_api import Browser, expect

from tests.journeys.browser import person, shoot
from tests.journeys.shows import House


async def test_sold_out_waiting_list_offer_purchase(browser: Browser, house: House):
    show = await house.put_on("Dernier concert", capacity=2)
    taken = await house.hold(show)
    await house.places_left(show)
    async with person(browser, house.product.address) as amina:
        await amina.open(f"/events/{show.event_id}")
        await amina.page.get_by_role("link", name="Join the waiting list").click()
        await amina.page.get_by_label("How many together").fill("2")
        await amina.type("email", "amina@journey.example")
        await amina.type("name", "Amina Diallo")
        await amina.page.get_by_role("button", name="Join the waiting list").click()
        await amina.arrive("/waiting-list/")
        await shoot(amina.page, "waiting-list-390")
        await house.booking.release_hold(taken)
        offer = amina.page.get_by_role("button", name="Take them")
        for _ in range(20):
            if await offer.count():
                break
            await amina.page.wait_for_timeout(500)
            await amina.page.reload()
        await shoot(amina.page, "waiting-list-offer-390")
        await offer.click()
        await amina.arrive("/checkout/")
        await amina.fill_checkout()
        await amina.pay()
        await amina.arrive("/tickets/")
        await expect(amina.page.get_by_role("heading", name="Your 2 tickets")).to_be_visible()
