"""A lane for the two pages that thousands open in the same minute: those of the waiting room.

They are answered by the same functions and within the same manners as on the general way, past
FastAPI's routing and dependencies, which cost more than either page does.
"""

import re
from collections.abc import Callable
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import VISITOR
from quickserve.kernel.errors import Problem
from quickserve.kernel.http import Guarded, problem_response
from quickserve.kernel.openapi import Documented
from quickserve.kernel.telemetry import Observed
from quickserve.web.page import services_of
from quickserve.web.pages.waiting_room import place_in_line, waiting_room
from quickserve.web.patience import begin

_PATH: Final = re.compile(
    r"/[a-z]{2}/waiting-room/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(/place)?"
)


class _WholePage:
    path = "/waiting-room/{date_id}"
    answer = staticmethod(waiting_room)


class _Part:
    path = "/waiting-room/{date_id}/place"
    answer = staticmethod(place_in_line)


class WaitingLane:
    """ASGI, around the pages. `manners`: what stands around every page."""

    def __init__(self, app: Documented, manners: Callable[[ASGIApp], ASGIApp]) -> None:
        runtime = app.state.runtime
        self._app = app
        self._context = runtime.context(VISITOR)
        guarded = Guarded(self._answer, runtime.settings)
        self._pages = manners(Observed(guarded, runtime.service.name))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] == "http" and scope["method"] == "GET"
        found = _PATH.fullmatch(scope["path"]) if asks else None
        if found is None:
            await self._app.general(scope, receive, send)
            return
        date_id, part = found.groups()
        own = dict(scope, app=self._app, route=_Part if part else _WholePage, date_id=UUID(date_id))
        await self._pages(own, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        begin(request)
        ask = services_of(self._app, self._context)
        try:
            response = await scope["route"].answer(
                request, DateId(scope["date_id"]), ask, self._context
            )
        except Problem as problem:
            response = problem_response(problem)
        await response(scope, receive, send)
