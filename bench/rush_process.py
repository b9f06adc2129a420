"""A crowd in a process of its own: many kept connections, each asks again once it is answered.

Small enough to leave the processor to what is measured: a request is one write, an answer is
recognised by its length. Prints what it counted as JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import uvloop

from quickserve.kernel.ids import new_uuid

_STATUS = slice(9, 12)
_LENGTH = b"content-length: "
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Task:
    """`PUT {path}{new id}` of the bodies in turn, `connections` at a time, for `seconds`."""

    host: str
    port: int
    path: str
    bodies: list[str]
    connections: int
    seconds: float


@dataclass
class Count:
    """Answers by status, the seconds they took together, and latencies of the 200s."""

    statuses: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list[float])


class _Buyer(asyncio.Protocol):
    """One connection."""

    def __init__(self, crowd: "_Crowd") -> None:
        self._crowd = crowd
        self._got = b""
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._crowd.request())

    def data_received(self, data: bytes) -> None:
        self._got = got = self._got + data if self._got else data
        end = got.find(_HEAD_END)
        if end < 0:
            return
        at = got.find(_LENGTH) + len(_LENGTH)
        if len(got) < end + len(_HEAD_END) + int(got[at : got.index(b"\r", at)]):
            return
        self._got = b""
        if self._crowd.note(got[_STATUS].decode(), self._asked):
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(exc)


class _Crowd:
    def __init__(self, task: Task) -> None:
        self.count = Count()
        self.over = asyncio.get_running_loop().create_future()
        self._left = task.connections
        self._until = time.perf_counter() + task.seconds
        self._turn = 0
        self._head = f"PUT {task.path}".encode()
        self._rest = [
            f" HTTP/1.1\r\nhost: {task.host}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body.encode())}\r\n\r\n{body}".encode()
            for body in task.bodies
        ]

    def request(self) -> bytes:
        self._turn += 1
        return b"%b%b%b" % (
            self._head, str(new_uuid()).encode(), self._rest[self._turn % len(self._rest)],
        )  # fmt: skip

    def note(self, status: str, asked: float) -> bool:
        """Whether there is time for another one."""
        now = time.perf_counter()
        self.count.statuses[status] += 1
        if status == "200":
            self.count.latencies_ms.append((now - asked) * 1000)
        return now < self._until

    def leave(self, error: Exception | None) -> None:
        self._left -= 1
        if error is not None and not self.over.done():
            self.over.set_exception(error)
        if self._left == 0 and not self.over.done():
            self.over.set_result(None)


async def rush(task: Task) -> Count:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    crowd = _Crowd(task)
    for _ in range(task.connections):
        await loop.create_connection(lambda: _Buyer(crowd), task.host, task.port)
    await crowd.over
    crowd.count.seconds = time.perf_counter() - started
    return crowd.count


if __name__ == "__main__":
    count = uvloop.run(rush(Task(**json.load(sys.stdin))))
    with open(1, "w", closefd=False) as output:  # buffered even where PYTHONUNBUFFERED is set
        json.dump(vars(count), output)
