"""One saga in one worker's hands: forward step by step, or back.

The decision to unwind is committed before anything is undone, so a crash never turns it round.
From the pivot on there is only forward, and while undoing only back: both repeat until it works.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

import structlog

from quickserve.kernel import saga_engine as engine
from quickserve.kernel import tracing
from quickserve.kernel.errors import InternalError, Problem
from quickserve.kernel.saga import Do, Saga, Step, Undo, Wait, definite
from quickserve.kernel.service import Runtime

log = structlog.get_logger()

ATTEMPTS_IN_PLACE = 3
STEP_SECONDS_MAX = 60


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class RetryError(Exception):
    """The attempt ends; the engine schedules another."""


class SuspendedError(Exception):
    """The saga sleeps until its signal."""


class ReleasedError(Exception):
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
                raise ReleasedError
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
            await self._undo(name, undo)
            await self._lease.checkpoint(name, None)
        if pending:
            await self._undo(*pending[-1])
            await self._lease.finish(result, pending[-1][0], None)
        else:
            await self._lease.finish(result, engine.UNWIND, decision)

    async def _undo(self, name: str, undo: Undo[Any]) -> None:
        if self._stopping():
            raise ReleasedError
        error = await self._repeat(name, undo, lambda _problem: False)
        if isinstance(error, Exception):
            raise RetryError(_describe(error)) from None

    async def _do(self, index: int, step: Step[Any]) -> Any:
        signalled = False
        while True:
            result = await self._repeat(step.name, step.do, self._may_refuse(index))
            if isinstance(result, Exception):
                await self._give_up(index, result)
            if not isinstance(result, Wait):
                return result or {}
            if signalled:
                raise RetryError(f"{step.name} is not decided although its signal came")
            signalled = await self._wait(step, result)

    def _may_refuse(self, index: int) -> Callable[[Problem], bool]:
        return definite if index <= self._saga.pivot_index else lambda _problem: False

    async def _repeat(
        self, name: str, action: Do[Any] | Undo[Any], refuses: Callable[[Problem], bool]
    ) -> Any:
        """The action's result; or the error that it ended with after some attempts."""
        error: Exception = InternalError()
        for attempt in range(1, ATTEMPTS_IN_PLACE + 1):
            try:
                with tracing.Span(f"{self._saga.name} {name}"):
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
        raise RetryError(_describe(error)) from None

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
        raise SuspendedError


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
