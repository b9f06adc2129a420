"""What happens when: actions in the order of their times, as fast as they can or in real time."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

Action = Callable[[], Awaitable[None]]
TICK_S = 1.0
SOON_S = 0.02


class Hand(Protocol):
    """What turns the clock."""

    async def turn_to(self, at: datetime) -> datetime:
        """Returns when it is that time, and what time it is then."""
        ...


@dataclass
class Clockwork:
    """`start` is the moment of kick-off; times are seconds from it.

    `together`: the actions of a tick wait for each other, those of one stand one after the other,
    so that the same seed gives the same match. In real time nobody waits for anybody.
    """

    hand: Hand
    start: datetime
    together: bool
    now: float = 0.0
    _actions: list[tuple[float, int, int, Action]] = field(
        default_factory=list[tuple[float, int, int, Action]]
    )
    _count: int = 0
    _running: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def at(self, seconds: float, stand: int, action: Action) -> None:
        """Not before `seconds`, nor in the past."""
        self._count += 1
        heapq.heappush(self._actions, (max(seconds, self.now), self._count, stand, action))

    def time(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def seconds(self, at: datetime) -> float:
        return (at - self.start).total_seconds()

    async def run(self) -> None:
        """Until nothing is left to happen."""
        while self._actions or self._running:
            # In real time what runs may yet ask for something sooner than what is next.
            tick = self.now + SOON_S
            if self.together:
                tick = self._actions[0][0] // TICK_S * TICK_S
            now = self.seconds(await self.hand.turn_to(self.time(tick)))
            self.now = max(self.now, now)
            until = tick + TICK_S if self.together else self.now
            due: dict[int, list[Action]] = {}
            while self._actions and self._actions[0][0] < until:
                _, _, stand, action = heapq.heappop(self._actions)
                due.setdefault(stand, []).append(action)
            if self.together:
                await asyncio.gather(*(_in_turn(actions) for actions in due.values()))
            else:
                for action in (action for actions in due.values() for action in actions):
                    self._start(action)

    def _start(self, action: Action) -> None:
        task = asyncio.ensure_future(action())
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _in_turn(actions: list[Action]) -> None:
    for action in actions:
        await action()
