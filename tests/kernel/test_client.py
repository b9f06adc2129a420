"""Calls between services: deadlines, repetition, the breaker, and problems reborn."""

import asyncio
import random
import socket
import time
from collections import Counter
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from quickserve.kernel.auth import ServiceIdentity, anyone
from quickserve.kernel.client import Client
from quickserve.kernel.db import Database
from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import (
    Conflict,
    DeadlineExceeded,
    FieldError,
    Forbidden,
    InternalError,
    NotFound,
    Problem,
    ProblemDocument,
    TooManyRequests,
    Unavailable,
)
from quickserve.kernel.logs import request_id
from quickserve.kernel.resilience import Breaker
from quickserve.kernel.settings import Settings

from .world import Bakery, SoldOut, app_of, client_of, http_of


class Seen(BaseModel):
    deadline_ms: int | None = None
    request_id: str = ""
    tries: int = 0


class Oven:
    """A service that fails as often as it is told."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.tries: Counter[str] = Counter()
        self.router = APIRouter(dependencies=[anyone])
        self.router.add_api_route("/bread", self.bread, methods=["GET", "PUT", "POST", "DELETE"])
        self.router.add_api_route("/slow", self.slow)
        self.router.add_api_route("/page", self.page)

    async def bread(self) -> Seen:
        self.tries["bread"] += 1
        if self.failures:
            raise self.failures.pop(0)
        left = deadline.get()
        left_ms = None if left is None else int((left - time.monotonic()) * 1000)
        return Seen(deadline_ms=left_ms, request_id=request_id.get(), tries=self.tries["bread"])

    async def slow(self) -> Seen:
        self.tries["slow"] += 1
        await asyncio.sleep(60)
        raise AssertionError("it was waited for")

    async def page(self, kind: str) -> Response:
        self.tries["page"] += 1
        match kind:
            case "redirect":
                return RedirectResponse("/bread")
            case "gateway":
                return PlainTextResponse("<h1>502</h1>", 502)
            case "missing":
                return PlainTextResponse("<h1>404</h1>", 404)
            case "broken":
                return Response("{", 409, media_type="application/problem+json")
            case _:
                return PlainTextResponse("<h1>hello</h1>")


@pytest.fixture
def oven() -> Oven:
    return Oven()


@pytest.fixture
def app(oven: Oven, settings: Settings) -> FastAPI:
    return app_of(settings, oven.router)


@pytest.fixture
def client(app: FastAPI, settings: Settings) -> Client:
    return client_of(app, ServiceIdentity(settings, "web").token)


# -- Deadlines ------------------------------------------------------------------------------------


@pytest.fixture
def hurry() -> Any:
    """This test's request has two seconds left."""
    token = deadline.set(time.monotonic() + 2)
    yield
    deadline.reset(token)


async def test_a_call_without_deadline_gets_ten_seconds(client: Client) -> None:
    seen = await client.get(Seen, "/bread")
    assert seen.deadline_ms is not None
    assert 9_000 < seen.deadline_ms <= 10_000


@pytest.mark.usefixtures("hurry")
async def test_the_callers_deadline_is_passed_on(client: Client) -> None:
    seen = await client.get(Seen, "/bread")
    assert seen.deadline_ms is not None
    assert 0 < seen.deadline_ms <= 2_000


@pytest.mark.usefixtures("hurry")
async def test_nobody_waits_beyond_the_deadline(client: Client, oven: Oven) -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await client.get(Seen, "/slow")
    assert time.monotonic() - started < 5
    assert oven.tries["slow"] == 1


async def test_what_comes_too_late_is_refused_at_once(app: FastAPI, oven: Oven) -> None:
    async with http_of(app) as http:
        late = await http.get("/bread", headers={DEADLINE_HEADER: "0"})
        in_time = await http.get("/bread", headers={DEADLINE_HEADER: "1000"})
    assert (late.status_code, late.json()["code"]) == (504, "deadline-exceeded")
    assert in_time.status_code == 200
    assert oven.tries["bread"] == 1


async def test_nobody_waits_for_a_connection_beyond_the_deadline(bakery: Bakery) -> None:
    db = Database(bakery.url, pool_max=1)
    await db.open()
    async with db.read():
        token = deadline.set(time.monotonic() + 0.2)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await asyncio.create_task(_one(db))
        assert time.monotonic() - started < 2
        deadline.reset(token)
        token = deadline.set(time.monotonic() - 1)
        with pytest.raises(DeadlineExceeded):
            await asyncio.create_task(_one(db))
        deadline.reset(token)
    await db.close()


async def _one(db: Database) -> None:
    async with db.read() as tx:
        await tx.value("SELECT 1")


async def test_a_passed_deadline_is_not_even_tried(client: Client, oven: Oven) -> None:
    token = deadline.set(time.monotonic() - 1)
    with pytest.raises(DeadlineExceeded):
        await client.get(Seen, "/bread")
    deadline.reset(token)
    assert oven.tries["bread"] == 0


async def test_no_repetition_that_would_come_too_late(
    client: Client, oven: Oven, monkeypatch: pytest.MonkeyPatch
) -> None:

    def longest(_least: float, _most: float) -> float:
        return 100  # a pause of ten seconds

    monkeypatch.setattr(random, "uniform", longest)
    oven.failures = [Unavailable("first"), Unavailable("second")]
    token = deadline.set(time.monotonic() + 5)
    with pytest.raises(Unavailable, match="first"):
        await client.get(Seen, "/bread")
    deadline.reset(token)
    assert oven.tries["bread"] == 1


# -- Repetition -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_safe_calls_are_repeated(client: Client, oven: Oven, method: str) -> None:
    oven.failures = [Unavailable(), InternalError()]
    await client.call(method, "/bread")
    assert oven.tries["bread"] == 3


async def test_not_for_ever(client: Client, oven: Oven) -> None:
    oven.failures = [Unavailable() for _ in range(10)]
    with pytest.raises(Unavailable):
        await client.get(Seen, "/bread")
    assert oven.tries["bread"] == 3


async def test_a_post_is_never_repeated(client: Client, oven: Oven) -> None:
    oven.failures = [Unavailable()]
    with pytest.raises(Unavailable):
        await client.post(Seen, "/bread", None)
    assert oven.tries["bread"] == 1


@pytest.mark.parametrize("problem", [Conflict(), NotFound(), Forbidden(), SoldOut()])
async def test_what_stays_wrong_is_not_repeated(
    client: Client, oven: Oven, problem: Problem
) -> None:
    oven.failures = [problem]
    with pytest.raises(type(problem)):
        await client.get(Seen, "/bread")
    assert oven.tries["bread"] == 1


# -- Problems -------------------------------------------------------------------------------------


async def test_a_problem_is_reborn_with_all_it_said(client: Client, oven: Oven) -> None:
    field = FieldError(field="items.0.quantity", code="too-many", message="At most 2.")
    hostile = {"errors": "x", "detail": "y", "retry_after": 3, "left": 2}
    problem = SoldOut("Only two are left.", errors=[field], retry_after=7)
    problem.extra = hostile
    oven.failures = [problem]
    with pytest.raises(SoldOut) as raised:
        await client.post(Seen, "/bread", None)
    assert raised.value.detail == "Only two are left."
    assert raised.value.errors == [field]
    assert raised.value.extra == hostile
    assert raised.value.retry_after == 7


async def test_our_own_bug_arrives_without_details(client: Client, oven: Oven) -> None:
    oven.failures = [RuntimeError("the password is rye")] * 3
    with pytest.raises(InternalError) as raised:
        await client.get(Seen, "/bread")
    assert "rye" not in str(raised.value)


def test_an_unknown_code_keeps_the_kind_of_its_status() -> None:
    for status, kind in [(404, NotFound), (418, Problem), (429, TooManyRequests), (599, Problem)]:
        document = ProblemDocument(type="", title="New", status=status, code="of-the-future")
        problem = Problem.of(document)
        assert isinstance(problem, kind)
        assert problem.transient == (status in (429, 599))


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("redirect", InternalError),
        ("gateway", InternalError),
        ("hello", InternalError),
        ("missing", NotFound),
        ("broken", Conflict),
    ],
)
async def test_answers_that_are_no_problem_documents(
    client: Client, page: str, kind: type[Problem]
) -> None:
    with pytest.raises(kind):
        await client.get(Seen, "/page", query={"kind": page})


async def test_the_request_id_travels_along(client: Client) -> None:
    token = request_id.set("of-a-caller")
    seen = await client.get(Seen, "/bread")
    request_id.reset(token)
    assert seen.request_id == "of-a-caller"


async def test_no_calls_inside_a_transaction(client: Client, bakery: Bakery) -> None:
    async with bakery.db.transaction():
        with pytest.raises(AssertionError, match="inside a transaction"):
            await client.get(Seen, "/bread")


# -- The breaker ----------------------------------------------------------------------------------


async def test_the_breaker_opens_tries_once_and_closes(client: Client, oven: Oven) -> None:
    client.breaker = Breaker(threshold=3, pause_seconds=1.5)
    oven.failures = [Unavailable() for _ in range(3)]
    with pytest.raises(Unavailable):
        await client.get(Seen, "/bread")
    assert client.breaker.state == "open"
    with pytest.raises(Unavailable):
        await client.post(Seen, "/bread", None)
    assert oven.tries["bread"] == 3, "not called while open"
    await asyncio.sleep(1.55)
    assert client.breaker.state == "half-open"
    await client.get(Seen, "/bread")
    assert client.breaker.state == "closed"


async def test_half_open_lets_one_through(client: Client, oven: Oven) -> None:
    client.breaker = Breaker(threshold=1, pause_seconds=1)
    client.breaker.failed()
    await asyncio.sleep(1.05)
    oven.failures = [Unavailable()]
    calls = (client.post(Seen, "/bread", None) for _ in range(5))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    assert oven.tries["bread"] == 1
    assert client.breaker.state == "open"


async def test_refusals_do_not_open_the_breaker(client: Client, oven: Oven) -> None:
    oven.failures = [Conflict() for _ in range(10)]
    for _ in range(10):
        with pytest.raises(Conflict):
            await client.get(Seen, "/bread")
    assert client.breaker.state == "closed"


async def test_a_cancelled_call_says_nothing_about_the_target(client: Client) -> None:
    client.breaker = Breaker(threshold=2, pause_seconds=0.05)
    client.breaker.failed()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.get(Seen, "/slow"), 0.05)
    assert client.breaker.state == "closed"
    client.breaker.failed()
    assert client.breaker.state == "open"
    await asyncio.sleep(0.06)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get(Seen, "/slow"), 0.05)
    assert client.breaker.state == "half-open"
    await client.get(Seen, "/bread")
    assert client.breaker.state == "closed"


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gone = Client("gone", f"http://127.0.0.1:{port}", httpx.AsyncHTTPTransport(), lambda: "t")
    with pytest.raises(Unavailable) as raised:
        await gone.get(Seen, "/bread")
    assert raised.value.retry_after
    for _ in range(5):
        with pytest.raises(Unavailable):
            await gone.call("POST", "/bread")
    assert gone.breaker.state == "open"
    await gone.close()


async def test_deadline_and_token_are_in_the_headers() -> None:
    """Over a real connection, as between containers."""
    heard = asyncio.Queue[bytes]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Client("far", f"http://127.0.0.1:{port}", httpx.AsyncHTTPTransport(), lambda: "mine")
    await client.call("GET", "/bread")
    await client.call("GET", "/bread", token="a-persons")
    first, second = await heard.get(), await heard.get()
    assert DEADLINE_HEADER.encode() in first.lower()
    assert b"Bearer mine" in first
    assert b"Bearer a-persons" in second
    await client.close()
    server.close()
    await server.wait_closed()
