"""Two people at once: what one does is seen by the other without reloading."""

from playwright.async_api import Browser, expect

from quickserve.kernel.auth import Role
from tests.journeys.browser import DESKTOP, person
from tests.journeys.shows import House


async def test_places_left_and_the_organisers_figures_follow(browser: Browser, house: House):
    show = await house.put_on("Places comptées", capacity=4)
    email = await house.hire(show, Role.ORGANISER)
    async with (
        person(browser, house.product.address) as amina,
        person(browser, house.product.address, viewport=DESKTOP) as olive,
    ):
        await amina.open(f"/events/{show.event_id}")
        await expect(amina.page.get_by_text("Only 4 places left")).to_be_visible()
        await olive.sign_in(email)
        await olive.open(f"/organiser/events/{show.event_id}")
        await expect(olive.page.locator(".figures .figure").nth(3)).to_have_text("0")
        await house.hold(show, 3)
        await expect(amina.page.get_by_text("Only one place left")).to_be_visible(timeout=10_000)
        await expect(olive.page.locator(".figures .figure").nth(3)).to_have_text(
            "3", timeout=10_000
        )
