"""The waiting room of a date: a place in line, its number, and what opens the checkout."""

from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from quickserve.contracts.booking import Request
from quickserve.contracts.catalog import DateId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem

VisitorId = NewType("VisitorId", UUID)

RoomState = Literal["off", "pre", "open"]
# `drawn`: comes before the opening, has no number yet; `lapsed`: was let in and did not come.
PlaceState = Literal["none", "drawn", "waiting", "admitted", "lapsed"]

ADMISSION_MINUTES = 10


class RoomSettings(Request):
    """`opens_at`: whoever comes before is drawn for a number then. Without it, opens at once.

    `fail_open`: while nobody can tell who is admitted, everybody is, or nobody.
    """

    open: bool
    opens_at: AwareDatetime | None = None
    fail_open: bool = True


class RoomView(BaseModel):
    """`seed_hash` is the SHA-256 of `seed`, which is told once the numbers are drawn, in hex."""

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
