"""A group's basket, paid by several: each a share, the order when all shares are there."""

from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field

from quickserve.contracts.checkout import Failure
from quickserve.contracts.menus import Line
from quickserve.contracts.ordering import BasketId, OrderContact, OrderId, Request
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.money import Money

SplitId = NewType("SplitId", UUID)
ShareId = NewType("ShareId", UUID)

SPLIT_SECONDS = 900  # so long the shares are waited for
PEOPLE_MAX = 20

# `waiting`: all is set aside, the stand is asked.
SplitState = Literal["collecting", "waiting", "confirmed", "failed"]


class NewSplit(Request):
    """Of a basket at this version, for this total.

    `own`: each guest pays the own lines, with their part of tip and fee. `equal`: so many equal
    parts, in whole units; the first ones pay what does not divide.
    """

    basket_id: BasketId
    basket_version: int = Field(ge=1)
    total: Money
    contact: OrderContact
    way: Literal["own", "equal"]
    people: int = Field(default=2, ge=2, le=PEOPLE_MAX)


class SharePayment(Request):
    """`method` is a payment provider's token."""

    method: str = Field(min_length=1, max_length=200)


class ShareView(BaseModel):
    """`id` is its own link's secret."""

    id: ShareId
    guest: Line
    amount: Money
    paid: bool
    challenge_path: str | None = None


class SplitView(BaseModel):
    """`order_key` is told once the order is placed; `until`: then all is let go."""

    id: SplitId
    state: SplitState
    basket_id: BasketId
    order_id: OrderId
    order_key: str | None
    total: Money
    shares: list[ShareView]
    until: datetime
    failure: Failure | None


class SplitTooSmall(Problem):
    status = 422
    code = "split-too-small"
    title = "There is not enough to divide"


class SplitEnded(Problem):
    status = 409
    code = "split-ended"
    title = "This is paid, or its time is over"


class SplitTimeout(Problem):
    status = 409
    code = "split-timeout"
    title = "Not everybody paid in time: nothing was charged"


class SplitClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, split_id: SplitId, new: NewSplit) -> SplitView:
        return await self._client.put(SplitView, f"/splits/{split_id}", new)

    async def get(self, split_id: SplitId) -> SplitView:
        return await self._client.get(SplitView, f"/splits/{split_id}")

    async def pay(self, share_id: ShareId, payment: SharePayment) -> ShareView:
        """Sets it aside. Raises CardDeclined, SplitEnded."""
        return await self._client.put(ShareView, f"/shares/{share_id}/payment", payment)
