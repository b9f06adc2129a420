"""What arrives while a transaction is in flight goes together into the next one.

In a rush a thousand people want the same row: one transaction each would queue for its lock, and
the lock would be held while this process is busy with everybody else. Alone, nobody waits. Each
date has its own queue, so that nobody waits for another event's lock either.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from quickserve.kernel.errors import Problem, Unavailable

T = TypeVar("T")
R = TypeVar("R")

_SIZE_MAX = 128
_WAITING_MAX = 2000  # for one date
_WAITING_TOTAL_MAX = 10_000
_RETRY_SECONDS_MAX = 30
_NEWEST = 0.2  # of the pace: how much the last batch counts


class Batch(Generic[T, R]):
    """`write` answers each item with its result or its refusal, or raises and commits none.

    Only items that are `alike` share a transaction; those of others run beside it.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[Sequence[R | Problem]]],
        alike: Callable[[T], Hashable],
    ) -> None:
        self._write = write
        self._alike = alike
        self._waiting: dict[Hashable, deque[tuple[T, asyncio.Future[R]]]] = {}
        self._runners: dict[Hashable, asyncio.Task[None]] = {}
        self._total = 0
        self._seconds_each = 0.0  # what an item took lately

    async def put(self, item: T) -> R:
        """Returns once it is committed; raises what `write` raises for this item alone.

        Where too many wait it raises Unavailable, and says when they will have been served.
        """
        kind = self._alike(item)
        ahead = len(self._waiting.get(kind, ()))
        if ahead >= _WAITING_MAX or self._total >= _WAITING_TOTAL_MAX:
            wait = math.ceil(max(ahead, 1) * self._seconds_each)
            raise Unavailable(
                "Too many people at once: try again in a moment.",
                retry_after=min(max(wait, 1), _RETRY_SECONDS_MAX),
            )
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(kind, deque()).append((item, result))
        self._total += 1
        if kind not in self._runners:
            # In nobody's name: the first one's deadline is not that of those who come later.
            self._runners[kind] = asyncio.create_task(self._run(kind), context=Context())
        return await result

    def depths(self) -> dict[Hashable, int]:
        """How many wait, by kind."""
        return {kind: len(waiting) for kind, waiting in self._waiting.items()}

    async def close(self) -> None:
        """Waits for what is under way."""
        await asyncio.gather(*self._runners.values())

    async def _run(self, kind: Hashable) -> None:
        waiting = self._waiting[kind]
        try:
            while waiting:
                size = min(len(waiting), _SIZE_MAX)
                self._total -= size
                await self._settle([waiting.popleft() for _ in range(size)])
        finally:
            del self._waiting[kind], self._runners[kind]

    async def _settle(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        began = time.monotonic()
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            if len(batch) > 1 and isinstance(error, Problem) and not error.transient:
                for one in batch:  # somebody's fault, not everybody's
                    await self._settle([one])
                return
            for _, result in batch:
                if not result.done():
                    result.set_exception(error)
        else:
            each = (time.monotonic() - began) / len(batch)
            self._seconds_each += _NEWEST * (each - self._seconds_each)
            for (_, result), value in zip(batch, results, strict=True):
                if result.done():
                    continue
                if isinstance(value, Problem):
                    result.set_exception(value)
                else:
                    result.set_result(value)
