"""Parts of pages that follow what happens: first a snapshot, then whatever changes.

    @router.get("/events/{event_id}/places")
    async def places(request: Request, ctx: Ctx, date: DateId) -> Response:
        return stream(request, ctx.fanout, [notices.places(date)], show)

`show` writes the part's HTML, and the page holds it as `<div data-live="…">`, filled already: no
JavaScript is needed to see it. `show` is called at once, then for each notice; None means that some
may have been missed, so it looks anew. It returns None for "as before"; a Problem is taken for that
too, unless it says that the reader may not look (any more): then the stream ends.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from fastapi import Request
from prometheus_client import Gauge
from starlette.responses import Response, StreamingResponse

from quickserve.kernel.deadlines import deadline
from quickserve.kernel.errors import Forbidden, NotFound, Problem, Unauthenticated
from quickserve.kernel.shared.port import Fanout, Notice
from quickserve.web.patience import PAGE_SECONDS

Show = Callable[[Notice | None], Awaitable[str | None]]
Still = Callable[[], str]

_STREAMS_MAX: Final = 4000  # of a process
_STREAMS_OF_ADDRESS_MAX: Final = 1000  # a venue's guests may all share one
_HEARTBEAT_SECONDS: Final = 20
_STILL_SECONDS: Final = 5
_RETRY_MS: Final = (2000, 6000)
_GAP_SECONDS: Final = 3.0  # many miss something at once; they need not all look at once
_NO_CONTENT: Final = 204  # tells a browser not to come back
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_streams: Counter[str] = Counter()
STREAMS = Gauge("quickserve_live_streams", "Pages that follow something now.")
STREAMS.set_function(lambda: float(_streams.total()))


def stream(
    request: Request, fanout: Fanout, channels: Sequence[str], show: Show,
    *, pause_seconds: float = 0, still: Still | None = None,
) -> Response:  # fmt: skip
    """`pause_seconds` between two looks, where a look is dear and notices come from many dates.

    `still` writes the part anew after some seconds without news: what is said of its age.
    """
    address = request.client.host if request.client else ""
    full = _streams.total() >= _STREAMS_MAX or _streams[address] >= _STREAMS_OF_ADDRESS_MAX
    if full:
        return Response(status_code=_NO_CONTENT)  # the page stays as it is, and works
    parts = _counted(address, _parts(fanout, channels, show, pause_seconds, still))
    return StreamingResponse(parts, media_type="text/event-stream", headers=_HEADERS)


async def _counted(address: str, parts: AsyncGenerator[str]) -> AsyncIterator[str]:
    _streams[address] += 1
    try:
        async for part in parts:
            yield part
    finally:
        await parts.aclose()
        _streams[address] -= 1
        if not _streams[address]:
            del _streams[address]


async def _parts(
    fanout: Fanout, channels: Sequence[str], show: Show, pause_seconds: float,
    still: Still | None,
) -> AsyncGenerator[str]:  # fmt: skip
    yield f"retry: {random.randint(*_RETRY_MS)}\n\n"  # noqa: S311 - spreads who comes back
    async with fanout.subscribe(channels) as notices:
        shown: str | None = None
        notice: Notice | None = None
        while True:
            deadline.set(time.monotonic() + PAGE_SECONDS)  # each look has a page's time
            try:
                now, failed = await show(notice), False
            except (Unauthenticated, Forbidden, NotFound):
                return
            except Problem:
                now, failed = None, True
            if now is not None and now != shown:
                shown = now
                yield _data(now)
            await asyncio.sleep(pause_seconds)
            while (news := await _next(notices, still is not None)) is _SILENCE:
                if still and not failed and (aged := still()) != shown:
                    shown = aged
                    yield _data(aged)
                else:
                    yield ": still here\n\n"
                if failed:  # then the silence may hide what the look would have shown
                    break
            if news is _END:
                return
            notice = news if isinstance(news, Notice) else None
            if notice is None:
                await asyncio.sleep(random.uniform(0, _GAP_SECONDS))  # noqa: S311 - a spread


_SILENCE: Final = object()
_END: Final = object()


def _data(text: str) -> str:
    return "".join(f"data: {line}\n" for line in (text.splitlines() or [""])) + "\n"


async def _next(notices: AsyncIterator[Notice | None], ages: bool) -> object:
    """The next notice or None, _SILENCE after a while without any, _END after the last."""
    try:
        async with asyncio.timeout(_STILL_SECONDS if ages else _HEARTBEAT_SECONDS):
            return await anext(notices)
    except TimeoutError:
        return _SILENCE
    except StopAsyncIteration:
        return _END
