"""Seats of a date as `booking` knows them: which are not to be had, and which are best."""

import base64
from collections.abc import Sequence

from pydantic import BaseModel, Field

from quickserve.contracts.catalog import DateId
from quickserve.contracts.seating import PlanId, SeatId
from quickserve.kernel.client import Client

BEST_MAX = 100  # seats asked for at once


class DateSeats(BaseModel):
    """A snapshot; or, asked with a version, what changed after it.

    `taken` has a bit for each seat of the plan in the plan's order, the first in the lowest bit of
    the first byte, base64: set for seats that are held, sold or never for sale.
    """

    date_id: DateId
    plan_id: PlanId
    plan_version: int
    version: int
    free: int = Field(description="How many seats are to be had.")
    taken: str | None = None
    now_taken: list[SeatId] = []
    now_free: list[SeatId] = []

    def bits(self) -> bytes:
        return base64.b64decode(self.taken or "")


def is_taken(bits: bytes, index: int) -> bool:
    return bool(bits[index >> 3] >> (index & 7) & 1)


def packed(taken: Sequence[bool]) -> str:
    """What `DateSeats.taken` carries."""
    made = bytearray((len(taken) + 7) // 8)
    for index, one in enumerate(taken):
        if one:
            made[index >> 3] |= 1 << (index & 7)
    return base64.b64encode(bytes(made)).decode()


class BestSeats(BaseModel):
    """None of them is set aside by asking. Empty when there are not so many together or at all."""

    seats: list[SeatId]


class BookingSeatsClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def seats(self, date_id: DateId) -> DateSeats:
        """A second old at most. Raises NotFound for a date without seats."""
        return await self._client.get(DateSeats, f"/dates/{date_id}/seats")

    async def seats_since(self, date_id: DateId, version: int) -> DateSeats:
        query = {"since": str(version)}
        return await self._client.get(DateSeats, f"/dates/{date_id}/seats", query=query)

    async def best(
        self, date_id: DateId, category: str, count: int, *, accessible: bool = False
    ) -> list[SeatId]:
        query = {"category": category, "count": str(count), "accessible": str(accessible).lower()}
        path = f"/dates/{date_id}/best-seats"
        return (await self._client.get(BestSeats, path, query=query)).seats
