"""A shop without any event: brought to an address, its courier seen on a map that moves."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from quickserve import laptop
from quickserve.contracts.menus import DeliveryArea
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.money import Money
from quickserve.tracking.gpx import read_gpx
from tests.journeys.browser import DESKTOP, Person, person, shoot, violations
from tests.journeys.shows import House, Show
from tests.journeys.stalls import Stall, open_stall

TRACE = Path(__file__).parent / "traces" / "visnjan.gpx"
SPEED = 8  # 152 s of a real drive in 19
WAY = read_gpx(TRACE.read_bytes()).track
SECONDS = 5_000


@pytest.fixture
async def show(house: House) -> Show:
    """Only for its organiser: the shop has nothing to do with it."""
    return await house.put_on("Konoba")


@pytest.fixture
async def shop(house: House, show: Show) -> Stall:
    area = DeliveryArea(radius_m=3000, fee=Money(250, "EUR"), order_min=Money(500, "EUR"))
    return await open_stall(
        house.product, show.organiser_id, name=f"Konoba {show.organiser[-6:]}", kind="shop",
        fulfilments=["delivery"], latitude=WAY[0].latitude, longitude=WAY[0].longitude,
        delivery=area,
    )  # fmt: skip


async def test_a_courier_is_seen_on_the_way_to_the_door(
    browser: Browser, house: House, show: Show, shop: Stall
) -> None:
    cook = await house.session(await house.hire(show, Role.KITCHEN))
    address = house.product.address
    async with AsyncExitStack() as people:
        lea = await people.enter_async_context(person(browser, address))
        ivo = await people.enter_async_context(person(browser, address))
        await ivo.sign_in(await house.hire(show, Role.RUNNER))
        shift_id = await _go_on_shift(ivo)
        order_id, key = await _order(lea, shop)
        async with laptop.clients(house.product.home) as client:
            await OrderingClient(client("ordering")).move(order_id, "ready", cook.access_token)
        job = ivo.page.locator(f"[data-job='{order_id}']")
        await expect(job).to_contain_text("Istarska 7", timeout=SECONDS)
        await shoot(ivo.page, "door-2-job")
        await job.get_by_role("button", name="Picked up").click()
        await expect(lea.page.locator("[aria-current=step]")).to_contain_text(
            "On its way", timeout=SECONDS
        )
        olive = await people.enter_async_context(person(browser, address, viewport=DESKTOP))
        await olive.sign_in(await house.hire(show, Role.ORGANISER))
        await olive.open("/organiser/deliveries")

        replay = asyncio.create_task(house.product.say(
            "replay", str(TRACE), "--shift", str(shift_id), "--speed", str(SPEED),
        ))  # fmt: skip
        seen, on_desk = await asyncio.gather(
            _watch(lea.page, replay, "door-3-on-the-way"),
            _watch(olive.page, replay, "door-4-desk"),
        )
        told = await replay
        assert f"{len(WAY)} points, {len(WAY)} taken" in told, told
        assert len(set(seen)) >= 5, f"the buyer's map moved: {seen}"
        assert len(set(on_desk)) >= 5, f"the organiser's map moved: {on_desk}"
        await expect(lea.page.get_by_text("nearby", exact=False).first).to_be_visible(
            timeout=SECONDS
        )
        await shoot(lea.page, "door-5-nearby")
        pin = await lea.page.locator(".track-pin b").inner_text()
        await job.locator("[name=pin]").fill(pin)
        await job.get_by_role("button", name="Handed over", exact=True).click()
        await expect(lea.page.get_by_text("Handed over at")).to_be_visible(timeout=SECONDS)
        await expect(lea.page.locator(".track-map")).to_have_count(0)
        await shoot(lea.page, "door-6-there")
    async with laptop.clients(house.product.home) as client:
        order = await OrderingClient(client("ordering")).order(order_id, key)
    assert [step.state for step in order.steps] == [
        "pending", "accepted", "ready", "on-the-way", "delivered",
    ]  # fmt: skip
    assert order.event_id is None
    assert order.totals.fee == Money(250, "EUR")


async def _go_on_shift(ivo: Person) -> UUID:
    await ivo.open("/runner")
    await ivo.type("name", "Ivo")
    await ivo.page.locator("[name=moves]").select_option("car")
    await ivo.page.get_by_role("button", name="Go on shift").click()
    await ivo.arrive("/runner/")
    return UUID(ivo.page.url.rpartition("/")[2])


async def _order(lea: Person, shop: Stall) -> tuple[OrderId, str]:
    """Found among the shops; its id and its key."""
    page, door = lea.page, WAY[-1]
    await lea.open("/shops")
    await page.get_by_role("link", name=shop.stand.draft.name).click()
    await page.get_by_role("link", name="Choose: Burger").click()
    await page.get_by_text("Rare").click()
    await page.get_by_role("button", name="Into the basket").click()
    await page.locator(".paybar a").click()
    await lea.type("address", "Istarska 7, Višnjan")
    await lea.type("position", f"{door.latitude}, {door.longitude}")
    await lea.type("name", "Léa")
    await lea.type("email", "lea@journey.example")
    await lea.fill_card()
    await page.locator("[name=order]").click()
    # The fee is known once the address is: what is seen is what is paid.
    await page.wait_for_load_state()
    if "/orders/" not in page.url and "/order-checkouts/" not in page.url:
        await shoot(page, "door-1-again")
        await lea.fill_card()
        await page.locator("[name=order]").click()
    await lea.arrive("/orders/")
    order_id, key = page.url.split("/")[-2:]
    return OrderId(UUID(order_id)), key


async def _watch(page: Page, replay: "asyncio.Task[str]", shot: str) -> list[tuple[str, str]]:
    """Where the mark is, twice a second, as long as it drives."""
    seen: list[tuple[str, str]] = []
    mark = page.locator("circle.track-runner")
    while not replay.done():
        if await mark.count():
            places: list[str] = await mark.first.evaluate(
                "one => [one.getAttribute('cx'), one.getAttribute('cy')]"
            )
            if len(seen) == 10:
                await shoot(page, shot)
                assert await violations(page) == []
            seen.append((places[0], places[1]))
        await asyncio.sleep(0.5)
    return seen
