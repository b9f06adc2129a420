"""The waiting room of a date: a place in line, its number, and what opens the checkout."""

import math
import random
from datetime import datetime
from typing import Final, Literal, NewType
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from quickserve.contracts.booking import DateFacts, Request, RoomState
from quickserve.contracts.catalog import DateId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem

VisitorId = NewType("VisitorId", UUID)

# `drawn`: comes before the opening, has no number yet; `lapsed`: was let in and did not come.
PlaceState = Literal["none", "drawn", "waiting", "admitted", "lapsed"]

ADMISSION_MINUTES = 10
RATE_LEAST: Final = 1.0
_ASK_SOONEST: Final = 3
_ASK_LATEST: Final = 60
_ASKED_AT_OPENING: Final = 400  # a second, of those who are there
_OPENING_MOST: Final = 45.0


class RoomSettings(Request):
    """`opens_at`: whoever comes before is drawn for a number then. Without it, opens at once. It
    lies between now and the date's beginning, and may be changed until it is there.

    `fail_open`: while nobody can tell who is admitted, everybody is, or nobody.
    """

    open: bool
    opens_at: AwareDatetime | None = None
    fail_open: bool = True


class RoomView(BaseModel):
    """`seed_hash` is the SHA-256 of `seed`, which is told once the numbers are drawn, in hex.

    `waiting`: before the opening, how many are there to be drawn. `date`: told to who asks for the
    room itself.
    """

    date_id: DateId
    state: RoomState
    auto: bool
    fail_open: bool
    opens_at: datetime | None
    seed_hash: str
    seed: str | None
    waiting: int
    admitted: int
    used: int
    per_second: float
    date: DateFacts | None = None


class Demand(Request):
    """How many wait elsewhere for an answer about the date's places."""

    waiting: int = Field(ge=0, le=1_000_000)


class PlaceView(BaseModel):
    """`proof` shows the number again without a look into the books; `admission` opens the checkout.

    `seconds_least` to `seconds_most` is the expected wait; ask again after `ask_after_seconds`.
    """

    state: PlaceState
    number: int | None
    ahead: int
    arrivals: int
    opens_at: datetime | None
    seconds_least: int
    seconds_most: int
    ask_after_seconds: int
    proof: str
    admission: str | None
    admitted_until: datetime | None


def place_of(state: PlaceState, room: RoomView | None, number: int | None = None) -> PlaceView:
    """What there is to say of a place that only has a state, or no room."""
    return PlaceView(
        state=state, number=number, ahead=0, arrivals=0,
        opens_at=room.opens_at if room else None, seconds_least=0, seconds_most=0,
        ask_after_seconds=_ASK_SOONEST, proof="", admission=None, admitted_until=None,
    )  # fmt: skip


def place_to_be_drawn(room: RoomView, now: datetime) -> PlaceView:
    """Before the opening. Everybody asks again after it, but not all in the same second."""
    wait = max(0.0, (room.opens_at - now).total_seconds()) if room.opens_at else 0.0
    spread = min(_OPENING_MOST, room.waiting / _ASKED_AT_OPENING)
    ask = wait + 2 + random.uniform(0, spread)  # noqa: S311 - no secret
    return place_of("drawn", room).model_copy(
        update={
            "arrivals": room.waiting, "seconds_least": int(wait), "seconds_most": int(wait) + 10,
            "ask_after_seconds": min(_ASK_LATEST, math.ceil(ask)),
        }
    )  # fmt: skip


def place_that_waits(room: RoomView, number: int, proof: str) -> PlaceView:
    """Above those let in. The rate moves, so the range of the expected wait is wide.

    Who asks halfway finds out in time, and costs a logarithm of the wait.
    """
    ahead = number - room.admitted - 1
    seconds = (ahead + 1) / max(RATE_LEAST, room.per_second)
    return place_of("waiting", room, number).model_copy(
        update={
            "ahead": ahead, "arrivals": room.admitted + room.waiting, "proof": proof,
            "seconds_least": math.floor(seconds * 0.7),
            "seconds_most": math.ceil(seconds * 1.5) + 5,
            "ask_after_seconds": max(_ASK_SOONEST, min(_ASK_LATEST, int(seconds / 2))),
        }
    )  # fmt: skip


class Draw(BaseModel):
    """Everything that a check of the draw needs. `keys` are in the order of the numbers.

    The key of a visitor is SHA-256 of the seed's bytes and the id's 16 bytes, in hex.
    """

    date_id: DateId
    seed_hash: str
    seed: str
    keys: list[str]


class NewPlace(Request):
    """`again`: what was let in and lapsed goes to the end of the line."""

    again: bool = False


class AdmissionRequired(Problem):
    """`extra.date_id` names whose waiting room is open."""

    status = 403
    code = "admission-required"
    title = "There is a waiting room before this sale"


class AdmissionSpent(Problem):
    status = 429
    code = "admission-spent"
    title = "This admission was used often enough: wait a minute"


class NotDrawn(Problem):
    status = 409
    code = "not-drawn"
    title = "Nothing was drawn yet"


class WaitingRoomClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def room(self, date_id: DateId) -> RoomView:
        return await self._client.get(RoomView, f"/waiting-rooms/{date_id}")

    async def put_room(self, date_id: DateId, room: RoomSettings, token: str) -> RoomView:
        return await self._client.put(RoomView, f"/waiting-rooms/{date_id}", room, token=token)

    async def tell_demand(self, date_id: DateId, process_id: UUID, demand: Demand) -> None:
        """Of one process, again each second; it does not queue behind other calls."""
        path = f"/waiting-rooms/{date_id}/demand/{process_id}"
        await self._client.call("PUT", path, body=demand, waits=True)

    async def enter(
        self, date_id: DateId, visitor_id: VisitorId, *, again: bool = False
    ) -> PlaceView:
        """Takes a place in line, or tells the one that this visitor has."""
        path = f"/waiting-rooms/{date_id}/places/{visitor_id}"
        return await self._client.put(PlaceView, path, NewPlace(again=again))

    async def place(
        self, date_id: DateId, visitor_id: VisitorId, number: int | None = None, proof: str = ""
    ) -> PlaceView:
        """With number and proof it costs nothing to tell."""
        path = f"/waiting-rooms/{date_id}/places/{visitor_id}"
        query = {"number": str(number), "proof": proof} if number is not None else {}
        return await self._client.get(PlaceView, path, query=query)

    async def draw(self, date_id: DateId) -> Draw:
        """Raises NotDrawn before the opening."""
        return await self._client.get(Draw, f"/waiting-rooms/{date_id}/draw")
