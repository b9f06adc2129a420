"""The visitor's places in waiting rooms, in a sealed cookie: one visitor for all tabs."""

import time
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import PlaceView, VisitorId
from quickserve.kernel.ids import new_uuid
from quickserve.web import cookies
from quickserve.web.page import locale_of, settings_of

_LINE: Final = "line"
_SECONDS: Final = 24 * 3600
_AGAIN_SECONDS: Final = 3600
_PLACES_MAX: Final = 5


class Place(BaseModel):
    """What the room told last; `proof` makes asking again cheap. `until`: of the admission."""

    date_id: UUID
    number: int | None = None
    proof: str = ""
    admission: str | None = None
    until: datetime | None = None


class Line(BaseModel):
    """`kept_at`: when the browser was given it, in seconds since 1970."""

    visitor_id: UUID
    places: list[Place] = []
    kept_at: float = 0.0

    def at(self, date_id: DateId) -> Place | None:
        return next((place for place in self.places if place.date_id == date_id), None)


def read(request: Request) -> Line:
    """A new visitor where there is none yet."""
    text = cookies.read(request.cookies, settings_of(request), _LINE)
    found = cookies.unseal(settings_of(request), _LINE, text, Line, max_age=_SECONDS)
    return found or Line(visitor_id=VisitorId(new_uuid()))


def keep(
    request: Request, response: Response, line: Line, date_id: DateId, seen: PlaceView
) -> None:
    """The latest places first; older ones are forgotten. What the browser has is not sent again."""
    place = Place(
        date_id=date_id, number=seen.number, proof=seen.proof, admission=seen.admission,
        until=seen.admitted_until,
    )  # fmt: skip
    now = time.time()
    if line.at(date_id) == place and now - line.kept_at < _AGAIN_SECONDS:
        return
    others = [one for one in line.places if one.date_id != date_id]
    places = [place, *others][:_PLACES_MAX]
    kept = Line(visitor_id=line.visitor_id, places=places, kept_at=now)
    text = cookies.seal(settings_of(request), _LINE, kept)
    cookies.write(response, settings_of(request), _LINE, text, max_age=_SECONDS)


def admission_of(request: Request, date_id: DateId) -> str | None:
    place = read(request).at(date_id)
    return place.admission if place else None


def turn_until(request: Request, date_id: DateId, now: datetime) -> datetime | None:
    """Until when it is this visitor's turn; None when it is not."""
    place = read(request).at(date_id)
    return place.until if place and place.until and place.until > now else None


def room_path(date_id: DateId, back: str) -> str:
    """Of the waiting room, which leads `back` with whatever was chosen there."""
    return f"/waiting-room/{date_id}?{urlencode({'to': back}, safe='/')}"


def wait_first(request: Request, date_id: DateId, back: str) -> HTTPException:
    path = locale_of(request).path(room_path(date_id, back))
    return HTTPException(303, headers={"Location": path, "Cache-Control": "no-store"})
