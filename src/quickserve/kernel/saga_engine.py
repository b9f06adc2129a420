"""The durable-execution engine under the sagas: Absurd, one schema of SQL functions in PostgreSQL.

One queue per service, named as the service; leases make another worker take over what a dead one
left. Nothing else in QuickServe knows the engine.

Its functions plan several statements at every call, which was three quarters of what a purchase
cost the database. So what every saga does (begin, record a step, end) is written here as one
prepared statement each, on its tables; the rest (claim, fail, wait, wake, clean) stays its own.
A statement here also holds the run's row lock while it writes, so no late worker slips through.
"""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import absurdctl

from quickserve.kernel import tracing
from quickserve.kernel.db import Jsonb, Transaction
from quickserve.kernel.gauges import SagaCount
from quickserve.kernel.ids import new_uuid

# fail_run's delays: 0.25 s, doubled at every attempt, at most half a minute.
_RETRY = {"kind": "exponential", "base_seconds": 0.25, "factor": 2, "max_seconds": 30}
_LOST = frozenset({"AB001", "AB002"})  # the engine's: cancelled; failed, that is, taken over

UNWIND = "$unwind"  # the checkpoint that holds the decision to undo


class LeaseLostError(Exception):
    """Another worker owns the saga by now."""


def lease_lost(error: BaseException) -> bool:
    """Whether a write was refused because another worker owns the saga by now."""
    return isinstance(error, LeaseLostError) or getattr(error, "sqlstate", None) in _LOST


async def install(tx: Transaction, role: str, queue: str) -> None:
    """Installs or upgrades the engine, makes the queue, lets `role` work on it and no other.

    Runs as the migrator, who owns the tables; the service's own schema is first in the path and
    gets views of its queue's tables, whose names would otherwise be computed in every statement.
    """
    installed = await tx.value("SELECT to_regprocedure('absurd.get_schema_version()') IS NOT NULL")
    if not installed:
        await tx.script(absurdctl.BUNDLED_SCHEMA_SQL)
    version = await tx.value("SELECT absurd.get_schema_version()")
    while version != absurdctl.ABSURD_SCHEMA_TARGET_VERSION:
        names = [n for n in absurdctl.BUNDLED_MIGRATIONS if n.startswith(f"{version}-")]
        assert names, f"no way from Absurd {version} to {absurdctl.ABSURD_SCHEMA_TARGET_VERSION}"
        await tx.script(absurdctl.BUNDLED_MIGRATIONS[names[0]])
        version = await tx.value("SELECT absurd.get_schema_version()")
    await tx.execute("SELECT absurd.create_queue(%s)", (queue,))
    await tx.script(await tx.value(_GRANTS_AND_VIEWS, {"queue": queue, "role": role}))


# format() quotes the names; %% is psycopg's way to write %.
_GRANTS_AND_VIEWS = """
SELECT format($sql$
  GRANT USAGE ON SCHEMA absurd TO %%1$I;
  GRANT SELECT ON absurd.queues TO %%1$I;
  GRANT SELECT, INSERT, UPDATE, DELETE
    ON absurd.%%2$I, absurd.%%3$I, absurd.%%4$I, absurd.%%5$I, absurd.%%6$I TO %%1$I;
  CREATE OR REPLACE VIEW saga_tasks AS
    SELECT task_id, idempotency_key AS saga_id, task_name AS name, state, attempts,
           last_attempt_run AS run_id, enqueue_at AS spawned_at, first_started_at AS started_at,
           completed_payload AS result, params, headers, retry_strategy
      FROM absurd.%%2$I;
  CREATE OR REPLACE VIEW saga_runs AS
    SELECT run_id, task_id, attempt, state, claimed_by, available_at, wake_event,
           started_at, coalesce(completed_at, failed_at) AS ended_at, failure_reason,
           completed_at, claim_expires_at
      FROM absurd.%%3$I;
  CREATE OR REPLACE VIEW saga_checkpoints AS
    SELECT task_id, checkpoint_name AS name, state AS value, updated_at, owner_run_id AS run_id
      FROM absurd.%%4$I;
  CREATE OR REPLACE VIEW saga_signals AS
    SELECT event_name AS event, payload, emitted_at FROM absurd.%%5$I;
$sql$, %(role)s::text, 't_' || %(queue)s, 'r_' || %(queue)s, 'c_' || %(queue)s,
       'e_' || %(queue)s, 'w_' || %(queue)s)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A saga leased to a worker, with what is known of it."""

    run_id: UUID
    task_id: UUID
    attempt: int
    name: str
    saga_id: UUID
    params: Any
    trace: str
    checkpoints: dict[str, Any]


async def spawn(
    tx: Transaction, name: str, saga_id: UUID, params: Any, *, worker: str | None, lease: int
) -> Claim | None:
    """Starts a saga with the caller's transaction. None when this id was spawned before.

    With a `worker` it is his from the beginning, leased for `lease` seconds; without, anybody's.
    """
    trace = tracing.traceparent()
    claim = Claim(new_uuid(), new_uuid(), 1, name, saga_id, params, trace, {})
    spawned = await tx.execute(
        "WITH task AS ("
        " INSERT INTO saga_tasks (task_id, saga_id, name, state, attempts, run_id, started_at,"
        "  params, headers, retry_strategy)"
        " VALUES (%(task)s, %(saga)s::text, %(name)s, %(state)s, 1, %(run)s,"
        "  CASE WHEN %(worker)s::text IS NOT NULL THEN clock_timestamp() END,"
        "  %(params)s, %(headers)s, %(retry)s)"
        " ON CONFLICT (saga_id) DO NOTHING RETURNING task_id)"
        " INSERT INTO saga_runs (run_id, task_id, attempt, state, claimed_by, available_at,"
        "  started_at, claim_expires_at)"
        " SELECT %(run)s, task_id, 1, %(state)s, %(worker)s, clock_timestamp(),"
        "  CASE WHEN %(worker)s::text IS NOT NULL THEN clock_timestamp() END,"
        "  CASE WHEN %(worker)s::text IS NOT NULL"
        "   THEN clock_timestamp() + make_interval(secs => %(lease)s) END"
        " FROM task",
        {
            "task": claim.task_id,
            "run": claim.run_id,
            "saga": str(saga_id),
            "name": name,
            "state": "running" if worker else "pending",
            "worker": worker,
            "lease": lease,
            "params": Jsonb(params),
            "headers": Jsonb({"saga_id": str(saga_id), "trace": trace}),
            "retry": Jsonb(_RETRY),
        },
    )
    return claim if spawned else None


async def emit(tx: Transaction, queue: str, event: str) -> bool:
    """Wakes who waits for the event. False when nobody does; he who begins to wait asks first."""
    woken = await tx.execute(
        "SELECT absurd.emit_event(%(queue)s, %(event)s, '{}')"
        " WHERE EXISTS (SELECT FROM saga_signals WHERE event = %(event)s AND payload IS NULL)",
        {"queue": queue, "event": event},
    )
    return woken == 1


async def clean(tx: Transaction, queue: str) -> None:
    """Deletes one batch of what ended longer ago than the queue's policy keeps (30 days)."""
    await tx.execute("SELECT 1 FROM absurd.cleanup_all_queues(%s)", (queue,))


async def count_unfinished(tx: Transaction, stuck_attempts: int) -> list[SagaCount]:
    """By an index on the runs' states: what ended is not looked at."""
    return await tx.all(
        SagaCount,
        "SELECT t.name AS saga, CASE"
        "  WHEN r.state = 'sleeping' AND r.wake_event IS NOT NULL THEN 'waiting'"
        "  WHEN r.attempt >= %(stuck)s THEN 'stuck' ELSE 'running' END AS state,"
        " count(*) AS count"
        " FROM saga_runs r JOIN saga_tasks t USING (task_id)"
        " WHERE r.state IN ('pending', 'running', 'sleeping') GROUP BY 1, 2",
        {"stuck": stuck_attempts},
    )


async def use(tx: Transaction) -> None:
    """Prepares a worker's connection.

    Checkpoints need not survive a crash of the database itself: a lost one makes its step run
    again. Those that must are written by `Lease.decide`.
    """
    await tx.execute("SET synchronous_commit = off")


async def claim(
    tx: Transaction, queue: str, worker: str, lease_seconds: int, at_most: int
) -> list[Claim]:
    """Takes what is due, and what other workers let expire, oldest first."""
    return await tx.all(
        Claim,
        "SELECT c.run_id, c.task_id, c.attempt, c.task_name AS name,"
        " (c.headers->>'saga_id')::uuid AS saga_id, c.params,"
        " coalesce(c.headers->>'trace', '') AS trace,"
        " (SELECT coalesce(jsonb_object_agg(s.checkpoint_name, s.state), '{}')"
        "    FROM absurd.get_task_checkpoint_states(%(queue)s, c.task_id, c.run_id) s"
        " ) AS checkpoints"
        " FROM absurd.claim_task(%(queue)s, %(worker)s, %(lease)s, %(at_most)s) c",
        {"queue": queue, "worker": worker, "lease": lease_seconds, "at_most": at_most},
    )


class Lease:
    """The right to advance one saga. Its writes raise (`lease_lost`) when the right is gone."""

    def __init__(self, tx: Transaction, queue: str, claim: Claim, seconds: int) -> None:
        self._tx = tx
        self._ids = {"queue": queue, "run": claim.run_id, "task": claim.task_id, "lease": seconds}
        self.claim = claim
        self.renewed_at = time.monotonic()

    async def checkpoint(self, name: str, value: Any) -> None:
        """Records that a step is done."""
        written = await self._tx.execute(
            "WITH lease AS ("
            "  SELECT task_id FROM saga_runs WHERE run_id = %(run)s AND state = 'running'"
            "  FOR NO KEY UPDATE)"
            " INSERT INTO saga_checkpoints (task_id, name, value, run_id, updated_at)"
            " SELECT task_id, %(name)s, %(value)s, %(run)s, clock_timestamp() FROM lease"
            " ON CONFLICT (task_id, name) DO UPDATE SET value = excluded.value,"
            "  run_id = excluded.run_id, updated_at = excluded.updated_at",
            self._ids | {"name": name, "value": Jsonb(value)},
        )
        _held(written)

    async def decide(self, name: str, value: Any) -> None:
        """A checkpoint that not even a crash of the database takes back."""
        written = await self._tx.execute(
            "WITH durable AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true)),"
            " lease AS ("
            "  SELECT task_id FROM saga_runs WHERE run_id = %(run)s AND state = 'running'"
            "  FOR NO KEY UPDATE)"
            " INSERT INTO saga_checkpoints (task_id, name, value, run_id, updated_at)"
            " SELECT task_id, %(name)s, %(value)s, %(run)s, clock_timestamp() FROM lease, durable"
            " ON CONFLICT (task_id, name) DO UPDATE SET value = excluded.value,"
            "  run_id = excluded.run_id, updated_at = excluded.updated_at",
            self._ids | {"name": name, "value": Jsonb(value)},
        )
        _held(written)

    async def finish(self, result: Any, name: str, value: Any) -> None:
        """The last checkpoint and the end, in one."""
        written = await self._tx.execute(
            "WITH lease AS ("
            "  UPDATE saga_runs SET state = 'completed', completed_at = clock_timestamp()"
            "  WHERE run_id = %(run)s AND state = 'running' RETURNING task_id),"
            " task AS ("
            "  UPDATE saga_tasks t SET state = 'completed', result = %(result)s FROM lease"
            "  WHERE t.task_id = lease.task_id)"
            " INSERT INTO saga_checkpoints (task_id, name, value, run_id, updated_at)"
            " SELECT task_id, %(name)s, %(value)s, %(run)s, clock_timestamp() FROM lease"
            " ON CONFLICT (task_id, name) DO UPDATE SET value = excluded.value,"
            "  run_id = excluded.run_id, updated_at = excluded.updated_at",
            self._ids | {"name": name, "value": Jsonb(value), "result": Jsonb(result)},
        )
        _held(written)

    async def expect_signal(self, event: str) -> None:
        """From now on the event is not lost: ask once more, then `await_signal`."""
        await self._tx.execute(
            "INSERT INTO saga_signals (event, emitted_at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (event) DO NOTHING",
            (event,),
        )

    async def wait_left(self, name: str) -> float:
        """Seconds until the wait that this checkpoint began is over."""
        return float(
            await self._tx.value(
                "SELECT extract(epoch FROM updated_at - clock_timestamp())"
                " + (value->>'seconds')::float8"
                " FROM saga_checkpoints WHERE task_id = %(task)s AND name = %(name)s",
                self._ids | {"name": name},
            )
        )

    async def await_signal(self, name: str, event: str, seconds: int) -> bool:
        """True when the signal has come. False: the saga sleeps, and the lease is given back."""
        suspended = await self._tx.value(
            "SELECT should_suspend FROM absurd.await_event("
            " %(queue)s, %(task)s, %(run)s, %(name)s, %(event)s, %(seconds)s)",
            self._ids | {"name": name, "event": event, "seconds": seconds},
        )
        return not suspended

    async def idle_seconds(self) -> float:
        """Since the latest checkpoint, or since the saga began."""
        return float(
            await self._tx.value(
                "SELECT extract(epoch FROM clock_timestamp() - greatest(t.started_at,"
                "   (SELECT max(updated_at) FROM saga_checkpoints WHERE task_id = t.task_id)))"
                " FROM saga_tasks t WHERE t.task_id = %(task)s",
                self._ids,
            )
        )

    async def renew(self) -> None:
        asked_at = time.monotonic()
        await self._tx.execute(
            "SELECT absurd.extend_claim(%(queue)s, %(run)s, %(lease)s)", self._ids
        )
        self.renewed_at = asked_at

    async def fail(self, message: str) -> None:
        """Ends the attempt; the engine begins the next one after a growing delay."""
        await self._tx.execute(
            "SELECT absurd.fail_run(%(queue)s, %(run)s, %(reason)s)",
            self._ids | {"reason": Jsonb({"message": message})},
        )

    async def release(self, after_seconds: float = 0) -> None:
        """Lets another worker go on with the same attempt."""
        await self._tx.execute(
            "SELECT absurd.schedule_run(%(queue)s, %(run)s,"
            " clock_timestamp() + make_interval(secs => %(after)s))",
            self._ids | {"after": after_seconds},
        )


def _held(written: int) -> None:
    if not written:
        raise LeaseLostError
