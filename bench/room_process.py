"""People who wait for the same tickets, in a process of its own: browsers, and programs.

Everybody comes at the moment that the plan says, asks again when told to, and holds a place once
let in. A request's time counts from the moment it was due, so that a slow answer does not hide the
wait of those behind it. Prints what it measured as JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import uvloop

from bench.journeys import hold_body
from bench.load import Connection
from quickserve.contracts.waiting_room import PlaceView
from quickserve.kernel.ids import new_uuid
from quickserve.laptop import Home, settings_of
from quickserve.web import cookies
from quickserve.web.line import Line

CONNECTIONS = 256
_IDLE_SECONDS = 3.0
_OK, _SEE_OTHER = 200, 303
_SECONDS_MAX = 24 * 3600
_ASK_AFTER = b"every "
_AGAIN_SECONDS = 5.0  # who got no answer


@dataclass(frozen=True)
class Crowd:
    """`arrivals`: seconds after the start, a person each; every other one has a browser."""

    host: str
    port: int
    folder: str
    date_id: str
    ticket_type_id: str
    arrivals: list[float]
    seconds: float


@dataclass
class Seen:
    """Milliseconds by what was asked for; when (seconds after the start) each request was due."""

    times_ms: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    due: list[float] = field(default_factory=list[float])
    statuses: Counter[str] = field(default_factory=Counter[str])
    let_in: list[float] = field(default_factory=list[float])
    waiting_most: int = 0


class Wires:
    """Connections that nobody uses now; whoever finds none waits, and the wait counts."""

    def __init__(self, host: str, port: int) -> None:
        self._free = deque((Connection(host, port), 0.0) for _ in range(CONNECTIONS))
        self._places = asyncio.Semaphore(CONNECTIONS)

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[Connection]:
        async with self._places:
            wire, used = self._free.pop()
            if time.perf_counter() - used > _IDLE_SECONDS:
                wire.close()  # before the server does
            try:
                yield wire
            except BaseException:
                wire.close()
                raise
            finally:
                self._free.append((wire, time.perf_counter()))


class _Rush:
    def __init__(self, crowd: Crowd) -> None:
        self.seen = Seen()
        self.crowd = crowd
        self._wires = Wires(crowd.host, crowd.port)
        self._began = time.perf_counter()
        self._waiting = 0
        self._settings = settings_of(Home(Path(crowd.folder)), public_url="").of_service("web")
        self._hold = hold_body(UUID(crowd.date_id), UUID(crowd.ticket_type_id)).encode()

    def now(self) -> float:
        return time.perf_counter() - self._began

    async def person(self, number: int) -> None:
        await asyncio.sleep(self.crowd.arrivals[number] - self.now())
        self._waiting += 1
        self.seen.waiting_most = max(self.seen.waiting_most, self._waiting)
        admission = await (self._program() if number % 2 else self._browser())
        self._waiting -= 1
        self.seen.let_in.append(self.now())
        body = self._hold[:-1] + b', "admission": "%b"}' % admission.encode()
        await self._ask("hold", "PUT", f"/api/booking/holds/{new_uuid()}", body)

    async def _program(self) -> str:
        """By the API, with the number's proof as soon as it is known. Returns the admission."""
        path = f"/api/booking/waiting-rooms/{self.crowd.date_id}/places/{new_uuid()}"
        _, answer = await self._ask("arrival (API)", "PUT", path, b"{}")
        while True:
            place = PlaceView.model_validate_json(answer)
            if place.admission is not None:
                return place.admission
            await asyncio.sleep(place.ask_after_seconds)
            query = f"?number={place.number}&proof={place.proof}" if place.number else ""
            _, answer = await self._ask("position (API)", "GET", path + query)

    async def _browser(self) -> str:
        """The whole page, then the part that changes; the cookie says who it is."""
        path, cookie = f"/en/waiting-room/{self.crowd.date_id}", ""
        head, body = await self._ask("arrival (page)", "GET", f"{path}?to=/")
        while True:
            cookie = _cookie(head) or cookie  # who only waits is sent none
            if b"hx-redirect" in head.lower() or not body:
                return self._admission(cookie)
            at = body.index(_ASK_AFTER) + len(_ASK_AFTER)
            await asyncio.sleep(int(body[at : body.index(b"s", at)]))
            headers = f"cookie: {cookie}\r\nhx-request: true\r\n"
            head, body = await self._ask(
                "position (page)", "GET", f"{path}/place?to=/", headers=headers
            )

    def _admission(self, cookie: str) -> str:
        text = cookie.partition("=")[2]
        line = cookies.unseal(self._settings, "line", text, Line, max_age=_SECONDS_MAX)
        assert line is not None
        assert line.places[0].admission is not None
        return line.places[0].admission

    async def _ask(
        self, what: str, method: str, path: str, body: bytes = b"", *, headers: str = ""
    ) -> tuple[bytes, bytes]:
        """Head and body of a good answer; who is put off tries again."""
        while True:
            due = self.now()
            async with self._wires.one() as wire:
                status, head, answer = await wire.exchange(method, path, body, headers=headers)
            self.seen.due.append(due)
            self.seen.statuses[f"{what} {status}"] += 1
            self.seen.times_ms.setdefault(what, []).append((self.now() - due) * 1000)
            if status in (_OK, _SEE_OTHER):
                return head, answer
            await asyncio.sleep(_AGAIN_SECONDS)


def _cookie(head: bytes) -> str:
    if (at := head.find(b"set-cookie: line=")) < 0:
        return ""
    at += len(b"set-cookie: ")
    return head[at : head.index(b";", at)].decode()


async def rush(crowd: Crowd) -> Seen:
    """Until everybody has a place or the time is over."""
    one = _Rush(crowd)
    people = [asyncio.create_task(one.person(n)) for n in range(len(crowd.arrivals))]
    done, late = await asyncio.wait(people, timeout=crowd.seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in done:
        task.result()
    return one.seen


if __name__ == "__main__":
    seen = uvloop.run(rush(Crowd(**json.load(sys.stdin))))
    with open(1, "w", closefd=False) as output:
        json.dump(vars(seen), output)
