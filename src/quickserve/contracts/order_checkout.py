"""Orders that are paid by card: kitchen, money and the stand's answer agree, or nothing happens."""

from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field

from quickserve.contracts.checkout import Failure
from quickserve.contracts.ordering import BasketId, OrderContact, OrderId, Request
from quickserve.contracts.ordering_problems import BasketChanged
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.money import Money

__all__ = ["BasketChanged", "OrderCheckoutClient"]  # the problems arrive as what they are

OrderCheckoutId = NewType("OrderCheckoutId", UUID)

# `waiting`: for the stand, which takes orders by hand; the buyer may still reopen the order.
OrderCheckoutState = Literal["processing", "challenge", "waiting", "confirmed", "failed"]


class NewOrderCheckout(Request):
    """Orders a basket at this version, for this total: what was seen is what is paid.

    `method` is a payment provider's token; none where nothing is to be paid.
    """

    basket_id: BasketId
    basket_version: int = Field(ge=1)
    total: Money
    contact: OrderContact
    method: str | None = Field(default=None, max_length=200)


class OrderCheckoutView(BaseModel):
    """`order_key` opens the order; it is told once the order has its place in the kitchen.

    `challenge_path` is told while the bank asks, `answer_by` while the stand is asked. `failure`:
    `order-rejected` with the stand's reason, `order-taken-back`, `card-declined`, …
    """

    id: OrderCheckoutId
    state: OrderCheckoutState
    basket_id: BasketId
    order_id: OrderId
    order_key: str | None
    challenge_path: str | None
    answer_by: datetime | None
    failure: Failure | None
    total: Money
    created_at: datetime


class OrderRefused(Problem):
    """`extra.reason`: too-busy, sold-out, closed, not-answered, …"""

    status = 409
    code = "order-rejected"
    title = "The stand could not take this order: nothing was charged"


class OrderTakenBack(Problem):
    status = 409
    code = "order-taken-back"
    title = "This order was taken back before the stand accepted it: nothing was charged"


class StandDidNotAnswer(Problem):
    """Neither the stand nor ordering's clock."""

    status = 409
    code = "stand-did-not-answer"
    title = "The stand did not answer in time: nothing was charged"


class ContactEmailMissing(Problem):
    status = 422
    code = "contact-email-missing"
    title = "Give an e-mail address for the receipt"


class OrderCheckoutClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(
        self, checkout_id: OrderCheckoutId, new: NewOrderCheckout, *, wait_ms: int = 0
    ) -> OrderCheckoutView:
        """Starts it, and waits as `get` does. The caller mints the id: it opens the order."""
        path, query = f"/order-checkouts/{checkout_id}", {"wait_ms": wait_ms}
        return await self._client.put(OrderCheckoutView, path, new, query=query, waits=wait_ms > 0)

    async def get(self, checkout_id: OrderCheckoutId, *, wait_ms: int = 0) -> OrderCheckoutView:
        """Waits up to `wait_ms` for it to leave `processing`."""
        path, query = f"/order-checkouts/{checkout_id}", {"wait_ms": wait_ms}
        return await self._client.get(OrderCheckoutView, path, query=query, waits=wait_ms > 0)
