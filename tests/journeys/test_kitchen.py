"""A kitchen at work: orders come by themselves, one touch each, and the line may break."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, ViewportSize, expect

from quickserve import laptop
from quickserve.contracts.menus import NewMenu, StandId
from quickserve.contracts.menus_client import MenusClient
from quickserve.contracts.ordering import (
    BasketId,
    BasketLineId,
    ChosenModifier,
    Destination,
    NewBasket,
    NewLine,
    NewOrder,
    OrderContact,
    OrderId,
    OrderView,
)
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from tests.journeys.browser import Person, person, scrolls_sideways, shoot, violations
from tests.journeys.product import Product
from tests.journeys.shows import House, until
from tests.journeys.stalls import Stall, open_stall
from tests.journeys.test_every_page import LANGUAGES, look_at

TABLET: ViewportSize = {"width": 1180, "height": 820}
UPRIGHT: ViewportSize = {"width": 820, "height": 1180}


@dataclass
class Kitchen:
    """A stand whose dishes cost nothing, so that orders need no card."""

    product: Product
    stall: Stall
    cook: str

    @property
    def path(self) -> str:
        return f"/kitchen/{self.stall.stand.id}"

    def line(self, name: str, *modifiers: str, quantity: int = 1, note: str = "") -> NewLine:
        named = {m.name: m.id for g in self.stall.menu.groups for m in g.modifiers}
        chosen = [ChosenModifier(modifier_id=named[one]) for one in modifiers]
        return NewLine(
            id=BasketLineId(new_uuid()), item_id=self.stall.item(name).id, quantity=quantity,
            modifiers=chosen, note=note,
        )  # fmt: skip

    async def order(self, *lines: NewLine, name: str = "Inès", **destination: str) -> OrderView:
        to = Destination.model_validate({"fulfilment": "pickup"} | destination)
        new = NewBasket(stand_id=self.stall.stand.id, lines=list(lines), destination=to)
        async with laptop.clients(self.product.home) as client:
            ordering = OrderingClient(client("ordering"))
            basket = await ordering.put_basket(BasketId(new_uuid()), new)
            order = NewOrder(
                basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
                contact=OrderContact(name=name), payment="free",
            )  # fmt: skip
            return await ordering.place(OrderId(new_uuid()), order)

    async def state(self, order: OrderView) -> str:
        async with laptop.clients(self.product.home) as client:
            found = await OrderingClient(client("ordering")).order(order.id, order.key)
        return found.state

    async def is_in(self, order: OrderView, state: str) -> bool:
        return await self.state(order) == state


async def free_of_charge(product: Product, stand_id: StandId) -> None:
    """From now on; tells when ordering knows."""
    async with laptop.clients(product.home) as client:
        menus, ordering = MenusClient(client("catalog")), OrderingClient(client("ordering"))
        menu = await menus.latest_menu(stand_id)
        nothing = Money(0, "EUR")
        for thing in (
            *(item for section in menu.sections for item in section.items),
            *(modifier for group in menu.groups for modifier in group.modifiers),
        ):
            thing.price = nothing
        await menus.put_menu(stand_id, NewMenu(sections=menu.sections, groups=menu.groups))
        beer = next(i for s in menu.sections for i in s.items if i.name == "Beer")

        async def known() -> bool:
            line = NewLine(id=BasketLineId(new_uuid()), item_id=beer.id)
            new = NewBasket(stand_id=stand_id, lines=[line])
            try:
                basket = await ordering.put_basket(BasketId(new_uuid()), new)
            except Problem:
                return False
            return basket.totals.total == nothing

        await until(known)


@asynccontextmanager
async def cooking(
    browser: Browser, kitchen: Kitchen, language: str = "en", **options: object
) -> AsyncGenerator[Person, None]:
    address = kitchen.product.address
    async with person(browser, address, language=language, viewport=TABLET, **options) as karim:
        await karim.sign_in(kitchen.cook)
        await karim.open(kitchen.path)
        yield karim


@pytest.fixture
async def kitchen(house: House) -> Kitchen:
    show = await house.put_on("Festival des cuisines")
    stall = await open_stall(house.product, show.organiser_id)
    await free_of_charge(house.product, stall.stand.id)
    return Kitchen(house.product, stall, await house.hire(show, Role.KITCHEN))


def card(karim: Person, order: OrderView) -> Locator:
    return karim.page.locator(f"[data-order='{order.id}']")


def button(karim: Person, order: OrderView, name: str) -> Locator:
    return card(karim, order).get_by_role("button", name=name, exact=True)


async def test_orders_come_by_themselves_and_ring(browser: Browser, kitchen: Kitchen) -> None:
    async with cooking(browser, kitchen) as karim:
        await expect(karim.page.get_by_text("Nothing to make.")).to_be_visible()
        await karim.page.get_by_role("button", name="Sound is off").click()
        order = await kitchen.order(kitchen.line("Burger", "Rare", note="no onions"))
        await expect(card(karim, order)).to_contain_text("no onions", timeout=2000)
        await expect(karim.page.locator("[data-news]")).to_contain_text(order.number)
        await expect(karim.page.locator("[data-rung='1']")).to_have_count(1)
        start = button(karim, order, "Start")
        await start.focus()
        await karim.page.keyboard.press("Enter")
        await until(lambda: kitchen.is_in(order, "preparing"))
        await expect(button(karim, order, "Ready")).to_be_focused()
        other = await kitchen.order(kitchen.line("Beer"))
        await expect(card(karim, other)).to_be_visible()
        await expect(button(karim, order, "Ready")).to_be_focused()
        await karim.page.wait_for_timeout(500)  # sooner it would be a double tap
        await button(karim, order, "Ready").click()
        await until(lambda: kitchen.is_in(order, "ready"))
        recall = karim.page.get_by_role("button", name=f"Recall {order.number}")
        await recall.click()
        await until(lambda: kitchen.is_in(order, "preparing"))
        await button(karim, other, "Ready").dblclick()
        await until(lambda: kitchen.is_in(other, "ready"))
        await expect(button(karim, other, "Handed over")).to_be_visible()


async def test_the_line_breaks_and_nothing_touched_is_lost(
    browser: Browser, kitchen: Kitchen
) -> None:
    first = await kitchen.order(kitchen.line("Burger", "Rare"))
    second = await kitchen.order(kitchen.line("Beer"))
    async with cooking(browser, kitchen) as karim:
        await expect(karim.page.get_by_text("Online")).to_be_visible()
        await karim.page.context.set_offline(True)
        await expect(karim.page.get_by_text("No connection", exact=True)).to_be_visible()
        await button(karim, first, "Start").click()
        await expect(card(karim, first).get_by_text("Not sent yet:")).to_be_visible()
        await karim.page.wait_for_timeout(500)
        await button(karim, first, "Ready").click()
        await button(karim, second, "Ready").click()
        await card(karim, second).get_by_role("button", name="Undo").click()
        await expect(card(karim, second).get_by_text("Not sent yet:")).to_have_count(0)
        await expect(karim.page.get_by_text("Kept: 2")).to_be_visible()
        await shoot(karim.page, "kitchen-offline")
        assert await violations(karim.page) == []
        assert await kitchen.state(first) == "accepted"
        third = await kitchen.order(kitchen.line("Crisps"))
        await karim.page.context.set_offline(False)
        await until(lambda: kitchen.is_in(first, "ready"))
        await expect(card(karim, third)).to_be_visible()
        await expect(karim.page.get_by_text("Online")).to_be_visible()
        assert await kitchen.state(second) == "accepted"
        karim.complaints = [one for one in karim.complaints if "ERR_INTERNET" not in one]


async def test_touches_survive_a_reload_and_yield_to_others(
    browser: Browser, kitchen: Kitchen
) -> None:
    order = await kitchen.order(kitchen.line("Burger", "Rare"))
    kept = await kitchen.order(kitchen.line("Beer"))
    async with cooking(browser, kitchen) as karim, cooking(browser, kitchen) as ana:
        await karim.page.route("**/moves", lambda route: route.abort())
        await button(karim, order, "Start").click()
        await button(karim, kept, "Start").click()
        await expect(card(karim, kept).get_by_text("Not sent yet:")).to_be_visible()
        await button(ana, order, "Ready").click()
        await until(lambda: kitchen.is_in(order, "ready"))
        await karim.page.unroute("**/moves")
        await karim.page.reload()
        await expect(karim.page.locator("[data-news]")).to_contain_text("moved elsewhere")
        await until(lambda: kitchen.is_in(kept, "preparing"))
        assert await kitchen.state(order) == "ready"
        karim.complaints = [one for one in karim.complaints if "ERR_FAILED" not in one]


@pytest.mark.one_shape
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_the_kitchen(browser: Browser, kitchen: Kitchen, language: str) -> None:
    await kitchen.order(
        kitchen.line("Burger", "Rare", "Cheese", "Bacon", quantity=2, note="Sans oignons !"),
        kitchen.line("Beer", quantity=3), fulfilment="seat", seat="Bloc C, rang 12, siège 8",
    )  # fmt: skip
    await kitchen.order(kitchen.line("Crisps"), name="Karim")
    table = await kitchen.order(kitchen.line("Burger", "Well done"), fulfilment="table", table="14")
    await kitchen.product.rows(
        "ordering",
        "WITH late AS (UPDATE ordering.orders SET ready_by = ready_by - interval '20 minutes',"
        " placed_at = placed_at - interval '20 minutes' WHERE id = %s) SELECT 1",
        table.id,
    )
    async with cooking(browser, kitchen, language) as karim:
        ready = await kitchen.order(kitchen.line("Beer"), name="Léa")
        await card(karim, ready).locator("button[value=ready]").click()
        await card(karim, ready).locator("button[value=picked-up]").wait_for()
        for name, size in (("tablet", TABLET), ("upright", UPRIGHT)):
            await karim.page.set_viewport_size(size)
            await shoot(karim.page, f"kitchen-board-{name}-{language}")
        found = await look_at(karim, "kitchen-choice", "/kitchen")
        found += await look_at(karim, "kitchen-board", kitchen.path)
        found += await look_at(karim, "kitchen-grill", f"{kitchen.path}?station=grill")
        found += await look_at(karim, "kitchen-menu", f"{kitchen.path}/menu")
        await karim.page.set_viewport_size({"width": 320, "height": 640})
        await karim.open(kitchen.path)
        await shoot(karim.page, f"kitchen-board-320-{language}")
        assert not await scrolls_sideways(karim.page)
    assert not found, "\n".join(found)


@pytest.mark.one_shape
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_the_stands_organiser(browser: Browser, house: House, language: str) -> None:
    show = await house.put_on("Festival des chiffres")
    stall = await open_stall(house.product, show.organiser_id)
    await free_of_charge(house.product, stall.stand.id)
    kitchen = Kitchen(house.product, stall, await house.hire(show, Role.ORGANISER))
    for quantity in (1, 3, 8):
        last = await kitchen.order(kitchen.line("Burger", "Rare", quantity=quantity))
    path = f"/organiser/stands/{stall.stand.id}"
    async with person(browser, house.product.address, language=language) as olive:
        await olive.sign_in(kitchen.cook)
        await olive.open(f"{path}/printers")
        for name, text in (("name", "Passe-plat"), ("host", "192.168.1.50")):
            await olive.type(name, text)
        await olive.page.locator("#printer button:not([name])").click()
        await olive.page.get_by_text("192.168.1.50:9100").wait_for()
        found = await look_at(olive, "stand-printers", f"{path}/printers")
        found += await look_at(olive, "stand-figures", f"{path}/figures")
        found += await look_at(olive, "stand-orders", f"{path}/orders")
        found += await look_at(olive, "stand-order", f"{path}/orders/{last.id}")
    assert not found, "\n".join(found)
