"""How long a page waits for the other services, and what becomes of it without one of them.

    report = await optional(ask.booking.sales_report(event_id, token))

None means that nobody can tell just now: the page shows everything else, and says what is missing.
What a page cannot do without it asks for plainly; without an answer the visitor then gets the
error page, which names what still works.
"""

import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from fastapi import Request

from quickserve.kernel.deadlines import deadline
from quickserve.kernel.errors import Problem

T = TypeVar("T")

PAGE_SECONDS: Final = 3.0
_FORM_SECONDS: Final = 5.0  # what changes something is given up less lightly
_LONG_FORM_SECONDS: Final = 20.0  # of organisers: many dates at once, or a file
_PART_SECONDS: Final = 1.5
_AGAIN_SECONDS: Final = 2.0


def begin(request: Request, seconds: float | None = None) -> None:
    """From now on the page has its time: `seconds`, else as is usual for its kind."""
    if seconds is None:
        long = "/organiser/" in request.url.path
        form = _LONG_FORM_SECONDS if long else _FORM_SECONDS
        seconds = PAGE_SECONDS if request.method in ("GET", "HEAD") else form
    deadline.set(time.monotonic() + seconds)


async def in_time(request: Request) -> None:
    """A dependency of every page."""
    begin(request)


def begin_again(request: Request) -> None:
    """The form failed, perhaps by taking all the time there was: it is shown again, soon."""
    begin(request, _AGAIN_SECONDS)


async def optional(asked: Awaitable[T], seconds: float = _PART_SECONDS) -> T | None:
    """The answer; None when whoever is asked is away or too slow. Raises what stays wrong."""
    soon = time.monotonic() + seconds
    until = deadline.get()
    token = deadline.set(soon if until is None else min(soon, until))
    try:
        return await asked
    except Problem as problem:
        if problem.transient:
            return None
        raise
    finally:
        deadline.reset(token)
