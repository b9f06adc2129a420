"""Why a quota or a seat is as it is: what takes it now, and what led there. For organisers."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from quickserve.contracts.booking import BookingId, DateFacts, QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.seating import SeatId
from quickserve.kernel.client import Client

STEPS_MAX = 50  # of one page
SEAT_NAME_MAX = 150  # section, row and number as tickets show them

# `held` at a checkout, `under-way` while it is paid. `returned`: what was set aside came back.
# `given-back`: tickets that left a booking. `capacity`: the quota was made, or made another size.
StepKind = Literal[
    "held", "offered", "blocked", "reserved", "returned", "under-way", "sold", "withdrawn",
    "cancelled", "given-back", "capacity",
]  # fmt: skip
SeatState = Literal["free", "held", "offered", "blocked", "reserved", "under-way", "sold"]
HoldingKind = Literal["held", "offered", "blocked", "reserved", "under-way"]


class StockStep(BaseModel):
    """`places` is how many it was about; a new capacity has the one `before`, blank at first.

    Where it is about a booking, its number: nothing else of the person.
    """

    at: datetime
    kind: StepKind
    places: int
    before: int | None
    until: datetime | None
    booking_id: BookingId | None
    number: str | None


class Holding(BaseModel):
    """What has places now that are not sold; `until` is blank where no clock takes them back."""

    kind: HoldingKind
    places: int
    until: datetime | None
    booking_id: BookingId | None
    number: str | None


class QuotaExplanation(BaseModel):
    """capacity = free + held + under_way + offered + blocked + reserved + sold.

    Each is counted from the rows that have the places; `adds_up` says whether that is what the
    quota's own figures say. `for_list`: what is free is kept for the waiting list. Steps and
    holdings are the newest and the first to end; `next` asks for older steps.
    """

    id: QuotaId
    name: str
    date: DateFacts
    capacity: int
    free: int
    held: int
    under_way: int
    offered: int
    blocked: int
    reserved: int
    sold: int
    for_list: bool
    adds_up: bool
    holdings: list[Holding]
    steps: list[StockStep]
    next: str | None


class SeatExplanation(BaseModel):
    """`blocked` also for a seat that the plan does not sell. `adds_up`: who has it, exists."""

    date: DateFacts
    seat_id: SeatId
    label: str
    category: str | None
    state: SeatState
    until: datetime | None
    booking_id: BookingId | None
    number: str | None
    adds_up: bool
    steps: list[StockStep]
    next: str | None


class ExplanationClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def quota(self, quota_id: QuotaId, token: str, before: str = "") -> QuotaExplanation:
        """`before` is the `next` of the answer before."""
        path = f"/quotas/{quota_id}/explanation"
        query = {"before": before} if before else {}
        return await self._client.get(QuotaExplanation, path, query=query, token=token)

    async def seat(
        self, date_id: DateId, called: str, token: str, before: str = ""
    ) -> SeatExplanation:
        """By its id or as tickets name it. Raises NotFound; Malformed where several are so."""
        path = f"/dates/{date_id}/seats/{quote(called, safe='')}/explanation"
        query = {"before": before} if before else {}
        return await self._client.get(SeatExplanation, path, query=query, token=token)
