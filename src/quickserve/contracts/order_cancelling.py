"""Orders that are called off, whole or some of their lines, and what is given back for them."""

from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field

from quickserve.contracts.checkout import Failure
from quickserve.contracts.menus import Line
from quickserve.contracts.ordering import (
    LINES_MAX,
    BasketLineId,
    LineCancellation,
    OrderId,
    Request,
    TabId,
    TaxLine,
)
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import PersonId
from quickserve.kernel.money import Money

OrderCancellationId = NewType("OrderCancellationId", UUID)

CancelledBy = Literal["buyer", "stand", "saga"]
# How it comes back: to the cards that paid; off the open tab; of a tab that is paid, to the card
# that paid it; nothing was paid.
GivenBack = Literal["card", "tab", "paid-tab", "none"]


# -- Of checkout -----------------------------------------------------------------------------------


class NewOrderCancellation(LineCancellation):
    """These lines, or the whole order. `key` is the order's, of its buyer; staff have a token."""

    order_id: OrderId
    key: str | None = Field(default=None, max_length=100)


class OrderCancellationView(BaseModel):
    """`refused`: the order stands as before. `amount` is what is given back, once it is known."""

    id: OrderCancellationId
    order_id: OrderId
    state: Literal["processing", "done", "refused"]
    amount: Money | None
    back: GivenBack | None
    whole: bool
    failure: Failure | None
    created_at: datetime


class OrderCancellationClient:
    """`token` is the acting person's access token where staff act."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(
        self, cancellation_id: OrderCancellationId, new: NewOrderCancellation,
        token: str | None = None, *, wait_ms: int = 0,
    ) -> OrderCancellationView:  # fmt: skip
        """Begins it, and waits for its end. Raises NotFound, CancellationNotAllowed."""
        path, query = f"/order-cancellations/{cancellation_id}", {"wait_ms": wait_ms}
        return await self._client.put(
            OrderCancellationView, path, new, query=query, token=token, waits=wait_ms > 0
        )

    async def get(
        self, cancellation_id: OrderCancellationId, *, wait_ms: int = 0
    ) -> OrderCancellationView:
        path, query = f"/order-cancellations/{cancellation_id}", {"wait_ms": wait_ms}
        return await self._client.get(OrderCancellationView, path, query=query, waits=wait_ms > 0)


# -- Of ordering -----------------------------------------------------------------------------------


class OpenCancellation(Request):
    """Without lines: all that is left of the order."""

    order_id: OrderId
    lines: list[BasketLineId] = Field(default=[], max_length=LINES_MAX)
    by: CancelledBy
    person: PersonId | None = None
    words: Line = Field(default="", max_length=200)


class CancelledLines(BaseModel):
    """What the lines cost, with their share of the tip: exactly that is given back.

    `parts`: of it by line, in minor units; `taxes` are contained in it. `dropped`: nothing comes
    of it.
    """

    id: UUID
    order_id: OrderId
    state: Literal["open", "done", "dropped"]
    lines: list[BasketLineId]
    whole: bool
    amount: Money
    parts: dict[BasketLineId, int]
    taxes: list[TaxLine]
    back: GivenBack
    tab_id: TabId | None


class OrderCancellingClient:
    """For sagas."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def open(self, cancellation_id: UUID, new: OpenCancellation) -> CancelledLines:
        """Of an order only one is open; the order itself is not changed yet."""
        path = f"/order-cancellations/{cancellation_id}"
        return await self._client.put(CancelledLines, path, new)

    async def drop(self, cancellation_id: UUID, new: OpenCancellation) -> None:
        """Also when it never came to be: then it is refused when it comes late."""
        path = f"/order-cancellations/{cancellation_id}/refusal"
        await self._client.call("PUT", path, body=new)

    async def confirm(self, cancellation_id: UUID) -> CancelledLines:
        path = f"/order-cancellations/{cancellation_id}/confirmation"
        return await self._client.put(CancelledLines, path, None)


class CancellationNotAllowed(Problem):
    """`extra.state`: the order's. Before the stand accepts it, buyers take it back themselves."""

    status = 409
    code = "cancellation-not-allowed"
    title = "This order cannot be cancelled any more"


class CancellationUnderWay(Problem):
    status = 409
    code = "cancellation-under-way"
    title = "Something of this order is being cancelled at this moment"


class NothingToCancel(Problem):
    status = 409
    code = "nothing-to-cancel"
    title = "All of it is cancelled already"


class CancellationDropped(Problem):
    status = 409
    code = "cancellation-dropped"
    title = "This cancellation was given up"
