"""Complete bookings a second, from outside: all processes on this machine, durable commits.

Beside each figure stand the bare SQL of the same writes (pgbench, same server build, same fsync)
and a bare FastAPI answer (same uvicorn, one model in, one model out, no database).
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

from bench import bare_sql
from bench.figures import Figure, median
from bench.journeys import echo, free, on_sale, paid
from bench.load import Connection, Run, drive
from bench.server import data_folder, free_port, serving

_ROUNDS = 3
_SECONDS = 8.0
_CLIENTS = 16


def run() -> list[Figure]:
    """Rounds alternate the contestants, so that a slow minute of the machine meets them all."""
    rounds: dict[str, list[float]] = {}
    latencies: dict[str, list[float]] = {}
    with (
        data_folder() as folder,
        bare_sql.server() as sql,
        bare_fastapi() as bare,
        serving(folder, "--no-demo") as product,
    ):
        free_show, paid_show = asyncio.run(on_sale(folder))
        for _ in range(_ROUNDS):
            for name, measured in (
                ("free", _measure(product.host_port, free(*free_show))),
                ("paid", _measure(product.host_port, paid(*paid_show))),
                ("bare FastAPI", _measure(bare, echo())),
            ):
                rounds.setdefault(name, []).append(measured.per_second)
                latencies.setdefault(name, []).append(measured.percentile(0.99))
            for name in ("free", "paid"):
                rate = sql.transactions_per_second(name, _CLIENTS, _SECONDS)
                rounds.setdefault(f"SQL {name}", []).append(rate)
    return _figures({k: median(v) for k, v in rounds.items()}, latencies)


def _figures(rates: dict[str, float], latencies: dict[str, list[float]]) -> list[Figure]:
    figures: list[Figure] = []
    for name, aim in (("free", "≥ 500/s"), ("paid", "≥ 100/s")):
        title = f"complete {name} bookings"
        figures += [
            Figure(title, rates[name], "/s", "bare SQL (pgbench)", rates[f"SQL {name}"], aim),
            Figure(title, rates[name], "/s", "bare FastAPI answer", rates["bare FastAPI"], aim),
            Figure(f"{title}, p99", median(latencies[name]), "ms"),
        ]
    return figures


def _measure(host_port: tuple[str, int], journey: Callable[[Connection], Awaitable[None]]) -> Run:
    return asyncio.run(drive(host_port, journey, clients=_CLIENTS, seconds=_SECONDS))


@contextmanager
def bare_fastapi() -> Generator[tuple[str, int], None, None]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare_fastapi", str(port)])
    try:
        asyncio.run(await_port(port))
        yield "127.0.0.1", port
    finally:
        process.terminate()
        process.wait(10)


async def await_port(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise TimeoutError("the bare FastAPI server did not start")
