"""Where every saga is tried: steps fail, actions are repeated, workers die or wake up too late.

The faults sit in a copy of the saga whose actions are wrapped; the engine that runs it is the real
one. The tested service runs without workers of its own: the trials bring theirs. A test gives
`start`, which starts one saga and tells its id, and `after`, which checks what it left behind.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal
from uuid import UUID

from quickserve.kernel.errors import Conflict, Unavailable
from quickserve.kernel.logs import request_id
from quickserve.kernel.saga import Saga, State, Step
from quickserve.kernel.saga_queue import SagaQueue, SagaStatus
from quickserve.kernel.saga_worker import Sagas
from quickserve.kernel.service import Context, Runtime

Fault = Literal["refuse", "lose", "repeat", "kill", "stall"]
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


class _Case:
    """One saga under one trial."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.left = trial.times
        self.refused = trial.refused
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()


class SagaLab:
    """`queue` is what the workers of the tested service use instead of their own.

    A method tries all its trials at the same time, each on a saga of its own, and calls `after`
    for one after the other when all have ended.
    """

    def __init__(self, saga: Saga[Any], queue: str) -> None:
        steps = tuple(self._wrapped(step) for step in saga.steps)
        self.saga = replace(saga, steps=steps, patience_seconds=0.5)
        self.queue = SagaQueue(queue, (self.saga,))
        self._cases: dict[UUID, asyncio.Future[_Case]] = {}

    # -- The trials -----------------------------------------------------------------------------

    async def fail_each_step(self, runtime: Runtime, start: Start, after: After) -> None:
        """Each `do` is refused or loses its answer; each `undo` fails, some times over."""
        async with self._engine(runtime):
            cases = await self._begin(self._failures(), start)
            await self._ended(cases, runtime)
        await self._judge(cases, runtime, after)

    async def repeat_each_action(self, runtime: Runtime, start: Start, after: After) -> None:
        """Every action is called twice: going through, and refused at each step."""
        trials = [
            Trial(_EVERY, "repeat", times=_FOR_EVER, refused=refused)
            for refused in (None, *self._refusable)
        ]
        async with self._engine(runtime):
            cases = await self._begin(trials, start)
            await self._ended(cases, runtime)
        await self._judge(cases, runtime, after)

    async def kill_after_each_checkpoint(
        self, runtime: Runtime, start: Start, after: After
    ) -> None:
        """The worker dies as an action begins, and when its effect is there but not recorded."""
        trials = [
            Trial(action, "kill", when, refused=refused)
            for action, refused in self._actions()
            for when in _WHEN
        ]
        async with self._engine(runtime) as doomed:
            cases = await self._begin(trials, start)
            await self._all_reached(cases)
            await _crash(doomed)
        async with self._engine(runtime):
            await self._ended(cases, runtime)
        await self._judge(cases, runtime, after)

    async def stall_each_action(self, runtime: Runtime, start: Start, after: After) -> None:
        """The worker freezes, loses its lease, and acts when another has ended the saga."""
        actions = [*self._actions(), *((name, name) for name in self._refusable)]
        trials = [Trial(action, "stall", refused=refused) for action, refused in actions]
        async with self._engine(runtime) as frozen:
            cases = await self._begin(trials, start)
            await self._all_reached(cases)
            frozen.lease_seconds = 3600  # so it does not renew
            async with self._engine(runtime):
                await self._ended(cases, runtime)
                for case in cases.values():
                    case.go_on.set()
        await self._judge(cases, runtime, after)

    # -- Which ----------------------------------------------------------------------------------

    def _failures(self) -> Iterator[Trial]:
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
                    refused = self._refusable[-1]
                    yield Trial(f"{step.name}.undo", "lose", when, 4, refused=refused)

    @property
    def _refusable(self) -> list[str]:
        return [step.name for step in self.saga.steps[: self.saga.pivot_index + 1]]

    def _actions(self) -> Iterator[tuple[str, str | None]]:
        """Every action on every path through the saga, with the step that is refused there."""
        for step in self.saga.steps:
            yield step.name, None
        for index, refused in enumerate(self._refusable):
            for step in self.saga.steps[: index + 1]:
                if step.undo:
                    yield f"{step.name}.undo", refused

    # -- How ------------------------------------------------------------------------------------

    def _wrapped(self, step: Step[Any]) -> Step[Any]:
        undo = partial(self._act, f"{step.name}.undo", step.undo) if step.undo else None
        return replace(step, do=partial(self._act, step.name, step.do), undo=undo)

    async def _act(self, name: str, action: Action, ctx: Context, params: Any, state: State) -> Any:
        case = await self._case()
        trial = case.trial
        faulty = case.left > 0 and trial.action in (name, _EVERY)
        case.left -= faulty
        if faulty and trial.fault != "repeat":
            if trial.when == "after":
                await action(ctx, params, state)
            await _fail(case)
            return await action(ctx, params, state)  # stalled: it acts late
        if name == case.refused:
            case.refused = None  # once: who comes after a crash must not ask again
            raise LabRefusal
        if faulty:
            await action(ctx, params, state)
        return await action(ctx, params, state)

    async def _case(self) -> _Case:
        """Of the saga that is being carried out: its worker names it in the request id."""
        saga_id = UUID(request_id.get().removeprefix("saga-"))
        async with asyncio.timeout(_ENDED_SECONDS_MAX):
            return await asyncio.shield(self._promise(saga_id))

    def _promise(self, saga_id: UUID) -> asyncio.Future[_Case]:
        # A worker may be faster than `start`, which tells the id.
        return self._cases.setdefault(saga_id, asyncio.get_running_loop().create_future())

    async def _begin(self, trials: Iterable[Trial], start: Start) -> dict[UUID, _Case]:
        cases: dict[UUID, _Case] = {}
        for trial in trials:
            saga_id = await start()
            cases[saga_id] = _Case(trial)
            self._promise(saga_id).set_result(cases[saga_id])
        return cases

    @asynccontextmanager
    async def _engine(self, runtime: Runtime) -> AsyncGenerator[Sagas]:
        async with Sagas(
            self.queue, runtime, lease_seconds=_LEASE_SECONDS, workers=_WORKERS
        ) as engine:
            yield engine

    async def _all_reached(self, cases: dict[UUID, _Case]) -> None:
        for case in cases.values():
            try:
                async with asyncio.timeout(_ENDED_SECONDS_MAX):
                    await case.reached.wait()
            except TimeoutError:
                raise AssertionError(f"{case.trial}: never came to that action") from None

    async def _ended(self, cases: dict[UUID, _Case], runtime: Runtime) -> None:
        open_ids = list(cases)
        for _ in range(_ENDED_SECONDS_MAX * 20):
            async with runtime.db.read() as tx:
                known = [(i, await self.queue.status(tx, i)) for i in open_ids]
            open_ids = [i for i, status in known if not status or status.state not in _ENDS]
            if not open_ids:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"not ended: {[str(cases[i].trial) for i in open_ids]}")

    async def _judge(self, cases: dict[UUID, _Case], runtime: Runtime, after: After) -> None:
        for saga_id, case in cases.items():
            async with runtime.db.read() as tx:
                status = await self.queue.status(tx, saga_id)
            assert status is not None, f"{case.trial}: no saga {saga_id}"
            if case.trial.refused:
                assert status.state == "undone", f"{case.trial}: ended {status}"
            await after(case.trial, saga_id, status)


_WHEN: tuple[When, When] = ("before", "after")
_ENDS = ("done", "undone")
_WORKERS = 3  # room for all trials at once


async def _fail(case: _Case) -> None:
    """Raises; or, when stalled, returns once the trial goes on."""
    case.reached.set()
    match case.trial.fault:
        case "refuse":
            raise LabRefusal
        case "lose":
            raise Unavailable("The lab loses an answer.")
        case _:
            await case.go_on.wait()


async def _crash(engine: Sagas) -> None:
    """As kill -9 would: no statement more, what runs stops where it is."""
    for worker in engine.workers:
        await worker.connection.close()
        worker.task.cancel()
    await asyncio.wait([worker.task for worker in engine.workers])
