"""An organiser at the desk of a stand: two at one menu, out by the keyboard, a code on a table."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from quickserve.kernel.auth import Role
from tests.journeys.browser import Person, person, scrolls_sideways
from tests.journeys.qr import read
from tests.journeys.shows import House
from tests.journeys.stalls import Stall, open_stall
from tests.journeys.test_every_page import LANGUAGES, NARROW, faults

pytestmark = pytest.mark.one_shape

SAVE = "main form > p .button"


@pytest.fixture(scope="module")
async def desk(house: House) -> tuple[Stall, str]:
    """A stand with tables, and the e-mail address of who runs it."""
    show = await house.put_on("Fête du port", starts_in=timedelta(hours=2))
    stall = await open_stall(house.product, show.organiser_id)
    return stall, await house.hire(show, Role.ORGANISER)


def path_of(stall: Stall) -> str:
    return f"/organiser/stands/{stall.stand.id}"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_comes_as_the_answer_to_a_form(
    browser: Browser, house: House, desk: tuple[Stall, str], language: str
) -> None:
    stall, email = desk
    async with person(browser, house.product.address, language=language) as olive:
        await olive.sign_in(email)
        found = await overtaken(olive, stall)
        await olive.open(f"{path_of(stall)}/tables")
        await olive.type("last", "40")
        await olive.page.locator("main form .button").click()
        await olive.page.locator(".code-card").first.wait_for()
        found += await faults(olive, "table-codes")
        await olive.open(f"{path_of(stall)}/edit")
        await olive.type("h0", "noon")
        await olive.page.locator(SAVE).last.click()
        await olive.page.locator("[data-error-summary]").wait_for()
        found += await faults(olive, "stand-mistakes")
    assert not found, "\n".join(found)


async def overtaken(olive: Person, stall: Stall) -> list[str]:
    """In two windows; the second to save is told what the first one wrote."""
    path = f"{path_of(stall)}/menu/items/{stall.item('Burger').id}"
    await olive.open(path)
    other = await olive.page.context.new_page()
    await other.goto(olive.page.url)
    price = "10.10" if olive.language == "en" else "10,20"
    await other.locator("[name=price]").fill(price)
    await other.locator(SAVE).first.click()
    await other.wait_for_url("**/menu?done=saved*")
    await other.close()
    await olive.type("price", "11")
    await olive.page.locator(SAVE).first.click()
    told = olive.page.locator(".theirs")
    await told.wait_for()
    assert price in await told.inner_text()
    return await faults(olive, "item-overtaken")


async def test_something_is_out_by_the_keyboard_on_a_narrow_phone(
    browser: Browser, house: House, desk: tuple[Stall, str]
) -> None:
    stall, email = desk
    async with person(browser, house.product.address, viewport=NARROW) as olive:
        await olive.sign_in(email)
        await olive.open(f"{path_of(stall)}/sold-out")
        switch = olive.page.locator(f"#t-{stall.item('Burger').id}")
        assert await scrolls_sideways(olive.page) is False
        box = await switch.bounding_box()
        assert box is not None
        assert box["height"] >= 60
        for pressed in ("true", "false"):
            await switch.focus()
            await olive.page.keyboard.press("Space")
            await olive.page.locator(
                f"#t-{stall.item('Burger').id}[aria-pressed={pressed}]"
            ).wait_for()
            # One goes on from where one was.
            assert await switch.evaluate("one => one === document.activeElement")


async def test_the_code_on_a_table_leads_to_the_menu(
    browser: Browser, house: House, desk: tuple[Stall, str]
) -> None:
    stall, email = desk
    async with person(browser, house.product.address, viewport={"width": 800, "height": 900}) as o:
        await o.sign_in(email)
        await o.open(f"{path_of(stall)}/tables")
        await o.type("names", "Terrasse 3")
        await o.page.locator("main form .button").click()
        picture = o.page.locator(".code-picture")
        (address,) = await read(browser, await picture.screenshot())
        await o.page.goto(address)
        assert "table=Terrasse+3" in o.page.url
        assert await o.page.get_by_text("Burger").count() > 0
