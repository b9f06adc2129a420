"""How full things are, looked at every few seconds: outbox, inbox, pool, sagas.

Each statement's cost is bounded by what waits, never by what was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import Gauge

from quickserve.kernel.db import Database

EVERY_SECONDS: Final = 5
_ROWS_MAX: Final = 100_000  # more than that is not counted
_SAGA_STATES: Final = ("running", "waiting", "stuck")

OUTBOX_ROWS = Gauge(
    "quickserve_outbox_rows", f"Events not yet delivered, {_ROWS_MAX} at most.", ["service"]
)
OUTBOX_AGE = Gauge(
    "quickserve_outbox_age_seconds", "Age of the oldest event not yet delivered.", ["service"]
)
INBOX_ROWS = Gauge(
    "quickserve_inbox_rows", "Messages remembered, as PostgreSQL estimates.", ["service"]
)
POOL = Gauge(
    "quickserve_pool_connections",
    "Database connections: used, idle, max; waiting are requests for one.",
    ["service", "state"],
)
SAGAS = Gauge("quickserve_saga_states", "Sagas that have not ended.", ["service", "saga", "state"])


@dataclass(frozen=True, slots=True)
class _Messages:
    rows: int
    age_seconds: float
    inbox: int


@dataclass(frozen=True, slots=True)
class SagaCount:
    saga: str
    state: str
    count: int


async def look(service: str, db: Database) -> None:
    """At the service's pool, and at its messages. Raises Unavailable."""
    _look_at_pool(service, db)
    async with db.read() as tx:
        seen = await tx.one(
            _Messages,
            "SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT %(most)s) o) AS rows,"
            " coalesce((SELECT extract(epoch FROM clock_timestamp() - occurred_at) FROM outbox"
            "  ORDER BY position LIMIT 1), 0)::float AS age_seconds,"
            " (SELECT greatest(reltuples, 0)::bigint FROM pg_class"
            "  WHERE oid = 'inbox'::regclass) AS inbox",
            {"most": _ROWS_MAX},
        )
    OUTBOX_ROWS.labels(service).set(seen.rows)
    OUTBOX_AGE.labels(service).set(max(0.0, seen.age_seconds))
    INBOX_ROWS.labels(service).set(seen.inbox)


def _look_at_pool(service: str, db: Database) -> None:
    stats = db.pool.get_stats()
    idle = stats["pool_available"]
    POOL.labels(service, "max").set(stats["pool_max"])
    POOL.labels(service, "idle").set(idle)
    POOL.labels(service, "used").set(max(0, stats["pool_size"] - idle))
    POOL.labels(service, "waiting").set(stats["requests_waiting"])


def show_sagas(service: str, sagas: Iterable[str], counts: Iterable[SagaCount]) -> None:
    """Those not counted are none: a state that is left falls back to zero."""
    counted = {(c.saga, c.state): c.count for c in counts}
    for saga in {*sagas, *(name for name, _ in counted)}:
        for state in _SAGA_STATES:
            SAGAS.labels(service, saga, state).set(counted.get((saga, state), 0))
