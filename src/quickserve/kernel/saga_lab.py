"""Where every saga is tried: steps fail, actions are repeated, workers die or wake up too late.

The faults sit in a copy of the saga whose actions are wrapped; the engine that runs it is the real
one. The tested service runs with the lab's queue, and without workers of its own: each trial brings
its own. A test gives `start`, which starts one saga and tells its id, and `after`, which checks
what is left when it has ended.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal
from uuid import UUID

from quickserve.kernel.errors import Conflict, Unavailable
from quickserve.kernel.saga import Saga, State, Step
from quickserve.kernel.saga_queue import SagaQueue, SagaStatus
from quickserve.kernel.saga_worker import Sagas
from quickserve.kernel.service import Context, Runtime

Fault = Literal["none", "refuse", "lose", "repeat", "kill", "stall"]
When = Literal["before", "after"]
Action = Callable[[Context, Any, State], Awaitable[Any]]

_EVERY = "*"
_FOR_EVER = 1_000_000
_LEASE_SECONDS = 1
_ENDED_SECONDS_MAX = 30


class LabRefusal(Conflict):
    code = "lab-refusal"
    title = "The lab refuses"


@dataclass(frozen=True)
class Trial:
    """What goes wrong: `action` is a step's name, `reserve`, or its undo, `reserve.undo`.

    `when` is before the action has its effect, or after it: then only the answer is lost.
    `refused` names the step that is refused besides, so that undoing happens at all.
    """

    action: str
    fault: Fault
    when: When = "before"
    times: int = 1
    refused: str | None = None

    def __str__(self) -> str:
        refused = f", {self.refused} refused" if self.refused else ""
        return f"{self.fault} {self.when} {self.action} ({self.times}x{refused})"


Start = Callable[[], Awaitable[UUID]]
After = Callable[[Trial, UUID, SagaStatus], Awaitable[None]]


class SagaLab:
    """`queue` is what the tested service's commands and workers use instead of their own."""

    def __init__(self, saga: Saga[Any], queue: str) -> None:
        steps = tuple(self._wrapped(step) for step in saga.steps)
        self.saga = replace(saga, steps=steps, patience_seconds=0.5)
        self.queue = SagaQueue(queue, (self.saga,))
        self._trial = Trial("", "none")
        self._left = 0
        self._reached = asyncio.Event()
        self._go_on = asyncio.Event()

    # -- The trials -----------------------------------------------------------------------------

    async def fail_each_step(self, runtime: Runtime, start: Start, after: After) -> None:
        """Each `do` is refused or loses its answer; each `undo` fails, some times over."""
        async with self._engine(runtime):
            for trial in self.failures():
                await self._run(trial, runtime, start, after)

    def failures(self) -> Iterator[Trial]:
        """Losing an answer 4 times ends an attempt; before the pivot also losing it for ever."""
        for index, step in enumerate(self.saga.steps):
            for when in _WHEN:
                # A pivot that had its effect and is refused would be the participant's lie.
                if (index, when) != (self.saga.pivot_index, "after"):
                    yield Trial(step.name, "refuse", when)
                yield Trial(step.name, "lose", when)
                yield Trial(step.name, "lose", when, 4)
                if index < self.saga.pivot_index:
                    yield Trial(step.name, "lose", when, _FOR_EVER)
                if step.undo:
                    yield Trial(f"{step.name}.undo", "lose", when, 4, refused=self._last_refusable)

    async def repeat_each_action(self, runtime: Runtime, start: Start, after: After) -> None:
        """Every action is called twice: going through, and refused at each step."""
        async with self._engine(runtime):
            for refused in (None, *self._refusable):
                trial = Trial(_EVERY, "repeat", times=_FOR_EVER, refused=refused)
                await self._run(trial, runtime, start, after)

    async def kill_after_each_checkpoint(
        self, runtime: Runtime, start: Start, after: After
    ) -> None:
        """The worker dies as an action begins, and when its effect is there but not recorded."""
        for action, refused in self._actions():
            for when in _WHEN:
                trial = Trial(action, "kill", when, refused=refused)
                self._set(trial)
                async with self._engine(runtime, workers=1) as doomed:
                    saga_id = await start()
                    await self._fault_reached(trial)
                    await _crash(doomed)
                async with self._engine(runtime):
                    await self._check(trial, runtime, saga_id, after)

    async def stall_each_action(self, runtime: Runtime, start: Start, after: After) -> None:
        """The worker freezes, loses its lease, and acts when another has ended the saga."""
        actions = [*self._actions(), *((name, name) for name in self._refusable)]
        for action, refused in actions:
            trial = Trial(action, "stall", refused=refused)
            self._set(trial)
            async with self._engine(runtime, workers=1) as frozen:
                saga_id = await start()
                await self._fault_reached(trial)
                frozen.lease_seconds = 3600  # so it does not renew
                async with self._engine(runtime):
                    await self._ended(trial, runtime, saga_id)
                    self._go_on.set()
            await self._check(trial, runtime, saga_id, after)

    # -- How ------------------------------------------------------------------------------------

    @property
    def _refusable(self) -> list[str]:
        return [step.name for step in self.saga.steps[: self.saga.pivot_index + 1]]

    @property
    def _last_refusable(self) -> str:
        return self._refusable[-1]

    def _actions(self) -> Iterator[tuple[str, str | None]]:
        """Every action on every path through the saga, with the step that is refused there."""
        for step in self.saga.steps:
            yield step.name, None
        for index, refused in enumerate(self._refusable):
            for step in self.saga.steps[: index + 1]:
                if step.undo:
                    yield f"{step.name}.undo", refused

    def _wrapped(self, step: Step[Any]) -> Step[Any]:
        undo = partial(self._act, f"{step.name}.undo", step.undo) if step.undo else None
        return replace(step, do=partial(self._act, step.name, step.do), undo=undo)

    async def _act(self, name: str, action: Action, ctx: Context, params: Any, state: State) -> Any:
        trial = self._trial
        faulty = self._left > 0 and trial.action in (name, _EVERY)
        self._left -= faulty
        if faulty and trial.fault != "repeat":
            if trial.when == "after":
                await action(ctx, params, state)
            await self._fail(trial)
            return await action(ctx, params, state)  # stalled: it acts late
        if name == trial.refused:
            raise LabRefusal
        if faulty and trial.fault == "repeat":
            await action(ctx, params, state)
        return await action(ctx, params, state)

    async def _fail(self, trial: Trial) -> None:
        """Raises; or, when stalled, returns once the trial goes on."""
        self._reached.set()
        match trial.fault:
            case "refuse":
                raise LabRefusal
            case "lose":
                raise Unavailable("The lab loses an answer.")
            case _:
                await self._go_on.wait()

    def _set(self, trial: Trial) -> None:
        self._trial = trial
        self._left = trial.times
        self._reached.clear()
        self._go_on.clear()

    @asynccontextmanager
    async def _engine(self, runtime: Runtime, workers: int = 2) -> AsyncGenerator[Sagas]:
        engine = Sagas(self.queue, runtime, lease_seconds=_LEASE_SECONDS, workers=workers)
        async with engine:
            yield engine

    async def _run(self, trial: Trial, runtime: Runtime, start: Start, after: After) -> None:
        self._set(trial)
        await self._check(trial, runtime, await start(), after)

    async def _fault_reached(self, trial: Trial) -> None:
        try:
            await asyncio.wait_for(self._reached.wait(), _ENDED_SECONDS_MAX)
        except TimeoutError:
            raise AssertionError(f"{trial}: the saga never came to that action") from None

    async def _check(self, trial: Trial, runtime: Runtime, saga_id: UUID, after: After) -> None:
        status = await self._ended(trial, runtime, saga_id)
        if trial.refused:
            assert status.state == "undone", f"{trial}: ended {status}"
        await after(trial, saga_id, status)

    async def _ended(self, trial: Trial, runtime: Runtime, saga_id: UUID) -> SagaStatus:
        for _ in range(_ENDED_SECONDS_MAX * 50):
            async with runtime.db.read() as tx:
                status = await self.queue.status(tx, saga_id)
            if status and status.state in ("done", "undone"):
                return status
            await asyncio.sleep(0.02)
        raise AssertionError(f"{trial}: saga {saga_id} has not ended")


_WHEN: tuple[When, When] = ("before", "after")


async def _crash(engine: Sagas) -> None:
    """As kill -9 would: no statement more, what runs stops where it is."""
    for worker in engine.workers:
        await worker.connection.close()
        worker.task.cancel()
    await asyncio.wait([worker.task for worker in engine.workers])
