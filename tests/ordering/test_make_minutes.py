"""Never over capacity, and given back exactly: races of two processes, and one that must fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest

from quickserve.app import Platform, load
from quickserve.contracts.ordering import BasketView, Cap, NewOrder, OrderId, OrderView, Pacing
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.ordering_problems import (
    BasketOrdered,
    ItemSoldOut,
    KitchenFull,
    OrderWithdrawn,
    TotalChanged,
)
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.client import Client
from quickserve.kernel.db import Transaction, ensure_database
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race
from quickserve.ordering.commands import record_orders
from quickserve.ordering.store import kitchen, stands
from tests.ordering.books import audit
from tests.ordering.conftest import LEA, Counter, Stall, open_counter, set_up

BUYERS = 60


@asynccontextmanager
async def another_process(counter: Counter) -> AsyncIterator[OrderingClient]:
    """Of the same service on the same database, as the saga calls it."""
    settings = counter.world.settings
    other = Platform(settings, [load("ordering")], fetch_keys=counter.issuer.keys)
    async with other.running():
        transport = httpx.ASGITransport(other.apps["ordering"], raise_app_exceptions=False)
        token = ServiceIdentity(settings, "checkout").token
        yield OrderingClient(Client("ordering", "http://ordering", transport, token))


async def rush(stall: Stall, *doors: OrderingClient, quantity: int = 2):
    """Sixty people want burgers at once; each is served by one of the processes."""
    baskets = [await stall.fill(stall.line("Burger", quantity, "Rare")) for _ in range(BUYERS)]

    async def buy(number: int) -> OrderView:
        door = doors[number % len(doors)]
        return await door.reserve(OrderId(new_uuid()), _order(baskets[number]))

    return await race(*(buy(number) for number in range(BUYERS)))


async def test_two_processes_never_reserve_more_than_the_grill_makes(counter: Counter):
    stall = await set_up(counter)
    pacing = Pacing(wait_max_minutes=15)  # 2 cooks, so at most 1800 s and what is left of this slot
    await counter.visitor.set_pacing(stall.id, pacing, stall.organiser)
    async with another_process(counter) as other:
        outcomes = await rush(stall, counter.saga, other)
    assert set(outcomes.kinds) == {OrderView, KitchenFull}
    made = outcomes.kinds[OrderView]
    assert 1200 // 180 <= made <= 2400 // 180
    assert await stall.reserved("grill") == made * 180
    await audit(counter, stall.id)
    await race(*(counter.saga.withdraw(one.id) for one in outcomes.of(OrderView)))
    assert await stall.reserved("grill") == 0
    await audit(counter, stall.id)


async def test_the_same_rush_without_lock_and_constraint_overbooks(database_url, monkeypatch):
    """The negative control: the same code, where nothing but these two is missing."""

    async def look(tx: Transaction, stand_id, zone) -> stands.LockedGate:
        gate = await tx.one(
            stands.LockedGate,
            "SELECT s.version, s.out_version, false AS paused, g.intake_percent, g.widened_s,"
            " g.caps, g.wait_max_s, 0 AS number, clock_timestamp() AS now"
            " FROM stand_gates g JOIN stands s ON s.id = g.stand_id WHERE g.stand_id = %s",
            (stand_id,),
        )
        await asyncio.sleep(0.05)  # as long as a lock would be waited for
        return gate

    url = await ensure_database(database_url, "unguarded_kitchen")
    async with open_counter(url) as counter:
        stall = await set_up(counter)
        await counter.visitor.set_pacing(stall.id, Pacing(wait_max_minutes=15), stall.organiser)
        monkeypatch.setattr(stands, "lock_gate", look)
        await counter.sql("ALTER TABLE station_slots DROP CONSTRAINT station_not_overbooked")
        async with another_process(counter) as other, another_process(counter) as third:
            await rush(stall, counter.saga, other, third)
        with pytest.raises(AssertionError, match="more is reserved than can be made"):
            await audit(counter, stall.id)


async def test_without_the_lock_the_constraint_still_holds(database_url, monkeypatch):
    """One of the two is enough: whoever gets around the gate is refused by the table."""

    async def forgetful(tx, stand_id, since):
        loads, behind = await real(tx, stand_id, since)
        return {key: kitchen.Load(load.capacity_s, 0) for key, load in loads.items()}, behind

    real = kitchen.look
    monkeypatch.setattr(kitchen, "look", forgetful)
    url = await ensure_database(database_url, "forgetful_kitchen")
    async with open_counter(url) as counter:
        stall = await set_up(counter)
        outcomes = await rush(stall, counter.saga, quantity=10)
        assert set(outcomes.kinds) <= {OrderView, KitchenFull}
        assert outcomes.kinds[KitchenFull]
        await audit(counter, stall.id)


async def test_caps_hold_between_processes_and_are_given_back(counter: Counter):
    stall = await set_up(counter)
    pacing = Pacing(caps={"pickup": Cap(orders=3)}, wait_max_minutes=20)
    await counter.visitor.set_pacing(stall.id, pacing, stall.organiser)
    baskets = [await stall.fill(stall.line("Crisps")) for _ in range(40)]
    async with another_process(counter) as other:
        doors = [counter.saga, other]
        outcomes = await race(
            *(
                doors[number % 2].reserve(OrderId(new_uuid()), _order(basket))
                for number, basket in enumerate(baskets)
            )
        )
    assert set(outcomes.kinds) == {OrderView, KitchenFull}
    assert 9 <= outcomes.kinds[OrderView] <= 15  # three in each of the slots of twenty minutes
    await audit(counter, stall.id)
    for one in outcomes.of(OrderView):
        await counter.saga.withdraw(one.id)
    await audit(counter, stall.id)
    again = await stall.fill(stall.line("Crisps"))
    assert (await stall.reserve(again)).state == "pending"


def _order(basket: BasketView) -> NewOrder:
    return NewOrder(
        basket_id=basket.id, basket_version=basket.version, total=basket.totals.total, contact=LEA
    )


async def test_an_order_that_is_taken_back_while_it_is_placed_does_not_stay(
    counter: Counter, monkeypatch
):
    """The saga gave up waiting: its withdrawal overtakes the order, which is still on its way."""
    stall = await set_up(counter)
    looked, go_on = asyncio.Event(), asyncio.Event()
    real = record_orders._uses

    async def slow(tx, rows):
        looked.set()
        await go_on.wait()  # the ids have been looked at; nothing is written yet
        return await real(tx, rows)

    monkeypatch.setattr(record_orders, "_uses", slow)
    basket = await stall.fill(stall.line("Burger", 1, "Rare"))
    order_id = OrderId(new_uuid())
    placing = asyncio.create_task(stall.reserve(basket, order_id=order_id))
    await looked.wait()
    withdrawing = asyncio.create_task(counter.saga.withdraw(order_id))
    await asyncio.sleep(0.2)
    go_on.set()
    await asyncio.gather(placing, withdrawing)
    assert await stall.reserved("grill") == 0
    await audit(counter, stall.id)
    rows = await counter.sql("SELECT state FROM orders WHERE id = %s", (order_id,))
    assert rows == [("withdrawn",)]


async def test_withdrawals_and_orders_of_one_id_race(counter: Counter):
    stall = await set_up(counter)
    for _ in range(10):
        order_id, basket = OrderId(new_uuid()), await stall.fill(stall.line("Beer"))
        outcomes = await race(
            stall.reserve(basket, order_id=order_id), counter.saga.withdraw(order_id)
        )
        assert set(outcomes.kinds) <= {OrderView, OrderWithdrawn, type(None)}
        await audit(counter, stall.id)
    assert await stall.reserved("bar") == 0


async def test_a_basket_is_ordered_once_by_whoever_is_first(counter: Counter):
    stall = await set_up(counter)
    basket = await stall.fill(stall.line("Beer", 2))
    async with another_process(counter) as other:
        outcomes = await race(
            *(
                door.reserve(OrderId(new_uuid()), _order(basket))
                for door in (counter.saga, other) * 8
            )
        )
    assert outcomes.kinds == {OrderView: 1, BasketOrdered: 15}
    assert await stall.reserved("bar") == 60
    await audit(counter, stall.id)


async def test_a_repeat_after_the_basket_was_reopened_tells_what_became_of_it(counter: Counter):
    stall = await set_up(counter, accepts="by-hand")
    basket, order_id = await stall.fill(stall.line("Beer")), OrderId(new_uuid())
    await stall.reserve(basket, order_id=order_id)
    await counter.saga.offer(order_id)
    await counter.visitor.move(order_id, "rejected", stall.cook, "too-busy")
    assert (await stall.reserve(basket, order_id=order_id)).state == "rejected"
    await counter.sql("DELETE FROM baskets WHERE id = %s", (basket.id,))
    assert (await stall.reserve(basket, order_id=order_id)).state == "rejected"


async def test_a_drink_is_included_once_however_many_devices_order_it(counter: Counter):
    """Two devices of one ticket, at two stands, in two processes: the second one pays."""
    first = await set_up(counter)
    second = await set_up(counter, organiser_id=first.organiser_id)
    second.menu = first.menu.model_copy(update={"stand_id": second.id})
    await counter.sql(
        "UPDATE menus SET document = %s::jsonb WHERE stand_id = %s",
        (second.menu.model_dump_json(), second.id),
    )
    event_id, type_id = new_uuid(), new_uuid()
    await counter.sql(
        "INSERT INTO entitlements (id, organiser_id, event_id, name, item_ids, quantity)"
        " VALUES (%s, %s, %s, 'One drink', %s, 1)",
        (new_uuid(), first.organiser_id, event_id, [first.item("Beer").id]),
    )
    for _ in range(5):
        ticket_id, baskets = new_uuid(), []
        for stall in (first, second) * 2:
            basket = await stall.fill(stall.line("Beer", 2))
            facts = {"ticket_id": ticket_id, "event_id": event_id, "ticket_type_id": type_id}
            await counter.sql(
                "UPDATE baskets SET ticket_id = %s, ticket = %s::jsonb WHERE id = %s",
                (ticket_id, json.dumps(facts | {"seat": ""}, default=str), basket.id),
            )
            baskets.append(await counter.visitor.basket(basket.id))
        assert {basket.totals.total.minor for basket in baskets} == {600}
        async with another_process(counter) as other:
            doors = (counter.saga, other)
            outcomes = await race(
                *(
                    doors[number % 2].reserve(OrderId(new_uuid()), _order(basket))
                    for number, basket in enumerate(baskets)
                )
            )
        assert outcomes.kinds == {OrderView: 1, TotalChanged: 3}
        (order,) = outcomes.of(OrderView)
        for stall in (first, second):
            await audit(counter, stall.id)
        await counter.saga.withdraw(order.id)
        again = await counter.visitor.basket(baskets[0].id)
        assert again.totals.total.minor == 600, "what was taken back is there again"


async def test_what_runs_out_is_in_open_baskets_of_every_process_within_two_seconds(
    counter: Counter,
):
    stall = await set_up(counter)
    basket = await stall.fill(stall.line("Beer"))
    async with another_process(counter) as other:
        assert (await other.basket(basket.id)).lines[0].problems == []
        began = asyncio.get_running_loop().time()
        await stall.sell_out(stall.item("Beer").id)
        for door in (counter.visitor, other):
            async with asyncio.timeout(2):
                while not (await door.basket(basket.id)).lines[0].problems:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        assert asyncio.get_running_loop().time() - began < 2
        with pytest.raises(ItemSoldOut):
            await other.reserve(OrderId(new_uuid()), _order(basket))
