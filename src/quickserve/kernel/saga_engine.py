"""The durable-execution engine under the sagas: Absurd, one schema of SQL functions in PostgreSQL.

Its functions are called directly, one round trip each: the Python client looks every checkpoint
up again and stores tracebacks. One queue per service, named as the service; leases make another
worker take over what a dead one left. Nothing else in QuickServe knows the engine.
"""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import absurdctl

from quickserve.kernel.db import Jsonb, Transaction

# fail_run's delays: 0.25 s, doubled at every attempt, at most half a minute.
_RETRY = {"kind": "exponential", "base_seconds": 0.25, "factor": 2, "max_seconds": 30}
_LOST = frozenset({"AB001", "AB002"})  # the engine's: cancelled; failed, that is, lease lost

UNWIND = "$unwind"  # the checkpoint that holds the decision to undo


def lease_lost(error: BaseException) -> bool:
    """Whether the engine refused because another worker owns the saga by now."""
    return getattr(error, "sqlstate", None) in _LOST


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
           completed_payload AS result
      FROM absurd.%%2$I;
  CREATE OR REPLACE VIEW saga_runs AS
    SELECT run_id, task_id, attempt, state, claimed_by, available_at, wake_event,
           started_at, coalesce(completed_at, failed_at) AS ended_at, failure_reason
      FROM absurd.%%3$I;
  CREATE OR REPLACE VIEW saga_checkpoints AS
    SELECT task_id, checkpoint_name AS name, state AS value, updated_at
      FROM absurd.%%4$I;
$sql$, %(role)s::text, 't_' || %(queue)s, 'r_' || %(queue)s, 'c_' || %(queue)s,
       'e_' || %(queue)s, 'w_' || %(queue)s)
"""


async def spawn(tx: Transaction, queue: str, name: str, saga_id: UUID, params: Any) -> bool:
    """Starts a saga with the caller's transaction. False when this id was spawned before."""
    options = {
        "retry_strategy": _RETRY,
        "headers": {"saga_id": str(saga_id)},
        "idempotency_key": str(saga_id),
    }
    return await tx.value(
        "SELECT created FROM absurd.spawn_task(%s, %s, %s, %s)",
        (queue, name, Jsonb(params), Jsonb(options)),
    )


async def emit(tx: Transaction, queue: str, event: str) -> None:
    """Wakes who waits for the event, now or later; a second time does nothing."""
    await tx.execute("SELECT absurd.emit_event(%s, %s, '{}')", (queue, event))


async def clean(tx: Transaction, queue: str) -> None:
    """Deletes one batch of what ended longer ago than the queue's policy keeps (30 days)."""
    await tx.execute("SELECT 1 FROM absurd.cleanup_all_queues(%s)", (queue,))


@dataclass(frozen=True, slots=True)
class Claim:
    """A saga leased to a worker, with what is known of it."""

    run_id: UUID
    task_id: UUID
    attempt: int
    name: str
    saga_id: UUID
    params: Any
    checkpoints: dict[str, Any]


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
        """Records that a step is done, and renews the lease."""
        await self._tx.execute(
            "SELECT absurd.set_task_checkpoint_state("
            " %(queue)s, %(task)s, %(name)s, %(value)s, %(run)s, %(lease)s)",
            self._ids | {"name": name, "value": Jsonb(value)},
        )
        self.renewed_at = time.monotonic()

    async def decide(self, name: str, value: Any) -> None:
        """A checkpoint that no crash takes back and no late worker writes.

        extend_claim locks the run and proves that the lease holds, until this commits.
        """
        await self._tx.execute(
            "SELECT set_config('synchronous_commit', 'on', true),"
            " absurd.extend_claim(%(queue)s, %(run)s, %(lease)s),"
            " absurd.set_task_checkpoint_state("
            "   %(queue)s, %(task)s, %(name)s, %(value)s, %(run)s, NULL)",
            self._ids | {"name": name, "value": Jsonb(value)},
        )
        self.renewed_at = time.monotonic()

    async def finish(self, result: Any, name: str, value: Any) -> None:
        """The last checkpoint and the end, in one."""
        await self._tx.execute(
            "SELECT absurd.set_task_checkpoint_state("
            "   %(queue)s, %(task)s, %(name)s, %(value)s, %(run)s, NULL),"
            " absurd.complete_run(%(queue)s, %(run)s, %(result)s)",
            self._ids | {"name": name, "value": Jsonb(value), "result": Jsonb(result)},
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
        await self._tx.execute(
            "SELECT absurd.extend_claim(%(queue)s, %(run)s, %(lease)s)", self._ids
        )

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
