"""Holds a second while a crowd wants the same: all processes on this machine, durable commits.

The crowd asks by HTTP from a process of its own: for places of one quota, for the best seats of a
house, for free bookings. Beside the figures of one hot quota stands the bare SQL of a hold: its row
and the quota's, in one statement, by pgbench on the same server. Two products run, alike but for
what is on sale: a handful of events, or ten thousand.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from bench import bare_sql
from bench.figures import Figure, median
from bench.journeys import a_house, free_body, hold_body, on_sale
from bench.rush_process import Count, Task
from bench.server import Running, data_folder, processor_seconds, serving
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.postgres import EmbeddedPostgres, Server

_ROUNDS = 3
_SECONDS = 6.0
_BUYERS = 64
_MANY = 10_000
_HOUSE = 50_000
_HOUSE_SECONDS = 4.0  # less than it takes to fill it
_PARTIES = (2, 1, 3, 2, 4)  # who wants how many seats side by side

_HOLDS = "/api/booking/holds/"
_FREE = "/api/booking/free-bookings/"


@dataclass(frozen=True)
class Shop:
    """A running product and what it sells: dates with a ticket type each."""

    running: Running
    database: Server
    free: tuple[UUID, UUID]
    paid: tuple[UUID, UUID]


@dataclass(frozen=True)
class Rush:
    """What one round came to; `cost_us` is the processor time of product and database per hold."""

    per_second: float
    p99_ms: float
    cost_us: float


def run() -> list[Figure]:
    """Rounds alternate the contestants, so that a slow minute of the machine meets them all."""
    rounds: dict[str, list[Rush]] = {}
    bare: list[float] = []
    room = {"max_connections": "300"}  # two products, and pgbench
    with data_folder() as folder, EmbeddedPostgres(folder / "database", settings=room) as server:
        sql = asyncio.run(bare_sql.prepared(server, folder))
        with _shop(server, folder / "few") as few, _shop(server, folder / "many") as many:
            dates = asyncio.run(_crowd_the_market(server, many))
            for number in range(_ROUNDS + 1):
                found = _round(few, many, dates)
                rate = sql.transactions_per_second("hold", _BUYERS, _SECONDS)
                if number > 0:  # the first one warms everything up
                    bare.append(rate)
                    for name, rush in found.items():
                        rounds.setdefault(name, []).append(rush)
    return _figures(rounds, median(bare))


def _round(few: Shop, many: Shop, dates: Sequence[tuple[UUID, UUID]]) -> dict[str, Rush]:
    return {
        "one quota": _rush(few, _HOLDS, [hold_body(*few.paid)]),
        "one quota of many": _rush(many, _HOLDS, [hold_body(*many.paid)]),
        "everywhere": _rush(many, _HOLDS, [hold_body(*date) for date in dates]),
        "seats": _rush(few, _HOLDS, _parties(few), seconds=_HOUSE_SECONDS),
        "free": _rush(few, _FREE, [free_body(*few.free)]),
    }


def _parties(shop: Shop) -> list[str]:
    """Each round has a house of its own: it would be full too soon."""
    date = asyncio.run(a_house(shop.running.folder, _HOUSE))
    return [hold_body(*date, party) for party in _PARTIES]


def _figures(rounds: dict[str, list[Rush]], bare: float) -> list[Figure]:
    def rate(name: str) -> float:
        return median([rush.per_second for rush in rounds[name]])

    def p99(name: str) -> float:
        return median([rush.p99_ms for rush in rounds[name]])

    def cost(name: str) -> float:
        return median([rush.cost_us for rush in rounds[name]])

    title, sql = "holds on one quota", "bare one-row SQL (pgbench)"
    house = f"holds in a house of {_HOUSE:,} seats"
    spread = f"holds spread over {_MANY:,} events"
    return [
        Figure(title, rate("one quota"), "/s", sql, bare, "≥ 5,000/s, ≥ 1.5 ×"),
        Figure(f"{title}, p99", p99("one quota"), "ms"),
        Figure(
            f"a hold's processor time, {_MANY:,} events on sale", cost("one quota of many"), "µs",
            "2 events on sale", cost("one quota"), "flat",
        ),
        Figure(spread, rate("everywhere"), "/s", title, rate("one quota")),
        Figure(f"{spread}, p99", p99("everywhere"), "ms"),
        Figure(f"{house}, best available", rate("seats"), "/s", aim="≥ 1,500/s"),
        Figure(f"{house}, best available, p99", p99("seats"), "ms"),
        Figure("complete free bookings in a rush", rate("free"), "/s", aim="≥ 1,500/s"),
        Figure("complete free bookings in a rush, p99", p99("free"), "ms"),
    ]  # fmt: skip


@contextmanager
def _shop(server: Server, folder: Path) -> Generator[Shop]:
    url = asyncio.run(ensure_database(server.url("postgres"), folder.name))
    with serving(folder, "--no-demo", QUICKSERVE_DATABASE_URL=url) as running:
        free, paid = asyncio.run(on_sale(folder))
        yield Shop(running, server, free, paid)


def _rush(shop: Shop, path: str, bodies: list[str], *, seconds: float = _SECONDS) -> Rush:
    host, port = shop.running.host_port
    task = Task(host, port, path, bodies, _BUYERS, seconds)
    before = spent(shop.running, shop.database)
    answer = subprocess.run(
        [sys.executable, "-m", "bench.rush_process"],
        input=json.dumps(asdict(task)), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    cost = spent(shop.running, shop.database) - before
    count = Count(**json.loads(answer.stdout))
    assert set(count.statuses) == {"200"}, count.statuses
    served = count.statuses["200"]
    ordered = sorted(count.latencies_ms)
    return Rush(served / count.seconds, ordered[int(served * 0.99)], cost / served * 1e6)


def spent(running: Running, database: Server) -> float:
    """Processor seconds of a product and its database so far."""
    postmaster = int((database.data / "postmaster.pid").read_text().split()[0])
    return processor_seconds(running.process.pid) + processor_seconds(postmaster)


# -- Ten thousand events --------------------------------------------------------------------------

_EVENTS = """
WITH n AS (SELECT gen_random_uuid() AS event, gen_random_uuid() AS date, gen_random_uuid() AS type,
    gen_random_uuid() AS quota, gen_random_uuid() AS organiser FROM generate_series(1, %s)),
  events AS (INSERT INTO offered_events (id, version, organiser_id, title, state)
    SELECT event, 1, organiser, 'Nuit des fanfares', 'published' FROM n),
  dates AS (INSERT INTO offered_dates (id, event_id, starts_at, ends_at, zone, state)
    SELECT date, event, now() + interval '30 days', now() + interval '31 days', 'Europe/Paris',
      'scheduled' FROM n),
  types AS (INSERT INTO offered_ticket_types (id, event_id, position, name, price_minor, currency,
      tax_rate_bp, min_per_booking, max_per_booking)
    SELECT type, event, 0, 'Plein tarif', 1800, 'EUR', 550, 1, 10 FROM n),
  quotas AS (INSERT INTO quotas (id, date_id, organiser_id, name, capacity)
    SELECT quota, date, organiser, '', 1000000 FROM n),
  links AS (INSERT INTO quota_ticket_types (quota_id, ticket_type_id) SELECT quota, type FROM n)
SELECT date, type FROM n
"""


async def _crowd_the_market(server: Server, shop: Shop) -> list[tuple[UUID, UUID]]:
    """(date, ticket type) of ten thousand more events, as `booking` knows events."""
    async with await open_connection(server.url(shop.running.folder.name)) as connection:
        await connection.execute("SET search_path = booking")
        cursor = await connection.execute(_EVENTS, (_MANY,))
        dates = await cursor.fetchall()
        await connection.execute("ANALYZE")
    return [(date, kind) for date, kind in dates]
