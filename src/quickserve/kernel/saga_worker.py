"""Carries sagas out: workers that lease them and go forward on a connection each."""

import asyncio
import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import Context
from functools import partial
from typing import Any, Self
from uuid import UUID

import structlog
from prometheus_client import Counter

from quickserve.kernel import gauges, tracing
from quickserve.kernel import saga_engine as engine
from quickserve.kernel.db import Transaction, open_connection
from quickserve.kernel.errors import Problem
from quickserve.kernel.logs import request_id, told
from quickserve.kernel.saga_execution import (
    Execution,
    ReleasedError,
    RetryError,
    SuspendedError,
)
from quickserve.kernel.saga_queue import STUCK_ATTEMPTS, SagaQueue
from quickserve.kernel.service import Runtime

log = structlog.get_logger()

SAGAS = Counter("quickserve_sagas_total", "Attempts of sagas, by how they ended.", ["saga", "end"])

SLOTS = 16  # sagas a worker has in hand at once: most of their time they wait for other services
POLL_SECONDS = 0.25  # finds what other processes spawned or signalled, and what is due
_UNKNOWN_SAGA_SECONDS = 15  # a newer release spawned it: leave it to that release's workers
_STOP_SECONDS_MAX = 20


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
                log.warning("saga_worker_interrupted", worker=self._name, error=told(error))
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
        service = self._sagas.queue.name
        try:
            with tracing.Span(f"saga {claim.name}", service=service, parent=claim.trace):
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
        except SuspendedError:
            SAGAS.labels(saga.name, "waits").inc()
        except ReleasedError:
            await lease.release()
        except RetryError as retry:
            SAGAS.labels(saga.name, "retries").inc()
            log.warning(
                "saga_retries",
                saga=claim.name, saga_id=str(claim.saga_id), attempt=claim.attempt,
                error=str(retry),
            )  # fmt: skip
            await lease.fail(str(retry))

    async def _renew(self, tx: Transaction) -> None:
        """Sagas may take longer than the lease: after a third of it, and again after each third."""
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
        self._watchers: list[asyncio.Task[None]] = []

    @property
    def poll_seconds(self) -> float:
        """A worker's own pause; all together look every POLL_SECONDS."""
        return min(POLL_SECONDS * len(self.workers), self.lease_seconds / 4)

    async def __aenter__(self) -> Self:
        self.queue.join(self)
        self.start_workers()
        self._watchers = [
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._count_unfinished()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finishes the steps under way and gives the sagas back."""
        self.queue.leave(self)
        self.stopping = True
        tasks = [worker.task for worker in self.workers]
        for worker in self.workers:
            worker.wake.set()
        for watcher in self._watchers:
            watcher.cancel()
        tasks += self._watchers
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

    async def _count_unfinished(self) -> None:
        while True:
            try:
                async with self.runtime.db.read() as tx:
                    counts = await engine.count_unfinished(tx, STUCK_ATTEMPTS)
                gauges.show_sagas(self.queue.name, self.queue.sagas, counts)
            except Problem as problem:
                log.warning("saga_count_interrupted", error=told(problem))
            await asyncio.sleep(gauges.EVERY_SECONDS)
