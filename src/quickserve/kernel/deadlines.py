"""When the request being served is due, and how much time that leaves.

Between services a deadline travels as what is left of it, in milliseconds: their clocks may
differ. It shrinks on the way, and ends with the request.
"""

import time
from contextvars import ContextVar
from typing import Final

from quickserve.kernel.errors import DeadlineExceeded

DEADLINE_HEADER: Final = "x-deadline-ms"

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def seconds_left(most: float) -> float:
    """At most `most`. Raises DeadlineExceeded when nothing is left."""
    until = deadline.get()
    left = most if until is None else min(most, until - time.monotonic())
    if left <= 0:
        raise DeadlineExceeded
    return left
