"""Databases that are away, not migrated, late, or of another time."""

import asyncio
import time
from secrets import token_hex
from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import SecretStr

from quickserve.app import Platform, load
from quickserve.commandline.doctor import databases
from quickserve.commandline.doctor.finding import Data
from quickserve.kernel.db import ensure_database, open_connection, service_url
from quickserve.kernel.db_facts import DatabaseFacts
from quickserve.kernel.settings import Settings
from tests.servers import free_port

from .conftest import SECRET, SHARED, Environment, visit

CHECKS = ("database", "migrations", "extensions", "clock", "outbox")
ALL = tuple(f"payment {check}" for check in CHECKS)


async def tell(url: str, statement: str) -> None:
    async with await open_connection(url) as connection:
        await connection.execute(statement.encode())


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@pytest.fixture
async def admin_url(database_url: str) -> str:
    """A database of the test's own, to break."""
    return await ensure_database(database_url, f"doctor_{token_hex(4)}")


@pytest.fixture
async def migrated(admin_url: str, given: Environment) -> str:
    """Payment's, whose settings are given as its container has them."""
    settings = Settings(database_url=admin_url, secret=SecretStr(SECRET))
    await Platform(settings, [load("payment")]).migrate()
    given(SECRET=SECRET, SERVICE_SECRET=SHARED, PAYMENT_DATABASE_URL=without_password(admin_url))
    return admin_url


async def test_nothing_is_wrong_with_a_migrated_one(migrated: str):
    found = await visit()
    assert set(found.states(*ALL).values()) == {"good"}
    assert "identity database" not in found, "it is not this container's"


async def test_nobody_has_migrated(admin_url: str, given: Environment):
    given(SECRET=SECRET, PAYMENT_DATABASE_URL=without_password(admin_url))
    finding = (await visit())["payment database"]
    assert "password authentication failed" in finding.told
    assert "quickserve migrate payment" in finding.fix


async def test_it_was_migrated_with_another_secret(migrated: str, given: Environment):
    given(SECRET=SECRET[::-1])
    finding = (await visit())["payment database"]
    assert "password authentication failed" in finding.told
    assert "with this QUICKSERVE_SECRET" in finding.fix


async def test_it_was_migrated_by_an_older_version(migrated: str):
    await tell(migrated, "DELETE FROM payment.migrations WHERE name LIKE 'payment/%'")
    finding = (await visit())["payment migrations"]
    assert "payment/0001" in finding.told
    assert finding.fix == "run `quickserve migrate payment`"


async def test_an_extension_is_gone(migrated: str):
    await tell(migrated, "DROP EXTENSION pg_trgm CASCADE")
    assert "lacks pg_trgm" in (await visit())["payment extensions"].told


async def test_others_may_not_connect(migrated: str):
    name = urlsplit(migrated).path.lstrip("/")
    await tell(migrated, f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC, {name}_payment")
    finding = (await visit())["payment database"]
    assert "permission denied" in finding.told
    assert "quickserve migrate payment" in finding.fix


async def test_the_database_is_not_there(migrated: str, given: Environment):
    nowhere = urlunsplit(urlsplit(without_password(migrated))._replace(path="/nowhere"))
    given(PAYMENT_DATABASE_URL=nowhere)
    found = await visit()
    assert found["payment database"].state == "wrong"
    assert "payment migrations" not in found


async def test_no_server_is_there(migrated: str, given: Environment):
    given(PAYMENT_DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/payment")
    finding = (await visit())["payment database"]
    assert "efused" in finding.told
    assert "QUICKSERVE_PAYMENT_DATABASE_URL" in finding.fix


async def test_a_server_that_hangs(
    migrated: str, given: Environment, monkeypatch: pytest.MonkeyPatch
):
    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(databases, "SECONDS_MAX", 0.3)
    server = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        given(PAYMENT_DATABASE_URL=f"postgresql://127.0.0.1:{port}/payment")
        assert "no answer" in (await visit())["payment database"].told


async def test_an_event_that_does_not_leave(migrated: str):
    await tell(
        migrated,
        "INSERT INTO payment.outbox (id, type, subject, data, occurred_at) VALUES"
        " (gen_random_uuid(), 'payment.captured', 'x', '{}',"
        " clock_timestamp() - interval '1 hour')",
    )
    finding = (await visit())["payment outbox"]
    assert "1 events wait, the oldest for 3600 s" in finding.told


@pytest.mark.parametrize(("late", "told"), [(5, "5.0 s ahead of us"), (-5, "5.0 s behind us")])
async def test_two_clocks(migrated: str, late: int, told: str):
    schema = load("payment").schema(Settings(secret=SecretStr(SECRET)))
    data = Data("payment", "", service_url(migrated, schema), schema)
    findings = await databases.of_service(data, lambda: time.time() - late)
    (clock,) = [finding for finding in findings if finding.check == "payment clock"]
    assert told in clock.told
    assert "NTP" in clock.fix


def test_an_old_postgresql():
    facts = DatabaseFacts(140011, frozenset(), 0, 0, 0, 0)
    finding = databases.version("payment database", facts)
    assert (finding.state, finding.told) == ("wrong", "PostgreSQL 14.11 is too old")
