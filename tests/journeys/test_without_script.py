"""The purchase and the door without JavaScript: slower, and complete."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from playwright.async_api import Browser, expect

from quickserve.kernel.auth import Role
from tests.journeys.browser import Person, person
from tests.journeys.shows import House

LATE = "4000 0000 0000 0077"


def plain(
    browser: Browser, house: House, language: str
) -> AbstractAsyncContextManager[Person]:  # fmt: skip
    """Somebody whose browser runs no script."""
    return person(browser, house.product.address, language=language, java_script_enabled=False)


async def test_from_the_programme_to_the_seat_without_a_script(browser: Browser, house: House):
    show = await house.put_on("Bougies", starts_in=timedelta(hours=1))
    async with plain(browser, house, "fr") as amina:
        await amina.open("/")
        await amina.type("q", show.title)
        await amina.page.locator("form.find button").click()
        await amina.page.get_by_role("link", name=show.title).click()
        await amina.page.get_by_label("Plein tarif").fill("2")
        await amina.page.locator(".paybar button").click()
        await amina.arrive("/checkout/")
        await expect(amina.page.locator("[data-countdown]")).to_contain_text("h")
        await amina.type("name", "Amina Diallo")
        await amina.type("email", "amina@journey.example")
        await amina.fill_card(LATE)
        await amina.pay()
        await amina.arrive("/tickets/")  # the page in between reloads by itself
        tickets = (await house.tickets_of(amina.page.url)).tickets
    assert [ticket.holder_name for ticket in tickets] == ["Amina Diallo"] * 2
    async with plain(browser, house, "fr") as denis:
        await denis.sign_in(await house.hire(show, Role.DOOR))
        await denis.open(f"/door/{show.date_id}?gate=Porte+A")
        for verdict in ("go", "no"):
            await denis.type("code", tickets[0].code)
            await denis.page.locator("[data-door] button:not([type])").click()
            await expect(denis.page.locator(f"[data-verdict={verdict}]")).to_be_visible()
    assert (await house.sales(show)).admitted == 1


async def test_a_mistake_is_told_with_what_was_typed_kept(browser: Browser, house: House):
    show = await house.put_on("Coquilles")
    hold_id = await house.hold(show)
    async with plain(browser, house, "en") as amina:
        await amina.open(f"/checkout/{hold_id}")
        await amina.page.evaluate("document.forms[1].noValidate = true")
        await amina.type("email", "amina")
        await amina.type("name", "Amina Diallo")
        await amina.fill_card("4242 4242 4242 4241")
        await amina.pay()
        await expect(amina.page.locator("[data-error-summary] a")).to_have_count(2)
        await expect(amina.page.locator("[name=name]")).to_have_value("Amina Diallo")
        await expect(amina.page.locator("[name=email]")).to_have_value("amina")
        await expect(amina.page.locator("[name=number]")).to_have_value("")
    assert await house.charges(show) == []
