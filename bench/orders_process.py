"""Buyers and cooks in a process of their own, over HTTP: what they did, printed as JSON.

`complete`: many connections, each takes one order after the other from its placing until it is
picked up. `paced`: so many orders a second, while every stand's board is read again and again, as a
screen in the kitchen does; an order is on the board once an answer of the board names it.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

from quickserve.kernel.ids import new_uuid

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_LOOK_SECONDS = 0.25  # between two of a board
_STEPS = ("preparing", "ready", "picked-up")


@dataclass(frozen=True)
class Task:
    """`baskets` by stand: each is ordered once. `per_second` 0 is `complete`."""

    host: str
    port: int
    token: str
    baskets: dict[str, list[str]]
    connections: int
    seconds: float
    per_second: float = 0


@dataclass
class Count:
    """Orders that were picked up, or placed; milliseconds of a whole order, or to the board."""

    orders: int = 0
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list[float])


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._got = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._got = got = self._got + data if self._got else data
        end = got.find(_HEAD_END)
        if end < 0:
            return
        at = got.find(_LENGTH) + len(_LENGTH)
        if len(got) < end + len(_HEAD_END) + int(got[at : got.index(b"\r", at)]):
            return
        self._got = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(got)

    async def ask(self, request: bytes) -> bytes:
        """The whole answer; anything but a 200 ends the measurement."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if answer[9:12] != b"200":
            raise RuntimeError(answer.decode(errors="replace")[:2000])
        return answer


class _Crowd:
    def __init__(self, task: Task) -> None:
        self._task = task
        self.count = Count()
        self._orders = [
            (stand, basket)
            for mixed in zip(*task.baskets.values(), strict=True)
            for stand, basket in zip(task.baskets, mixed, strict=True)
        ]
        self._waiting: dict[str, dict[bytes, tuple[float, asyncio.Event]]] = {
            stand: {} for stand in task.baskets
        }
        self._host = f"host: {task.host}\r\n".encode()
        self._signed = f"authorization: Bearer {task.token}\r\n".encode()

    async def line(self) -> Line:
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Line, self._task.host, self._task.port))[1]

    def _put(self, path: str, body: bytes, headers: bytes = b"") -> bytes:
        return (
            b"PUT /api/ordering%b HTTP/1.1\r\n%b%bcontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (path.encode(), self._host, headers, len(body), body)
        )

    def place(self, order_id: str, basket: str) -> bytes:
        body = (
            b'{"basket_id":"%b","basket_version":1,"total":{"minor":0,"currency":"EUR"},'
            b'"contact":{"name":"Amina"},"payment":"free"}' % basket.encode()
        )
        return self._put(f"/placed-orders/{order_id}", body)

    def move(self, order_id: str, state: str) -> bytes:
        body = b'{"state":"%b"}' % state.encode()
        return self._put(f"/orders/{order_id}/state", body, self._signed)

    async def complete(self) -> None:
        lines = [await self.line() for _ in range(self._task.connections)]
        until = time.perf_counter() + self._task.seconds

        async def worker(line: Line) -> None:
            while time.perf_counter() < until:
                _, basket = self._orders.pop()
                order_id, began = str(new_uuid()), time.perf_counter()
                assert b'"accepted"' in await line.ask(self.place(order_id, basket))
                for state in _STEPS:
                    await line.ask(self.move(order_id, state))
                self.count.orders += 1
                self.count.latencies_ms.append((time.perf_counter() - began) * 1000)

        await asyncio.gather(*(worker(line) for line in lines))

    async def paced(self) -> None:
        """Orders come at their times, however long the others take; the kitchen keeps up."""
        spare = [await self.line() for _ in range(self._task.connections)]
        began = time.perf_counter()
        boards = [asyncio.create_task(self._watch(stand)) for stand in self._task.baskets]
        async with asyncio.TaskGroup() as orders:
            for number in range(int(self._task.seconds * self._task.per_second)):
                due = began + number / self._task.per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                line = spare.pop() if spare else await self.line()
                orders.create_task(self._serve(line, spare, due))
        for board in boards:
            board.cancel()

    async def _serve(self, line: Line, spare: list[Line], due: float) -> None:
        stand, basket = self._orders.pop()
        order_id = str(new_uuid())
        seen = asyncio.Event()
        self._waiting[stand][order_id.encode()] = due, seen
        await line.ask(self.place(order_id, basket))
        self.count.orders += 1
        spare.append(line)
        await seen.wait()
        line = spare.pop() if spare else await self.line()
        for state in _STEPS:
            await line.ask(self.move(order_id, state))
        spare.append(line)

    async def _watch(self, stand: str) -> None:
        line, waiting = await self.line(), self._waiting[stand]
        look = b"GET /api/ordering/stands/%b/board HTTP/1.1\r\n%b%b\r\n" % (
            stand.encode(), self._host, self._signed,
        )  # fmt: skip
        while True:
            answer = await line.ask(look)
            now = time.perf_counter()
            for order_id in [one for one in waiting if one in answer]:
                due, seen = waiting.pop(order_id)
                self.count.latencies_ms.append((now - due) * 1000)
                seen.set()
            await asyncio.sleep(_LOOK_SECONDS)


async def run(task: Task) -> Count:
    crowd = _Crowd(task)
    began = time.perf_counter()
    await (crowd.paced() if task.per_second else crowd.complete())
    crowd.count.seconds = time.perf_counter() - began
    return crowd.count


if __name__ == "__main__":
    count = uvloop.run(run(Task(**json.load(sys.stdin))))
    with open(1, "w", closefd=False) as output:  # buffered even where PYTHONUNBUFFERED is set
        json.dump(vars(count), output)
