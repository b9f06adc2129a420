"""What keeps a caller and its target upright: breaker, retry budget, bulkhead.

They know neither HTTP nor each other; `client.py` puts one of each before every target.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal

from quickserve.kernel.errors import DeadlineExceeded, Unavailable

State = Literal["closed", "half-open", "open"]

_REPEATS_AT_ONCE: Final = 10.0


class Open(Unavailable):
    """The breaker lets nobody through."""


class Full(Unavailable):
    """The bulkhead's queue has no place left."""


class Breaker:
    """Closed until `threshold` failures in a row; open for `pause_seconds`; then one trial at a
    time. One that hangs keeps the others out for a pause only: the target may be back.

    `told` hears of each change, with the new state.
    """

    def __init__(
        self,
        threshold: int = 5,
        pause_seconds: float = 2.0,
        told: Callable[[State], None] | None = None,
    ) -> None:
        self._threshold = threshold
        self._pause = pause_seconds
        self._failures = 0
        self._opened_at = 0.0
        self._trial_until = 0.0
        self._last: State = "closed"
        self._told = told

    @property
    def state(self) -> State:
        if self._failures < self._threshold:
            return "closed"
        return "open" if self._left() > 0 else "half-open"

    def check(self) -> None:
        """Raises Open when the target is not to be called now."""
        state = self.state
        tried = state == "half-open" and time.monotonic() < self._trial_until
        if state == "open" or tried:
            raise Open(
                "A part of the service does not answer.",
                retry_after=max(1, math.ceil(self._left())),
            )

    def admit(self) -> None:
        """The call begins. Raises Open."""
        self.check()
        state = self.state
        if state == "half-open":
            self._trial_until = time.monotonic() + self._pause
        self._tell(state)

    def abandoned(self) -> None:
        """The call was given up on our side, which says nothing about the target."""
        self._trial_until = 0.0

    def succeeded(self) -> None:
        self._failures = 0
        self._trial_until = 0.0
        self._tell("closed")

    def failed(self) -> None:
        self._failures += 1
        self._opened_at = time.monotonic()
        self._trial_until = 0.0
        if self._failures >= self._threshold:
            self._tell("open")

    def _left(self) -> float:
        return self._opened_at + self._pause - time.monotonic()

    def _tell(self, state: State) -> None:
        if state != self._last:
            self._last = state
            if self._told:
                self._told(state)


class RetryBudget:
    """Repetitions are a share of the calls, so that a target in trouble is not called thrice.

    Rare calls may be repeated too: one a second comes on top, and ten at once.
    """

    def __init__(self, share: float = 0.2, per_second: float = 1.0) -> None:
        self._share = share
        self._per_second = per_second
        self._left = _REPEATS_AT_ONCE
        self._since = time.monotonic()

    def earn(self) -> None:
        """For each call that is no repetition."""
        now = time.monotonic()
        earned = self._share + (now - self._since) * self._per_second
        self._left = min(self._left + earned, _REPEATS_AT_ONCE)
        self._since = now

    def spend(self) -> bool:
        """Whether one more repetition is allowed."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Bulkhead:
    """At most `places` calls at a time, at most `queue` more that wait for a place.

    One target that hangs then fills its own places, not the process.
    """

    def __init__(self, places: int, queue: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._queue = queue
        self._waiting = 0

    @asynccontextmanager
    async def place(self, until: float) -> AsyncGenerator[None, None]:
        """Raises Full at once, DeadlineExceeded after waiting in vain."""
        if self._places.locked():
            await self._wait(until)
        else:
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()

    async def _wait(self, until: float) -> None:
        if self._waiting >= self._queue:
            raise Full("Too many at once: try again in a moment.", retry_after=1)
        self._waiting += 1
        try:
            async with asyncio.timeout(until - time.monotonic()):
                await self._places.acquire()
        except TimeoutError:
            raise DeadlineExceeded from None
        finally:
            self._waiting -= 1
