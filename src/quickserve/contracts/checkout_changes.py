"""Changes of a purchase: money back, or another payment, together with the tickets."""

from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field

from quickserve.contracts.booking import BookingId, HoldId, Request, TicketId
from quickserve.contracts.booking_changes import TICKETS_MAX, AmendmentKind
from quickserve.contracts.checkout import Failure
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.money import Money

ChangeId = NewType("ChangeId", UUID)

# `waiting`: for somebody who buys the ticket.
ChangeState = Literal["processing", "challenge", "waiting", "done", "failed"]


class NewChange(Request):
    """`key` opens the booking. For an exchange, `hold_id` has the places that come instead, and
    `method` pays what they cost more.
    """

    booking_id: BookingId
    key: str = Field(min_length=8, max_length=100)
    kind: AmendmentKind
    ticket_ids: list[TicketId] = Field(min_length=1, max_length=TICKETS_MAX)
    hold_id: HoldId | None = None
    method: str | None = Field(default=None, max_length=200)


class ChangeView(BaseModel):
    """`due` is paid, `refund` given back; one of them is nothing.

    `hold_id`: the places that were to come instead; where it failed, the same may be held anew.
    Of an exchange, `new_booking_id` and `new_booking_key` open the new tickets once it is done.
    """

    id: ChangeId
    kind: AmendmentKind
    state: ChangeState
    booking_id: BookingId
    ticket_ids: list[TicketId]
    hold_id: HoldId | None
    due: Money
    refund: Money
    new_booking_id: BookingId | None
    new_booking_key: str | None
    challenge_path: str | None
    failure: Failure | None
    created_at: datetime


class OneAtATime(Problem):
    status = 422
    code = "one-at-a-time"
    title = "Tickets are sold again one by one"


class HoldMissing(Problem):
    status = 422
    code = "hold-missing"
    title = "Choose the places that come instead"


class CheckoutChangesClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_change(
        self, change_id: ChangeId, change: NewChange, *, wait_ms: int = 0
    ) -> ChangeView:
        """Begins it; follow it with `change`. The caller mints the id: it opens the change."""
        path, query = f"/changes/{change_id}", {"wait_ms": wait_ms}
        return await self._client.put(ChangeView, path, change, query=query, waits=wait_ms > 0)

    async def change(self, change_id: ChangeId, *, wait_ms: int = 0) -> ChangeView:
        """Waits up to `wait_ms` for it to leave `processing`."""
        path, query = f"/changes/{change_id}", {"wait_ms": wait_ms}
        return await self._client.get(ChangeView, path, query=query, waits=wait_ms > 0)
