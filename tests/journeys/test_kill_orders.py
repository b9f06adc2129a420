"""Pulling the plug while forty people order: no order is lost, half paid, or made twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quickserve import laptop
from quickserve.contracts.menus import Station
from quickserve.contracts.order_checkout import (
    NewOrderCheckout,
    OrderCheckoutClient,
    OrderCheckoutId,
    OrderCheckoutView,
)
from quickserve.contracts.ordering import (
    BasketView,
    NewBasket,
    NewOrder,
    OrderContact,
    OrderId,
    OrderView,
)
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.db import open_connection
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from tests.journeys.product import Product, folder, start
from tests.journeys.shows import House, Show, house_of, until
from tests.journeys.stalls import Stall, fill, open_stall
from tests.journeys.test_kill import METHODS, SETTINGS
from tests.ordering.books import audit_by

BUYERS = 40
COOKS = [Station(key=key, name=key.title(), cooks=20) for key in ("grill", "bar")]


@dataclass(frozen=True)
class Wish:
    """What a buyer's browser knows, and sends again when no answer came: free, or by card."""

    order_id: OrderId
    checkout_id: OrderCheckoutId
    basket: BasketView
    method: str | None


async def wishes(product: Product, stall: Stall) -> list[Wish]:
    baskets = [await fill(product, stall, stall.burger()) for _ in range(BUYERS)]
    async with laptop.clients(product.home) as client:
        ordering = OrderingClient(client("ordering"))
        seen = [await ordering.basket(one) for one in baskets]
        gifts = [await ordering.put_basket(basket.id, _with_gift(basket)) for basket in seen[::2]]
    return [
        Wish(OrderId(new_uuid()), OrderCheckoutId(new_uuid()), one, method)
        for one, method in [
            *((gift, None) for gift in gifts),
            *((one, METHODS[n % len(METHODS)]) for n, one in enumerate(seen[1::2])),
        ]
    ]


def _with_gift(basket: BasketView) -> NewBasket:
    return NewBasket(**basket.draft.model_dump() | {"codes": ["GIFT"]})


async def order(client: Callable[[str], Any], wish: Wish) -> str:
    """Its end: the order's state, or the checkout's."""
    contact = OrderContact(name="Léa", email="lea@journey.example")
    facts: dict[str, Any] = {
        "basket_id": wish.basket.id, "basket_version": wish.basket.version,
        "total": wish.basket.totals.total, "contact": contact,
    }  # fmt: skip
    if wish.method is None:
        placed: OrderView = await OrderingClient(client("ordering")).place(
            wish.order_id, NewOrder(payment="free", **facts)
        )
        return placed.state
    checkouts = OrderCheckoutClient(client("checkout"))
    new = NewOrderCheckout(method=wish.method, **facts)
    view: OrderCheckoutView = await checkouts.put(wish.checkout_id, new)
    while view.state == "processing":
        view = await checkouts.get(wish.checkout_id, wait_ms=5000)
    return view.state


async def order_until_the_plug_is_pulled(product: Product, wished: list[Wish]) -> int:
    answered, killed = 0, asyncio.Event()
    async with laptop.clients(product.home) as client:

        async def one(wish: Wish) -> None:
            nonlocal answered
            await asyncio.sleep(random.random() * 2)
            await order(client, wish)
            answered += not killed.is_set()
            if answered == BUYERS // 4 and not killed.is_set():
                killed.set()
                product.process.kill()

        found = await asyncio.gather(*map(one, wished), return_exceptions=True)
    assert all(isinstance(failure, Problem) for failure in found if failure), found
    assert killed.is_set()
    product.process.wait()
    return answered


async def test_kill_in_the_middle_of_forty_orders_loses_none_and_makes_none_twice():
    with folder() as data:
        first = start(data, "--no-demo", **SETTINGS)
        async with house_of(first) as house:
            show = await house.put_on("Panne de cuisine")
            stall = await open_stall(first, show.organiser_id, stations=COOKS)
            await _give_out(first, show)
            wished = await wishes(first, stall)
            answered = await order_until_the_plug_is_pulled(first, wished)
        first.end_of_output()
        assert answered < BUYERS, "it happened after the last order: too late to prove anything"
        again = start(data, "--no-demo", **SETTINGS)
        try:
            async with house_of(again) as house:
                await everything_is_settled(house, show, stall, wished)
        finally:
            again.end()


async def _give_out(product: Product, show: Show) -> None:
    async with await open_connection(product._database_url("ordering")) as connection:
        await connection.execute(
            "INSERT INTO ordering.order_vouchers (code, organiser_id, percent, uses_max)"
            " VALUES ('GIFT', %s, 100, 1000)",
            (show.organiser_id,),
        )


async def everything_is_settled(house: House, show: Show, stall: Stall, wished: list[Wish]) -> None:
    """Each buyer asks once more, as a browser does; then every side tells the same story."""
    async with laptop.clients(house.product.home) as client:
        ends = await asyncio.gather(*(_settled(client, wish) for wish in wished))
    free = [end for wish, end in zip(wished, ends, strict=True) if wish.method is None]
    cards = Counter(end for wish, end in zip(wished, ends, strict=True) if wish.method)
    assert free == ["accepted"] * (BUYERS // 2), "none is lost"
    assert set(cards) <= {"confirmed", "failed"}
    assert cards["confirmed"] > 0
    accepted = BUYERS // 2 + cards["confirmed"]

    async def nothing_is_under_way() -> bool:
        states = await _of_kitchen(
            house.product, "SELECT state, count(*) FROM orders GROUP BY state"
        )
        return dict(states).keys() <= {"accepted", "withdrawn"} and (
            dict(states)["accepted"] == accepted
        )

    await until(nothing_is_under_way, 30)
    charges = await house.charges(show)
    assert {state for state, _ in charges} <= {"captured", "declined", "voided"}
    assert sum(state == "captured" for state, _ in charges) == cards["confirmed"]
    paid = await _of_kitchen(
        house.product, "SELECT count(*) FROM orders WHERE payment = 'card' AND paid_at IS NOT NULL"
    )
    assert paid == [(cards["confirmed"],)]
    reserved = await _of_kitchen(house.product, "SELECT sum(reserved_s) FROM station_slots")
    assert reserved == [(90 * accepted,)], "make-minutes add up"
    await audit_by(lambda query, params: _of_kitchen(house.product, query, params), stall.stand.id)
    assert (await house.payment.check_ledger()).findings == []


async def _settled(client: Callable[[str], Any], wish: Wish) -> str:
    """A server that has just come back may ask for a moment."""
    for attempt in range(20):
        try:
            return await order(client, wish)
        except Problem as problem:
            if not problem.transient:
                raise
            await asyncio.sleep(0.2 * (attempt + 1))
    raise AssertionError("it never answered")


async def _of_kitchen(product: Product, question: Any, params: Any = ()) -> list[Any]:
    async with await open_connection(product._database_url("ordering")) as connection:
        await connection.execute("SET search_path = ordering")
        cursor = await connection.execute(question, params)
        return list(await cursor.fetchall())
