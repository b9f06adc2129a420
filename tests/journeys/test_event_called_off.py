"""The event is cancelled: who has a ticket or waits for an order sees it, and is paid back."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from quickserve import laptop
from quickserve.contracts.booking import BookingView, Contact
from quickserve.contracts.checkout import CheckoutId, NewCheckout
from quickserve.contracts.order_checkout import (
    NewOrderCheckout,
    OrderCheckoutClient,
    OrderCheckoutId,
    OrderCheckoutView,
)
from quickserve.contracts.ordering import OrderContact
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import DESKTOP, person, shoot, violations
from tests.journeys.shows import House, Show, until
from tests.journeys.stalls import Stall, fill, open_stall


@pytest.fixture
async def show(house: House) -> Show:
    return await house.put_on("Soir d'orage", starts_in=timedelta(hours=1))


@pytest.fixture
async def stall(house: House, show: Show) -> Stall:
    return await open_stall(house.product, show.organiser_id, event_id=show.event_id)


async def test_tickets_and_open_orders_are_paid_back(
    browser: Browser, house: House, show: Show, stall: Stall
) -> None:
    booking = await _buy(house, show)
    waiting, eaten = await _order(house, stall), await _order(house, stall)
    cook = await house.session(await house.hire(show, Role.KITCHEN))
    async with laptop.clients(house.product.home) as client:
        ordering = OrderingClient(client("ordering"))
        await ordering.move(waiting.order_id, "preparing", cook.access_token)
        for state in ("ready", "picked-up"):
            await ordering.move(eaten.order_id, state, cook.access_token)
    olive_email = await house.hire(show, Role.ORGANISER)
    address = house.product.address
    async with (
        person(browser, address) as lea,
        person(browser, address, viewport=DESKTOP) as olive,
    ):
        await lea.open(f"/orders/{waiting.order_id}/{waiting.order_key}")
        await expect(lea.page.get_by_text("Being prepared").first).to_be_visible()
        await olive.sign_in(olive_email)
        await olive.open(f"/organiser/events/{show.event_id}/cancellation")
        await expect(olive.page.get_by_text("2 tickets are sold")).to_be_visible()
        await shoot(olive.page, "off-1-asked")
        await olive.page.get_by_role("button", name="Cancel the event for good").click()
        await shoot(olive.page, "off-2-under-way")

        # The buyer's page tells it by itself.
        await expect(lea.page.get_by_text("went back the way it was paid")).to_be_visible(
            timeout=20_000
        )
        await shoot(lea.page, "off-3-order")
        await lea.open(f"/tickets/{booking.id}/{booking.key}")
        await expect(lea.page.get_by_text("cancelled").first).to_be_visible()
        await shoot(lea.page, "off-4-tickets")
        await lea.open(stall.path)
        await shoot(lea.page, "off-5-stand")
        await lea.open(f"/orders/{eaten.order_id}/{eaten.order_key}")
        await expect(lea.page.get_by_text("Picked up").first).to_be_visible()

        async def settled() -> bool:
            return sorted(await _paid(house, show)) == [
                (950, 0), (950, 950), (booking.total.minor, booking.total.minor),
            ]  # fmt: skip

        await until(settled, 30)
        await olive.page.reload()
        await shoot(olive.page, "off-6-settled")
        assert await violations(olive.page) == []
    assert (await house.payment.check_ledger()).findings == []


async def _buy(house: House, show: Show) -> BookingView:
    new = NewCheckout(
        hold_id=await house.hold(show, 2), method="sandbox-success",
        contact=Contact(email="lea@journey.example", name="Léa"),
    )  # fmt: skip
    checkout_id = CheckoutId(new_uuid())
    view = await house.checkout.put_checkout(checkout_id, new)
    while view.state == "processing":
        view = await house.checkout.checkout(checkout_id, wait_ms=5000)
    assert view.booking_key
    return await house.booking.booking(view.booking_id, view.booking_key)


async def _order(house: House, stall: Stall) -> OrderCheckoutView:
    """A burger, paid by card."""
    basket_id = await fill(house.product, stall, stall.burger())
    async with laptop.clients(house.product.home) as client:
        basket = await OrderingClient(client("ordering")).basket(basket_id)
        checkouts = OrderCheckoutClient(client("checkout"))
        new = NewOrderCheckout(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=OrderContact(name="Léa", email="lea@journey.example"),
            method="sandbox-success",
        )  # fmt: skip
        view = await checkouts.put(OrderCheckoutId(new_uuid()), new, wait_ms=8000)
        while view.state == "processing":
            view = await checkouts.get(view.id, wait_ms=8000)
    assert view.state == "confirmed"
    return view


async def _paid(house: House, show: Show) -> list[tuple[int, int]]:
    """What the bank took, and gave back."""
    found = await house.product.rows(
        "payment",
        "SELECT c.amount_minor, c.refunded_minor FROM payment.sandbox_charges c"
        " JOIN payment.intents i ON i.id = c.key WHERE i.organiser_id = %s",
        show.organiser_id,
    )
    return [(amount, refunded) for amount, refunded in found]
