"""A group pays its basket by several cards: all shares and the order, or nothing."""

import asyncio
import sys
from collections import Counter

import pytest

from quickserve.checkout import model
from quickserve.checkout.dividing import equally
from quickserve.checkout.sagas.place_split import place_split
from quickserve.contracts.menus import Station
from quickserve.contracts.payment import CardDeclined
from quickserve.contracts.split_payment import (
    NewSplit,
    SharePayment,
    SplitClient,
    SplitEnded,
    SplitId,
    SplitTooSmall,
)
from quickserve.kernel.errors import IdReused
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.saga_lab import SagaLab
from tests.checkout.test_cancel_order import Desk
from tests.ordering.conftest import LEA


class Group:
    def __init__(self, till):
        self.till = till
        self.client = SplitClient(till.orders._client)

    async def begin(self, basket, way="own", people=2, own_id=None):
        new = NewSplit(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=LEA, way=way, people=people,
        )  # fmt: skip
        return await self.client.put(own_id or SplitId(new_uuid()), new)

    async def pay(self, share, card="success"):
        return await self.client.pay(share.id, SharePayment(method=f"sandbox-{card}"))

    async def ended(self, split):
        for _ in range(300):
            view = await self.client.get(split.id)
            if view.state in ("confirmed", "failed"):
                return view
            await asyncio.sleep(0.05)
        raise AssertionError(f"still {view.state}")

    async def charges(self, split):
        rows = await self.till.house.rows(
            "SELECT c.state, c.amount_minor, c.refunded_minor FROM checkout.split_shares h"
            " LEFT JOIN payment.sandbox_charges c ON c.key = h.intent_id"
            " WHERE h.split_id = %s ORDER BY h.position", (split.id,),
        )  # fmt: skip
        return [row for row in rows if row[0]]


@pytest.fixture
def group(till):
    return Group(till)


async def test_each_pays_the_own_lines_and_a_part_of_the_tip(group, till):
    stall = await till.stall()
    basket = await stall.fill(
        stall.line("Burger", 1, "Rare", guest="Ana"), stall.line("Beer", guest="Bo"),
        stall.line("Crisps", guest="Ana"), tip=Money(100, "EUR"),
    )  # fmt: skip
    split = await group.begin(basket)
    assert [(one.guest, one.amount.minor) for one in split.shares] == [("Ana", 1267), ("Bo", 633)]
    await group.pay(split.shares[0])
    assert (await group.client.get(split.id)).state == "collecting"
    assert await stall.reserved("grill") == 0
    await asyncio.gather(*(group.pay(split.shares[1]) for _ in range(3)), return_exceptions=True)
    done = await group.ended(split)
    assert done.state == "confirmed"
    assert await group.charges(split) == [("captured", 1267, 0), ("captured", 633, 0)]
    order = await till.counter.visitor.order(done.order_id, done.order_key)
    beer = next(line for line in order.lines if line.guest == "Bo")
    given = await Desk(till).cancel(order, beer.id, token=stall.cook)
    assert given.amount.minor in {632, 633}
    assert (await group.charges(split))[1][2] == given.amount.minor
    await Desk(till).cancel(order, token=stall.cook)
    assert await group.charges(split) == [("captured", 1267, 1267), ("captured", 633, 633)]
    await till.balanced()


async def test_equal_parts_are_exact(group, till):
    assert [one.amount_minor for one in equally(1000, 3)] == [334, 333, 333]
    with pytest.raises(SplitTooSmall):
        equally(2, 3)
    stall = await till.stall()
    basket = await stall.fill(stall.line("Burger", 1, "Rare"), stall.line("Crisps"))
    with pytest.raises(SplitTooSmall):
        await group.begin(basket)
    own_id = SplitId(new_uuid())
    split = await group.begin(basket, "equal", 3, own_id)
    assert (await group.begin(basket, "equal", 3, own_id)).shares == split.shares
    with pytest.raises(IdReused):
        await group.begin(basket, "equal", 2, own_id)
    for share in split.shares:
        await group.pay(share)
    assert (await group.ended(split)).state == "confirmed"
    assert [row[1] for row in await group.charges(split)] == [400, 400, 400]


async def test_a_declined_card_is_followed_by_another(group, till):
    stall = await till.stall()
    basket = await stall.fill(stall.line("Beer", 2))
    split = await group.begin(basket, "equal")
    with pytest.raises(CardDeclined):
        await group.pay(split.shares[0], "declined")
    assert (await group.pay(split.shares[0])).paid
    asked = await group.pay(split.shares[1], "challenge")
    assert not asked.paid
    challenge_id = asked.challenge_path.rpartition("/")[2]
    await till.house.payment.answer_challenge(challenge_id, approve=True)
    assert (await group.ended(split)).state == "confirmed"


async def test_a_basket_that_changes_meanwhile_lets_all_go(group, till):
    stall = await till.stall()
    basket = await stall.fill(stall.line("Beer", 2))
    split = await group.begin(basket, "equal")
    await group.pay(split.shares[0])
    await stall.fill(stall.line("Crisps"), basket_id=basket.id)
    await group.pay(split.shares[1])
    failed = await group.ended(split)
    assert failed.failure.code == "basket-changed"
    assert [row[0] for row in await group.charges(split)] == ["voided", "voided"]
    with pytest.raises(SplitEnded):
        await group.pay(split.shares[0])


async def test_when_the_time_is_over_all_is_let_go(group, till, monkeypatch):
    module = sys.modules["quickserve.checkout.sagas.place_split"]
    monkeypatch.setattr(module, "SPLIT_SECONDS", 2)
    stall = await till.stall()
    split = await group.begin(await stall.fill(stall.line("Beer", 2)), "equal")
    await group.pay(split.shares[0])
    failed = await group.ended(split)
    assert failed.failure.code == "split-timeout"
    assert [row[0] for row in await group.charges(split)] == ["voided"]
    with pytest.raises(SplitEnded):
        await group.pay(split.shares[1])


@pytest.mark.parametrize(
    "trials",
    ["fail_each_step", "repeat_each_action", "kill_after_each_checkpoint", "stall_each_action"],
)
async def test_all_shares_and_the_order_or_nothing(lab_till, trials):
    stations = [Station(key="grill", name="Grill", cooks=1), Station(key="bar", name="B", cooks=20)]
    stall, group, ends = await lab_till.stall(stations=stations), Group(lab_till), Counter()
    started = {}

    async def start():
        split = await group.begin(await stall.fill(stall.line("Beer", 2)), "equal", 3)
        for share in split.shares:
            await group.pay(share)
        saga_id = model.split_ids_of(split.id, lab_till.house.platform.settings).saga
        started[saga_id] = split
        return saga_id

    async def after(trial, saga_id, status):
        view = await group.client.get(started[saga_id].id)
        ends[view.state] += 1
        assert (view.state == "confirmed") == (status.state == "done"), f"{trial}"
        want = "captured" if view.state == "confirmed" else "voided"
        charges = [row[0] for row in await group.charges(view)]
        assert charges == [want] * 3, f"{trial}: {charges}"

    lab = SagaLab(place_split, "checkout")
    await getattr(lab, trials)(lab_till.house.runtime, start, after)
    assert set(ends) == {"confirmed", "failed"}
    assert await stall.reserved("bar") == 60 * ends["confirmed"]
    await lab_till.balanced()
