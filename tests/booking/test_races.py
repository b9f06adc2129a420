"""A rush: as many winners as places, whoever asks in whichever order."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import pytest

from quickserve.app import Platform, load
from quickserve.booking.commands.hold_places import record_holds
from quickserve.booking.houses import Houses
from quickserve.booking.model import Basket, NewHoldRow
from quickserve.booking.store import stock
from quickserve.contracts.booking import (
    BookingView,
    HoldId,
    HoldView,
    Item,
    NewHold,
    QuotaId,
    SoldOut,
)
from quickserve.kernel.db import Transaction, ensure_database, open_connection
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import Outcomes, race
from tests.booking.conftest import Gala, open_box, put_on

BUYERS, PLACES = 200, 50


async def rush(take: Callable[[], Awaitable[object]]) -> Outcomes:
    """All at the same moment; taking fails with SoldOut."""
    return await race(*(take() for _ in range(BUYERS)))


async def test_two_hundred_buyers_fifty_places_by_http(gala):
    quota = await gala.quota(PLACES)
    outcomes = await rush(gala.hold)
    assert outcomes.kinds == {HoldView: PLACES, SoldOut: BUYERS - PLACES}
    assert await gala.stock(quota) == (PLACES, 0)


async def test_two_hundred_free_bookings_fifty_places(free_gala):
    quota = await free_gala.quota(PLACES)
    outcomes = await rush(free_gala.book_free)
    assert outcomes.kinds == {BookingView: PLACES, SoldOut: BUYERS - PLACES}
    assert await free_gala.stock(quota) == (0, PLACES)
    rows = await free_gala.box.sql(
        "SELECT count(*) FROM tickets WHERE date_id = %s", (free_gala.date_id,)
    )
    assert rows == [(PLACES,)]


async def test_two_hundred_transactions_fifty_places(gala):
    quota = await gala.quota(PLACES)
    outcomes = await rush(lambda: take_alone(gala, quota))
    assert outcomes.kinds == {type(None): PLACES, SoldOut: BUYERS - PLACES}
    assert await gala.stock(quota) == (PLACES, 0)


async def test_the_same_rush_without_lock_and_constraint_oversells(database_url, monkeypatch):
    """The negative control: the same code, where nothing but these two is missing."""

    async def look(tx: Transaction, quota_ids: Sequence[QuotaId]) -> stock.Room:
        left = await tx.value(
            "SELECT jsonb_object_agg(id, capacity - held - sold) FROM quotas WHERE id = ANY(%s)",
            (list(quota_ids),),
        )
        await asyncio.sleep(0.05)  # as long as a lock would be waited for
        return stock.Room({QuotaId(UUID(quota_id)): places for quota_id, places in left.items()})

    monkeypatch.setattr(stock, "lock_room", look)
    url = await ensure_database(database_url, "unguarded")
    async with open_box(url) as box:
        await box.sql("ALTER TABLE quotas DROP CONSTRAINT IF EXISTS quota_not_oversold")
        gala = await put_on(box)
        quota = await gala.quota(PLACES)
        outcomes = await rush(lambda: take_alone(gala, quota))
        assert outcomes.kinds[type(None)] > PLACES
        assert (await gala.stock(quota))[0] > PLACES


async def take_alone(gala: Gala, quota: QuotaId) -> None:
    """Below the batches, which would keep buyers of one process apart."""
    db = gala.box.platform.runtimes["booking"].db
    basket = Basket([], Money.zero("EUR"), [quota], [1])
    row = NewHoldRow(HoldId(new_uuid()), gala.date_id, basket, b"")
    (outcome,) = await record_holds(db, Houses(db), 15, [row])
    if isinstance(outcome, Problem):
        raise outcome


async def test_a_locked_event_holds_up_no_other(gala, free_gala, database_url):
    locked = await gala.quota(PLACES), await free_gala.quota(PLACES)
    async with await open_connection(database_url) as admin:
        await admin.execute("BEGIN")
        await admin.execute(
            "SELECT FROM booking.quotas WHERE id = ANY(%s) FOR UPDATE", (list(locked),)
        )
        waiting = [asyncio.create_task(one) for one in (gala.hold(), free_gala.book_free())]
        await asyncio.sleep(0.1)
        assert not any(task.done() for task in waiting)
        paid, free = await put_on(gala.box), await put_on(gala.box, price=0)
        await paid.quota(PLACES)
        await free.quota(PLACES)
        async with asyncio.timeout(2):
            assert (await paid.hold()).state == "active"
            assert (await free.book_free()).state == "confirmed"
        await admin.execute("ROLLBACK")
    await asyncio.gather(*waiting)


async def test_two_processes_sell_the_same_places(gala):
    """Two containers of the service on one database."""
    quota = await gala.quota(PLACES)
    other = Platform(gala.box.platform.settings, [load("booking")], fetch_keys=gala.box.issuer.keys)
    async with other.running():
        clients = [gala.box.http, gala.box.http_to(other)]

        async def take(position: int) -> int:
            new = NewHold(date_id=gala.date_id, items=[Item(ticket_type_id=gala.seat, quantity=1)])
            answer = await clients[position % 2].put(
                f"/holds/{new_uuid()}", json=new.model_dump(mode="json")
            )
            return answer.status_code

        codes = await asyncio.gather(*(take(i) for i in range(BUYERS)))
        await clients[1].aclose()
    assert sorted(codes) == [200] * PLACES + [409] * (BUYERS - PLACES)
    assert await gala.stock(quota) == (PLACES, 0)


@pytest.mark.parametrize("seed", range(4))
async def test_overlapping_quotas_never_deadlock_nor_oversell(gala, seed):
    """Random mixes of two types over three quotas, taken and released at once, from all sides."""
    chance = random.Random(seed)
    quotas = [
        await gala.quota(30, gala.seat, gala.child),
        await gala.quota(12, gala.child),
        await gala.quota(25, gala.seat),
    ]
    baskets = [
        [
            Item(ticket_type_id=kind, quantity=chance.randint(1, 3))
            for kind in chance.sample([gala.seat, gala.child], chance.randint(1, 2))
        ]
        for _ in range(60)
    ]
    database = gala.box.platform.runtimes["booking"].db

    async def buyer(items: list[Item], *, alone: bool) -> HoldView | None:
        try:
            hold = await gala.box.checkout.put_hold(
                HoldId(new_uuid()), NewHold(date_id=gala.date_id, items=items)
            )
        except SoldOut:
            return None
        if alone:
            await gala.box.checkout.release_hold(hold.id)
            return None
        booking = await gala.pend(hold.id)
        if chance.random() < 0.3:
            await gala.box.checkout.withdraw(booking.id)
            return None
        await gala.box.checkout.confirm(booking.id)
        return hold

    async def stranger() -> None:
        """Another process takes and gives back whole sets, in another order of words."""
        for _ in range(10):
            order = chance.sample(quotas, 3)
            basket = Basket([], Money.zero("EUR"), order, [1, 1, 1])
            row = NewHoldRow(HoldId(new_uuid()), gala.date_id, basket, b"")
            (outcome,) = await record_holds(database, Houses(database), 15, [row])
            if isinstance(outcome, SoldOut):
                continue
            await gala.box.checkout.release_hold(row.id)

    outcomes = await race(
        *(buyer(items, alone=chance.random() < 0.4) for items in baskets),
        *(stranger() for _ in range(3)),
    )
    assert set(outcomes.kinds) <= {HoldView, type(None)}, outcomes.kinds
    sold = dict.fromkeys(quotas, 0)
    for hold in outcomes.of(HoldView):
        for item in hold.items:
            sold[quotas[0]] += item.quantity
            sold[quotas[1 if item.ticket_type_id == gala.child else 2]] += item.quantity
    assert [await gala.stock(quota) for quota in quotas] == [(0, sold[q]) for q in quotas]
