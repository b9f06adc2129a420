"""Events from commit to applied effect, by RabbitMQ, with everything on this machine.

The sender commits its change's events with `outbox.append`; the relay carries them to the broker;
another process takes them and commits one row and the inbox row each. Durable commits, durable
quorum queues. Beside stand the same in one process (LocalBus), and the broker's client without
QuickServe: publish with confirmations, consume, acknowledge, no database.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from tests.servers import Rabbit

from bench.figures import Figure, median
from bench.server import data_folder
from quickserve.kernel.db import Schema, ensure_database, migrate, service_url
from quickserve.kernel.postgres import EmbeddedPostgres

_ROUNDS = 3
_FAST = 20_000
_STEADY, _STEADY_RATE = 3_000, 500.0
_TOGETHER = 4  # events of one commit, when it goes as fast as it can
_BY_BROKER = ("send", "take")


@dataclass(frozen=True)
class Place:
    sender_url: str
    taker_url: str
    broker_url: str


def run() -> list[Figure]:
    fast: dict[str, list[float]] = {}
    p99: dict[str, list[float]] = {}
    with _place() as place:
        for _ in range(_ROUNDS):
            for name, roles in (
                ("rabbit", _BY_BROKER), ("local", ("both",)), ("raw", ("raw-send", "raw-take")),
            ):  # fmt: skip
                found = _measure(place, roles, _FAST, 0)
                rate = _FAST / (found["finished"] - found["began"])
                fast.setdefault(name, []).append(rate)
            for name, roles in (("rabbit", _BY_BROKER), ("local", ("both",))):
                found = _measure(place, roles, _STEADY, _STEADY_RATE)
                p99.setdefault(name, []).append(found["p99_ms"])
    rates = {name: median(values) for name, values in fast.items()}
    late = {name: median(values) for name, values in p99.items()}
    title, slow = "events, commit to effect", "commit to effect at 500/s, p99"
    return [
        Figure(title, rates["rabbit"], "/s", "the same by LocalBus", rates["local"], "≥ 2,000/s"),
        Figure(title, rates["rabbit"], "/s", "bare aio-pika", rates["raw"], "≥ 2,000/s"),
        Figure(slow, late["rabbit"], "ms", "the same by LocalBus", late["local"], "≤ 250 ms"),
    ]


def _measure(place: Place, roles: tuple[str, ...], count: int, rate: float) -> Mapping[str, Any]:
    """What the processes tell, together."""
    name = token_hex(4)
    processes: list[subprocess.Popen[str]] = []
    try:
        for role in roles:
            # One after the other: two that make the same queue at once can annoy the broker.
            processes.append(_start(place, role, name, count, rate))
            _await_ready(processes[-1])
        # The taker first; the sender's word is also the start of the clock.
        for process in reversed(processes):
            _word(process)
        told = json.loads(_line(processes[-1]))
        for process in processes[:-1]:
            _await_ready(process)
            _word(process)
            told |= json.loads(_line(process))
        return told
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _start(place: Place, role: str, run: str, count: int, rate: float) -> subprocess.Popen[str]:
    task = {
        "role": role, "run": run, "sender_url": place.sender_url, "taker_url": place.taker_url,
        "broker_url": place.broker_url, "count": count, "rate": rate,
        "together": 1 if rate else _TOGETHER,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "bench.events_process", json.dumps(task)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert line, "a process of the benchmark ended; its error stands above"
    return line


def _await_ready(process: subprocess.Popen[str]) -> None:
    assert _line(process) == "ready\n"


def _word(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


@contextmanager
def _place() -> Generator[Place, None, None]:
    with data_folder() as folder, EmbeddedPostgres(folder) as postgres, Rabbit() as broker:
        url, schemas = asyncio.run(_databases(postgres.url("postgres")))
        sender, taker = (service_url(url, schema) for schema in schemas)
        yield Place(sender, taker, broker.new_url())


async def _databases(admin_url: str) -> tuple[str, list[Schema]]:
    url = await ensure_database(admin_url, "bench")
    schemas = [Schema(f"bench_{who}", "bench.events_tables", "b" * 32) for who in ("from", "to")]
    await migrate(url, schemas)
    return url, schemas
