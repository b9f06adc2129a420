"""What a page of the home page costs hangs on the page, not on how many events there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from quickserve.catalog.store import lists
from quickserve.kernel.ids import new_uuid
from tests.catalog.conftest import Catalog

BLOCKS_MAX = 300
NOW = datetime.now(UTC)

_MANY = """
WITH made AS (
    INSERT INTO events (id, organiser_id, title, state, published_at, search_text, free,
        price_from_minor, price_from_currency, first_starts_at, next_date_id, next_starts_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, %(organiser)s,
        'Titre ' || n, 'published', now(), 'titre ' || md5(n::text), n %% 500 = 0,
        CASE WHEN n %% 500 = 0 THEN 0 ELSE 1000 END, 'EUR', starts_at,
        CASE WHEN n > 10000
            THEN ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid END,
        CASE WHEN n > 10000 THEN starts_at END
    FROM (SELECT n, now() + (n - 10000) * interval '1 hour' AS starts_at
          FROM generate_series(1, 20000) n) s
    RETURNING id, first_starts_at
)
INSERT INTO event_dates (id, event_id, starts_at, ends_at, zone, all_day, state, listed, over)
SELECT overlay(id::text placing '9' from 20)::uuid, id, first_starts_at,
    first_starts_at + interval '1 hour', 'Europe/Paris', false, 'scheduled', true,
    first_starts_at + interval '1 hour' < now()
FROM made
"""

_PAGE: dict[str, Any] = {
    "at": "-infinity", "id": "00000000-0000-0000-0000-000000000000", "limit": 25, "free": False,
    "since": NOW, "until": NOW + timedelta(days=7),
    "longest": "%9f61408e3afb6%", "patterns": ["%9f61408e3afb6%"],
}  # fmt: skip
_PAST = {**_PAGE, "at": "infinity", "id": "ffffffff-ffff-ffff-ffff-ffffffffffff"}

STATEMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": (lists._NEXT_DATES + lists._BY_NEXT, _PAGE),
    "all, free": (lists._NEXT_DATES + " AND e.free" + lists._BY_NEXT, _PAGE),
    "all, text": (lists._NEXT_DATES + lists._MATCHING + lists._BY_NEXT, _PAGE),
    "week": (lists._DATES_BETWEEN + lists._BY_START, _PAGE),
    "week, text": (lists._DATES_BETWEEN + lists._MATCHING + lists._BY_START, _PAGE),
    "past": (lists._PAST_DATES + lists._BY_END, _PAST),
    "past, text": (lists._PAST_DATES + lists._MATCHING + lists._BY_END, _PAST),
}


async def test_a_page_costs_the_same_among_twenty_thousand_events(catalog: Catalog):
    """Counted in the blocks touched: a page takes 20 to 170, a scan of all events about 900."""
    organiser = new_uuid()
    url = catalog.settings.database_url
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("SET search_path = catalog, public")
        await connection.execute(_MANY, {"organiser": organiser})
        # What autovacuum does within a minute of so large a change.
        await connection.execute("SELECT gin_clean_pending_list('events_search')")
        await connection.execute("ANALYZE events")
        await connection.execute("ANALYZE event_dates")
        costs: dict[str, int] = {}
        for name, (statement, params) in STATEMENTS.items():
            for _ in range(2):  # the first run sets hint bits
                cursor = await connection.execute(
                    "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement,
                    params,  # type: ignore[arg-type] # literals of the store
                )
                (plan,) = await cursor.fetchone() or ()
            total = plan[0]["Plan"]
            costs[name] = total["Shared Hit Blocks"] + total["Shared Read Blocks"]
        await connection.rollback()
    assert max(costs.values()) < BLOCKS_MAX, costs
