"""After the sale: a ticket passes on, another is cancelled, and the door knows."""

from datetime import timedelta

from playwright.async_api import Browser, expect

from tests.journeys.browser import person, shoot
from tests.journeys.shows import House
from tests.journeys.test_visitor import buy, check, open_door


async def test_one_ticket_passes_on_and_the_other_is_cancelled(browser: Browser, house: House):
    show = await house.put_on("Bal masqué", starts_in=timedelta(hours=3))
    await house.allow_changes(show)
    async with person(browser, house.product.address) as amina:
        link = await buy(amina, show, 2)
        before = await house.tickets_of(link)
        await amina.page.get_by_role("link", name="Change, pass on or cancel").click()
        await shoot(amina.page, "changes-390")
        await amina.page.locator("details summary").first.click()
        await amina.page.get_by_label("Their name").first.fill("Binta Ba")
        await amina.page.get_by_label("Their e-mail address").first.fill("binta@journey.example")
        await amina.page.get_by_role("button", name="Pass it on").first.click()
        await amina.arrive("/ticket/")
        await shoot(amina.page, "passed-on-390")
        theirs = amina.page.url
        await expect(amina.page.get_by_text(theirs)).to_be_visible()
        await amina.page.goto(f"{link}/changes")
        boxes = amina.page.get_by_role("checkbox")
        await boxes.last.check()
        await amina.page.get_by_role("button", name="Cancel the chosen tickets").click()
        await expect(amina.page.get_by_text("€17.10 went back")).to_be_visible(timeout=15_000)
        await shoot(amina.page, "cancelled-390")
    async with person(browser, house.product.address) as binta:
        await binta.page.goto(theirs)
        code = await binta.page.locator(".pass-code").inner_text()
    async with person(browser, house.product.address) as denis:
        await open_door(denis, house, show, gate="Porte A")
        for dead in before.tickets:
            await check(denis, dead.code)
            await expect(denis.page.locator("[data-verdict=no]")).to_be_visible()
        await check(denis, code)
        await expect(denis.page.locator("[data-verdict=go]")).to_contain_text("Binta Ba")
