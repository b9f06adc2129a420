"""The database: transactions, errors as problems, roles that reach their own schema only."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import InsufficientPrivilege

from quickserve.kernel import db
from quickserve.kernel.db import (
    Database,
    Jsonb,
    Schema,
    Transaction,
    another_database,
    database_name,
    ensure_database,
    in_transaction,
    migrate,
    pending_migrations,
    service_url,
    without_user,
)
from quickserve.kernel.errors import Malformed, Unavailable

from .conftest import OpenBakery
from .world import LOAVES, Bakery, LoafTaken, Packages, SoldOut, open_bakery

INSERT = "INSERT INTO loaves (id, name, count) VALUES (%s, %s, %s)"


async def bake(bakery: Bakery, name: str, count: int = 1) -> None:
    async with bakery.db.transaction() as tx:
        await tx.execute(INSERT, (uuid4(), name, count))


async def fail(db: Database, *before: Callable[[Transaction], Awaitable[object] | None]) -> None:
    """A command that does something and then breaks."""
    async with db.transaction() as tx:
        for act in before:
            if (waited := act(tx)) is not None:
                await waited
        raise RuntimeError


async def test_a_command_commits_or_leaves_nothing(bakery: Bakery) -> None:
    await bake(bakery, "rye")
    with pytest.raises(RuntimeError):
        await fail(bakery.db, lambda tx: tx.execute(INSERT, (uuid4(), "spelt", 1)))
    assert await bakery.ask("SELECT string_agg(name, ',') FROM loaves") == "rye"


async def test_callbacks_wait_for_the_commit(bakery: Bakery) -> None:
    heard: list[str] = []
    async with bakery.db.transaction() as tx:
        tx.after_commit.append(lambda: heard.append("committed"))
        assert heard == []
    assert heard == ["committed"]
    with pytest.raises(RuntimeError):
        await fail(bakery.db, lambda tx: tx.after_commit.append(lambda: heard.append("undone")))
    assert heard == ["committed"]


async def test_no_callback_when_the_commit_itself_fails(bakery: Bakery) -> None:
    await bakery.ask(
        "ALTER TABLE loaves ADD CONSTRAINT late UNIQUE (count) DEFERRABLE INITIALLY DEFERRED"
    )
    await bake(bakery, "rye")
    heard: list[str] = []

    async def bake_too_much() -> None:
        async with bakery.db.transaction() as tx:
            tx.after_commit.append(lambda: heard.append("committed"))
            await tx.execute(INSERT, (uuid4(), "spelt", 1))
            heard.append("not refused yet")

    with pytest.raises(psycopg.errors.UniqueViolation):
        await bake_too_much()
    assert heard == ["not refused yet"]


async def test_transactions_do_not_nest(bakery: Bakery) -> None:
    async with bakery.db.transaction():
        assert in_transaction()
        with pytest.raises(AssertionError):
            async with bakery.db.transaction():
                pass
        with pytest.raises(AssertionError):
            async with bakery.db.read():
                pass
    assert not in_transaction()


async def test_a_broken_constraint_is_the_domains_error(bakery: Bakery) -> None:
    await bake(bakery, "rye")
    with pytest.raises(LoafTaken):
        await bake(bakery, "rye")
    with pytest.raises(SoldOut):
        async with bakery.db.transaction() as tx:
            await tx.execute("UPDATE loaves SET count = count - 2")


async def test_a_constraint_nobody_named_is_our_bug(bakery: Bakery) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation):
        async with bakery.db.transaction() as tx:
            await tx.execute("INSERT INTO loaves (id) VALUES (NULL)")


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("a\x00b", 1),
        ("half a pair \ud800", 1),
        ("too many", 2**31),
        ("far too many", 10**40),
        ("long " + "".join(uuid4().hex for _ in range(1000)), 1),
    ],
    ids=["NUL", "surrogate", "integer", "huge", "index row"],
)
async def test_what_cannot_be_stored_is_malformed(bakery: Bakery, name: str, count: int) -> None:
    with pytest.raises(Malformed):
        await bake(bakery, name, count)
    await bake(bakery, "and the pool goes on")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
async def test_what_json_cannot_hold_is_malformed(bakery: Bakery, text: str) -> None:
    with pytest.raises(Malformed):
        async with bakery.db.read() as tx:
            await tx.value("SELECT %s::jsonb", (Jsonb({"text": text}),))


async def test_one_row_or_our_bug(bakery: Bakery) -> None:
    async with bakery.db.read() as tx:
        assert await tx.maybe(dict, "SELECT 1 AS one WHERE false") is None
        assert await tx.value("SELECT 1 WHERE false") is None
        assert await tx.all(dict, "SELECT n FROM generate_series(1, 2) n") == [{"n": 1}, {"n": 2}]
        with pytest.raises(AssertionError):
            await tx.one(dict, "SELECT 1 AS one WHERE false")


async def test_a_full_pool_is_unavailable_and_recovers(
    bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    seated, leave = asyncio.Barrier(5), asyncio.Event()

    async def stay() -> None:
        async with bakery.db.transaction():
            await seated.wait()
            await leave.wait()

    guests = [asyncio.create_task(stay()) for _ in range(4)]
    await seated.wait()
    monkeypatch.setattr(db, "_CONNECTION_SECONDS", 0.2)
    with pytest.raises(Unavailable) as refused:
        await bake(bakery, "rye")
    monkeypatch.undo()
    assert refused.value.status == 503
    assert refused.value.retry_after
    leave.set()
    await asyncio.gather(*guests)
    await bake(bakery, "rye")


async def test_a_lost_race_for_locks_is_unavailable(bakery: Bakery) -> None:
    await bake(bakery, "rye")
    await bake(bakery, "spelt")
    both = asyncio.Barrier(2)

    async def swap(first: str, second: str) -> str:
        try:
            async with bakery.db.transaction() as tx:
                await tx.execute("UPDATE loaves SET count = 5 WHERE name = %s", (first,))
                await both.wait()
                await tx.execute("UPDATE loaves SET count = 5 WHERE name = %s", (second,))
        except Unavailable:
            return "try again"
        return "done"

    outcomes = await asyncio.gather(swap("rye", "spelt"), swap("spelt", "rye"))
    assert sorted(outcomes) == ["done", "try again"]


# -- Roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {other}.loaves",
        "SELECT 1 FROM {other}.outbox LIMIT 1",
        "INSERT INTO {other}.loaves (id) VALUES (gen_random_uuid())",
        "UPDATE {other}.loaves SET count = 1",
        "DELETE FROM {other}.loaves",
        "CREATE TABLE {other}.mine (id int)",
        "CREATE TABLE {own}.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE FUNCTION {own}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE {own}.loaves ADD COLUMN more int",
        "ALTER TABLE {own}.loaves DROP CONSTRAINT loaves_not_oversold",
        "DROP TABLE {own}.loaves",
        "TRUNCATE {own}.loaves",
        "DELETE FROM {own}.migrations",
        "UPDATE {own}.migrations SET sha256 = ''",
        "COPY {own}.loaves TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
async def test_a_role_keeps_to_its_own_rows(new_bakery: OpenBakery, statement: str) -> None:
    ours, theirs = await new_bakery(), await new_bakery()
    await bake(theirs, "secret rye")
    text = statement.format(own=ours.schema.name, other=theirs.schema.name)
    async with await psycopg.AsyncConnection.connect(ours.url) as connection:
        with pytest.raises(InsufficientPrivilege):
            await connection.execute(text.encode())
    assert await theirs.ask("SELECT string_agg(name, ',') FROM loaves") == "secret rye"


async def test_a_role_does_not_see_anothers_tables(new_bakery: OpenBakery) -> None:
    ours, theirs = await new_bakery(), await new_bakery()
    async with ours.db.read() as tx:
        seen = await tx.value(
            "SELECT array_agg(DISTINCT table_schema::text) FROM information_schema.tables"
            " WHERE table_schema IN (%s, %s)",
            (ours.schema.name, theirs.schema.name),
        )
        with pytest.raises(InsufficientPrivilege):
            await tx.value("SELECT %s::regclass", (f"{theirs.schema.name}.loaves",))
    assert seen == [ours.schema.name]


# -- Addresses ------------------------------------------------------------------------------------

ADDRESSES = {
    "postgresql://admin:secret@db.example:5433/shop": "shop",
    "postgresql://admin:secret@db.example:5433/shop?sslmode=require&user=other": "shop",
    "postgresql://db.example/shop": "shop",
    "postgresql://admin:secret@db.example": "admin",
    "postgres://admin@db.example/": "admin",
    "postgresql://admin:p%40ss@db.example/%C3%A9t%C3%A9%20%25": "été %",
    "postgresql://admin@/shop?host=/run/postgresql": "shop",
    "postgresql://db.example/?dbname=shop": "shop",
    "host=db.example port=5433 dbname=shop user=admin password='se cret'": "shop",
    "host=db.example user=admin": "admin",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_services_address_is_the_administrators_with_another_user(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PGDATABASE", "PGUSER", "PGSERVICE"):
        monkeypatch.delenv(variable, raising=False)
    schema = Schema("bakery", "none", "p@ss:w/rd%")
    database = ADDRESSES[address]
    expected = conninfo_to_dict(address) | {
        "dbname": database, "user": f"{database}_bakery", "password": schema.password,
    }  # fmt: skip
    assert conninfo_to_dict(service_url(address, schema)) == expected
    elsewhere = conninfo_to_dict(another_database(address, "an other"))
    assert elsewhere == conninfo_to_dict(address) | {"dbname": "an other"}
    public = conninfo_to_dict(without_user(address, "shop"))
    assert not {"user", "password"} & set(public)
    assert public["dbname"] == "shop"


def test_a_database_without_a_name_is_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGDATABASE", "shop")
    assert database_name("postgresql://admin@db.example") == "shop"
    monkeypatch.delenv("PGDATABASE")
    monkeypatch.setenv("PGUSER", "anna")
    assert database_name("postgresql://db.example") == "anna"


async def test_a_service_signs_in_however_its_database_is_addressed(
    database_url: str, packages: Packages
) -> None:
    """With a name that needs encoding; by a URL without a name; as keywords."""
    administrator = str(conninfo_to_dict(database_url)["user"])
    strange = await ensure_database(database_url, "été 50%")
    plain = await ensure_database(database_url, administrator)
    given = conninfo_to_dict(plain)
    unnamed = f"postgresql://{administrator}:{given['password']}@{given['host']}:{given['port']}"
    keywords = make_conninfo(**conninfo_to_dict(strange))
    for address in (strange, unnamed, keywords):
        schema = packages.schema(loaves_0001=LOAVES)
        bakery = await open_bakery(address, schema)
        await bake(bakery, "rye")
        assert await pending_migrations(bakery.url, schema) == []
        await bakery.db.close()


# -- Migrations -----------------------------------------------------------------------------------


async def test_migrating_again_applies_nothing(database_url: str, packages: Packages) -> None:
    schema = packages.schema(loaves_0001=LOAVES)
    applied = await migrate(database_url, [schema])
    assert applied == [
        f"{schema.name}/kernel/0001_outbox_inbox.sql",
        f"{schema.name}/kernel/0002_outbox_trace.sql",
        f"{schema.name}/{schema.name}/loaves_0001.sql",
    ]
    assert await migrate(database_url, [schema]) == []


async def test_two_migrate_at_once(database_url: str, packages: Packages) -> None:
    schemas = [packages.schema(loaves_0001=LOAVES) for _ in range(3)]
    runs = await asyncio.gather(*(migrate(database_url, schemas) for _ in range(3)))
    assert sorted(len(run) for run in runs) == [0, 0, 9]


async def test_a_changed_migration_is_refused(bakery: Bakery, packages: Packages) -> None:
    packages.write(bakery.schema.package, {"loaves_0001.sql": LOAVES + "-- changed"})
    with pytest.raises(AssertionError, match="changed after it was applied"):
        await migrate(bakery.admin_url, [bakery.schema])


async def test_a_failing_migration_leaves_nothing(bakery: Bakery, packages: Packages) -> None:
    broken = "CREATE TABLE ovens (id int); SELECT 1 / 0;"
    packages.write(bakery.schema.package, {"loaves_0002.sql": broken})
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(bakery.admin_url, [bakery.schema])
    assert await bakery.ask("SELECT to_regclass('ovens')::text") is None
    packages.write(bakery.schema.package, {"loaves_0002.sql": "CREATE TABLE ovens (id int);"})
    assert len(await migrate(bakery.admin_url, [bakery.schema])) == 1
    async with bakery.db.read() as tx:
        assert await tx.value("SELECT count(*) FROM ovens") == 0
