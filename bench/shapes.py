"""What it costs to take the services apart: the same bookings in both shapes, and a single call.

Needs RabbitMQ (Debian: rabbitmq-server). All processes share this machine, so the split shape
shows its whole price and none of its gain.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from tests.servers import Rabbit, Redis

from bench import echo_service
from bench.bookings import await_port
from bench.echo_service import Said
from bench.figures import Figure, median
from bench.journeys import free, on_sale, paid
from bench.load import Connection, Run, drive
from bench.server import data_folder, free_port, serving
from quickserve.app import Platform

_ROUNDS = 3
_SECONDS = 8.0
_CLIENTS = 16
_CALLS = 1500


def run() -> list[Figure]:
    return [*_bookings(), *_calls()]


def _bookings() -> list[Figure]:
    runs: dict[str, list[Run]] = {}
    with (
        data_folder() as here,
        data_folder() as there,
        Rabbit() as rabbit,
        Redis() as redis,
        serving(here, "--no-demo") as together,
        serving(
            there, "--no-demo", "--split",
            QUICKSERVE_RABBITMQ_URL=rabbit.url(), QUICKSERVE_REDIS_URL=redis.url,
        ) as apart,
    ):  # fmt: skip
        shows = {"one process": asyncio.run(on_sale(here)), "split": asyncio.run(on_sale(there))}
        for _ in range(_ROUNDS):
            for shape, product in (("one process", together), ("split", apart)):
                free_show, paid_show = shows[shape]
                for kind, journey in (("free", free(*free_show)), ("paid", paid(*paid_show))):
                    measured = _measure(product.host_port, journey)
                    runs.setdefault(f"{kind}, {shape}", []).append(measured)
    return [figure for kind in ("free", "paid") for figure in _figures(kind, runs)]


def _measure(host_port: tuple[str, int], journey: Callable[[Connection], Awaitable[None]]) -> Run:
    return asyncio.run(drive(host_port, journey, clients=_CLIENTS, seconds=_SECONDS))


def _figures(kind: str, runs: dict[str, list[Run]]) -> list[Figure]:
    def value(shape: str, of: Callable[[Run], float]) -> float:
        return median([of(one) for one in runs[f"{kind}, {shape}"]])

    title = f"complete {kind} bookings, split"
    figures = [
        Figure(title, value("split", _rate), "/s", "one process", value("one process", _rate))
    ]
    for name, share in (("p50", 0.5), ("p99", 0.99)):

        def latency(one: Run, share: float = share) -> float:
            return one.percentile(share)

        figures.append(
            Figure(
                f"{title}, {name}", value("split", latency), "ms",
                "one process", value("one process", latency),
            )
        )  # fmt: skip
    return figures


def _rate(one: Run) -> float:
    return one.per_second


def _calls() -> list[Figure]:
    """A call of one service to another, one after the other."""
    with _echo() as url:
        loopback, here = asyncio.run(_compare(url))
    return [Figure("a call over loopback", loopback, "ms", "in process", here)]


async def _compare(url: str) -> tuple[float, float]:
    """Alternating, so that a slow moment meets both."""
    local, remote = echo_service.platform(), echo_service.platform(url)
    times: dict[str, list[float]] = {"local": [], "remote": []}
    async with local.running(), remote.running():
        for _ in range(_ROUNDS * 2):
            times["local"].append(await _time(local))
            times["remote"].append(await _time(remote))
    return median(times["remote"]), median(times["local"])


async def _time(platform: Platform) -> float:
    """Milliseconds of a call."""
    client = platform.clients_for("bench")["echo"]
    await client.get(Said, "/words/first")
    started = time.perf_counter()
    for _ in range(_CALLS):
        await client.get(Said, "/words/again")
    taken = time.perf_counter() - started
    await client.close()
    return taken / _CALLS * 1000


@contextmanager
def _echo() -> Generator[str, None, None]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.echo_service", str(port)])
    try:
        asyncio.run(await_port(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
