"""What every page owes everybody, of those where an order is called off and a tab is paid."""

import json
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from quickserve import laptop
from quickserve.contracts.ordering import BasketId, NewOrder, OrderContact, OrderId
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.db import open_connection
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import person
from tests.journeys.shows import House
from tests.journeys.stalls import Stall, fill, open_stall
from tests.journeys.test_every_page import LANGUAGES, faults, look_at

pytestmark = pytest.mark.one_shape


async def on_a_tab(house: House, stall: Stall, basket_id: BasketId) -> str:
    """The order's page; the ticket is one that nobody forged."""
    ticket = {name: str(new_uuid()) for name in ("ticket_id", "event_id", "ticket_type_id")}
    async with await open_connection(house.product._database_url("ordering")) as connection:
        await connection.execute(
            "UPDATE ordering.baskets SET ticket_id = %s, ticket = %s::jsonb WHERE id = %s",
            (ticket["ticket_id"], json.dumps(ticket | {"seat": "C 8"}), basket_id),
        )
    async with laptop.clients(house.product.home) as client:
        ordering = OrderingClient(client("ordering"))
        basket = await ordering.basket(basket_id)
        order = await ordering.place(
            OrderId(new_uuid()),
            NewOrder(
                basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
                contact=OrderContact(name="Léa"), payment="tab",
            ),
        )  # fmt: skip
    return f"/orders/{order.id}/{order.key}"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_cancelling_and_of_tabs(
    browser: Browser, house: House, language: str
) -> None:
    show = await house.put_on("Festival des notes", starts_in=timedelta(hours=2))
    stall = await open_stall(house.product, show.organiser_id, tabs=True)
    lines = (stall.burger(), stall.burger())
    path = await on_a_tab(house, stall, await fill(house.product, stall, *lines))
    async with person(browser, house.product.address, language=language) as lea:
        found = await look_at(lea, "order-on-tab", path)
        found += await look_at(lea, "order-cancel", f"{path}/cancellation")
        found += await look_at(lea, "tab", f"{path}/tab")
        await lea.page.locator("main form button").click()
        await lea.page.locator("[data-error-summary]").wait_for()
        found += await faults(lea, "tab-mistakes")
        await lea.type("number", "4242 4242 4242 4242")
        await lea.type("expiry", "07/39")
        await lea.type("cvc", "123")
        await lea.page.locator("main form button").click()
        await lea.page.wait_for_url("**/tabs/**")
        found += await faults(lea, "tab-paid")
        await lea.sign_in(await house.hire(show, Role.ORGANISER))
        event = f"/organiser/events/{show.event_id}/cancellation"
        await lea.open(event)
        await lea.page.locator("main form button.danger").click()
        found += await look_at(lea, "event-refunds", event)
    assert not found, "\n".join(found)
