"""Calls over real connections: pooled, closed while idle, reset mid-answer, hanging, refused."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest
from pydantic import BaseModel

from quickserve.kernel.client import (
    KEEPALIVE_SECONDS,
    SERVER_KEEPALIVE_SECONDS,
    Client,
    Limits,
    network,
)
from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import DeadlineExceeded, Unavailable
from quickserve.kernel.resilience import Breaker, RetryBudget

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"

Answer = Callable[["Talk", int], Awaitable[bool]]


class Nothing(BaseModel):
    pass


class Talk:
    """One connection as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """Its head; "" when the caller hung up."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        if b"content-length: " in head.lower():
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await self.reader.readexactly(length)
        return head

    async def say(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    def reset(self) -> None:
        """RST instead of FIN, as when a process is killed."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


class Stall:
    """A server of bytes: `answer` is told the talk and which request this is, counted from 1.

    It returns whether the connection stays open.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk = Talk(reader, writer)
        while head := await talk.request():
            self.heads.append(head)
            if not await self.answer(talk, len(self.heads)):
                break
        writer.close()

    @property
    def requests(self) -> int:
        return len(self.heads)


@asynccontextmanager
async def stall(answer: Answer) -> AsyncIterator[Stall]:
    made = Stall(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@asynccontextmanager
async def caller(port: int, limits: Limits | None = None) -> AsyncIterator[Client]:
    limits = limits or Limits()
    client = Client("far", f"http://127.0.0.1:{port}", network(limits), lambda: "t", limits=limits)
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
def in_half_a_second() -> AsyncIterator[None]:
    token = deadline.set(time.monotonic() + 0.5)
    yield
    deadline.reset(token)


async def fine(talk: Talk, _count: int) -> bool:
    await talk.say(OK)
    return True


# -- The pool -------------------------------------------------------------------------------------


async def test_connections_are_kept_and_bounded() -> None:
    async def slowly(talk: Talk, _count: int) -> bool:
        await asyncio.sleep(0.02)
        return await fine(talk, _count)

    async with stall(slowly) as server, caller(server.port, Limits(3, 100, 1)) as client:
        await asyncio.gather(*(client.get(Nothing, "/") for _ in range(30)))
        assert server.requests == 30
        assert server.connections <= 3
    assert b"HTTP/1.1" in server.heads[0]


def test_our_idle_connections_end_before_the_servers() -> None:
    assert KEEPALIVE_SECONDS * 2 < SERVER_KEEPALIVE_SECONDS


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_the_server_closed_while_idle_is_not_used(method: str) -> None:
    async def once(talk: Talk, _count: int) -> bool:
        await talk.say(OK)
        return False

    async with stall(once) as server, caller(server.port) as client:
        for _ in range(4):
            await client.call(method, "/")
            await asyncio.sleep(0.02)
        assert server.requests == 4
        assert server.connections == 4


async def test_a_connection_closed_as_the_request_comes_is_tried_again_where_safe() -> None:
    async def hang_up_on_second(talk: Talk, count: int) -> bool:
        return count != 2 and await fine(talk, count)

    async with stall(hang_up_on_second) as server, caller(server.port) as client:
        await client.get(Nothing, "/")
        await client.get(Nothing, "/")
        assert server.requests == 3
        assert client.breaker.state == "closed"


# -- What breaks off ------------------------------------------------------------------------------


async def _reset_mid_answer(talk: Talk, _count: int) -> bool:
    await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{")
    talk.reset()
    return False


@pytest.mark.parametrize(
    ("method", "repeatable", "tries"),
    [("GET", False, 3), ("PUT", False, 3), ("POST", True, 3), ("POST", False, 1)],
)
async def test_an_answer_that_breaks_off_is_asked_for_again_where_safe(
    method: str, *, repeatable: bool, tries: int
) -> None:
    async with stall(_reset_mid_answer) as server, caller(server.port) as client:
        with pytest.raises(Unavailable) as raised:
            await client.call(method, "/", repeatable=repeatable)
        assert raised.value.retry_after
        assert server.requests == tries


@pytest.mark.usefixtures("in_half_a_second")
async def test_half_an_answer_is_not_waited_for_beyond_the_deadline() -> None:
    async def drip(talk: Talk, _count: int) -> bool:
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n")
        for _ in range(100):
            await talk.say(b" ")
            await asyncio.sleep(0.05)
        return False

    async with stall(drip) as server, caller(server.port) as client:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            await client.get(Nothing, "/")
        assert time.monotonic() - started < 2
        assert server.requests == 1


async def test_a_hung_call_gives_its_connection_back() -> None:
    async def hang_on_first(talk: Talk, count: int) -> bool:
        if count == 1:
            await asyncio.sleep(5)
        return await fine(talk, count)

    async with stall(hang_on_first) as server, caller(server.port, Limits(1, 10, 1)) as client:
        token = deadline.set(time.monotonic() + 0.2)
        with pytest.raises(DeadlineExceeded):
            await client.get(Nothing, "/")
        deadline.reset(token)
        await client.get(Nothing, "/")
        assert server.connections == 2


# -- Nothing was sent -----------------------------------------------------------------------------


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


async def test_a_post_that_never_left_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server comes up between the first and the second try."""
    port = _free_port()
    server = Stall(fine)
    started: list[asyncio.Server] = []
    sleep = asyncio.sleep

    async def meanwhile(seconds: float) -> None:
        if not started:
            started.append(await asyncio.start_server(server.serve, "127.0.0.1", port))
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", meanwhile)
    async with caller(port) as client:
        client.budget = RetryBudget(0, 0)
        client.budget._left = 0  # refused connections load nobody
        await client.call("POST", "/")
        assert server.requests == 1
    started[0].close()


# -- Bounds ---------------------------------------------------------------------------------------


async def _hang(_talk: Talk, _count: int) -> bool:
    await asyncio.sleep(10)
    return False


async def test_a_full_queue_refuses_at_once() -> None:
    async with stall(_hang) as server, caller(server.port, Limits(2, 3, 1)) as client:
        waiting = [asyncio.create_task(client.get(Nothing, "/")) for _ in range(5)]
        await asyncio.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(Unavailable, match="Too many") as raised:
            await client.get(Nothing, "/")
        assert time.monotonic() - started < 0.1
        assert raised.value.retry_after == 1
        assert server.requests == 2
        assert client.breaker.state == "closed", "our own bound says nothing about the target"
        for task in waiting:
            task.cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}


async def test_calls_that_wait_for_news_leave_the_others_their_places() -> None:
    async def by_path(talk: Talk, count: int) -> bool:
        return await (_hang if b"/news" in server.heads[count - 1] else fine)(talk, count)

    async with stall(by_path) as server, caller(server.port, Limits(1, 0, 3)) as client:
        news = [asyncio.create_task(client.get(Nothing, "/news", waits=True)) for _ in range(3)]
        await asyncio.sleep(0.1)
        await client.get(Nothing, "/")
        with pytest.raises(Unavailable, match="Too many"):
            await client.get(Nothing, "/news", waits=True)
        for task in news:
            task.cancel()
        await asyncio.gather(*news, return_exceptions=True)


@pytest.mark.usefixtures("in_half_a_second")
async def test_the_wait_for_a_place_counts_towards_the_deadline() -> None:
    async with stall(_hang) as server, caller(server.port, Limits(1, 10, 1)) as client:
        started = time.monotonic()
        calls = (client.get(Nothing, "/") for _ in range(5))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {DeadlineExceeded}
        assert time.monotonic() - started < 2
        assert server.requests == 1


async def test_an_open_breaker_refuses_before_the_queue() -> None:
    async with stall(_hang) as server, caller(server.port, Limits(1, 10, 1)) as client:
        client.breaker = Breaker(threshold=1, pause_seconds=60)
        hung = asyncio.create_task(client.get(Nothing, "/"))
        await asyncio.sleep(0.1)
        client.breaker.failed()
        started = time.monotonic()
        with pytest.raises(Unavailable) as raised:
            await client.get(Nothing, "/")
        assert time.monotonic() - started < 0.1
        assert raised.value.retry_after
        assert raised.value.retry_after > 50
        assert server.requests == 1
        hung.cancel()
        await asyncio.gather(hung, return_exceptions=True)


async def test_trouble_does_not_multiply_the_load() -> None:
    async def broken(talk: Talk, _count: int) -> bool:
        await talk.say(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n")
        return True

    async with stall(broken) as server, caller(server.port) as client:
        client.breaker = Breaker(threshold=10_000)
        client.budget = RetryBudget(share=0.2, per_second=0)
        calls = (client.get(Nothing, "/") for _ in range(300))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert len(outcomes) == 300
        assert 300 < server.requests <= 300 * 1.2 + 10


async def test_who_names_a_time_is_not_asked_sooner() -> None:
    async def busy(talk: Talk, count: int) -> bool:
        seconds = b"1" if count == 1 else b"30"
        head = b"HTTP/1.1 503 Busy\r\nretry-after: %s\r\ncontent-length: 0\r\n\r\n"
        await talk.say(head % seconds)
        return True

    async with stall(busy) as server, caller(server.port) as client:
        started = time.monotonic()
        with pytest.raises(Unavailable) as raised:
            await client.get(Nothing, "/")
        assert raised.value.retry_after == 30
        assert server.requests == 2
        assert time.monotonic() - started >= 1


async def test_the_deadline_shrinks_from_try_to_try() -> None:
    async def twice(talk: Talk, count: int) -> bool:
        if count == 1:
            await asyncio.sleep(0.1)
            return False
        return await fine(talk, count)

    async with stall(twice) as server, caller(server.port) as client:
        await client.get(Nothing, "/")
    told = [
        int(head.lower().split(DEADLINE_HEADER.encode() + b": ")[1].split(b"\r\n")[0])
        for head in server.heads
    ]
    assert told[0] - told[1] >= 150


async def test_a_transport_of_another_kind_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot connect in time counts as never sent."""

    class Black(httpx.AsyncBaseTransport):
        tries = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.tries += 1
            raise httpx.ConnectTimeout("", request=request)

    hole = Black()
    client = Client("hole", "http://hole", hole, lambda: "t")
    with pytest.raises(Unavailable):
        await client.call("POST", "/")
    assert hole.tries == 3
