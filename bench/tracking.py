"""Positions a second, and how soon who waits sees them, in one process over HTTP.

Phones and watchers are a process of their own. Every phone's shift carries an order, so each fix is
judged, written durably and shown; pages that nobody watches cost nothing. Beside the ingest stand
the same rows as bare SQL, by pgbench on the same server.
"""

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import SecretStr

from bench import bare_sql
from bench.figures import Figure, median
from bench.server import Running, data_folder, memory_mb, processor_seconds, serving
from bench.tracking_process import Count, Phone, Task
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import DeviceId
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.postgres import EmbeddedPostgres
from quickserve.kernel.settings import Settings
from quickserve.tracking.keys import Keys, Link

_PHONES = 1000
_SECONDS = 4.0
_CONNECTIONS = 48
_AT_ONCE = 100  # fixes of a batched call
_PACE = 200.0  # fixes a second while pages watch: each phone every 5 s
_WATCH_SECONDS = 8.0
_ROUNDS = 2
_SECRET = "only a benchmark's, and long enough for it"

_SHIFTS = """
WITH s AS (INSERT INTO tracking.shifts (id, organiser_id, person_id, runner, moves, capacity,
    body_hash, began_at)
  SELECT gen_random_uuid(), %s, gen_random_uuid(), 'Amina', 'car', 3, '\\x00',
    clock_timestamp() - interval '1 day' FROM generate_series(1, %s) RETURNING id),
  d AS (INSERT INTO tracking.devices (id, shift_id, speed_up)
    SELECT gen_random_uuid(), id, 1000 FROM s RETURNING id, shift_id)
INSERT INTO tracking.jobs (id, organiser_id, state, stand_id, number, stand_name, fulfilment,
  latitude, longitude, from_latitude, from_longitude, ready, shift_id, pin, assigned_at,
  picked_up_at)
SELECT gen_random_uuid(), %s, 'carried', gen_random_uuid(), 'A1', 'Bench', 'delivery', 48.886,
  2.38, 48.892, 2.3936, true, shift_id, '1234', clock_timestamp() - interval '1 day',
  clock_timestamp() - interval '1 day' FROM d
RETURNING id, (SELECT d.id FROM d WHERE d.shift_id = jobs.shift_id)
"""


@dataclass(frozen=True)
class Round:
    per_second: float
    p99_ms: float
    memory_mb: float
    cost_us: float


def run() -> list[Figure]:
    rounds: dict[str, list[Round]] = {}
    bare: dict[str, list[float]] = {"fix": [], "fixes": []}
    with data_folder() as folder, EmbeddedPostgres(folder / "database") as server:
        sql = asyncio.run(bare_sql.prepared(server, folder))
        url = asyncio.run(ensure_database(server.url("postgres"), "product"))
        with serving(
            folder / "home", "--no-demo", QUICKSERVE_DATABASE_URL=url, QUICKSERVE_SECRET=_SECRET
        ) as running:
            phones = asyncio.run(_phones(url))
            for number in range(_ROUNDS + 1):
                found = {
                    "single": _drive(running, phones, 1),
                    "batched": _drive(running, phones, _AT_ONCE),
                }
                rates = {name: sql.transactions_per_second(name, _CONNECTIONS, 3) for name in bare}
                if number > 0:  # the first one warms everything up
                    for name, one in found.items():
                        rounds.setdefault(name, []).append(one)
                    for name, rate in rates.items():
                        bare[name].append(rate)
            rounds["watched"] = [_drive(running, phones, 1, watch=True)]
    return _figures(rounds, {name: median(rates) for name, rates in bare.items()})


def _figures(rounds: dict[str, list[Round]], bare: dict[str, float]) -> list[Figure]:
    def mid(name: str, what: str = "per_second") -> float:
        return median([getattr(one, what) for one in rounds[name]])

    watched = rounds["watched"][0]
    rows = bare["fixes"] * _AT_ONCE
    return [
        Figure(
            "positions taken, one a call", mid("single"), "/s", "one row a commit (pgbench)",
            bare["fix"], "≥ 3,000/s",
        ),
        Figure(
            f"positions taken, {_AT_ONCE} a call", mid("batched"), "/s",
            f"{_AT_ONCE} rows a commit (pgbench)", rows, "≥ 8,000/s",
        ),
        Figure(
            f"fix sent → {_PHONES:,} watchers, p99", watched.p99_ms, "ms", aim="≤ 300",
        ),
        Figure("processor time of a position, one a call", mid("single", "cost_us"), "µs"),
        Figure("processor time of a position of a hundred", mid("batched", "cost_us"), "µs"),
        Figure("positions while they watch", watched.per_second, "/s"),
        Figure("memory of a watcher", watched.memory_mb * 1024 / _PHONES, "KiB"),
    ]  # fmt: skip


def _drive(running: Running, phones: list[Phone], at_once: int, *, watch: bool = False) -> Round:
    host, port = running.host_port
    seconds = _WATCH_SECONDS if watch else _SECONDS
    task = Task(
        host, port, [asdict(one) for one in phones], at_once, _CONNECTIONS, seconds,
        _PACE if watch else 0,
    )  # fmt: skip
    before = memory_mb(running.process.pid)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.tracking_process"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(asdict(task)) + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "watching\n"
    grown = memory_mb(running.process.pid) - before
    spent = processor_seconds(running.process.pid)
    process.stdin.write("go\n")
    process.stdin.flush()
    answer, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("the phones failed")
    count = Count(**json.loads(answer))
    cost = (processor_seconds(running.process.pid) - spent) / max(count.fixes, 1)
    ordered = sorted(count.latencies_ms)
    return Round(count.fixes / count.seconds, ordered[int(len(ordered) * 0.99)], grown, cost * 1e6)


async def _phones(url: str) -> list[Phone]:
    """On shift, each with an order in hand; so many that no phone's clock stands still."""
    keys = Keys(Settings(secret=SecretStr(_SECRET), database_url=url))
    until = datetime.now(UTC) + timedelta(hours=1)
    organiser = new_uuid()
    async with await open_connection(url) as connection:
        cursor = await connection.execute(_SHIFTS, (organiser, _PHONES, organiser))
        found: list[tuple[UUID, UUID]] = list(await cursor.fetchall())
        await connection.commit()
    return [
        Phone(
            str(device_id), keys.of_device(DeviceId(device_id)),
            keys.link(Link(OrderId(order_id), until, own=False)),
        )
        for order_id, device_id in found
    ]  # fmt: skip
