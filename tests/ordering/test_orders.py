"""Somebody orders a burger: the kitchen's time, the price, and what happens to the order."""

import pytest

from quickserve.contracts.ordering import Destination, OrderId, Pause
from quickserve.contracts.ordering_problems import (
    BasketChanged,
    BasketOrdered,
    IllegalTransition,
    ItemSoldOut,
    KitchenFull,
    LineNotAllowed,
    NotToBePlaced,
    OrderWithdrawn,
    StandPaused,
    TotalChanged,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.testing import race
from tests.ordering.conftest import Stall, eur, set_up


async def test_a_burger_is_priced_to_the_cent_and_reserved(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Burger", 2, "Rare", "Cheese"), stall.line("Beer"))
    assert basket.totals.total == eur(2 * 1050 + 600)
    assert {tax.rate_bp: tax.tax.minor for tax in basket.totals.taxes} == {1000: 191, 2000: 100}
    assert basket.problems == []
    assert basket.promise is not None
    order = await stall.reserve(basket)
    assert order.state == "pending"
    assert (await stall.reserved("grill"), await stall.reserved("bar")) == (180, 30)
    accepted = await stall.counter.saga.offer(order.id)
    assert accepted.state == "accepted"
    assert [step.state for step in accepted.steps] == ["pending", "accepted"]


async def test_a_repeat_is_the_same_order_and_another_body_is_refused(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Beer"))
    order_id = OrderId(new_uuid())
    first = await stall.reserve(basket, order_id=order_id)
    again = await stall.reserve(basket, order_id=order_id)
    assert again.number == first.number
    assert await stall.reserved("bar") == 30
    with pytest.raises(IdReused):
        await stall.reserve(
            basket.model_copy(update={"version": basket.version + 1}), order_id=order_id
        )
    with pytest.raises(BasketOrdered):
        await stall.reserve(basket)


async def test_what_was_shown_is_what_is_ordered(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Beer"))
    await stall.fill(stall.line("Beer", 2), basket_id=basket.id)
    with pytest.raises(BasketChanged):
        await stall.reserve(basket)
    shown = await stall.counter.visitor.basket(basket.id)
    cheaper = shown.totals.model_copy(update={"total": eur(1)})
    with pytest.raises(TotalChanged):
        await stall.reserve(shown.model_copy(update={"totals": cheaper}))


async def test_choices_beyond_their_limits_are_told(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Burger", 1, "Cheese", "Bacon", "Egg"))
    codes = {problem.code for problem in basket.lines[0].problems}
    assert codes == {"modifiers-too-few", "modifiers-too-many"}
    with pytest.raises(LineNotAllowed):
        await stall.reserve(basket)
    assert await stall.reserved("grill") == 0


async def test_what_is_out_reaches_an_open_basket(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Beer"))
    await stall.sell_out(stall.item("Beer").id)
    with pytest.raises(ItemSoldOut):
        await stall.reserve(basket)
    shown = await stall.counter.visitor.basket(basket.id)
    assert [problem.code for problem in shown.lines[0].problems] == ["item-sold-out"]


async def test_a_withdrawn_order_leaves_nothing_behind(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Burger", 3, "Rare"))
    order = await stall.reserve(basket)
    await stall.counter.saga.withdraw(order.id)
    await stall.counter.saga.withdraw(order.id)
    assert await stall.reserved("grill") == 0
    reopened = await stall.counter.visitor.basket(basket.id)
    assert reopened.order_id is None
    assert reopened.lines[0].modifiers[0].name == "Rare"


async def test_an_order_withdrawn_before_it_came_is_refused(stall: Stall) -> None:
    order_id = OrderId(new_uuid())
    await stall.counter.saga.withdraw(order_id)
    with pytest.raises(OrderWithdrawn):
        await stall.reserve(await stall.fill(stall.line("Beer")), order_id=order_id)


async def test_the_kitchen_moves_it_and_nobody_else(stall: Stall) -> None:
    order = await stall.order(stall.line("Burger", 1, "Rare"))
    stranger = stall.counter.issuer.token({OrganiserId(new_uuid()): [Role.KITCHEN]})
    with pytest.raises(Forbidden):
        await stall.counter.visitor.move(order.id, "preparing", stranger)
    ready = await stall.move(order, "preparing", "ready")
    assert ready.state == "ready"
    assert await stall.reserved("grill") == 0
    with pytest.raises(IllegalTransition):
        await stall.move(ready, "accepted")
    done = await stall.move(ready, "picked-up")
    assert [step.by for step in done.steps] == ["saga", "saga", "stand", "stand", "stand"]


async def test_a_stand_by_hand_answers_itself(counter) -> None:
    stall = await set_up(counter, accepts="by-hand")
    order = await stall.reserve(await stall.fill(stall.line("Beer")))
    offered = await counter.saga.offer(order.id)
    assert offered.state == "submitted"
    assert (await stall.move(offered, "accepted")).state == "accepted"


async def test_nothing_is_ordered_while_the_stand_pauses(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Beer"))
    await stall.counter.visitor.pause(stall.id, Pause(minutes=10), stall.cook)
    with pytest.raises(StandPaused):
        await stall.reserve(basket)
    await stall.counter.visitor.pause(stall.id, Pause(minutes=0), stall.cook)
    await stall.reserve(basket)


async def test_a_priced_order_goes_through_the_checkout(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Beer"))
    response = await stall.counter.http.put(
        f"/placed-orders/{new_uuid()}",
        json={
            "basket_id": str(basket.id), "basket_version": basket.version,
            "total": {"minor": 600, "currency": "EUR"}, "contact": {"name": "Léa"},
            "payment": "free",
        },
    )  # fmt: skip
    assert response.status_code == 402
    assert response.json()["code"] == NotToBePlaced.code


async def test_an_order_is_shown_to_who_has_its_key(stall: Stall) -> None:
    order = await stall.order(stall.line("Crisps"))
    assert (await stall.counter.visitor.order(order.id, order.key)).number == order.number
    with pytest.raises(NotFound):
        await stall.counter.visitor.order(order.id, "0" * 32)


async def test_more_than_the_grill_can_make_is_refused(counter) -> None:
    stall = await set_up(counter)
    outcomes = await race(
        *[_reserve_many(stall) for _ in range(12)]
    )  # 12 × 20 burgers × 90 s = 6 h of work; the grill makes 3 h in the 90 minutes one may wait
    assert len(outcomes.of(KitchenFull)) + len(outcomes.of(type(None))) == 12
    assert outcomes.of(KitchenFull)
    assert 4 <= len(outcomes.of(type(None))) <= 7


async def _reserve_many(stall: Stall) -> None:
    basket = await stall.fill(stall.line("Burger", 20, "Rare"))
    await stall.reserve(basket)


async def test_it_is_brought_to_a_seat_only_when_the_seat_is_told(stall: Stall) -> None:
    nowhere = await stall.fill(stall.line("Beer"), destination=Destination(fulfilment="seat"))
    assert [problem.code for problem in nowhere.problems] == ["seat-missing"]
    there = Destination(fulfilment="seat", seat="Block A, row 3, seat 12")
    basket = await stall.fill(stall.line("Beer"), destination=there)
    assert basket.problems == []
