"""What every page owes everybody, of those where one orders."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from quickserve import laptop
from quickserve.contracts.menus import SoldOutChange
from quickserve.contracts.menus_client import MenusClient
from quickserve.kernel.auth import Role
from tests.journeys.browser import PHONE, Person, person
from tests.journeys.shows import House
from tests.journeys.stalls import Stall, fill, open_stall
from tests.journeys.test_every_page import LANGUAGES, faults, look_at


@pytest.fixture(scope="module")
async def stall(house: House) -> Stall:
    show = await house.put_on("Festival des grillades", starts_in=timedelta(hours=2))
    return await open_stall(house.product, show.organiser_id, accepts="by-hand")


@pytest.mark.one_shape
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_where_one_orders(
    browser: Browser, house: House, stall: Stall, language: str
) -> None:
    basket = await fill(house.product, stall, stall.burger())
    async with person(browser, house.product.address, language=language) as lea:
        found = await look_at(lea, "orders-none", "/orders")
        found += await look_at(lea, "shops", "/shops")
        found += await look_at(lea, "basket-empty", f"{stall.path}/basket")
        found += await look_at(lea, "menu", f"{stall.path}/baskets/{basket}")
        found += await look_at(lea, "menu-no-gluten", f"{stall.path}?without=gluten")
        found += await look_at(lea, "menu-nothing", f"{stall.path}?only=kosher")
        found += await look_at(lea, "item", f"{stall.path}/items/{stall.item('Burger').id}")
        found += await look_at(lea, "basket", f"{stall.path}/basket")
        await lea.page.locator("[name=order]").click()
        await lea.page.locator("[data-error-summary]").wait_for()
        found += await faults(lea, "basket-mistakes")
        await ordered(lea)
        found += await faults(lea, "order-submitted")
        found += await look_at(lea, "orders", "/orders")
    assert not found, "\n".join(found)


async def test_what_runs_out_is_told_in_a_basket_that_is_open(
    browser: Browser, house: House
) -> None:
    show = await house.put_on("Festival des fritures", starts_in=timedelta(hours=2))
    stall = await open_stall(house.product, show.organiser_id)
    basket = await fill(house.product, stall, stall.burger())
    cook = await house.session(await house.hire(show, Role.KITCHEN))
    async with person(browser, house.product.address) as lea:
        await lea.open(f"{stall.path}/baskets/{basket}")
        await lea.open(f"{stall.path}/basket")
        async with laptop.clients(house.product.home) as client:
            out = SoldOutChange(out=True)
            await MenusClient(client("catalog")).set_sold_out(
                stall.stand.id, stall.item("Burger").id, out, cook.access_token
            )
        await lea.page.get_by_text("Burger: It is sold out.").wait_for()


@pytest.mark.one_shape
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_a_bill_in_shares(
    browser: Browser, house: House, stall: Stall, language: str
) -> None:
    basket = await fill(house.product, stall, stall.burger())
    async with person(browser, house.product.address, language=language) as lea:
        await lea.open(f"{stall.path}/baskets/{basket}")
        await lea.open(f"{stall.path}/basket")
        await lea.type("name", "Léa")
        await lea.type("email", "lea@journey.example")
        await (
            lea.page.locator("details", has=lea.page.locator("#people")).locator("summary").click()
        )
        await lea.page.locator("[name=split]").click()
        await lea.page.wait_for_url("**/splits/**")
        found = await faults(lea, "split")
        await lea.page.locator("main li a").first.click()
        await lea.page.wait_for_url("**/shares/**")
        found += await faults(lea, "share")
    assert not found, "\n".join(found)


async def ordered(somebody: Person) -> None:
    """From the basket's page to the order's, to the seat."""
    page = somebody.page
    await page.set_viewport_size(PHONE)
    await page.locator("[name=fulfilment][value=seat]").check()
    await somebody.type("seat", "Bloc C, rang 12, siège 8")
    await somebody.type("name", "Léa")
    await somebody.type("email", "lea@journey.example")
    await somebody.type("number", "4242 4242 4242 4242")
    await somebody.type("expiry", "07/39")
    await somebody.type("cvc", "123")
    await page.locator("[name=order]").click()
    await page.wait_for_url("**/orders/**")
