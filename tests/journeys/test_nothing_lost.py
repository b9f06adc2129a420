"""What goes wrong on the way, and that then nothing is held and nobody is charged."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.browser import Person, person
from tests.journeys.product import product
from tests.journeys.shows import House, Show, house_of

DECLINED = "4000 0000 0000 0002"
LATE = "4000 0000 0000 0077"
CHALLENGE = "4000 0000 0000 3220"
NEVER = "4000 0000 0000 0259"


async def to_checkout(somebody: Person, house: House, show: Show) -> None:
    hold_id = await house.hold(show)
    await somebody.open(f"/checkout/{hold_id}")


async def test_a_declined_card_costs_nothing_and_another_one_pays(browser: Browser, house: House):
    show = await house.put_on("Trio")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        await amina.fill_checkout(DECLINED)
        await amina.pay()
        await expect(amina.page.get_by_role("heading", name="declined")).to_be_visible()
        await house.assert_nothing_happened(show)
        await amina.page.get_by_role("button", name="Take the places again").click()
        await amina.arrive("/checkout/")
        await expect(amina.page.locator("[name=email]")).to_have_value("amina@journey.example")
        await expect(amina.page.locator("[name=name]")).to_have_value("Amina Diallo")
        await amina.fill_card()
        await amina.pay()
        await amina.arrive("/tickets/")
    assert await house.charges(show) == [("captured", 3600), ("declined", 3600)]
    assert await house.places_left(show) == show.capacity - 2


async def test_a_late_answer_leads_to_the_tickets_by_itself(browser: Browser, house: House):
    show = await house.put_on("Quatuor")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        await amina.fill_checkout(LATE)
        await amina.pay()
        await amina.arrive("/tickets/")
    assert await house.charges(show) == [("captured", 3600)]


async def test_the_bank_asks_and_the_buyer_approves(browser: Browser, house: House):
    show = await house.put_on("Quintette")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        await amina.fill_checkout(CHALLENGE)
        await amina.pay()
        await expect(amina.page.get_by_role("heading", name="Your bank asks")).to_be_visible()
        await expect(amina.page.get_by_text("36.00")).to_be_visible()
        await amina.page.get_by_role("button", name="Approve").click()
        await amina.arrive("/tickets/")
    assert await house.charges(show) == [("captured", 3600)]


async def test_the_bank_asks_and_the_buyer_refuses(browser: Browser, house: House):
    show = await house.put_on("Sextuor")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        await amina.fill_checkout(CHALLENGE)
        await amina.pay()
        await amina.page.get_by_role("button", name="Refuse").click()
        await expect(amina.page.get_by_role("button", name="Take the places again")).to_be_visible()
    await house.assert_nothing_happened(show)


async def test_a_double_tap_pays_once(browser: Browser, house: House):
    show = await house.put_on("Septuor")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        await amina.fill_checkout()
        await amina.page.locator(".paybar button").dblclick()
        await amina.arrive("/tickets/")
    assert await house.charges(show) == [("captured", 3600)]
    assert await house.places_left(show) == show.capacity - 2


async def test_going_back_after_paying_leads_to_the_tickets_again(browser: Browser, house: House):
    show = await house.put_on("Octuor")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        form = amina.page.url
        await amina.fill_checkout()
        await amina.pay()
        await amina.arrive("/tickets/")
        tickets = amina.page.url
        await amina.page.go_back()
        await amina.page.goto(form)
        await amina.arrive("/tickets/")
        assert amina.page.url == tickets
    assert await house.charges(show) == [("captured", 3600)]


async def test_places_given_back_are_free_at_once(browser: Browser, house: House):
    show = await house.put_on("Nonette")
    async with person(browser, house.product.address) as amina:
        await to_checkout(amina, house, show)
        assert await house.places_left(show) == show.capacity - 2
        await amina.page.get_by_role("button", name="Give the places back").click()
        await amina.arrive("/events/")
    await house.assert_nothing_happened(show)


async def test_the_last_place_goes_to_one_of_two(browser: Browser, house: House):
    show = await house.put_on("Récital", capacity=1)
    async with (
        person(browser, house.product.address) as amina,
        person(browser, house.product.address) as bruno,
    ):
        both = (amina, bruno)
        for somebody in both:
            await somebody.open(f"/events/{show.event_id}")
            await somebody.page.locator("input[data-price-minor]").fill("1")
        await asyncio.gather(*(one.page.locator(".paybar button").click() for one in both))
        for somebody in both:
            await somebody.page.wait_for_load_state()
        reached = [one for one in both if "/checkout/" in one.page.url]
        assert len(reached) == 1
        (late,) = [one for one in both if one not in reached]
        await expect(late.page.get_by_text("Sold out").first).to_be_visible()


@pytest.fixture(scope="module")
async def hasty() -> AsyncIterator[House]:
    """A house that holds places for three seconds and waits as long for a bank."""
    hasty = {"QUICKSERVE_HOLD_MINUTES": "0.05", "QUICKSERVE_PAYMENT_WAIT_SECONDS": "3"}
    with product("--no-demo", **hasty) as running:
        async with house_of(running) as house:
            yield house


async def test_an_abandoned_checkout_gives_its_places_back(browser: Browser, hasty: House):
    show = await hasty.put_on("Abandon")
    async with person(browser, hasty.product.address) as amina:
        await to_checkout(amina, hasty, show)
        await amina.type("email", "amina@journey.example")
        await amina.type("name", "Amina Diallo")
        await hasty.assert_nothing_happened(show)
        await expect(amina.page.get_by_text("gone back on sale").first).to_be_visible()
        await amina.fill_card()
        await amina.pay()
        again = amina.page.get_by_role("button", name="Take the places again")
        await expect(amina.page.locator("[name=name]")).to_have_value("Amina Diallo")
        await again.click()
        await expect(amina.page.locator("[name=email]")).to_have_value("amina@journey.example")
        await amina.fill_card()
        await amina.pay()
        await amina.arrive("/tickets/")
    assert await hasty.charges(show) == [("captured", 3600)]


async def test_a_bank_that_never_answers_is_not_waited_for_for_ever(browser: Browser, hasty: House):
    show = await hasty.put_on("Silence")
    async with person(browser, hasty.product.address) as amina:
        await to_checkout(amina, hasty, show)
        await amina.fill_checkout(NEVER)
        await amina.pay()
        await expect(amina.page.get_by_text("Nothing was charged").first).to_be_visible()
    await hasty.assert_nothing_happened(show)


async def test_nobody_takes_places_back_from_who_answers_the_bank_slowly(
    browser: Browser, hasty: House
):
    show = await hasty.put_on("Patience", capacity=2)
    async with person(browser, hasty.product.address) as amina:
        await to_checkout(amina, hasty, show)
        await amina.fill_checkout(CHALLENGE)
        await amina.pay()
        approve = amina.page.get_by_role("button", name="Approve")
        await expect(approve).to_be_visible()
        await asyncio.sleep(1.5)
        assert await hasty.places_left(show) == 0
        await approve.click()
        await amina.arrive("/tickets/")
    assert await hasty.charges(show) == [("captured", 3600)]
