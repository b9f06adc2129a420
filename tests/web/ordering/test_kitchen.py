"""A kitchen's pages without a script: the board, its moves, pauses, what is out."""

import re
from dataclasses import dataclass

import pytest
from tests.web.house import House, Visitor, until
from tests.web.ordering.test_ordering import Stall, open_stall

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
from quickserve.kernel.ids import new_uuid


@dataclass
class Kitchen:
    """A stand that takes orders by hand, and its cook at the board."""

    house: House
    stall: Stall
    cook: Visitor

    @property
    def path(self) -> str:
        return f"/en/kitchen/{self.stall.stand.id}"

    def line(self, name: str, *modifiers: str, quantity: int = 1, note: str = "") -> NewLine:
        chosen = [ChosenModifier(modifier_id=self.stall.modifier(one)) for one in modifiers]
        return NewLine(
            id=BasketLineId(new_uuid()), item_id=self.stall.item(name).id, quantity=quantity,
            modifiers=chosen, note=note,
        )  # fmt: skip

    async def order(self, *lines: NewLine, **destination: str) -> OrderView:
        """Paid for, as the saga does it; the stand is asked."""
        saga = OrderingClient(self.house.platform.client("ordering", "checkout"))
        to = Destination.model_validate({"fulfilment": "pickup"} | destination)
        new = NewBasket(stand_id=self.stall.stand.id, lines=list(lines), destination=to)
        basket = await self.stall.ordering.put_basket(BasketId(new_uuid()), new)
        order = NewOrder(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=OrderContact(name="Inès", email="ines@example.org"),
        )  # fmt: skip
        made = await saga.reserve(OrderId(new_uuid()), order)
        await saga.offer(made.id)
        return await saga.confirm(made.id)

    async def look(self, station: str = "") -> str:
        await self.cook.open(self.path + (f"?station={station}" if station else ""))
        assert self.cook.status == 200, self.cook.text()
        return self.cook.text()

    async def touch(self, order: OrderView, to: str, seen: str) -> str:
        form = self.cook.form("/moves", order=str(order.id), seen=seen)
        assert f'value="{to}"' in self.cook.page
        await self.cook.send(form, to=to)
        return self.cook.text()


@pytest.fixture
async def kitchen(house: House, visitor: Visitor) -> Kitchen:
    organiser_id = await house.organiser()
    stall = await open_stall(house, organiser_id, accepts="by-hand")
    await visitor.sign_in(await house.person(organiser_id, Role.KITCHEN))
    return Kitchen(house, stall, visitor)


async def test_a_cook_is_led_to_the_stands_and_to_the_board(kitchen: Kitchen) -> None:
    assert kitchen.cook.url == "/en/kitchen"
    assert "Grill du quai" in kitchen.cook.text()
    assert kitchen.path in kitchen.cook.page
    told = await kitchen.look()
    assert "Nothing to make." in told
    assert "0 orders" in told


async def test_an_order_goes_over_the_board(kitchen: Kitchen) -> None:
    burger = kitchen.line("Burger", "Rare", "Cheese", quantity=2, note="no onions")
    order = await kitchen.order(burger, kitchen.line("Beer"), fulfilment="seat", seat="C 12")
    told = await kitchen.look()
    assert "Waiting for your answer" in told
    assert "2× Burger Rare Cheese no onions" in told
    assert "Contains: gluten, milk" in told
    assert "To the seat C 12 · Inès" in told
    assert "2 Burger 1 Beer 2 Rare 2 Cheese" in told
    await kitchen.touch(order, "accepted", "submitted")
    told = await kitchen.touch(order, "preparing", "accepted")
    assert "In the making" in told
    told = await kitchen.touch(order, "ready", "preparing")
    assert "Ready, to be handed over" in told
    assert "0 orders" in told
    assert f"Recall {order.number}" in told
    recall = kitchen.cook.form("/moves", order=str(order.id), seen="ready")
    await kitchen.cook.send(recall, to="preparing")
    assert "1 order " in kitchen.cook.text()


async def test_an_order_is_rejected_with_its_reason(kitchen: Kitchen) -> None:
    order = await kitchen.order(kitchen.line("Beer"))
    await kitchen.look()
    told = await kitchen.touch(order, "rejected:too-busy", "submitted")
    assert "Nothing to make." in told
    saga = OrderingClient(kitchen.house.platform.client("ordering", "checkout"))
    assert (await saga.facts(order.id)).steps[-1].reason == "too-busy"
    await kitchen.cook.post(f"{kitchen.path}/moves", {})
    assert kitchen.cook.status == 403


async def test_a_touch_that_came_too_late_is_told(kitchen: Kitchen) -> None:
    order = await kitchen.order(kitchen.line("Beer"))
    await kitchen.look()
    late = kitchen.cook.form("/moves", order=str(order.id), seen="submitted")
    await kitchen.cook.send(late, to="accepted")
    await kitchen.cook.send(late, to="accepted")
    assert kitchen.cook.status == 200  # the same touch again
    other = late.fields | {"id": str(new_uuid()), "to": "rejected:closed"}
    await kitchen.cook.post(late.action, other)
    assert kitchen.cook.status == 409
    assert "Somebody else has moved this order meanwhile." in kitchen.cook.text()
    assert "To make" in kitchen.cook.text()
    as_script = await kitchen.cook.post(late.action, other, accept="application/json")
    assert as_script.json()["code"] == "move-overtaken"
    fine = other | {"id": str(new_uuid()), "to": "preparing", "seen": "accepted"}
    assert (
        await kitchen.cook.post(late.action, fine, accept="application/json")
    ).status_code == 204
    for wrong in ({"to": "eaten"}, {"seen": "x"}, {"to": "rejected:because"}, {"order": "x"}):
        await kitchen.cook.post(late.action, fine | wrong)
        assert kitchen.cook.status == 422, wrong


async def test_each_station_sees_what_it_makes(kitchen: Kitchen) -> None:
    both = await kitchen.order(kitchen.line("Burger", "Rare"), kitchen.line("Beer"))
    await kitchen.order(kitchen.line("Crisps"))
    told = await kitchen.look("grill")
    assert "1 order " in told
    assert "1 Burger 1 Rare" in told
    assert "1× Beer Bar" in told  # made elsewhere
    await kitchen.touch(both, "accepted", "submitted")
    assert kitchen.cook.url.endswith("?station=grill")
    told = await kitchen.touch(both, "preparing", "accepted")
    assert "Ready, all of it" in told
    assert "1 order " in await kitchen.look("bar")
    assert "2 orders" in await kitchen.look("nothing-such")


async def test_the_intake_is_paused_and_goes_on(kitchen: Kitchen) -> None:
    await kitchen.look()
    await kitchen.cook.send(kitchen.cook.form("/pause"), minutes="10")
    assert "Paused until" in kitchen.cook.text()
    await kitchen.cook.send(kitchen.cook.form("/pause"), minutes="0")
    assert "Paused until" not in kitchen.cook.text()


async def test_something_is_out_and_back(kitchen: Kitchen) -> None:
    await kitchen.cook.open(f"{kitchen.path}/menu?q=che")
    assert re.search(r"Extras Cheese It is out", kitchen.cook.text())
    assert "Burger" not in kitchen.cook.text()
    cheese = str(kitchen.stall.modifier("Cheese"))
    await kitchen.cook.send(kitchen.cook.form("/menu", target=cheese), out="1")
    assert "Cheese out Back on the menu" in kitchen.cook.text()

    async def told() -> bool:
        return "Out: 1" in await kitchen.look()

    await until(told)
    await kitchen.cook.open(f"{kitchen.path}/menu")
    await kitchen.cook.send(kitchen.cook.form("/menu", target=cheese), out="0")
    assert "Back on the menu" not in kitchen.cook.text()
    await kitchen.cook.open(f"{kitchen.path}/menu?q=zzz")
    assert "Nothing found" in kitchen.cook.text()


async def test_another_kitchen_is_closed_to_the_cook(kitchen: Kitchen, house: House) -> None:
    other = await open_stall(house)
    for tail in ("", "/board", "/menu"):
        await kitchen.cook.open(f"/en/kitchen/{other.stand.id}{tail}")
        assert kitchen.cook.status == 403, tail
    async with house.visitor() as stranger:
        await stranger.open(kitchen.path)
        assert stranger.url.startswith("/en/sign-in?next=/kitchen/")
        await stranger.open(f"{kitchen.path}/pulse", headers={"accept": "application/json"})
        assert stranger.status == 401
        await stranger.sign_in(await house.person())
        await stranger.open("/en/kitchen")
        assert "You do not work in a kitchen yet." in stranger.text()
