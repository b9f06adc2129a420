"""Orders are called off, whole or by the line: what they cost comes back, to the cent."""

import asyncio
import json
from collections import Counter
from itertools import permutations

import pytest

from quickserve.checkout import model
from quickserve.checkout.sagas.cancel_order import cancel_order
from quickserve.contracts.menus import Station
from quickserve.contracts.order_cancelling import (
    CancellationNotAllowed,
    NewOrderCancellation,
    NothingToCancel,
    OrderCancellationClient,
    OrderCancellationId,
)
from quickserve.contracts.payment import IntentId, NewIntent
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.saga_lab import SagaLab


class Desk:
    """Where orders are called off."""

    def __init__(self, till):
        self.till = till
        self.client = OrderCancellationClient(till.orders._client)

    async def paid(self, stall, *lines, **settings):
        done = await self.till.order(await stall.fill(*lines, **settings))
        assert done.state == "confirmed"
        order = await self.till.counter.visitor.order(done.order_id, done.order_key)
        return done, order

    async def cancel(self, order, *lines, token=None, own_id=None, **more):
        new = NewOrderCancellation(
            order_id=order.id, lines=list(lines), key=None if token else order.key, **more
        )
        own_id = own_id or OrderCancellationId(new_uuid())
        return await self.client.put(own_id, new, token, wait_ms=8000)

    async def again(self, order):
        return await self.till.counter.visitor.order(order.id, order.key)

    async def returned(self, done):
        return (await self.till.charge(self.till.ids(done.id).intent))[1]


@pytest.fixture
def desk(till):
    return Desk(till)


async def test_the_stand_calls_off_a_line_and_its_price_and_its_time_come_back(desk, till):
    stall = await till.stall()
    burger, beer = stall.line("Burger", 2, "Rare"), stall.line("Beer")
    done, order = await desk.paid(stall, burger, beer)
    assert await stall.reserved("grill") == 180
    ended = await desk.cancel(order, burger.id, token=stall.cook, words="The grill is broken")
    assert (ended.state, ended.amount.minor, ended.back, ended.whole) == (
        "done", 1900, "card", False,
    )  # fmt: skip
    after = await desk.again(order)
    assert [line.cancelled for line in after.lines] == [True, False]
    assert (after.state, after.refunded.minor, after.totals.total.minor) == ("accepted", 1900, 2500)
    assert await desk.returned(done) == 1900
    assert (await stall.reserved("grill"), await stall.reserved("bar")) == (0, 30)
    noted = await till.counter.sql(
        "SELECT by, person IS NOT NULL, words, taxes -> 0 -> 'tax' ->> 'minor' FROM"
        " order_cancellations WHERE order_id = %s", (order.id,),
    )  # fmt: skip
    assert noted == [("stand", True, "The grill is broken", "173")]
    await till.balanced()


async def test_the_last_line_ends_the_order_and_every_cent_is_back(desk, till):
    """Vouchers and tips do not divide; in whichever order lines go, the sum is what was paid."""
    stall = await till.stall()
    await till.counter.sql(
        "INSERT INTO order_vouchers (code, organiser_id, percent, uses_max)"
        " VALUES ('THIRD', %s, 33, 20)", (stall.organiser_id,),
    )  # fmt: skip
    for turn in permutations(range(3)):
        lines = [stall.line("Burger", 1, "Rare", "Cheese"), stall.line("Beer"),
                 stall.line("Crisps")]  # fmt: skip
        done, order = await desk.paid(stall, *lines, tip=Money(101, "EUR"), codes=["third"])
        assert order.totals.total.minor == 1900 - 627 + 101
        parts = []
        for place in turn:
            ended = await desk.cancel(order, lines[place].id, token=stall.organiser)
            parts.append(ended.amount.minor)
        assert ended.whole
        assert sum(parts) == await desk.returned(done) == order.totals.total.minor
        after = await desk.again(order)
        assert (after.state, after.refunded) == ("cancelled", after.totals.total)
        taxes = await till.counter.sql(
            "SELECT sum((t -> 'tax' ->> 'minor')::int)::int FROM order_cancellations c,"
            " jsonb_array_elements(c.taxes) t WHERE c.order_id = %s", (order.id,),
        )  # fmt: skip
        assert taxes == [(sum(tax.tax.minor for tax in order.totals.taxes),)]
    used = await till.counter.sql(
        "SELECT used FROM order_vouchers WHERE organiser_id = %s", (stall.organiser_id,)
    )
    assert used == [(0,)]
    assert (await stall.reserved("grill"), await stall.reserved("bar")) == (0, 0)
    await till.balanced()


async def test_a_buyer_may_while_nobody_began_to_make_it(desk, till):
    stall = await till.stall()
    done, order = await desk.paid(stall, stall.line("Beer"))
    ended = await desk.cancel(order)
    assert (ended.state, ended.whole) == ("done", True)
    assert await till.left_by(done.id) == ("cancelled", True, "captured")
    assert await desk.returned(done) == 600
    _, begun = await desk.paid(stall, stall.line("Beer"))
    await stall.move(begun, "preparing")
    with pytest.raises(CancellationNotAllowed):
        await desk.cancel(begun)


async def test_what_was_handed_over_stays_so_and_may_be_refunded_by_the_stand(desk, till):
    stall = await till.stall()
    done, order = await desk.paid(stall, stall.line("Burger", 1, "Rare"))
    await stall.move(order, "preparing", "ready", "picked-up")
    ended = await desk.cancel(order, token=stall.cook, words="It was cold")
    assert ended.state == "done"
    assert await till.left_by(done.id) == ("picked-up", True, "captured")
    assert await desk.returned(done) == 950


async def test_strangers_cancel_nothing_and_a_repeat_refunds_nothing_twice(desk, till):
    stall = await till.stall()
    done, order = await desk.paid(stall, stall.line("Beer"), stall.line("Crisps"))
    other = till.house.issuer.token({OrganiserId(new_uuid()): [Role.KITCHEN]})
    with pytest.raises(Forbidden):
        await desk.cancel(order, token=other)
    with pytest.raises(NotFound):
        await desk.cancel(order.model_copy(update={"key": "0" * 32}))
    new = NewOrderCancellation(order_id=order.id)
    with pytest.raises(Forbidden):
        await desk.client.put(OrderCancellationId(new_uuid()), new)
    own_id, beer = OrderCancellationId(new_uuid()), order.lines[0].id
    again = await asyncio.gather(
        *(desk.cancel(order, beer, token=stall.cook, own_id=own_id) for _ in range(3))
    )
    assert {one.state for one in again} == {"done"}
    assert await desk.returned(done) == 600
    with pytest.raises(IdReused):
        await desk.cancel(order, token=stall.cook, own_id=own_id)
    with pytest.raises(NothingToCancel):
        await desk.cancel(order, beer, token=stall.cook)


async def test_two_at_once_give_back_once(desk, till):
    stall = await till.stall()
    done, order = await desk.paid(stall, stall.line("Beer"), stall.line("Crisps"))
    ended = await asyncio.gather(*(desk.cancel(order, token=stall.cook) for _ in range(4)))
    states = Counter(one.state for one in ended)
    assert states["done"] == 1
    assert await desk.returned(done) == 850
    await till.balanced()


async def test_what_is_owed_on_a_tab_gets_less(desk, till):
    stall = await till.stall()
    order = await on_tab(till, stall, stall.line("Beer", 2), stall.line("Crisps"))
    beer = order.lines[0].id
    ended = await desk.cancel(order, beer, token=stall.cook)
    assert (ended.state, ended.back, ended.amount.minor) == ("done", "tab", 1200)
    left = await till.counter.sql("SELECT total_minor FROM tabs WHERE id = %s", (order.tab_id,))
    assert left == [(250,)]
    await desk.cancel(order, token=stall.cook)
    left = await till.counter.sql("SELECT total_minor FROM tabs WHERE id = %s", (order.tab_id,))
    assert left == [(0,)]


async def test_a_drink_that_was_included_is_the_tickets_again(desk, till):
    stall = await till.stall()
    ticket = a_ticket()
    await till.counter.sql(
        "INSERT INTO entitlements (id, organiser_id, event_id, name, item_ids, quantity)"
        " VALUES (%s, %s, %s, 'A drink', %s, 1)",
        (new_uuid(), stall.organiser_id, ticket["event_id"], [stall.item("Beer").id]),
    )
    order = await on_tab(till, stall, stall.line("Beer", 2), stall.line("Crisps"), ticket=ticket)
    assert order.totals.total.minor == 850
    ended = await desk.cancel(order, order.lines[0].id, token=stall.cook)
    assert ended.amount.minor == 600
    uses = await till.counter.sql(
        "SELECT used FROM entitlement_uses WHERE ticket_id = %s", (ticket["ticket_id"],)
    )
    assert uses == [(0,)]


async def test_operators_see_the_saga(desk, till):
    stall = await till.stall()
    _, order = await desk.paid(stall, stall.line("Beer"))
    ended = await desk.cancel(order)
    saga = await till.house.checkouts.saga(ended.id, stall.organiser)
    assert (saga.saga, saga.state, saga.order_id) == ("cancel_order", "done", order.id)
    assert [step.name for step in saga.steps] == ["open", "refund", "confirm"]


def a_ticket():
    return {
        "ticket_id": str(new_uuid()), "event_id": str(new_uuid()),
        "ticket_type_id": str(new_uuid()), "seat": "A 1",
    }  # fmt: skip


async def on_tab(till, stall, *lines, ticket=None):
    ticket = ticket or a_ticket()
    basket = await stall.fill(*lines)
    await till.counter.sql(
        "UPDATE baskets SET ticket_id = %s, ticket = %s::jsonb WHERE id = %s",
        (ticket["ticket_id"], json.dumps(ticket), basket.id),
    )
    basket = await till.counter.visitor.basket(basket.id)
    return await stall.reserve(basket, payment="tab")


class Cancelling:
    """Starts cancellations of paid orders, and audits how each ends."""

    def __init__(self, till, stall):
        self.till, self.stall, self.desk = till, stall, Desk(till)
        self.ends = Counter()
        self.started = {}

    async def start(self):
        """Of an order that was paid without a saga: the lab has those of its own only."""
        lines = [self.stall.line("Burger", 1, "Rare"), self.stall.line("Beer")]
        order = await self.stall.order(*lines, tip=Money(100, "EUR"))
        intent = await paid_by_hand(self.till, order)
        own_id = OrderCancellationId(new_uuid())
        new = NewOrderCancellation(order_id=order.id, lines=[lines[0].id])
        await self.desk.client.put(own_id, new, self.stall.cook)
        saga_id = saga_of(self.till, own_id)
        self.started[saga_id] = (own_id, order, intent)
        return saga_id

    async def audit(self, trial, saga_id, status):
        own_id, order, intent = self.started[saga_id]
        view = await self.desk.client.get(own_id)
        self.ends[view.state] += 1
        after = await self.desk.again(order)
        returned = (await self.till.charge(intent))[1]
        gone = [line.cancelled for line in after.lines]
        want = (
            ("done", 1011, 1011, [True, False])
            if status.state == "done"
            else ("refused", 0, 0, [False, False])
        )
        assert (view.state, returned, after.refunded.minor, gone) == want, f"{trial}"


def saga_of(till, own_id):
    return model.saga_of(own_id, till.house.platform.settings)


async def paid_by_hand(till, order):
    intent = IntentId(new_uuid())
    new = NewIntent(
        organiser_id=order.organiser_id, amount=order.totals.total, method="sandbox-success",
        reference=order.id,
    )  # fmt: skip
    await till.house.payment.put_intent(intent, new)
    await till.house.payment.capture(intent)
    await till.house.rows(
        "INSERT INTO checkout.order_checkouts (id, saga_id, basket_id, basket_version, order_id,"
        " intent_id, organiser_id, total_minor, currency, content, state)"
        " VALUES (%s, %s, %s, 1, %s, %s, %s, %s, 'EUR', '', 'confirmed')",
        (new_uuid(), new_uuid(), new_uuid(), order.id, intent, order.organiser_id,
         order.totals.total.minor),
    )  # fmt: skip
    return intent


@pytest.mark.parametrize(
    "trials",
    ["fail_each_step", "repeat_each_action", "kill_after_each_checkpoint", "stall_each_action"],
)
async def test_the_lines_and_their_money_or_neither(lab_till, trials):
    grill = Station(key="grill", name="Grill", cooks=20)
    bar = Station(key="bar", name="Bar", cooks=5)
    stall = await lab_till.stall(stations=[grill, bar])
    orders = Cancelling(lab_till, stall)
    lab = SagaLab(cancel_order, "checkout")
    await getattr(lab, trials)(lab_till.house.runtime, orders.start, orders.audit)
    assert set(orders.ends) == {"done", "refused"}
    assert await stall.reserved("grill") == 90 * orders.ends["refused"]
    await lab_till.balanced()
