"""A service's sagas as its commands see them: start, signal, look, retry.

Everything happens in the caller's transaction; who carries the sagas out is `saga_worker`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

from quickserve.kernel import saga_engine as engine
from quickserve.kernel.db import Transaction
from quickserve.kernel.saga import Saga

P = TypeVar("P")

STUCK_ATTEMPTS = 10  # about two minutes of failing: an operator should look

SagaState = Literal["waiting", "running", "done", "undone", "stuck"]
StepState = Literal["done", "running", "waiting", "failed"]
StepKind = Literal["do", "undo", "wait", "decision"]


@dataclass(frozen=True, slots=True)
class SagaStatus:
    """`failure`: code, title, detail, extra of the refusal; `note`: of the Wait it is in."""

    state: SagaState
    failure: dict[str, Any] | None
    note: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SagaStep:
    name: str
    kind: StepKind
    state: StepState
    at: datetime | None
    result: Any


@dataclass(frozen=True, slots=True)
class SagaAttempt:
    number: int
    state: str
    worker: str | None
    started_at: datetime | None
    ended_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class SagaSummary:
    saga_id: UUID
    name: str
    state: SagaState
    outcome: str | None
    spawned_at: datetime


@dataclass(frozen=True, slots=True)
class SagaHistory:
    summary: SagaSummary
    steps: list[SagaStep]
    attempts: list[SagaAttempt]


class Engine(Protocol):
    """Who carries sagas out in this process."""

    name: str
    url: str
    lease_seconds: int

    def has_room(self, saga: str) -> bool: ...

    def take(self, claim: engine.Claim) -> None: ...

    def wake(self) -> None: ...


_engines: dict[str, set[Engine]] = defaultdict(set)  # those of this process, by queue


class SagaQueue:
    """`name` is the service's; `install` is its `prepare_schema`."""

    def __init__(self, name: str, sagas: Sequence[Saga[Any]]) -> None:
        self.name = name
        self.sagas = {saga.name: saga for saga in sagas}

    async def install(self, tx: Transaction, role: str) -> None:
        await engine.install(tx, role, self.name)

    async def spawn(self, tx: Transaction, saga: Saga[P], saga_id: UUID, params: P) -> bool:
        """Starts it when the transaction commits. False when the id was used before.

        If this process has room for it, it begins here; else whoever claims it first.
        """
        data = saga.adapter.dump_python(params, mode="json")
        here = next((e for e in self._engines_on(tx) if e.has_room(saga.name)), None)
        worker, lease = (here.name, here.lease_seconds) if here else (None, 0)
        claim = await engine.spawn(tx, saga.name, saga_id, data, worker=worker, lease=lease)
        if claim and here:
            tx.after_commit.append(partial(here.take, claim))
        elif claim:
            tx.after_commit.append(self._wake)
        return claim is not None

    def _engines_on(self, tx: Transaction) -> list[Engine]:
        """Those of this process that work on the transaction's database."""
        return [running for running in _engines[self.name] if running.url == tx.url]

    async def signal(self, tx: Transaction, event: str) -> None:
        """Tells the sagas that wait for it to ask again. Signal after the answer is committed."""
        if await engine.emit(tx, self.name, event):
            tx.after_commit.append(self._wake)

    def join(self, running: Engine) -> None:
        """From now on it is woken when there is something to do."""
        _engines[self.name].add(running)

    def leave(self, running: Engine) -> None:
        _engines[self.name].discard(running)

    def _wake(self) -> None:
        for running in _engines[self.name]:
            running.wake()

    async def clean(self, tx: Transaction) -> None:
        """Deletes a batch of the sagas and signals older than 30 days."""
        await engine.clean(tx, self.name)

    async def status(self, tx: Transaction, saga_id: UUID) -> SagaStatus | None:
        row = await tx.maybe(_Row, _ROW + " WHERE t.saga_id = %s", (str(saga_id),))
        if row is None:
            return None
        return SagaStatus(row.known_state, row.failure, row.note if row.waits else None)

    async def at_rest(self, tx: Transaction, saga_ids: Sequence[UUID]) -> list[UUID]:
        """Those of them that ended or wait for a signal."""
        keys = [str(saga_id) for saga_id in saga_ids]
        rows = await tx.all(
            _Id,
            "SELECT t.saga_id FROM saga_tasks t JOIN saga_runs r USING (run_id)"
            " WHERE t.saga_id = ANY(%s)"
            " AND (t.state IN ('completed', 'failed', 'cancelled') OR r.wake_event IS NOT NULL)",
            (keys,),
        )
        return [UUID(row.saga_id) for row in rows]

    async def recent(self, tx: Transaction, limit: int) -> list[SagaSummary]:
        """The latest, newest first."""
        rows = await tx.all(_Row, _ROW + " ORDER BY t.task_id DESC LIMIT %s", (limit,))
        return [row.summary for row in rows]

    async def describe(self, tx: Transaction, saga_id: UUID) -> SagaHistory | None:
        row = await tx.maybe(_Row, _ROW + " WHERE t.saga_id = %s", (str(saga_id),))
        if row is None:
            return None
        checkpoints = await tx.all(
            _Checkpoint,
            "SELECT name, value, updated_at FROM saga_checkpoints WHERE task_id = %s"
            " ORDER BY updated_at, name",
            (row.task_id,),
        )
        attempts = await tx.all(
            SagaAttempt,
            "SELECT attempt AS number, state, claimed_by AS worker, started_at, ended_at,"
            " failure_reason->>'message' AS failure FROM saga_runs WHERE task_id = %s"
            " ORDER BY attempt",
            (row.task_id,),
        )
        steps = _steps(checkpoints)
        if row.known_state in ("running", "stuck") and row.name in self.sagas:
            current = _current(self.sagas[row.name], checkpoints)
            failed = len(attempts) > 1 and attempts[-1].state != "running"
            steps += [replace(s, state="failed" if failed else "running") for s in current]
        return SagaHistory(row.summary, steps, attempts)

    async def retry(self, tx: Transaction, saga_id: UUID) -> bool:
        """The next attempt begins now, not after its delay. False when none is delayed."""
        moved = await tx.execute(
            "UPDATE saga_runs SET available_at = clock_timestamp()"
            " WHERE run_id = (SELECT run_id FROM saga_tasks WHERE saga_id = %s)"
            " AND state = 'sleeping' AND wake_event IS NULL",
            (str(saga_id),),
        )
        tx.after_commit.append(self._wake)
        return moved == 1


@dataclass(frozen=True, slots=True)
class _Id:
    saga_id: str


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    name: str
    value: Any
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class _Row:
    task_id: UUID
    saga_id: str
    name: str
    state: str
    attempts: int
    waits: bool
    result: dict[str, Any] | None
    failure: dict[str, Any] | None
    note: dict[str, Any] | None
    spawned_at: datetime

    @property
    def known_state(self) -> SagaState:
        if self.state == "completed":
            return "undone" if (self.result or {}).get("outcome") == "undone" else "done"
        if self.waits:
            return "waiting"
        stuck = self.attempts >= STUCK_ATTEMPTS or self.state in ("failed", "cancelled")
        return "stuck" if stuck else "running"

    @property
    def summary(self) -> SagaSummary:
        outcome = (self.result or {}).get("outcome")
        if outcome == "undone" and self.failure:
            outcome = f"undone: {self.failure['code']}"
        return SagaSummary(
            UUID(self.saga_id), self.name, self.known_state, outcome, self.spawned_at
        )


_ROW = (
    "SELECT t.task_id, t.saga_id, t.name, t.state, t.attempts, t.result, t.spawned_at,"
    " coalesce(r.state = 'sleeping' AND r.wake_event IS NOT NULL, false) AS waits,"
    " (SELECT value FROM saga_checkpoints c WHERE c.task_id = t.task_id AND c.name = '$unwind')"
    "   AS failure,"
    " (SELECT value->'note' FROM saga_checkpoints c"
    "   WHERE c.task_id = t.task_id AND right(c.name, 8) = '.waiting'"
    "   ORDER BY updated_at DESC LIMIT 1) AS note"
    " FROM saga_tasks t LEFT JOIN saga_runs r USING (run_id)"
)


def _steps(checkpoints: list[_Checkpoint]) -> list[SagaStep]:
    """As they happened. A wait is done when its step is, or when undoing was decided."""
    names = {c.name for c in checkpoints}
    steps: list[SagaStep] = []
    for c in checkpoints:
        step, _, what = c.name.partition(".")
        if c.name == engine.UNWIND:
            steps.append(SagaStep(c.name, "decision", "done", c.updated_at, c.value))
        elif what == "undo":
            steps.append(SagaStep(step, "undo", "done", c.updated_at, c.value))
        elif what == "waiting":
            over = not names.isdisjoint({step, f"{step}.signal", engine.UNWIND})
            state: StepState = "done" if over else "waiting"
            steps.append(SagaStep(step, "wait", state, c.updated_at, c.value))
        elif not what:
            steps.append(SagaStep(step, "do", "done", c.updated_at, c.value))
    return steps


def _current(saga: Saga[Any], checkpoints: list[_Checkpoint]) -> list[SagaStep]:
    """The action that is next or under way, if any."""
    known = {c.name: c.value for c in checkpoints}
    decision = known.get(engine.UNWIND)
    if decision is None:
        todo = [s.name for s in saga.steps if s.name not in known]
        return [SagaStep(name, "do", "running", None, None) for name in todo[:1]]
    names = [step.name for step in saga.steps]
    begun = saga.steps[: names.index(decision["step"]) + 1]
    todo = [s.name for s in reversed(begun) if s.undo and f"{s.name}.undo" not in known]
    return [SagaStep(name, "undo", "running", None, None) for name in todo[:1]]
