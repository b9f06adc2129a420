"""A whole event is called off: its tickets and the open orders of its stands are paid back."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from quickserve.contracts.booking import BookingId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.client import Client
from quickserve.kernel.money import Money


class Progress(BaseModel):
    """`refused`: the provider did not give the money back; everything stands as before there."""

    total: int
    done: int
    refused: int

    @property
    def open(self) -> int:
        return self.total - self.done - self.refused


class EventCancellationView(BaseModel):
    """`processing` until all that was found is ended; who comes late is found for two days more.

    `by_hand`: what was paid at the box office, and is to be handed back there.
    """

    event_id: EventId
    state: Literal["processing", "done"]
    stopped: bool
    bookings: Progress
    orders: Progress
    by_hand: list[Money]
    started_at: datetime


class EventCancellationClient:
    """`token` is the acting person's access token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, event_id: EventId, token: str) -> EventCancellationView:
        """Begins it. A repeat tries again what was refused. Raises NotFound for drafts."""
        path = f"/event-cancellations/{event_id}"
        return await self._client.put(EventCancellationView, path, None, token=token)

    async def get(self, event_id: EventId, token: str) -> EventCancellationView:
        """Raises NotFound when it was not cancelled this way."""
        path = f"/event-cancellations/{event_id}"
        return await self._client.get(EventCancellationView, path, token=token)


# -- Of booking and ordering, for the saga ---------------------------------------------------------


class BookingToCancel(BaseModel):
    """`by_hand` is what it cost where staff sold it."""

    id: BookingId
    by_hand: Money | None


class BookingsToCancel(BaseModel):
    """By their ids; `next` is where the following page begins."""

    bookings: list[BookingToCancel]
    next: BookingId | None


class OrdersToCancel(BaseModel):
    """Those that the stands accepted and did not hand over."""

    orders: list[OrderId]
    next: OrderId | None


class CancelledEventClient:
    """Of `booking` for the one, of `ordering` for the others."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def bookings(self, event_id: EventId, after: BookingId | None = None) -> BookingsToCancel:
        query = {"after": str(after)} if after else {}
        path = f"/events/{event_id}/bookings-to-cancel"
        return await self._client.get(BookingsToCancel, path, query=query)

    async def stop_orders(self, event_id: EventId) -> None:
        """Its stands take none any more; those that nobody answered yet are rejected."""
        await self._client.call("PUT", f"/events/{event_id}/end-of-orders")

    async def orders(self, event_id: EventId, after: OrderId | None = None) -> OrdersToCancel:
        query = {"after": str(after)} if after else {}
        path = f"/events/{event_id}/orders-to-cancel"
        return await self._client.get(OrdersToCancel, path, query=query)
