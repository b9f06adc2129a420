"""How fair the waiting room is: 50,000 arrivals against its own rules, statements and batches.

Before the opening the order must be a uniform draw, whoever came first: Spearman's correlation of
arrival and number, and chi-square of their deciles, over many seeds. After it the order must be
that of arrival: the share of pairs that two processes turn round. A client that reloads all the
time must gain nothing, in either.
"""

import asyncio
import csv
import math
import os
import random
import secrets
import sys
import tempfile
import time
from bisect import bisect_right, insort
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from itertools import islice
from pathlib import Path

from bench.figures import Figure
from quickserve.booking import queueing
from quickserve.booking.commands.enter_waiting_room import record_arrivals
from quickserve.booking.rooms import Arrival
from quickserve.booking.store import waiting_room as store
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import RoomState, VisitorId
from quickserve.kernel.batches import Batch
from quickserve.kernel.db import Database, open_connection
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.postgres import EmbeddedPostgres

_DATA = Path(os.environ.get("QUICKSERVE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
_ARRIVALS = 50_000
_SEEDS = 100
_RELOADERS = 1000
_RELOADS = 20
_TOGETHER = 200
_DECILES = 10
_SLICES = 600


def run() -> list[Figure]:
    visitors = [VisitorId(new_uuid()) for _ in range(_ARRIVALS)]
    with (
        tempfile.TemporaryDirectory(prefix="quickserve-bench-") as folder,
        EmbeddedPostgres(Path(folder)) as server,
    ):
        return asyncio.run(_with_database(server.url("postgres"), visitors))


async def _with_database(url: str, visitors: Sequence[VisitorId]) -> list[Figure]:
    async with await open_connection(url) as connection:
        await connection.execute("CREATE SCHEMA booking")
        await connection.execute("ALTER DATABASE postgres SET search_path = booking")
        await connection.execute("SET search_path = booking")
        made = files("quickserve.booking") / "migrations" / "0040_waiting_room.sql"
        await connection.execute(made.read_bytes())
    db = Database(url)
    await db.open()
    try:
        return [*await _drawn(db, visitors), *_seeds(visitors), *await _by_arrival(db, visitors)]
    finally:
        await db.close()


async def _open(db: Database, state: RoomState) -> tuple[DateId, bytes]:
    date_id, seed = DateId(new_uuid()), secrets.token_bytes(32)
    async with db.transaction() as tx:
        opens_at = datetime.now(UTC) if state == "pre" else None
        await store.put_room(
            tx, date_id, OrganiserId(new_uuid()), state, opens_at=opens_at, fail_open=True,
            auto=False, seed=seed, per_second=queueing.RATE_FIRST,
        )  # fmt: skip
    return date_id, seed


async def _drawn(db: Database, visitors: Sequence[VisitorId]) -> list[Figure]:
    """One draw by the database: the rules must give the same, and reloading nothing."""
    date_id, seed = await _open(db, "pre")
    known = set(visitors[:_RELOADERS])
    for start in range(0, len(visitors), _TOGETHER):
        together = list(visitors[start : start + _TOGETHER])
        async with db.transaction() as tx:
            await store.enter(tx, date_id, together)
    for _ in range(_RELOADS):
        async with db.transaction() as tx:
            await store.enter(tx, date_id, list(known))
    began = time.perf_counter()
    async with db.transaction() as tx:
        drawn = await store.draw_numbers(tx, date_id)
    seconds = time.perf_counter() - began
    assert drawn == len(visitors), "everybody gets one number, however often they came"
    async with db.transaction() as tx:
        keys = await store.draw_keys(tx, date_id, len(visitors))
    assert keys == [queueing.draw_key(seed, one).hex() for one in _order(seed, visitors)]
    place = {key: n for n, key in enumerate(keys)}
    ranks = [place[queueing.draw_key(seed, one).hex()] for one in visitors[:_RELOADERS]]
    return [
        Figure(f"draw of {_ARRIVALS:,} numbers", seconds * 1000, "ms"),
        Figure(
            f"who reloads {_RELOADS} times before the draw: mean number",
            sum(ranks) / len(ranks), "", "expected", (len(visitors) - 1) / 2, "ratio 1 ± 0.06",
        ),
    ]  # fmt: skip


def _order(seed: bytes, visitors: Sequence[VisitorId]) -> list[VisitorId]:
    return sorted(visitors, key=lambda one: queueing.draw_key(seed, one))


def _seeds(visitors: Sequence[VisitorId]) -> list[Figure]:
    """Of uniform draws a hundredth has p < 0.01, and their p-values are spread evenly."""
    spearman: list[float] = []
    chi_square: list[float] = []
    arrival = {one: n for n, one in enumerate(visitors)}
    for _ in range(_SEEDS):
        arrivals = [arrival[one] for one in _order(secrets.token_bytes(32), visitors)]
        spearman.append(_spearman_p(arrivals))
        chi_square.append(_chi_square_p(arrivals))
    control = list(range(len(visitors)))
    random.Random(1).shuffle(control)
    control[::20] = sorted(control[::20])
    assert _chi_square_p(control) < 1e-4, "one in twenty in order of arrival is seen"
    figures: list[Figure] = []
    for name, found in (("Spearman", spearman), ("chi-square", chi_square)):
        figures += [
            Figure(f"{name}, arrival and number, {_SEEDS} seeds: median p", _median(found), ""),
            Figure(f"{name}: seeds with p < 0.01", sum(p < 0.01 for p in found), "", aim="≈ 1"),
            Figure(
                f"{name}: p of the p-values being uniform", _uniform_p(found), "", aim="≥ 0.001"
            ),
        ]
    return figures


async def _by_arrival(db: Database, visitors: Sequence[VisitorId]) -> list[Figure]:
    """Two processes take arrivals in turn, as many in a slice of time as a real day brought."""
    date_id, _ = await _open(db, "open")
    processes = [
        Batch(partial(record_arrivals, db), lambda arrival: arrival.date_id) for _ in range(2)
    ]
    numbers: list[int] = []
    reloads: list[int] = []
    first = visitors[0]
    upcoming = iter(visitors)
    began = time.perf_counter()
    for count in curve(len(visitors)):
        together = list(islice(upcoming, count))
        waiting = [
            processes[n % 2].put(Arrival(date_id, one)) for n, one in enumerate([*together, first])
        ]
        *places, again = await asyncio.gather(*waiting)
        numbers += [place.number or 0 for place in places]
        reloads.append(again.number or 0)
    seconds = time.perf_counter() - began
    assert sorted(numbers) == list(range(1, len(visitors) + 1)), "each number once, none left out"
    assert set(reloads) == {numbers[0]}, "a reload changes nothing"
    moved = [abs(number - 1 - n) for n, number in enumerate(numbers)]
    pairs = len(numbers) * (len(numbers) - 1) / 2
    return [
        Figure("arrivals after the opening", len(visitors) / seconds, "/s"),
        Figure(
            "by arrival: pairs turned round", 1e6 * _inversions(numbers) / pairs, "of 1,000,000"
        ),
        Figure("by arrival: furthest from one's own place", max(moved), "numbers"),
        Figure(f"who reloads {len(reloads)} times after the opening gains", 0, "numbers"),
    ]


def curve(people: int) -> list[int]:
    """How many come in each of 600 slices: the busiest hours of a real site, or an even flow."""
    path = _DATA / "load" / "nasa_http_1995_per_minute.csv"
    if path.exists():
        with path.open() as file:
            counts = [int(row["requests"]) for row in csv.DictReader(file)]
        peak = max(range(len(counts)), key=counts.__getitem__)
        start = max(0, min(peak - _SLICES // 2, len(counts) - _SLICES))
        shape = counts[start : start + _SLICES]
    else:
        print("no load curves (QUICKSERVE_TEST_DATA): an even flow", file=sys.stderr)
        shape = [1] * _SLICES
    total, came, slices = sum(shape), 0, list[int]()
    for reached in (sum(shape[: n + 1]) for n in range(len(shape))):
        upto = people * reached // total
        slices.append(upto - came)
        came = upto
    return slices


def _inversions(numbers: Sequence[int]) -> int:
    seen: list[int] = []
    turned = 0
    for number in numbers:
        turned += len(seen) - bisect_right(seen, number)
        insort(seen, number)
    return turned


def _spearman_p(arrivals: Sequence[int]) -> float:
    n = len(arrivals)
    squares = sum((arrived - number) ** 2 for number, arrived in enumerate(arrivals))
    rho = 1 - 6 * squares / (n * (n * n - 1))
    return math.erfc(abs(rho) * math.sqrt((n - 1) / 2))


def _chi_square_p(arrivals: Sequence[int]) -> float:
    """Deciles of arrival against deciles of number; Wilson and Hilferty's approximation."""
    n = len(arrivals)
    cells = [0] * _DECILES**2
    for number, arrived in enumerate(arrivals):
        cells[number * _DECILES // n * _DECILES + arrived * _DECILES // n] += 1
    expected = n / len(cells)
    free = (_DECILES - 1) ** 2
    chi = sum((cell - expected) ** 2 for cell in cells) / expected
    spread = 2 / (9 * free)
    z = ((chi / free) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return math.erfc(z / math.sqrt(2)) / 2


def _uniform_p(values: Sequence[float]) -> float:
    """Kolmogorov and Smirnov's."""
    n = len(values)
    ordered = sorted(values)
    gap = max(max((i + 1) / n - p, p - i / n) for i, p in enumerate(ordered))
    t = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * gap
    found = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * t * t) for k in range(1, 101))
    return min(1.0, max(0.0, found))


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
