"""What was ordered on a tab is paid once, by card with a tip or in cash, or stays owed."""

import asyncio
from collections import Counter

import pytest

from quickserve.checkout import model
from quickserve.checkout.sagas.settle_tab import settle_tab
from quickserve.contracts.menus import Station
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.contracts.tabs import (
    CashPayment,
    NewSettlement,
    SettlementClient,
    SettlementId,
    TabClient,
    TabPaid,
    TabTotalChanged,
    TabUnsettled,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.saga_lab import SagaLab
from tests.checkout.test_cancel_order import Desk, a_ticket, on_tab


class Tabs:
    def __init__(self, till):
        self.till = till
        self.client = TabClient(till.house.platform.client("ordering", "web"))
        self.settlements = SettlementClient(till.orders._client)

    async def ordered(self, stall, *names, ticket=None):
        """The tab of these orders, one each."""
        ticket = ticket or a_ticket()
        for name in names:
            order = await on_tab(self.till, stall, stall.line(name), ticket=ticket)
        return await self.client.facts(order.tab_id)

    async def pay(self, tab, card="success", own_id=None, tip=0, wait_ms=8000):
        new = NewSettlement(
            tab_id=tab.id, key=tab.key, total=tab.total, tip=Money(tip, "EUR") if tip else None,
            method=f"sandbox-{card}",
        )  # fmt: skip
        own_id = own_id or SettlementId(new_uuid())
        return await self.settlements.put(own_id, new, wait_ms=wait_ms)

    def ids(self, own_id):
        return model.ids_of(own_id, self.till.house.platform.settings)


@pytest.fixture
def tabs(till):
    return Tabs(till)


async def test_three_orders_are_paid_at_once_with_a_tip(tabs, till):
    stall = await till.stall()
    tab = await tabs.ordered(stall, "Beer", "Crisps", "Beer")
    assert (tab.state, tab.total.minor, len(tab.orders)) == ("open", 1450, 3)
    done = await tabs.pay(tab, tip=150)
    assert (done.state, done.total.minor, done.tip.minor) == ("confirmed", 1450, 150)
    paid = await tabs.client.tab(tab.id, tab.key)
    assert (paid.state, paid.paid_by) == ("paid", "card")
    rows = await till.counter.sql(
        "SELECT count(*) FROM orders WHERE tab_id = %s AND paid_at IS NOT NULL", (tab.id,)
    )
    assert rows == [(3,)]
    charged = await till.house.rows(
        "SELECT state, amount_minor FROM payment.sandbox_charges WHERE key = %s",
        (tabs.ids(done.id).intent,),
    )
    assert charged == [("captured", 1600)]
    with pytest.raises(TabPaid):
        await tabs.pay(tab)
    with pytest.raises(NotFound):
        await tabs.client.tab(tab.id, "0" * 32)
    await till.balanced()


async def test_who_orders_after_paying_begins_another_tab(tabs, till):
    stall = await till.stall()
    ticket = a_ticket()
    first = await tabs.ordered(stall, "Beer", ticket=ticket)
    await tabs.pay(first)
    second = await tabs.ordered(stall, "Crisps", ticket=ticket)
    assert (second.id != first.id, second.total.minor) == (True, 250)


async def test_a_declined_card_leaves_the_tab_open(tabs, till):
    stall = await till.stall()
    ticket = a_ticket()
    tab = await tabs.ordered(stall, "Beer", ticket=ticket)
    failed = await tabs.pay(tab, "declined")
    assert (failed.state, failed.failure.code) == ("failed", "card-declined")
    more = await tabs.ordered(stall, "Crisps", ticket=ticket)
    assert (more.id, more.state, more.total.minor) == (tab.id, "open", 850)
    with pytest.raises(TabTotalChanged):
        await tabs.pay(tab)
    assert (await tabs.pay(more)).state == "confirmed"


async def test_nothing_comes_to_a_tab_while_the_bank_thinks(tabs, till):
    stall = await till.stall()
    ticket = a_ticket()
    tab = await tabs.ordered(stall, "Beer", "Crisps", ticket=ticket)
    asked = await tabs.pay(tab, "challenge")
    assert asked.state == "challenge"
    with pytest.raises(TabClosed):
        await tabs.ordered(stall, "Beer", ticket=ticket)
    with pytest.raises(TabClosed):
        await tabs.pay(tab)
    order = await till.counter.saga.facts(tab.orders[0].id)
    refused = await Desk(till).cancel(order, token=stall.cook)
    assert (refused.state, refused.failure.code) == ("refused", "tab-closed")
    await till.house.payment.answer_challenge(asked.challenge_path.rpartition("/")[2], approve=True)
    for _ in range(100):
        if (await tabs.settlements.get(asked.id, wait_ms=500)).state == "confirmed":
            break
    given = await Desk(till).cancel(order, token=stall.cook)
    assert (given.state, given.back, given.amount.minor) == ("done", "paid-tab", 600)
    assert await till.charge(tabs.ids(asked.id).intent) == ("captured", 600)
    await till.balanced()


async def test_the_stand_takes_cash_once(tabs, till):
    stall = await till.stall()
    tab = await tabs.ordered(stall, "Beer")
    other = till.house.issuer.token({OrganiserId(new_uuid()): [Role.KITCHEN]})
    cash = CashPayment(total=tab.total)
    with pytest.raises(Forbidden):
        await tabs.client.pay_cash(tab.id, cash, other)
    with pytest.raises(TabTotalChanged):
        await tabs.client.pay_cash(tab.id, CashPayment(total=Money(1, "EUR")), stall.cook)
    for _ in range(2):
        paid = await tabs.client.pay_cash(tab.id, cash, stall.cook)
        assert (paid.state, paid.paid_by) == ("paid", "cash")
    with pytest.raises(TabPaid):
        await tabs.pay(tab)
    given = await Desk(till).cancel(
        await till.counter.saga.facts(tab.orders[0].id), token=stall.cook
    )
    assert (given.state, given.back, given.amount.minor) == ("done", "paid-tab", 600)


async def test_what_the_stand_has_not_answered_is_waited_for(tabs, till):
    stall = await till.stall(accepts="by-hand")
    tab = await tabs.ordered(stall, "Beer")
    with pytest.raises(TabUnsettled):
        await tabs.client.pay_cash(tab.id, CashPayment(total=tab.total), stall.cook)
    failed = await tabs.pay(tab)
    assert failed.failure.code == "tab-unsettled"


async def test_a_card_and_cash_at_once_are_taken_once(tabs, till):
    stall = await till.stall()
    for _ in range(5):
        tab = await tabs.ordered(stall, "Beer")
        cash = tabs.client.pay_cash(tab.id, CashPayment(total=tab.total), stall.cook)
        card, handed = await asyncio.gather(tabs.pay(tab), cash, return_exceptions=True)
        by_card = getattr(card, "state", "") == "confirmed"
        assert by_card == isinstance(handed, (TabClosed, TabPaid))
        assert (await tabs.client.facts(tab.id)).paid_by == ("card" if by_card else "cash")
    await till.balanced()


async def test_a_repeat_pays_nothing_twice(tabs, till):
    stall = await till.stall()
    tab = await tabs.ordered(stall, "Beer")
    own_id = SettlementId(new_uuid())
    done = await asyncio.gather(*(tabs.pay(tab, own_id=own_id) for _ in range(3)))
    assert {one.state for one in done} == {"confirmed"}
    with pytest.raises(IdReused):
        await tabs.pay(tab, own_id=own_id, tip=100)


@pytest.mark.parametrize(
    ("trials", "card"),
    [
        ("fail_each_step", "success"),
        ("fail_each_step", "late"),
        ("repeat_each_action", "success"),
        ("kill_after_each_checkpoint", "late"),
        ("stall_each_action", "success"),
    ],
)
async def test_the_tab_and_its_charge_or_neither(lab_till, trials, card):
    stations = [Station(key="grill", name="Grill", cooks=1), Station(key="bar", name="B", cooks=20)]
    stall, tabs, ends = await lab_till.stall(stations=stations), Tabs(lab_till), Counter()
    started = {}

    async def start():
        tab = await tabs.ordered(stall, "Beer")
        view = await tabs.pay(tab, card, tip=50, wait_ms=0)
        started[tabs.ids(view.id).saga] = view
        return tabs.ids(view.id).saga

    async def after(trial, saga_id, status):
        own = started[saga_id]
        view = await tabs.settlements.get(own.id)
        ends[view.state] += 1
        assert (view.state == "confirmed") == (status.state == "done"), f"{trial}"
        for _ in range(100):  # where the bank's answer was lost, payment releases the money later
            state = (await tabs.client.facts(own.tab_id)).state
            charge = (await lab_till.charge(tabs.ids(own.id).intent))[0]
            if view.state == "confirmed":
                fair = (state, charge) == ("paid", "captured")
            else:
                fair = state == "open" and charge in (None, "declined", "voided")
            if fair:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{trial}: {view.state}, left {state}, {charge}")

    lab = SagaLab(settle_tab, "checkout")
    await getattr(lab, trials)(lab_till.house.runtime, start, after)
    assert set(ends) == {"confirmed", "failed"}
    await lab_till.balanced()
