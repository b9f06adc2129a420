"""What a look at the figures costs hangs on what is shown, not on all that was ever sold."""

from typing import Any

import pytest

from quickserve.booking.resources import Totals
from quickserve.booking.store import reports
from quickserve.booking.store.reports import Sales
from quickserve.contracts.catalog import EventId
from quickserve.kernel.ids import new_uuid

BLOCKS_MAX = 100

_MANY = """
INSERT INTO bookings (id, state, date_id, event_id, organiser_id, items, total_minor, currency,
    places, quota_ids, quota_places, body_hash, confirmed_at)
SELECT gen_random_uuid(), 'confirmed', %(date)s, %(event)s, %(organiser)s, '[]', 1800, 'EUR',
    1, '{}', '{}', '', now() - n * interval '1 hour'
FROM generate_series(1, 20000) n
"""


async def test_the_hours_of_an_event_cost_the_same_after_twenty_thousand_sales(gala):
    """Counted in the blocks touched: some 20 for the days shown, over 200 for all of them."""
    box, event = gala.box, gala.event.event_id
    params: dict[str, Any] = {
        "date": gala.date_id, "event": event, "organiser": gala.organiser_id,
        "days": 60, "limit": 400,
    }  # fmt: skip
    await box.sql(_MANY, params)
    try:
        await box.sql("VACUUM ANALYZE bookings")  # as autovacuum does within a minute
        look = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + reports._HOURS_OF_EVENT
        costs: dict[int, int] = {}
        for days in (60, 5000):
            [(plan,)] = await box.sql(look, params | {"days": days})
            total = plan[0]["Plan"]
            costs[days] = total["Shared Hit Blocks"] + total["Shared Read Blocks"]
    finally:
        await box.sql("DELETE FROM bookings WHERE event_id = %s", (event,))
    assert costs[60] < BLOCKS_MAX < costs[5000], costs


async def test_all_sales_are_summed_once_a_second_at_most():
    totals, event = Totals(seconds=60), EventId(new_uuid())
    looks = 0

    async def add_up() -> list[Sales]:
        nonlocal looks
        looks += 1
        return [Sales("EUR", looks, 0, 0)]

    assert [(await totals.get(event, add_up))[0].places for _ in range(3)] == [1, 1, 1]
    assert (await totals.get(EventId(new_uuid()), add_up))[0].places == 2, "each event its own"
    totals = Totals(seconds=0)
    assert [(await totals.get(event, add_up))[0].places for _ in range(2)] == [3, 4]


async def test_what_failed_is_not_kept():
    totals, event = Totals(seconds=60), EventId(new_uuid())

    async def fail() -> list[Sales]:
        raise KeyError

    async def add_up() -> list[Sales]:
        return []

    with pytest.raises(KeyError):
        await totals.get(event, fail)
    assert await totals.get(event, add_up) == []
