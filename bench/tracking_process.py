"""Phones and who waits for them, in a process of their own; prints what they saw as JSON."""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvloop

from bench.orders_process import Line

_STEP = 0.0002  # degrees: some 20 m, so that each fix is another picture


@dataclass(frozen=True)
class Phone:
    device: str
    key: str
    link: str


@dataclass(frozen=True)
class Task:
    """`per_second` 0: as many as go; else each fix is waited for by a page."""

    host: str
    port: int
    phones: list[dict[str, Any]]
    at_once: int
    connections: int
    seconds: float
    per_second: float = 0


@dataclass
class Count:
    fixes: int = 0
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list[float])


class _Page(asyncio.Protocol):
    """One watcher: `seen` is set at each part that comes."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.seen = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._head)  # pyright: ignore[reportAttributeAccessIssue]

    def data_received(self, data: bytes) -> None:
        if b"data: " in data:
            self.seen.set()


class _Crowd:
    def __init__(self, task: Task) -> None:
        self.task, self.count = task, Count()
        self.phones = [Phone(**one) for one in task.phones]
        self.turns = [0] * len(self.phones)
        self.host = f"host: {task.host}\r\n".encode()

    async def line(self) -> Line:
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Line, self.task.host, self.task.port))[1]

    def fixes(self, number: int, count: int) -> bytes:
        """The phone's next ones: a millisecond apart, the last one now."""
        phone, now = self.phones[number], time.time()
        told: list[str] = []
        for index in range(count):
            self.turns[number] += 1
            at = datetime.fromtimestamp(now - 0.001 * (count - index), UTC).isoformat()
            latitude = 48.89 + _STEP * (self.turns[number] % 20)
            told.append(f'{{"at":"{at}","latitude":{latitude},"longitude":2.39}}')
        body = f'{{"key":"{phone.key}","fixes":[{",".join(told)}]}}'.encode()
        return (
            b"PUT /api/tracking/fixes/%b HTTP/1.1\r\n%bcontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (phone.device.encode(), self.host, len(body), body)
        )

    async def flood(self) -> None:
        lines = [await self.line() for _ in range(self.task.connections)]
        until = time.perf_counter() + self.task.seconds
        mine = range(len(self.phones))

        async def phone(line: Line, start: int) -> None:
            number = start
            while time.perf_counter() < until:
                began = time.perf_counter()
                answer = await line.ask(self.fixes(number, self.task.at_once))
                accepted = json.loads(answer.partition(b"\r\n\r\n")[2])["accepted"]
                self.count.fixes += accepted
                self.count.latencies_ms.append((time.perf_counter() - began) * 1000)
                number = (number + self.task.connections) % len(mine)

        await asyncio.gather(*(phone(line, start) for start, line in enumerate(lines)))

    async def watch(self) -> list[_Page]:
        loop = asyncio.get_running_loop()
        pages: list[_Page] = []
        for phone in self.phones:
            head = b"GET /en/follow/%b/tracking HTTP/1.1\r\n%baccept: text/event-stream\r\n\r\n" % (
                phone.link.encode(),
                self.host,
            )
            pages.append(
                (
                    await loop.create_connection(
                        lambda head=head: _Page(head), self.task.host, self.task.port
                    )
                )[1]
            )
            if len(pages) % 20 == 0:
                await asyncio.wait_for(pages[-1].seen.wait(), 20)
        for page in pages:
            await asyncio.wait_for(page.seen.wait(), 20)
        return pages

    async def paced(self, pages: list[_Page]) -> None:
        spare = [await self.line() for _ in range(self.task.connections)]
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for turn in range(int(self.task.seconds * self.task.per_second)):
                due = began + turn / self.task.per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                line = spare.pop() if spare else await self.line()
                number = turn % len(pages)
                group.create_task(self._fix(line, spare, number, pages[number], due))

    async def _fix(
        self, line: Line, spare: list[Line], number: int, page: _Page, due: float
    ) -> None:
        page.seen.clear()
        asked = asyncio.ensure_future(line.ask(self.fixes(number, 1)))
        await asyncio.wait_for(page.seen.wait(), 20)
        self.count.latencies_ms.append((time.perf_counter() - due) * 1000)
        accepted = json.loads((await asked).partition(b"\r\n\r\n")[2])["accepted"]
        self.count.fixes += accepted
        spare.append(line)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


async def run() -> None:
    crowd = _Crowd(Task(**json.loads(sys.stdin.readline())))
    pages = await crowd.watch() if crowd.task.per_second else []
    _say("watching\n")
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    await (crowd.paced(pages) if pages else crowd.flood())
    crowd.count.seconds = time.perf_counter() - began
    _say(json.dumps(vars(crowd.count)))


if __name__ == "__main__":
    uvloop.run(run())
