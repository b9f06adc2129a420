"""An order is paid by card: kitchen, money and the stand's yes agree, or nothing happens."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from quickserve.checkout.sagas.place_order import place_order
from quickserve.contracts.checkout import PaymentMethodMissing
from quickserve.contracts.menus import Station
from quickserve.contracts.order_checkout import OrderCheckoutId
from quickserve.contracts.ordering import ANSWER_SECONDS
from quickserve.contracts.ordering_problems import BasketChanged, BasketOrdered, IllegalTransition
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga_lab import SagaLab


async def test_a_burger_is_paid_and_the_stand_makes_it(till):
    stall = await till.stall()
    basket = await stall.fill(stall.line("Burger", 2, "Rare"))
    done = await till.order(basket)
    assert (done.state, done.total.minor, done.failure) == ("confirmed", 1900, None)
    assert await till.left_by(done.id) == ("accepted", True, "captured")
    order = await till.counter.visitor.order(done.order_id, done.order_key)
    assert [step.state for step in order.steps] == ["pending", "accepted"]
    contacts = await till.house.rows(
        "SELECT contact_name, contact_email, contact_phone, method FROM checkout.order_checkouts"
        " WHERE id = %s", (done.id,),
    )  # fmt: skip
    assert contacts == [(None, None, None, None)]
    await till.balanced()


async def test_a_repeat_orders_nothing_twice_and_another_content_is_refused(till):
    stall = await till.stall()
    basket = await stall.fill(stall.line("Beer"))
    checkout_id = OrderCheckoutId(new_uuid())
    first, second = await asyncio.gather(
        *(till.order(basket, checkout_id=checkout_id) for _ in range(2))
    )
    assert first == second
    assert await stall.reserved("bar") == 30
    with pytest.raises(IdReused):
        await till.order(basket, "declined", checkout_id=checkout_id)
    with pytest.raises(BasketOrdered):
        await till.order(basket)


async def test_what_is_evident_is_refused_at_once(till):
    stall = await till.stall()
    basket = await stall.fill(stall.line("Beer"))
    with pytest.raises(PaymentMethodMissing):
        await till.order(basket, None)
    await stall.fill(stall.line("Beer", 2), basket_id=basket.id)
    with pytest.raises(BasketChanged):
        await till.order(basket)
    with pytest.raises(NotFound):
        await till.orders.get(OrderCheckoutId(new_uuid()))


async def test_a_declined_card_leaves_the_kitchen_free_and_the_basket_as_it_was(till):
    stall = await till.stall()
    basket = await stall.fill(stall.line("Burger", 1, "Rare"))
    failed = await till.order(basket, "declined")
    assert (failed.state, failed.failure.code) == ("failed", "card-declined")
    assert await stall.reserved("grill") == 0
    assert (await till.left_by(failed.id))[:2] == ("withdrawn", False)
    again = await till.order(await till.counter.visitor.basket(basket.id))
    assert again.state == "confirmed"


async def test_a_stand_by_hand_is_asked_and_its_answer_takes_the_money(till):
    stall = await till.stall(accepts="by-hand")
    asked = await till.order(await stall.fill(stall.line("Beer")))
    assert (asked.state, asked.challenge_path) == ("waiting", None)
    assert 0 < (asked.answer_by - asked.created_at).total_seconds() < ANSWER_SECONDS + 60
    assert await till.left_by(asked.id) == ("submitted", False, "authorized")
    order = await till.counter.visitor.order(asked.order_id, asked.order_key)
    await stall.move(order, "accepted", "preparing")
    done = await _ended(till, asked)
    assert done.state == "confirmed"
    assert await till.left_by(asked.id) == ("preparing", True, "captured")


async def test_a_stand_that_refuses_says_why_and_nothing_is_charged(till):
    stall = await till.stall(accepts="by-hand")
    asked = await till.order(await stall.fill(stall.line("Beer")))
    await till.counter.visitor.move(asked.order_id, "rejected", stall.cook, "too-busy")
    failed = await _ended(till, asked)
    assert (failed.state, failed.failure.code, failed.failure.reason) == (
        "failed", "order-rejected", "too-busy",
    )  # fmt: skip
    assert await till.left_by(asked.id) == ("rejected", False, "voided")
    assert await stall.reserved("bar") == 0


async def test_a_stand_that_does_not_answer_is_taken_for_a_no(till):
    stall = await till.stall(accepts="by-hand")
    asked = await till.order(await stall.fill(stall.line("Beer")))
    await till.counter.sql(
        "UPDATE orders SET answer_by = clock_timestamp() WHERE id = %s", (asked.order_id,)
    )
    failed = await _ended(till, asked)
    assert (failed.failure.code, failed.failure.reason) == ("order-rejected", "not-answered")
    assert await till.left_by(asked.id) == ("rejected", False, "voided")


async def test_a_buyer_takes_it_back_before_the_answer_and_orders_something_else(till):
    stall = await till.stall(accepts="by-hand")
    basket = await stall.fill(stall.line("Burger", 1, "Rare", "Cheese"))
    asked = await till.order(basket)
    await till.counter.visitor.reopen(asked.order_id, asked.order_key)
    failed = await _ended(till, asked)
    assert failed.failure.code == "order-taken-back"
    assert await till.left_by(asked.id) == ("withdrawn", False, "voided")
    reopened = await till.counter.visitor.basket(basket.id)
    assert [mod.name for mod in reopened.lines[0].modifiers] == ["Rare", "Cheese"]
    assert (await till.order(reopened)).state == "waiting"


async def test_the_bank_may_ask_the_buyer_first(till):
    stall = await till.stall()
    asked = await till.order(await stall.fill(stall.line("Beer")), "challenge")
    assert asked.state == "challenge"
    challenge_id = asked.challenge_path.rpartition("/")[2]
    challenge = await till.house.payment.challenge(challenge_id)
    assert challenge.return_path == f"/order-checkouts/{asked.id}"
    await till.house.payment.answer_challenge(challenge_id, approve=True)
    assert (await _ended(till, asked)).state == "confirmed"


async def test_what_costs_nothing_is_ordered_at_once(till):
    stall = await till.stall()
    await till.counter.sql(
        "INSERT INTO order_vouchers (code, organiser_id, percent, uses_max) VALUES"
        " ('GIFT', %s, 100, 5)", (stall.organiser_id,),
    )  # fmt: skip
    basket = await stall.fill(stall.line("Beer"), codes=["gift"])
    done = await till.order(basket, None, wait_ms=0)
    assert (done.state, done.total.minor) == ("confirmed", 0)
    assert await till.left_by(done.id) == ("accepted", False, None)


async def test_operators_see_the_saga_and_nothing_that_opens_the_order(till):
    stall = await till.stall()
    done = await till.order(await stall.fill(stall.line("Beer")))
    saga = await till.house.checkouts.saga(till.ids(done.id).saga, stall.organiser)
    assert (saga.saga, saga.state, saga.order_id, saga.booking_id) == (
        "place_order", "done", done.order_id, None,
    )  # fmt: skip
    assert [step.name for step in saga.steps] == [
        "reserve", "authorize", "accept", "capture", "confirm",
    ]  # fmt: skip
    shown = saga.model_dump_json()
    assert str(done.id) not in shown
    assert done.order_key not in shown


async def _ended(till, asked):
    for _ in range(100):
        view = await till.orders.get(asked.id, wait_ms=500)
        if view.state in ("confirmed", "failed"):
            return view
        await asyncio.sleep(0.05)
    raise AssertionError(f"still {view.state}")


class Orders:
    """Starts orders of one stall with a card, and audits how each of them ends."""

    def __init__(self, till, stall, card):
        self.till, self.stall, self.card = till, stall, card
        self.ends = Counter()
        self.started = {}
        self.working = True

    async def start(self):
        basket = await self.stall.fill(self.stall.line("Burger", 1, "Rare"))
        view = await self.till.order(basket, self.card, wait_ms=0)
        saga_id = self.till.ids(view.id).saga
        self.started[saga_id] = view
        return saga_id

    async def answer(self):
        """A stand by hand that accepts whatever it is asked."""
        while self.working:
            board = await self.till.counter.visitor.board(self.stall.id, self.stall.cook)
            asked = [order for order in board.orders if order.state == "submitted"]
            for order in asked:
                with suppress(IllegalTransition):  # withdrawn at this very moment
                    await self.stall.move(order, "accepted", "preparing")
            await asyncio.sleep(0.1)

    async def audit(self, trial, saga_id, status):
        view = await self.till.orders.get(self.started[saga_id].id)
        self.ends[view.state] += 1
        for _ in range(100):  # where the bank's answer was lost, payment's job releases the money
            left = await self.till.left_by(view.id)
            if view.state == "confirmed":
                fair = left[0] in ("accepted", "preparing") and left[1:] == (True, "captured")
            else:
                fair = left in {
                    (state, False, charge)
                    for state in (None, "withdrawn")
                    for charge in (None, "declined", "voided")
                }
            if fair:
                break
            await asyncio.sleep(0.05)
        assert fair, f"{trial}: {view.state} {view.failure}, left {left}"
        assert (view.state == "confirmed") == (status.state == "done")


@pytest.mark.parametrize(
    ("trials", "card", "accepts"),
    [
        ("fail_each_step", "success", "itself"),
        ("fail_each_step", "late", "by-hand"),
        ("repeat_each_action", "success", "by-hand"),
        ("kill_after_each_checkpoint", "success", "by-hand"),
        ("stall_each_action", "success", "itself"),
    ],
)
async def test_an_order_and_its_charge_or_neither(lab_till, trials, card, accepts):
    grill = Station(key="grill", name="Grill", cooks=20)
    bar = Station(key="bar", name="Bar", cooks=1)
    stall = await lab_till.stall(accepts=accepts, stations=[grill, bar])
    orders = Orders(lab_till, stall, card)
    cook = asyncio.create_task(orders.answer())
    lab = SagaLab(place_order, "checkout")
    try:
        await getattr(lab, trials)(lab_till.house.runtime, orders.start, orders.audit)
    finally:
        orders.working = False
        await cook
    assert set(orders.ends) == {"confirmed", "failed"}
    assert await stall.reserved("grill") == 90 * orders.ends["confirmed"]
    await lab_till.balanced()
