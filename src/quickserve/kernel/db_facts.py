"""What somebody who looks for a fault wants to know of a service's database. Changes nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from quickserve.kernel.db import Transaction, open_connection


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    version: int  # 180003 is 18.3
    extensions: frozenset[str]
    ahead_seconds: float  # the server's clock, before ours
    unsure_seconds: float  # half the time the question took
    events_waiting: int
    oldest_event_seconds: float


@dataclass(frozen=True, slots=True)
class _Name:
    name: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    events: int
    seconds: float


async def look(url: str, clock: Callable[[], float] = time.time) -> DatabaseFacts:
    """As the role in the address. Raises what the driver says when it cannot sign in."""
    async with await open_connection(url) as connection:
        tx = Transaction(connection)
        version = await tx.value("SELECT current_setting('server_version_num')::integer")
        extensions = await tx.all(_Name, "SELECT extname::text AS name FROM pg_extension")
        before = clock()
        theirs = float(await tx.value("SELECT extract(epoch FROM clock_timestamp())"))
        after = clock()
        waiting = _Waiting(0, 0)
        if await tx.value("SELECT to_regclass('outbox') IS NOT NULL"):
            waiting = await tx.one(
                _Waiting,
                "SELECT count(*) AS events, coalesce(extract(epoch FROM"
                " clock_timestamp() - min(occurred_at)), 0)::float8 AS seconds FROM outbox",
            )
    return DatabaseFacts(
        version=version,
        extensions=frozenset(row.name for row in extensions),
        ahead_seconds=theirs - (before + after) / 2,
        unsure_seconds=(after - before) / 2,
        events_waiting=waiting.events,
        oldest_event_seconds=waiting.seconds,
    )


async def databases_in_use(url: str) -> frozenset[str]:
    """Of the whole server: those somebody is connected to."""
    async with await open_connection(url) as connection:
        rows = await Transaction(connection).all(
            _Name,
            "SELECT DISTINCT datname::text AS name FROM pg_stat_activity"
            " WHERE datname IS NOT NULL AND pid <> pg_backend_pid()",
        )
    return frozenset(row.name for row in rows)
