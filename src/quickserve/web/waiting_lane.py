"""A lane for the one request that thousands of pages repeat: where do I stand in the waiting room?

While the number is above those let in, all it takes is the visitor's sealed cookie and the room as
this process saw it within the last second. That is answered here, past the general router's ways,
with the same words. Whatever else is the case (no cookie, an old one, one's turn, no recent look)
goes the general way, whose answer is the rule.
"""

import re
import time
from typing import Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from quickserve.contracts.waiting_room import (
    PlaceView,
    RoomView,
    place_that_waits,
    place_to_be_drawn,
)
from quickserve.kernel.service import Runtime
from quickserve.kernel.telemetry import Observed
from quickserve.web import i18n, line
from quickserve.web.page import PRIVATE, local_path
from quickserve.web.templating import fragment, security_headers

ROOM_SECONDS: Final = 1.0
_ROOMS_MAX: Final = 1000
_SEAL_SECONDS: Final = 3600  # then the general way seals it anew
_PATH: Final = re.compile(r"/(\w\w)/waiting-room/([0-9a-f-]{36})/place")


class _Route:
    path = "/waiting-room/{date_id}/place"


class RoomLooks:
    """The rooms as this process saw them last."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, tuple[float, RoomView]] = {}

    def note(self, room: RoomView) -> None:
        if len(self._rooms) >= _ROOMS_MAX:
            self._rooms.clear()
        self._rooms[room.date_id] = time.monotonic(), room

    def recent(self, date_id: UUID) -> RoomView | None:
        seen, room = self._rooms.get(date_id, (0.0, None))
        return room if time.monotonic() - seen < ROOM_SECONDS else None


class WaitingLane:
    """ASGI, around the pages."""

    def __init__(self, runtime: Runtime, looks: RoomLooks, general: ASGIApp) -> None:
        self._runtime = runtime
        self._looks = looks
        self._general = general
        self._observed = Observed(self._answer, runtime.service.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._response(scope) if scope["type"] == "http" else None
        if response is None:
            await self._general(scope, receive, send)
            return
        await self._observed(dict(scope, route=_Route, answer=response), receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["answer"](scope, receive, send)

    def _response(self, scope: Scope) -> HTMLResponse | None:
        found = _PATH.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        locale = i18n.LOCALES.get(found[1]) if found else None
        if found is None or locale is None:
            return None
        room = self._looks.recent(UUID(found[2]))
        request = Request(scope)
        place = self._place(request, room) if room is not None else None
        if room is None or place is None:
            return None
        body = fragment(
            locale.code, "waiting_place.html", place=place, away=False,
            back=local_path(request.query_params.get("to", ""), "/"),
            path_of_room=f"/waiting-room/{room.date_id}",
        )  # fmt: skip
        kept = {"Cache-Control": "private, no-cache", "Vary": "Cookie"} | PRIVATE
        return HTMLResponse(body, headers=security_headers() | kept)

    def _place(self, request: Request, room: RoomView) -> PlaceView | None:
        settings = self._runtime.settings
        known = line.known(request.cookies, settings, max_age=_SEAL_SECONDS)
        place = known.at(room.date_id) if known else None
        if place is None:
            return None
        if room.state == "pre" and place.number is None:
            return place_to_be_drawn(room, self._runtime.clock.now())
        if room.state == "open" and place.number is not None and place.number > room.admitted:
            return place_that_waits(room, place.number, place.proof)
        return None
