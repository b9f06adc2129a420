"""PostgreSQL: pools, transactions, migrations. The only module that imports psycopg.

A service connects with its own role to its own schema. One command is one transaction; a broken
constraint is raised as the domain's error of that name.
"""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, LiteralString, TypeVar, cast
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import AsyncConnection, AsyncCursor, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo
from psycopg.rows import class_row, tuple_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from quickserve.kernel.deadlines import seconds_left
from quickserve.kernel.errors import Malformed, Problem, Unavailable

__all__ = [
    "Database", "Jsonb", "Params", "Schema", "Transaction", "another_database", "database_name",
    "ensure_database", "in_transaction", "migrate", "open_connection", "pending_migrations",
    "service_url", "without_user",
]  # fmt: skip

T = TypeVar("T")
Params = Mapping[str, Any] | Sequence[Any]
Constraints = Mapping[str, type[Problem]]

_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


def in_transaction() -> bool:
    """Whether this task holds a transaction open: then it may not talk to the network."""
    return _in_transaction.get()


class Transaction:
    """Statements on one connection. Rows become `kind(**columns)`."""

    def __init__(self, connection: AsyncConnection[Any], url: str = "") -> None:
        self.connection = connection
        self.url = url
        # In their order, awaited before whoever opened the transaction goes on. They do not raise.
        self.after_commit: list[Callable[[], Awaitable[None] | None]] = []

    async def one(self, kind: Callable[..., T], statement: LiteralString, params: Params = ()) -> T:
        """The only row; our bug if there is none."""
        row = await self.maybe(kind, statement, params)
        assert row is not None, "the statement returned no row"
        return row

    async def maybe(
        self, kind: Callable[..., T], statement: LiteralString, params: Params = ()
    ) -> T | None:
        cursor: AsyncCursor[T] = self.connection.cursor(
            row_factory=class_row(cast("type[T]", kind))
        )
        await cursor.execute(statement, params)
        return await cursor.fetchone()

    async def all(
        self, kind: Callable[..., T], statement: LiteralString, params: Params = ()
    ) -> list[T]:
        cursor: AsyncCursor[T] = self.connection.cursor(
            row_factory=class_row(cast("type[T]", kind))
        )
        await cursor.execute(statement, params)
        return await cursor.fetchall()

    async def value(self, statement: LiteralString, params: Params = ()) -> Any:
        """The first column of the first row, or None."""
        cursor = self.connection.cursor(row_factory=tuple_row)
        await cursor.execute(statement, params)
        row = await cursor.fetchone()
        return row[0] if row else None

    async def execute(self, statement: LiteralString, params: Params = ()) -> int:
        """How many rows it touched."""
        cursor = await self.connection.execute(statement, params)
        return cursor.rowcount

    async def many(self, statement: LiteralString, rows: Sequence[Params]) -> None:
        """The same statement for every row, in one round trip."""
        async with self.connection.cursor() as cursor:
            await cursor.executemany(statement, rows)

    async def script(self, text: str) -> None:
        """Several statements without parameters: migrations only."""
        await self.connection.execute(cast("LiteralString", text))


_CONNECTION_SECONDS = 5.0  # the wait for one, within the request's own deadline
_LIMITS = "-c lock_timeout=4s -c statement_timeout=20s -c idle_in_transaction_session_timeout=30s"


class Database:
    """A pool of one service's connections."""

    def __init__(
        self, url: str, *, constraints: Constraints | None = None, pool_max: int = 8
    ) -> None:
        self.constraints = constraints or {}
        self.url = url
        self.pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=pool_max,
            open=False,
            timeout=_CONNECTION_SECONDS,
            max_idle=60,
            reconnect_timeout=10,  # then every request tries again, instead of ever longer pauses
            # Nobody waits without end, for a row that somebody locked by hand least of all.
            kwargs={"autocommit": True, "options": _LIMITS},
        )
        self._suspect = False

    async def open(self) -> None:
        await self.pool.open(wait=True, timeout=10)

    async def close(self) -> None:
        await self.pool.close(timeout=5)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction, None]:
        """Commits when the block ends, rolls back when it raises.

        Raises the domain error of a broken constraint; `Malformed` for a value PostgreSQL cannot
        store; `Unavailable` when the server cannot be reached.
        """
        assert not in_transaction(), "a transaction inside a transaction"
        with _Translation(self):
            await self._forget_the_dead()
            async with self.pool.connection(seconds_left(_CONNECTION_SECONDS)) as connection:
                token = _in_transaction.set(True)
                try:
                    tx = Transaction(connection, self.url)
                    async with connection.transaction():
                        yield tx
                finally:
                    _in_transaction.reset(token)
        for callback in tx.after_commit:
            waiting = callback()
            if waiting is not None:
                await waiting

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Transaction, None]:
        """For single statements, each of which commits by itself: no BEGIN, no COMMIT."""
        assert not in_transaction(), (
            "a read inside a transaction would wait for a second connection"
        )
        with _Translation(self):
            await self._forget_the_dead()
            async with self.pool.connection(seconds_left(_CONNECTION_SECONDS)) as connection:
                yield Transaction(connection, self.url)

    def suspect(self) -> None:
        """A connection failed; the server may have restarted, which kills all of them."""
        self._suspect = True

    async def _forget_the_dead(self) -> None:
        if self._suspect:
            self._suspect = False
            await self.pool.check()


class _Translation:
    """Turns PostgreSQL's errors into problems at the edge of a transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case psycopg.IntegrityError():
                kind = self._db.constraints.get(error.diag.constraint_name or "")
                if kind is not None:
                    raise kind() from error
            case psycopg.errors.ProgramLimitExceeded() | psycopg.DataError() | UnicodeEncodeError():
                raise Malformed(
                    "A value cannot be stored: it is too long or has a NUL in it."
                ) from error
            case (
                psycopg.errors.LockNotAvailable()
                | psycopg.errors.QueryCanceled()
                | psycopg.errors.DeadlockDetected()
            ):
                raise Unavailable("The database is busy.", retry_after=2) from error
            case psycopg.OperationalError():
                self._db.suspect()
                raise Unavailable("The database cannot be reached.", retry_after=2) from error
            case _:
                return


async def open_connection(url: str) -> AsyncConnection[Any]:
    """One connection outside a pool, for work that keeps it (saga workers, administration)."""
    return await AsyncConnection.connect(url, autocommit=True)


async def ensure_database(admin_url: str, name: str) -> str:
    """Makes the database unless it is there. Returns its address."""
    async with await open_connection(admin_url) as connection:
        cursor = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if not await cursor.fetchone():
            await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return another_database(admin_url, name)


def another_database(url: str, name: str) -> str:
    """The address of a database of this name on the same server, for the same user."""
    given = conninfo_to_dict(url)
    return _signed_in(url, name, given.get("user"), given.get("password"))


def without_user(url: str, name: str) -> str:
    """The address of a database of this name on the same server, for nobody."""
    return _signed_in(url, name, None, None)


def database_name(url: str) -> str:
    """As libpq finds it: in the address, the environment, or it is named as the user."""
    given = conninfo_to_dict(url)
    found = ((option.keyword.decode(), option.val) for option in Conninfo.get_defaults())
    defaults = {keyword: value.decode() for keyword, value in found if value}
    names = (given.get("dbname"), defaults.get("dbname"), given.get("user"), defaults.get("user"))
    return next(str(name) for name in names if name)


def _signed_in(url: str, database: str, user: Any, password: Any) -> str:
    """The address (`postgresql://…` or `host=… dbname=…`) with another database and user."""
    if "://" not in url:
        given: dict[str, Any] = dict(conninfo_to_dict(url))
        return make_conninfo(**given | {"dbname": database, "user": user, "password": password})
    parts = urlsplit(url)
    login = ":".join(quote(str(one), safe="") for one in (user, password) if one)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{login}@{host}" if login else host
    ours = ("dbname=", "user=", "password=")  # a parameter would win over what stands before it
    query = "&".join(one for one in parts.query.split("&") if not one.startswith(ours))
    address = f"{parts.scheme}://{netloc}/{quote(database, safe='')}"
    return f"{address}?{query}" if query else address


# -- Roles and migrations -------------------------------------------------------------------------


@dataclass(frozen=True)
class Schema:
    """What one service needs in the database: a schema and a role of its name, its migrations.

    `package` holds `migrations/NNNN_name.sql`; `prepare` runs after them, inside the same session.
    """

    name: str
    package: str
    password: str
    prepare: Callable[[Transaction, str], Any] | None = None


def role_name(database: str, schema: str) -> str:
    return f"{database}_{schema}"


def service_url(admin_url: str, schema: Schema) -> str:
    """The address with the service's own role in place of the administrator's.

    The role is named after the database, as `migrate` names it.
    """
    database = database_name(admin_url)
    return _signed_in(admin_url, database, role_name(database, schema.name), schema.password)


async def migrate(admin_url: str, schemas: Sequence[Schema]) -> list[str]:
    """Brings every schema up to date; safe to run by several processes at once.

    Returns the migrations applied, as `schema/file`.
    """
    connection = await AsyncConnection.connect(admin_url, autocommit=True)
    async with connection:
        await connection.execute("SELECT pg_advisory_lock(7143)")
        await connection.execute("SET lock_timeout = '5s'")
        # Trusted extensions; they live beside the schemas that use them.
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
        applied: list[str] = []
        for schema in schemas:
            applied += await _migrate_schema(connection, schema)
        return applied


async def pending_migrations(url: str, schema: Schema) -> list[str]:
    """What the service's own role does not find in its database, of what it was written for.

    Raises Unavailable while the database or the role is not there.
    """
    expected = _migration_files("quickserve.kernel") + _migration_files(schema.package)
    try:
        async with await open_connection(url) as connection:
            cursor = await connection.execute("SELECT name FROM migrations")
            known = {name for (name,) in await cursor.fetchall()}
    except psycopg.errors.UndefinedTable:
        known = set[str]()
    except psycopg.OperationalError as error:
        raise Unavailable("The database cannot be reached.", retry_after=2) from error
    return [f"{schema.name}/{name}" for name, _ in expected if name not in known]


async def _migrate_schema(connection: AsyncConnection[Any], schema: Schema) -> list[str]:
    database = connection.info.dbname
    role = role_name(database, schema.name)
    await _ensure_role(connection, database, role, schema)
    await connection.execute(
        sql.SQL("SET search_path = {}, public").format(sql.Identifier(schema.name))
    )
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, sha256 text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
    )
    # The service may look at its history, but not write it.
    await connection.execute(
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON migrations FROM {}").format(sql.Identifier(role))
    )
    await connection.execute("COMMENT ON TABLE migrations IS 'Applied, with their checksums.'")
    cursor = await connection.execute("SELECT name, sha256 FROM migrations")
    known = dict(await cursor.fetchall())
    applied: list[str] = []
    for name, text in _migration_files("quickserve.kernel") + _migration_files(schema.package):
        digest = hashlib.sha256(text.encode()).hexdigest()
        if name in known:
            assert known[name] == digest, f"migration {name} was changed after it was applied"
            continue
        async with connection.transaction():
            await connection.execute(cast("LiteralString", text))
            await connection.execute(
                "INSERT INTO migrations (name, sha256) VALUES (%s, %s)", (name, digest)
            )
        applied.append(f"{schema.name}/{name}")
    if schema.prepare:
        await schema.prepare(Transaction(connection), role)
    return applied


async def _ensure_role(
    connection: AsyncConnection[Any], database: str, role: str, schema: Schema
) -> None:
    """The role may use its own schema's rows, and nothing else: tables belong to the migrator."""
    names = {
        "role": sql.Identifier(role),
        "schema": sql.Identifier(schema.name),
        "database": sql.Identifier(database),
        "password": sql.Literal(schema.password),
    }
    cursor = await connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
    verb = "ALTER" if await cursor.fetchone() else "CREATE"
    statements: list[LiteralString] = [
        # Where nobody else may connect; where everybody may, it changes nothing.
        "GRANT CONNECT ON DATABASE {database} TO {role}",
        "CREATE SCHEMA IF NOT EXISTS {schema}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}, public",
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
            " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
        ),
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role}",
    ]
    await connection.execute(
        sql.SQL(cast("LiteralString", verb + " ROLE {role} LOGIN PASSWORD {password}")).format(
            **names
        )
    )
    for statement in statements:
        await connection.execute(sql.SQL(statement).format(**names))


def _migration_files(package: str) -> list[tuple[str, str]]:
    folder = files(package) / "migrations"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    prefix = package.rpartition(".")[2]
    return [(f"{prefix}/{name}", (folder / name).read_text("utf-8")) for name in found]
