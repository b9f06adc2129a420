"""Waits until something that a saga carries out has moved on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar
from uuid import UUID

from quickserve.checkout import model
from quickserve.kernel.deadlines import deadline
from quickserve.kernel.service import Context

_ANSWER_SECONDS = 0.5  # kept for the answer's way back


class Seen(Protocol):
    @property
    def state(self) -> str: ...


View = TypeVar("View", bound=Seen)


async def wait_for(
    ctx: Context, own_id: UUID, wait_ms: int, look: Callable[[], Awaitable[View]],
    seen: View | None = None,
) -> View:  # fmt: skip
    """As soon as it is not `processing`, or after the time.

    `seen` is what the caller knows already. Ends in time for the caller's own deadline.
    """
    until = time.monotonic() + wait_ms / 1000
    if asked_until := deadline.get():
        until = min(until, asked_until - _ANSWER_SECONDS)
    with ctx.resources.watch(model.saga_of(own_id, ctx.settings)) as progress:
        while True:
            progress.clear()
            view = seen or await look()
            left = until - time.monotonic()
            if view.state != "processing" or left <= 0:
                return view
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await progress.wait()
            seen = None
