"""Sagas: several services' changes that all happen, or are all undone.

A saga is data: steps with `do` and `undo`, at most one pivot (the point of no return), and steps
after it that are repeated until they succeed. Every action is called at least once, so it must be
idempotent; an `undo` tolerates that its `do` never happened, and makes it not happen later.

`saga_execution` carries one out, `saga_worker` many; `saga_engine` keeps them in PostgreSQL.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from quickserve.kernel.errors import Problem
from quickserve.kernel.service import Context
from quickserve.kernel.settings import Settings

P = TypeVar("P")

# Results of the steps done so far, by step name. JSON only, no personal data: operators read it.
State = Mapping[str, Any]
Result = Mapping[str, Any]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Wait:
    """What a `do` returns to be asked again after the signal `event`, or when its time is over.

    A signal is a hint; the truth is what `do` finds when it runs again. `note` is shown meanwhile.
    """

    event: str
    note: Mapping[str, Any] = field(default_factory=dict[str, Any])


class WaitedTooLong(Problem):
    status = 409
    code = "waited-too-long"
    title = "The answer did not come in time"


Do = Callable[[Context, P, State], Awaitable[Result | Wait | None]]
Undo = Callable[[Context, P, State], Awaitable[None]]


@dataclass(frozen=True)
class Step(Generic[P]):
    name: str
    do: Do[P]
    undo: Undo[P] | None = None
    pivot: bool = False
    wait_seconds: Callable[[Settings], float] | None = None
    late: type[Problem] = WaitedTooLong


def step(
    name: str,
    *,
    do: Do[P],
    undo: Undo[P] | None = None,
    pivot: bool = False,
    wait_seconds: Callable[[Settings], float] | None = None,
    late: type[Problem] = WaitedTooLong,
) -> Step[P]:
    """Only with `wait_seconds` may `do` return a Wait; `late` is the refusal after that time."""
    return Step(name, do, undo, pivot, wait_seconds, late)


@dataclass(frozen=True)
class Saga(Generic[P]):
    """`params` is a dataclass or model of ids. Before the pivot, `patience_seconds` without
    progress end in unwinding; from the pivot on everything is repeated for ever.
    """

    name: str
    params: type[P]
    steps: tuple[Step[P], ...]
    patience_seconds: float = 120

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        assert self.steps, f"saga {self.name} has no steps"
        assert all(_NAME.fullmatch(name) for name in names), f"a step's name in {self.name}"
        assert len(set(names)) == len(names), f"saga {self.name} has two steps of one name"
        assert sum(step.pivot for step in self.steps) <= 1, f"saga {self.name} has two pivots"
        for late in self.steps[self.pivot_index :]:
            assert late.undo is None, (
                f"{self.name}.{late.name}: nothing is undone from the pivot on"
            )
            assert late.wait_seconds is None, (
                f"{self.name}.{late.name}: a wait could not be refused"
            )

    @cached_property
    def pivot_index(self) -> int:
        """The pivot's place; without one, beyond the last step."""
        places = [i for i, step in enumerate(self.steps) if step.pivot]
        return places[0] if places else len(self.steps)

    @cached_property
    def adapter(self) -> TypeAdapter[P]:
        return TypeAdapter(self.params)


def definite(problem: Problem) -> bool:
    """A refusal that repeating would not change.

    401 and 403 tell of our own set-up (a key, a clock), not of the purchase: those are repeated.
    """
    return not problem.transient and problem.status not in (401, 403)
