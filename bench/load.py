"""A load generator small enough to leave the processor to what is measured.

Plain HTTP/1.1 over kept connections: a request is written, the answer read by its Content-Length.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


class Connection:
    """One kept connection. Not for two requests at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    def close(self) -> None:
        self._writer.close()

    async def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body."""
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {self._host}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        headers = await self._reader.readuntil(b"\r\n\r\n")
        lowered = headers.lower()
        at = lowered.index(b"content-length:")
        length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
        return int(headers[9:12]), await self._reader.readexactly(length)


@dataclass(frozen=True)
class Run:
    """`per_second` counts finished journeys; latencies in milliseconds."""

    journeys: int
    seconds: float
    latencies_ms: list[float]

    @property
    def per_second(self) -> float:
        return self.journeys / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def drive(
    host_port: tuple[str, int],
    journey: Callable[[Connection], Awaitable[None]],
    *,
    clients: int,
    seconds: float,
) -> Run:
    """Each client repeats the journey until the time is over; a failed journey raises."""
    latencies: list[float] = []
    until = time.perf_counter() + seconds

    async def client() -> None:
        connection = Connection(*host_port)
        await connection.open()
        while time.perf_counter() < until:
            started = time.perf_counter()
            await journey(connection)
            latencies.append((time.perf_counter() - started) * 1000)
        connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Run(len(latencies), time.perf_counter() - started, latencies)
