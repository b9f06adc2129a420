"""The manners of every service: problems, limits, probes, and no 5xx for what strangers send."""

import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2 as httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from quickserve.kernel.auth import anyone
from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import MEDIA_TYPE, Malformed, Problem
from quickserve.kernel.errors import errors as answers
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for

from .world import Bakery, SoldOut, app_of, http_of, runtime_of

JSON = {"content-type": "application/json"}
LIMIT = 64 * 1024


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    quantity: int = Field(default=1, ge=1, le=10)


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: list[Item] = Field(default=[], max_length=50)
    note: str = ""
    price: Money | None = None
    at: datetime | None = None
    free: dict[str, Any] = Field(default={}, exclude=True)  # no contract sends back what is free


class Left(BaseModel):
    ms: int | None


router = APIRouter(dependencies=[anyone])


@router.post("/orders", responses=answers(SoldOut))
async def echo(order: Order) -> Order:
    if order.note == "all of it":
        raise SoldOut(left=3, retry_after=9)
    if order.note == "bug":
        raise RuntimeError("the password is rye")
    return order


@router.get("/orders/{number}")
async def order(number: int, page: Annotated[int, Query(ge=1)] = 1) -> Left:
    return Left(ms=number * page)


@router.get("/left")
async def left() -> Left:
    until = deadline.get()
    return Left(ms=None if until is None else round((until - time.monotonic()) * 1000))


@router.put("/imports/{name}")
async def imported(name: str, request: Request) -> Left:
    return Left(ms=len(await request.body()))


@router.get("/elsewhere")
async def elsewhere() -> Left:
    raise HTTPException(303, headers={"location": "/left"})


@pytest.fixture
def app(database_url: str) -> FastAPI:
    settings = settings_for(database_url, body_bytes_max=LIMIT, import_bytes_max=2 * LIMIT)
    return app_of(settings, router)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with http_of(app) as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    document = answer.json()
    assert document["status"] == status
    assert document["code"] == code
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


# -- Problems -------------------------------------------------------------------------------------


async def test_wrong_values_are_named_by_their_fields(http: httpx.AsyncClient) -> None:
    body = {
        "items": [{"name": "rye"}, {"name": "x" * 101, "quantity": 0, "colour": "red"}],
        "price": {"minor": 12.5, "currency": "EUR"},
        "at": "tomorrow",
    }
    document = problem(await http.post("/orders", json=body), 422, "malformed")
    fields = {error["field"]: error["message"] for error in document["errors"]}
    assert set(fields) == {
        "items.1.name", "items.1.quantity", "items.1.colour", "price.minor", "at",
    }  # fmt: skip
    assert all(fields.values())
    assert "red" not in json.dumps(document), "what was sent is not sent back"


async def test_wrong_addresses_are_named_too(http: httpx.AsyncClient) -> None:
    document = problem(await http.get("/orders/first?page=0"), 422, "malformed")
    assert [error["field"] for error in document["errors"]] == ["number", "page"]


async def test_a_missing_body_is_malformed(http: httpx.AsyncClient) -> None:
    document = problem(await http.post("/orders"), 422, "malformed")
    assert document["errors"][0]["field"] == "body"


async def test_an_unknown_currency_names_its_field(http: httpx.AsyncClient) -> None:
    body = {"price": {"minor": 1, "currency": "XXX"}}
    document = problem(await http.post("/orders", json=body), 422, "malformed")
    assert [error["field"] for error in document["errors"]] == ["price"]


async def test_field_errors_are_bounded(http: httpx.AsyncClient) -> None:
    body = {"items": [{"k" * 2000 + str(n): n, "name": "x"} for n in range(25)]}
    answer = await http.post("/orders", json=body)
    document = problem(answer, 422, "malformed")
    assert 0 < len(document["errors"]) <= 50
    assert len(answer.content) < 20_000


async def test_no_such_page(http: httpx.AsyncClient) -> None:
    problem(await http.get("/nothing"), 404, "not-found")


async def test_no_such_method(http: httpx.AsyncClient) -> None:
    answer = await http.delete("/orders")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


async def test_a_redirection_stays_one(http: httpx.AsyncClient) -> None:
    answer = await http.get("/elsewhere")
    assert (answer.status_code, answer.headers["location"]) == (303, "/left")


async def test_a_domain_error_says_what_it_knows(http: httpx.AsyncClient) -> None:
    answer = await http.post("/orders", json={"note": "all of it"})
    document = problem(answer, 409, "test-sold-out")
    assert document["type"] == "/problems/test-sold-out"
    assert document["extra"] == {"left": 3}
    assert answer.headers["retry-after"] == "9"


async def test_our_own_bug_tells_nothing(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await http.post("/orders", json={"note": "bug"})
    problem(answer, 500, "internal-error")
    assert "rye" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_problems_are_in_the_schema(http: httpx.AsyncClient) -> None:
    responses = (await http.get("/openapi.json")).json()["paths"]["/orders"]["post"]["responses"]
    assert "test-sold-out" in responses["409"]["description"]


def test_every_code_is_one_kind() -> None:
    """Two kinds with one code would be reborn as the wrong one on the other side."""

    def kinds(kind: type[Problem]) -> list[type[Problem]]:
        return [kind, *(deeper for sub in kind.__subclasses__() for deeper in kinds(sub))]

    named = [kind for kind in set(kinds(Problem)) if "code" in vars(kind)]
    codes = [kind.code for kind in named]
    assert sorted(codes) == sorted(set(codes))
    assert all(400 <= kind.status < 600 for kind in named)


# -- Limits ---------------------------------------------------------------------------------------


async def chunks(count: int, size: int = 1024) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


async def test_too_large_a_body(http: httpx.AsyncClient) -> None:
    body = json.dumps({"note": "x" * LIMIT}).encode()
    problem(await http.post("/orders", content=body, headers=JSON), 413, "too-large")


@pytest.mark.parametrize("headers", [JSON, {}, {"content-type": "text/plain"}])
async def test_too_large_a_body_of_unknown_length(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await http.post("/orders", content=chunks(LIMIT // 1024 + 1), headers=headers)
    problem(answer, 413, "too-large")


async def test_a_length_that_lies(http: httpx.AsyncClient) -> None:
    headers = {**JSON, "content-length": "10"}
    answer = await http.post("/orders", content=chunks(LIMIT // 1024 + 1), headers=headers)
    problem(answer, 413, "too-large")


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "9" * 5000, "", "١"])
async def test_a_length_that_is_none(http: httpx.AsyncClient, length: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length.encode())]
    answer = await http.post("/orders", content=b"{}", headers=headers)
    assert answer.status_code in (400, 413)
    assert answer.headers["content-type"] == MEDIA_TYPE


async def test_imports_may_be_larger(http: httpx.AsyncClient) -> None:
    answer = await http.put("/imports/fosdem.xml", content=b"x" * (LIMIT + 1))
    assert answer.json() == {"ms": LIMIT + 1}
    answer = await http.put("/imports/fosdem.xml", content=b"x" * (2 * LIMIT + 1))
    problem(answer, 413, "too-large")
    answer = await http.put("/imports/fosdem.xml", content=chunks(2 * LIMIT // 1024 + 1))
    problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [
        ("2500", 0, 2_500),
        ("9" * 9, 55_000, 60_000),
    ],
)
async def test_the_callers_deadline_counts(
    http: httpx.AsyncClient, given: str, least: int, most: int
) -> None:
    answer = await http.get("/left", headers={DEADLINE_HEADER: given})
    assert least <= answer.json()["ms"] <= most


@pytest.mark.parametrize("given", ["", "soon", "-5", "1.5", "9" * 5000, "١٢", "1 2", "0x10"])
async def test_a_deadline_that_is_none_is_ignored(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.get("/left", headers={DEADLINE_HEADER.encode(): given.encode()})
    assert answer.json() == {"ms": None}


# -- Hostile input --------------------------------------------------------------------------------

HOSTILE = [
    b"", b"{", b"null", b"[]", b'"', b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\x00", b"{\x00}",
    b"[" * 100_000, b'{"free":' * 5_000, b'{"free":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"note":"\\ud800"}', b'{"note":"\\uDFFF x"}', b'{"\\ud800":1}', b'{"free":{"\\udc00":1}}',
    b'{"note":"\xed\xa0\x80"}', b'{"note":"\xff"}', b'{"note":"\\u0000"}',
    '{"note":"rye"}'.encode("utf-16"), '{"note":"rye"}'.encode("utf-16-be"),
    '{"note":"\ud880"}'.encode("utf-16-be", "surrogatepass"), '{"note":"rye"}'.encode("utf-32"),
    b'{"price":{"minor":1e999,"currency":"EUR"}}', b'{"price":{"minor":NaN,"currency":"EUR"}}',
    b'{"price":{"minor":' + b"9" * 5000 + b',"currency":"EUR"}}',
    b'{"price":{"minor":1,"currency":"' + b"E" * 50_000 + b'"}}', b'{"price":{"minor":1}}',
    b'{"items":[{"quantity":1e400,"name":"x"}]}', b'{"items":[{"quantity":' + b"1" * 4400 + b"}]}",
    b'{"at":"+999999-01-01T00:00:00Z"}', b'{"at":1e300}', b'{"at":-1e15}', b'{"at":"0000-00-00"}',
    b'{"note":1,"note":2}', b'{"__proto__":{}}', b"<order/>", b"note=rye",
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_json_is_refused_and_never_our_fault(
    http: httpx.AsyncClient, body: bytes
) -> None:
    answer = await http.post("/orders", content=body, headers=JSON)
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert answer.headers["content-type"] == MEDIA_TYPE


async def test_half_a_character_is_malformed(http: httpx.AsyncClient) -> None:
    answer = await http.post("/orders", content=b'{"note":"\\ud83d"}', headers=JSON)
    problem(answer, 422, "malformed")
    answer = await http.post("/orders", content=b'{"note":"\\ud83d\\ude00"}', headers=JSON)
    assert answer.json()["note"] == "\N{GRINNING FACE}"
    answer = await http.post("/orders", content=b'{"note":"\\\\ud800"}', headers=JSON)
    assert answer.json()["note"] == "\\ud800", "a backslash and letters, no surrogate"


async def test_json_in_pieces_is_put_together(http: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"note":"\xf0\x9f', b"", b"\x98\x80", b'"}'):
            yield piece

    answer = await http.post("/orders", content=pieces(), headers=JSON)
    assert answer.json()["note"] == "\N{GRINNING FACE}"


async def test_the_json_test_suite(http: httpx.AsyncClient, data: Path) -> None:
    files = sorted((data / "vectors/badinput/JSONTestSuite").rglob("*.json"))
    assert len(files) > 100
    for file in files:
        raw = file.read_bytes()
        for body in (raw, b'{"free":{"x":' + raw + b"}}"):
            answer = await http.post("/orders", content=body, headers=JSON)
            assert answer.status_code < 500, file.name
            if answer.status_code == 200:
                answer.json()


async def test_naughty_strings(http: httpx.AsyncClient, data: Path) -> None:
    strings = json.loads((data / "vectors/badinput/blns.json").read_bytes())
    for text in strings:
        answer = await http.post("/orders", json={"note": text})
        assert (answer.status_code, answer.json()["note"]) == (200, text)
        answer = await http.get(httpx.URL("http://echo/orders/1", params={"page": text}))
        assert answer.status_code in (200, 422), text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda deeper: st.lists(deeper) | st.dictionaries(st.text(), deeper),
)


@given(body=st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
@hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_at_all(app: FastAPI, body: bytes) -> None:
    """In a loop of its own: hypothesis calls the test from the shared one."""
    import asyncio

    async def post() -> list[int]:
        async with http_of(app) as http:
            wrapped = b'{"free":{"x":' + body + b"}}"
            sent = [await http.post("/orders", content=b, headers=JSON) for b in (body, wrapped)]
            return [answer.status_code for answer in sent]

    assert max(asyncio.run(post())) < 500


# -- Request ids, probes --------------------------------------------------------------------------


async def test_a_request_id_is_kept(http: httpx.AsyncClient) -> None:
    answer = await http.get("/left", headers={"x-request-id": "trace-0123.abc"})
    assert answer.headers["x-request-id"] == "trace-0123.abc"


@pytest.mark.parametrize("given", ["short", "x" * 65, "line\tbreak", "{}${jndi:ldap}", "é" * 10])
async def test_a_strange_request_id_is_replaced(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.get("/left", headers={b"x-request-id": given.encode()})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers.get_list("x-request-id")) == 1
    assert len(answer.headers["x-request-id"]) == 32


async def test_alive_and_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).json() == {"status": "alive"}
    assert (await http.get("/readyz")).json() == {"status": "ready"}


async def test_not_ready_without_the_database(bakery: Bakery, settings: Settings) -> None:
    from quickserve.kernel.service import build_app

    runtime = runtime_of(settings, bakery.db)
    async with http_of(build_app(runtime)) as http:
        assert (await http.get("/readyz")).status_code == 200
        await bakery.db.close()
        problem(await http.get("/readyz"), 503, "unavailable")
        assert (await http.get("/livez")).status_code == 200


async def test_what_cannot_be_stored_is_the_callers_fault(
    bakery: Bakery, settings: Settings
) -> None:
    from quickserve.kernel.service import Ctx, build_app

    storing = APIRouter(dependencies=[anyone])

    @storing.post("/loaves")
    async def bake(order: Order, ctx: Ctx) -> Left:
        async with ctx.db.transaction() as tx:
            count = await tx.execute(
                "INSERT INTO loaves (id, name) VALUES (gen_random_uuid(), %s)", (order.note,)
            )
        return Left(ms=count)

    async with http_of(build_app(runtime_of(settings, bakery.db, router=storing))) as http:
        problem(await http.post("/loaves", json={"note": "a\x00b"}), 422, Malformed.code)
        assert (await http.post("/loaves", json={"note": "rye"})).status_code == 200
        problem(await http.post("/loaves", json={"note": "rye"}), 409, "test-loaf-taken")
