"""A broker, a Redis, other services and an issuer that are away or not what they should be."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from quickserve.app import Platform, load
from quickserve.commandline.doctor import others
from quickserve.contracts.deliveries import TAKERS
from quickserve.kernel.bus import make_bus
from quickserve.kernel.bus.port import Route
from quickserve.kernel.bus.rabbitmq.link import Letter, link_to
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import each
from tests.servers import Rabbit, Redis, free_port

from .conftest import SECRET, SHARED, Environment, process, until_it_answers, visit

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def a_container(given: Environment) -> None:
    given(SECRET=SECRET, SERVICE_SECRET=SHARED, WEB_URL=NOWHERE)


# -- The broker -----------------------------------------------------------------------------------


async def test_a_broker_without_queues(given: Environment, rabbit: Rabbit):
    given(RABBITMQ_URL=rabbit.new_url())
    found = await visit("web")
    assert found["broker"].state == "good"
    assert "is not there" in found["booking queue"].told
    assert found["booking dead letters"].state == "good"


async def test_queues_that_nobody_empties_and_one_that_is(given: Environment, rabbit: Rabbit):
    url = rabbit.new_url()
    given(RABBITMQ_URL=url)
    bus = make_bus(Settings(), {})

    async def take(_message: Any) -> None:
        return

    bus.subscribe(Route("booking", TAKERS["booking"], each(take)))
    async with link_to(url, {name: [] for name in TAKERS}), bus.connected(), bus.consuming():
        for _ in range(100):
            found = await visit("web")
            if found["booking queue"].state == "good":
                break
            await asyncio.sleep(0.1)
        assert found["booking queue"].told == "0 wait, 1 processes take them"
        assert found["catalog queue"].state == "wrong"
        assert "start catalog" in found["catalog queue"].fix


async def test_dead_letters(given: Environment, rabbit: Rabbit):
    url = rabbit.new_url()
    given(RABBITMQ_URL=url)
    async with link_to(url, {"booking": []}) as link:
        letter = Letter("", "quickserve.booking.dead", b"{}", "application/json", "1")
        await link.send([letter, letter])
        finding = (await visit("web"))["booking dead letters"]
    assert finding.told == "2 events could not be taken"
    assert "quickserve dead-letters" in finding.fix


async def test_a_broker_that_knows_another_password(given: Environment, rabbit: Rabbit):
    given(RABBITMQ_URL=rabbit.new_url().replace("guest:guest", "guest:wrong"))
    finding = (await visit("web"))["broker"]
    assert "password" in finding.fix
    assert "wrong" not in finding.told


async def test_no_broker(given: Environment):
    given(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    assert "start RabbitMQ" in (await visit("web"))["broker"].fix


# -- Redis ----------------------------------------------------------------------------------------


async def test_a_redis_that_answers(given: Environment, redis: Redis):
    given(REDIS_URL=redis.url)
    assert (await visit("web"))["redis"].state == "good"


async def test_a_redis_that_refuses_when_it_is_full(given: Environment, redis: Redis):
    redis._ask(b"CONFIG SET maxmemory 100mb\r\n")
    given(REDIS_URL=redis.url)
    finding = (await visit("web"))["redis"]
    redis._ask(b"CONFIG SET maxmemory 0\r\n")
    assert "allkeys-lru" in finding.fix


async def test_a_redis_that_hangs(
    given: Environment, redis: Redis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(others, "SECONDS_MAX", 0.5)
    given(REDIS_URL=redis.url)
    redis.pause()
    try:
        assert "no answer" in (await visit("web"))["redis"].told
    finally:
        redis.resume()


async def test_a_redis_that_is_away_or_knows_another_password(given: Environment, redis: Redis):
    given(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert "start Redis" in (await visit("web"))["redis"].fix
    given(REDIS_URL=redis.url.replace("redis://", "redis://:wrong@"))
    assert "password" in (await visit("web"))["redis"].fix


# -- Other services -------------------------------------------------------------------------------


@asynccontextmanager
async def serving(name: str, port: int, **settings: str) -> AsyncIterator[str]:
    url = f"http://127.0.0.1:{port}"
    status = 200 if name == "web" else 503
    async with process("serve", name, "--port", str(port), **settings):
        await until_it_answers(url, status=status)
        yield url


async def test_another_process_ready_and_of_another_secret(given: Environment):
    """`web` needs no database; as payment it serves nothing, and as itself it asks no token."""
    async with serving("web", free_port(), SECRET=SECRET[::-1], SERVICE_SECRET=SHARED) as url:
        given(WEB_URL=url, PAYMENT_URL=url)
        found = await visit("web")
    assert found["web process"].told == f"{url} is ready"
    assert "serves no payment" in found["payment process"].told


async def test_another_process_whose_database_is_away(given: Environment):
    port = free_port()
    nowhere = f"postgresql://127.0.0.1:{free_port()}/payment"
    async with serving("payment", port, SECRET=SECRET, DATABASE_URL=nowhere) as url:
        given(PAYMENT_URL=url)
        finding = (await visit("web"))["payment process"]
    assert "is not ready" in finding.told


async def test_another_process_with_another_shared_secret(given: Environment, database_url: str):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    mine = Settings(database_url=database_url, secret=SecretStr(SECRET))
    await Platform(mine, [load("payment")]).migrate()
    given(PAYMENT_URL=url)
    theirs = {"SECRET": SECRET, "SERVICE_SECRET": SHARED[::-1], "DATABASE_URL": database_url}
    async with process("serve", "payment", "--port", str(port), **theirs):
        await until_it_answers(url)
        finding = (await visit("web"))["payment process"]
        assert "does not take our service token" in finding.told
        given(SERVICE_SECRET=SHARED[::-1])
        assert (await visit("web"))["payment process"].state == "good"


async def test_a_process_that_is_not_there():
    finding = (await visit("web"))["web process"]
    assert NOWHERE in finding.told
    assert "QUICKSERVE_WEB_URL" in finding.fix


# -- The issuer -----------------------------------------------------------------------------------

KEY = {"kty": "RSA", "use": "sig", "kid": "1", "n": "AQAB", "e": "AQAB"}


@asynccontextmanager
async def issuer(calls_itself: str | None, *keys: dict[str, str]) -> AsyncIterator[str]:
    """A server of two documents; by default it calls itself what it is called."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readuntil(b"\r\n\r\n"):
            described = b"openid-configuration" in request
            body = json.dumps({"issuer": calls_itself or url} if described else {"keys": keys})
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            writer.write((head + body).encode())
            await writer.drain()
            break
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/realms/quickserve"
        yield url


async def test_an_issuer_with_a_key(given: Environment):
    async with issuer(None, KEY) as url:
        given(ISSUER=url)
        assert (await visit("web"))["issuer's keys"].told == f"1 at {url}"


async def test_an_issuer_that_calls_itself_otherwise(given: Environment):
    async with issuer("https://keys.example.org/realms/quickserve", KEY) as url:
        given(ISSUER=url)
        finding = (await visit("web"))["issuer's keys"]
    assert "QUICKSERVE_ISSUER=https://keys.example.org/realms/quickserve" in finding.fix


async def test_an_issuer_without_keys_of_our_kind_or_not_there(given: Environment):
    async with issuer(None, {"kty": "EC", "crv": "P-256"}) as url:
        given(ISSUER=url)
        assert "no RSA key" in (await visit("web"))["issuer's keys"].told
    assert "gives none" in (await visit("web"))["issuer's keys"].told


async def test_a_collector_of_traces_that_is_there_and_one_that_is_not(given: Environment):
    async with issuer(None) as url:
        given(OTLP_ENDPOINT=url)
        assert (await visit("web"))["traces"].state == "good"
    assert "works without" in (await visit("web"))["traces"].fix
