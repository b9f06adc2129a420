"""PostgreSQL understands every statement in the source, as the service that sends it."""

from pathlib import Path

import pytest
from psycopg.pq import ExecStatus

from quickserve.app import Platform
from quickserve.kernel.db import open_connection, service_url
from quickserve.kernel.service import Service

from .project import existing
from .statements import Module, NotLiteralError, Statement, all_statements

OWNERS = {service.name: service for service in existing() if service.owns_data}
STATEMENTS = all_statements()
# What depends on the values' types, which psycopg sends along and a text alone does not have.
UNTYPED = {b"42P18", b"42P08"}


def home_of(statement: Statement) -> Service | None:
    """Whose tables it is about. The kernel's are in every schema, the sagas' where sagas run."""
    if statement.package != "kernel":
        return OWNERS.get(statement.package)
    if "saga" in statement.where:
        return next((s for s in OWNERS.values() if s.prepare_schema), None)
    return next(iter(OWNERS.values()), None)


async def refusals(platform: Platform, service: Service, statements: list[Statement]) -> list[str]:
    settings = platform.settings
    url = service_url(settings.database_url, service.schema(settings))
    found: list[str] = []
    async with await open_connection(url) as connection:
        for statement in statements:
            result = connection.pgconn.prepare(b"", statement.numbered().encode())
            state = (result.error_field(ord("C")) or b"").strip()
            if result.status != ExecStatus.COMMAND_OK and state not in UNTYPED:
                found.append(f"{statement.where}: {result.get_error_message()}")
    return found


@pytest.mark.parametrize("service", OWNERS.values(), ids=lambda service: service.name)
async def test_every_statement_can_be_prepared(migrated: Platform, service: Service) -> None:
    own = [statement for statement in STATEMENTS if home_of(statement) is service]
    assert own
    assert await refusals(migrated, service, own) == []


def test_every_statement_has_a_home() -> None:
    assert [s.where for s in STATEMENTS if home_of(s) is None] == []


def test_sql_stands_in_stores() -> None:
    """One place to look for it: `store.py` or the folder `store`; the kernel has its own."""
    strays = {
        s.where
        for s in STATEMENTS
        if s.package != "kernel"
        and not {"store", "store.py"} & set(Path(s.where.split(":")[0]).parts)
    }
    assert strays == set()


async def test_a_wrong_statement_is_noticed(migrated: Platform) -> None:
    service = next(iter(OWNERS.values()))
    wrong = [
        Statement("a", service.name, "SELECT nothing FROM outbox WHERE id = %s"),
        Statement("b", service.name, "SELEC 1"),
        Statement("c", service.name, "SELECT id FROM outbox WHERE id = %(id)s AND id <> %(id)s"),
    ]
    assert [found[0] for found in await refusals(migrated, service, wrong)] == ["a", "b"]


SOURCE = """
_WHERE = " WHERE id = %s"
async def f(tx, short, name):
    end = _WHERE if short else " LIMIT 1"
    await tx.one(int, "SELECT id"
        " FROM outbox" + end, (1,))
    await self._tx.execute(f"SELECT {_WHERE}")
    await other.execute("no SQL at all")
async def g(tx, name):
    await tx.value("SELECT " + name)
"""


def test_literals_are_found_and_others_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "quick_sql_sample.py"
    path.write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    statements = Module(path, "quick_sql_sample", "sample").statements()
    found = [next(statements).text for _ in range(3)]
    with pytest.raises(NotLiteralError, match="name is no literal"):
        next(statements)
    assert found == [
        "SELECT id FROM outbox WHERE id = %s", "SELECT id FROM outbox LIMIT 1",
        "SELECT  WHERE id = %s",
    ]  # fmt: skip


def test_percent_signs_are_numbered_as_psycopg_does() -> None:
    text = "SELECT %s, '100%%', %s, %(a)s, %(b)s, %(a)s"
    assert Statement("", "", text).numbered() == "SELECT $1, '100%', $2, $3, $4, $3"
