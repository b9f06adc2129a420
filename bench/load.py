"""A load generator small enough to leave the processor to what is measured.

Plain HTTP/1.1 over kept connections: a request is written, the answer read by its Content-Length.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


class Connection:
    """One connection, kept as long as the server keeps it. Not for two requests at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def send(
        self, method: str, path: str, body: bytes = b"", *, headers: str = ""
    ) -> tuple[int, bytes]:
        """Status and body. `headers` are whole lines."""
        status, _, answer = await self.exchange(method, path, body, headers=headers)
        return status, answer

    async def exchange(
        self, method: str, path: str, body: bytes = b"", *, headers: str = ""
    ) -> tuple[int, bytes, bytes]:
        """Status, head and body."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {self._host}\r\n{headers}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answered = await reader.readuntil(b"\r\n\r\n")
        lowered = answered.lower()
        length = 0
        if (at := lowered.find(b"content-length:")) >= 0:
            length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
        answer = int(answered[9:12]), answered, await reader.readexactly(length)
        if b"\r\nconnection: close\r\n" in lowered:
            self.close()
        return answer


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
        while time.perf_counter() < until:
            started = time.perf_counter()
            await journey(connection)
            latencies.append((time.perf_counter() - started) * 1000)
        connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Run(len(latencies), time.perf_counter() - started, latencies)
