"""What arrives while a transaction is in flight goes together into the next one.

In a rush a thousand people want the same row: one transaction each would queue for its lock, and
the lock would be held while this process is busy with everybody else. Alone, nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from quickserve.kernel.errors import Problem, Unavailable

T = TypeVar("T")
R = TypeVar("R")

_SIZE_MAX = 32
_WAITING_MAX = 2000


class Batch(Generic[T, R]):
    """`write` commits all its items, and answers one result each, or raises and commits none."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        self._write = write
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def put(self, item: T) -> R:
        """Returns once it is committed; raises what `write` raises for this item alone."""
        if len(self._waiting) >= _WAITING_MAX:
            raise Unavailable("Too many people at once: try again in a moment.", retry_after=1)
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._runner is None or self._runner.done():
            # In nobody's name: the first one's deadline is not that of those who come later.
            self._runner = asyncio.create_task(self._run(), context=Context())
        return await result

    async def close(self) -> None:
        """Waits for what is under way."""
        if self._runner is not None:
            await self._runner

    async def _run(self) -> None:
        while self._waiting:
            size = min(len(self._waiting), _SIZE_MAX)
            await self._settle([self._waiting.popleft() for _ in range(size)])

    async def _settle(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
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
            for (_, result), value in zip(batch, results, strict=True):
                if not result.done():
                    result.set_result(value)
