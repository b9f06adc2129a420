"""Carries sagas out: workers that lease them, go forward step by step, or unwind.

The decision to unwind is committed before anything is undone, so a crash never turns it round.
From the pivot on there is only forward, and while undoing only back: both repeat until it works.
"""

import asyncio
import math
import os
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import Context
from functools import partial
from typing import Any, Literal, Self
from uuid import UUID

import structlog
from prometheus_client import Counter

from quickserve.kernel import saga_engine as engine
from quickserve.kernel.db import Transaction, open_connection
from quickserve.kernel.errors import InternalError, Problem
from quickserve.kernel.saga import Do, Saga, Step, Undo, Wait, definite
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.service import Runtime
from quickserve.kernel.telemetry import request_id

log = structlog.get_logger()

SAGAS = Counter("quickserve_sagas_total", "Attempts of sagas, by how they ended.", ["saga", "end"])

ATTEMPTS_IN_PLACE = 3
STEP_SECONDS_MAX = 60
SLOTS = 16  # sagas a worker has in hand at once: most of their time they wait for other services
POLL_SECONDS = 0.25  # finds what other processes spawned or signalled, and what is due
_UNKNOWN_SAGA_SECONDS = 15  # a newer release spawned it: leave it to that release's workers
_STOP_SECONDS_MAX = 20


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class _RetryError(Exception):
    """The attempt ends; the engine schedules another."""


class _SuspendedError(Exception):
    """The saga sleeps until its signal."""


class _ReleasedError(Exception):
    """The process stops: another one goes on."""


class Execution:
    """One saga in one worker's hands."""

    def __init__(
        self,
        saga: Saga[Any],
        lease: engine.Lease,
        runtime: Runtime,
        *,
        stopping: Callable[[], bool],
        progressed: Callable[[UUID], None],
    ) -> None:
        self._saga = saga
        self._lease = lease
        self._runtime = runtime
        self._stopping = stopping
        self._progressed = progressed
        self._done = lease.claim.checkpoints
        self._params = saga.adapter.validate_python(lease.claim.params, strict=False)
        names = [step.name for step in saga.steps]
        self._state = {name: self._done[name] for name in names if name in self._done}

    async def run(self) -> Literal["done", "undone"]:
        decision = self._done.get(engine.UNWIND)
        if decision is None:
            decision = await self._forward()
        if decision is not None:
            await self._unwind(decision)
        self._progressed(self._lease.claim.saga_id)
        return "done" if decision is None else "undone"

    async def _forward(self) -> dict[str, Any] | None:
        """To the end; or to the refusal, which it returns, committed."""
        steps = self._saga.steps
        for index, step in enumerate(steps):
            last = index == len(steps) - 1
            if step.name in self._done and not last:
                continue
            if self._stopping():
                raise _ReleasedError
            try:
                result = dict(await self._do(index, step))
            except _RefusedError as refused:
                decision = _failure(refused.problem) | {"step": step.name}
                await self._lease.decide(engine.UNWIND, decision)
                return decision
            self._state[step.name] = result
            if last:
                await self._lease.finish({"outcome": "done"}, step.name, result)
            elif steps[index + 1].pivot:
                # Were it lost after the pivot was tried, patience could end in undoing.
                await self._lease.decide(step.name, result)
            else:
                await self._lease.checkpoint(step.name, result)
        return None

    async def _unwind(self, decision: dict[str, Any]) -> None:
        """Undoes the refused step, which may have had its effect, and those before it."""
        names = [step.name for step in self._saga.steps]
        begun = self._saga.steps[: names.index(decision["step"]) + 1]
        pending = [
            (f"{step.name}.undo", step.undo)
            for step in reversed(begun)
            if step.undo is not None and f"{step.name}.undo" not in self._done
        ]
        result = {"outcome": "undone", "failure": decision}
        for name, undo in pending[:-1]:
            await self._undo(undo)
            await self._lease.checkpoint(name, None)
        if pending:
            await self._undo(pending[-1][1])
            await self._lease.finish(result, pending[-1][0], None)
        else:
            await self._lease.finish(result, engine.UNWIND, decision)

    async def _undo(self, undo: Undo[Any]) -> None:
        if self._stopping():
            raise _ReleasedError
        error = await self._repeat(undo, lambda _problem: False)
        if isinstance(error, Exception):
            raise _RetryError(_describe(error)) from None

    async def _do(self, index: int, step: Step[Any]) -> Any:
        signalled = False
        while True:
            result = await self._repeat(step.do, self._may_refuse(index))
            if isinstance(result, Exception):
                await self._give_up(index, result)
            if not isinstance(result, Wait):
                return result or {}
            if signalled:
                raise _RetryError(f"{step.name} is not decided although its signal came")
            signalled = await self._wait(step, result)

    def _may_refuse(self, index: int) -> Callable[[Problem], bool]:
        return definite if index <= self._saga.pivot_index else lambda _problem: False

    async def _repeat(self, action: Do[Any] | Undo[Any], refuses: Callable[[Problem], bool]) -> Any:
        """The action's result; or the error that it ended with after some attempts."""
        error: Exception = InternalError()
        for attempt in range(1, ATTEMPTS_IN_PLACE + 1):
            try:
                async with asyncio.timeout(STEP_SECONDS_MAX):
                    return await action(self._runtime.context(), self._params, self._state)
            except Problem as problem:
                if refuses(problem):
                    raise _RefusedError(problem) from None
                error = problem
            except Exception as unexpected:
                log.exception("saga_step_failed", saga_id=str(self._lease.claim.saga_id))
                error = unexpected
            if attempt < ATTEMPTS_IN_PLACE:
                await asyncio.sleep(0.05 * 4 ** (attempt - 1))
        return error

    async def _give_up(self, index: int, error: Exception) -> None:
        """For now; before the pivot, for good when patience ran out."""
        patience = self._saga.patience_seconds if index < self._saga.pivot_index else math.inf
        if await self._lease.idle_seconds() > patience:
            problem = error if isinstance(error, Problem) else InternalError()
            raise _RefusedError(problem) from None
        raise _RetryError(_describe(error)) from None

    async def _wait(self, step: Step[Any], wait: Wait) -> bool:
        """Sleeps; or tells to ask again, True when because of the signal; or the time is over."""
        assert step.wait_seconds is not None, f"{step.name} waits, but does not say how long"
        name = f"{step.name}.waiting"
        if name not in self._done:
            seconds = step.wait_seconds(self._runtime.settings)
            value = {"event": wait.event, "seconds": seconds, "note": dict(wait.note)}
            await self._lease.expect_signal(wait.event)
            await self._lease.checkpoint(name, value)
            self._done[name] = value
            return False  # a signal before this was lost; the answer it told of was not
        left = await self._lease.wait_left(name)
        if left <= 0:
            raise _RefusedError(step.late())
        if await self._lease.await_signal(f"{step.name}.signal", wait.event, math.ceil(left)):
            return True
        self._progressed(self._lease.claim.saga_id)
        raise _SuspendedError


def _failure(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "title": problem.title,
        "detail": problem.detail,
        "extra": problem.extra,
    }


def _describe(error: Exception) -> str:
    """For operators: a problem's words; of anything else only the kind, its text may be private."""
    return f"{error.code}: {error}" if isinstance(error, Problem) else type(error).__name__


class Worker:
    """One connection, and the sagas that go forward on it."""

    def __init__(self, sagas: "Sagas", number: int) -> None:
        self._sagas = sagas
        self._name = f"{sagas.name}:{number}"
        self._tx: Transaction | None = None
        self._abandoned: list[engine.Claim] = []
        self.wake = asyncio.Event()
        self.connection: Any = None
        self._behind = False
        self.executions: dict[UUID, tuple[engine.Lease, asyncio.Task[None]]] = {}
        self.task = asyncio.create_task(self._run())

    @property
    def free(self) -> int:
        return SLOTS - len(self.executions) if self._tx else 0

    def take(self, claim: engine.Claim) -> None:
        """A saga that is leased to this process."""
        if self._tx is None:
            self._abandoned.append(claim)
            return
        lease = self._lease(self._tx, claim)
        execution = asyncio.create_task(self._execute(self._tx, lease), context=Context())
        self.executions[claim.run_id] = lease, execution
        execution.add_done_callback(partial(self._executed, claim.run_id))

    async def _run(self) -> None:
        """Serves, and connects again for ever, until the sagas stop."""
        delay = 0.1
        while True:
            try:
                self.connection = await open_connection(self._sagas.url)
                delay = 0.1
                await self._serve(Transaction(self.connection))
            except Exception as error:  # noqa: BLE001 - whatever it was, a worker goes on
                log.warning("saga_worker_interrupted", worker=self._name, error=repr(error)[:300])
            else:
                return
            finally:
                await self._abandon()
            if self._sagas.stopping:
                return
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5)

    async def _abandon(self) -> None:
        self._tx = None
        self._abandoned += [lease.claim for lease, _ in self.executions.values()]
        tasks = [task for _, task in self.executions.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self.connection is not None:
            await self.connection.close()

    async def _serve(self, tx: Transaction) -> None:
        await engine.use(tx)
        self._tx = tx
        while self._abandoned:
            with suppress(Exception):  # not ours any more
                await self._lease(tx, self._abandoned[-1]).release()
            self._abandoned.pop()
        while self.executions or not self._sagas.stopping:
            self.wake.clear()
            free = self.free
            if not self._sagas.stopping and free >= (SLOTS // 2 if self._behind else 1):
                await self._claim(tx, free)
            if tx.connection.closed:
                raise ConnectionError("the worker's connection is closed")
            await self._renew(tx)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._sagas.poll_seconds):
                    await self.wake.wait()

    async def _claim(self, tx: Transaction, free: int) -> None:
        sagas = self._sagas
        claims = await engine.claim(tx, sagas.queue.name, self._name, sagas.lease_seconds, free)
        for claim in claims:
            self.take(claim)
        self._behind = len(claims) == free
        if self._behind:
            sagas.wake()

    def _executed(self, run_id: UUID, _execution: asyncio.Task[None]) -> None:
        del self.executions[run_id]
        if self._behind or self._sagas.stopping:
            self.wake.set()

    def _lease(self, tx: Transaction, claim: engine.Claim) -> engine.Lease:
        return engine.Lease(tx, self._sagas.queue.name, claim, self._sagas.lease_seconds)

    async def _execute(self, tx: Transaction, lease: engine.Lease) -> None:
        claim = lease.claim
        request_id.set(f"saga-{claim.saga_id}")
        try:
            await self._advance(lease)
        except Exception as error:
            if engine.lease_lost(error):
                log.warning("saga_lease_lost", saga_id=str(claim.saga_id), worker=self._name)
            elif tx.connection.closed:
                self._abandoned.append(claim)
                self.wake.set()
            else:
                log.exception("saga_failed", saga_id=str(claim.saga_id))
                with suppress(Exception):  # then the lease's end brings the next attempt
                    await lease.fail(type(error).__name__)

    async def _advance(self, lease: engine.Lease) -> None:
        claim = lease.claim
        saga = self._sagas.queue.sagas.get(claim.name)
        if saga is None:
            await lease.release(_UNKNOWN_SAGA_SECONDS)
            return
        execution = Execution(
            saga,
            lease,
            self._sagas.runtime,
            stopping=lambda: self._sagas.stopping,
            progressed=self._sagas.progressed,
        )
        try:
            SAGAS.labels(saga.name, await execution.run()).inc()
        except _SuspendedError:
            SAGAS.labels(saga.name, "waits").inc()
        except _ReleasedError:
            await lease.release()
        except _RetryError as retry:
            SAGAS.labels(saga.name, "retries").inc()
            log.warning(
                "saga_retries",
                saga=claim.name, saga_id=str(claim.saga_id), attempt=claim.attempt,
                error=str(retry),
            )  # fmt: skip
            await lease.fail(str(retry))

    async def _renew(self, tx: Transaction) -> None:
        """Steps may take longer than the lease; a checkpoint renews it too."""
        due = time.monotonic() - self._sagas.lease_seconds / 3
        for lease, execution in list(self.executions.values()):
            if lease.renewed_at > due:
                continue
            try:
                await lease.renew()
            except Exception as error:
                if tx.connection.closed:
                    raise
                # Ended this instant, or taken over by another worker: then stop.
                if engine.lease_lost(error):
                    execution.cancel()


class Sagas:
    """Runs a service's sagas; an async context manager, the service's `resources`."""

    def __init__(
        self,
        queue: SagaQueue,
        runtime: Runtime,
        *,
        lease_seconds: int | None = None,
        workers: int | None = None,
    ) -> None:
        self.queue = queue
        self.runtime = runtime
        self.url = runtime.db.url
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.lease_seconds = lease_seconds or runtime.settings.saga_lease_seconds
        self.stopping = False
        self.workers: list[Worker] = []
        self._count = runtime.settings.saga_workers if workers is None else workers
        self._watched: dict[UUID, set[asyncio.Event]] = {}
        self._watcher: asyncio.Task[None] | None = None

    @property
    def poll_seconds(self) -> float:
        """A worker's own pause; all together look every POLL_SECONDS."""
        return min(POLL_SECONDS * len(self.workers), self.lease_seconds / 4)

    async def __aenter__(self) -> Self:
        self.queue.join(self)
        self.start_workers()
        self._watcher = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finishes the steps under way and gives the sagas back."""
        self.queue.leave(self)
        self.stopping = True
        tasks = [worker.task for worker in self.workers]
        for worker in self.workers:
            worker.wake.set()
        if self._watcher:
            self._watcher.cancel()
            tasks.append(self._watcher)
        late = (await asyncio.wait(tasks, timeout=_STOP_SECONDS_MAX))[1]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def start_workers(self) -> None:
        self.workers = [Worker(self, number) for number in range(1, self._count + 1)]

    def has_room(self, saga: str) -> bool:
        return saga in self.queue.sagas and any(worker.free > 0 for worker in self.workers)

    def take(self, claim: engine.Claim) -> None:
        """Begins with a saga that was spawned here, leased to this process."""
        max(self.workers, key=lambda worker: worker.free).take(claim)

    def wake(self) -> None:
        """There is something to claim: the worker with most room looks."""
        asleep = [w for w in self.workers if w.free > 0 and not w.wake.is_set()]
        if asleep:
            max(asleep, key=lambda worker: worker.free).wake.set()

    # -- Who waits for a saga -----------------------------------------------------------------

    @contextmanager
    def watch(self, saga_id: UUID) -> Generator[asyncio.Event]:
        """The event is set when the saga ends or begins to wait: then look again."""
        event = asyncio.Event()
        self._watched.setdefault(saga_id, set()).add(event)
        try:
            yield event
        finally:
            events = self._watched[saga_id]
            events.discard(event)
            if not events:
                del self._watched[saga_id]

    def progressed(self, saga_id: UUID) -> None:
        for event in self._watched.get(saga_id, ()):
            event.set()

    async def _watch(self) -> None:
        """For the sagas that another process carries out: one statement for all who wait."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if not self._watched:
                continue
            try:
                async with self.runtime.db.read() as tx:
                    for saga_id in await self.queue.at_rest(tx, list(self._watched)):
                        self.progressed(saga_id)
            except Problem as problem:
                log.warning("saga_watch_interrupted", error=str(problem))
