"""`checkout` as the others see it: a purchase under way, and the sagas behind it."""

from datetime import datetime
from typing import Any, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from quickserve.contracts.booking import BookingId, Contact, HoldId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.money import Money

CheckoutId = NewType("CheckoutId", UUID)
CancellationId = NewType("CancellationId", UUID)

CheckoutState = Literal["processing", "challenge", "confirmed", "failed"]


class NewCheckout(BaseModel):
    """Buys the held places. `method` is a payment provider's token; none for free places."""

    model_config = ConfigDict(extra="forbid")

    hold_id: HoldId
    contact: Contact
    method: str | None = Field(default=None, max_length=200)


class Failure(BaseModel):
    """Why it failed; `code` is a problem's code, such as `card-declined` or `hold-expired`.

    `extra`: its figures and names.
    """

    code: str
    title: str
    reason: str | None = None
    extra: dict[str, Any] = {}


class CheckoutView(BaseModel):
    """`booking_key` is told once the booking is confirmed; `challenge_path` while it is asked."""

    id: CheckoutId
    state: CheckoutState
    hold_id: HoldId
    booking_id: BookingId
    booking_key: str | None
    challenge_path: str | None
    failure: Failure | None
    total: Money
    created_at: datetime


class NewCancellation(BaseModel):
    """Refunds the whole amount, and cancels the booking."""

    model_config = ConfigDict(extra="forbid")

    booking_id: BookingId


class CancellationView(BaseModel):
    """`refused`: the provider did not give the money back, and the booking stands as before."""

    id: CancellationId
    booking_id: BookingId
    state: Literal["processing", "done", "refused"]
    failure: Failure | None
    total: Money
    created_at: datetime


class StepView(BaseModel):
    """One line of a saga's history, for operators. No personal data."""

    name: str
    kind: Literal["do", "undo", "wait", "decision"]
    state: Literal["done", "running", "waiting", "failed"]
    at: datetime | None
    result: Any = None


class AttemptView(BaseModel):
    number: int
    state: str
    worker: str | None
    started_at: datetime | None
    ended_at: datetime | None
    failure: str | None


class SagaView(BaseModel):
    """`id` is not the checkout's, which is the buyer's secret. It is about a booking, or an order,
    or a whole event.
    """

    id: UUID
    booking_id: BookingId | None
    order_id: OrderId | None = None
    saga: str
    state: Literal["waiting", "running", "done", "undone", "stuck"]
    outcome: str | None
    total: Money | None
    started_at: datetime
    steps: list[StepView]
    attempts: list[AttemptView]


class SagaLine(BaseModel):
    id: UUID
    saga: str
    state: str
    outcome: str | None
    started_at: datetime


class SagaList(BaseModel):
    sagas: list[SagaLine]


class PaymentMethodMissing(Problem):
    status = 422
    code = "payment-method-missing"
    title = "Choose how to pay"


class NotRefundable(Problem):
    status = 409
    code = "not-refundable"
    title = "Nothing was paid for this booking that could be given back"


class PaymentTimeout(Problem):
    """The buyer did not answer the bank's question, or the bank not ours, in time."""

    status = 409
    code = "payment-timeout"
    title = "The payment was not approved in time: nothing was charged"


class CheckoutClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def put_checkout(
        self, checkout_id: CheckoutId, checkout: NewCheckout, *, wait_ms: int = 0
    ) -> CheckoutView:
        """Starts it, and waits as `checkout` does."""
        path = f"/checkouts/{checkout_id}"
        query = {"wait_ms": wait_ms}
        return await self._client.put(CheckoutView, path, checkout, query=query, waits=wait_ms > 0)

    async def checkout(self, checkout_id: CheckoutId, *, wait_ms: int = 0) -> CheckoutView:
        """Waits up to `wait_ms` for it to leave `processing`."""
        path, query = f"/checkouts/{checkout_id}", {"wait_ms": wait_ms}
        return await self._client.get(CheckoutView, path, query=query, waits=wait_ms > 0)

    async def sagas(self, token: str) -> SagaList:
        return await self._client.get(SagaList, "/sagas", token=token)

    async def saga(self, saga_id: UUID, token: str) -> SagaView:
        """By its id; the checkout's finds it too."""
        return await self._client.get(SagaView, f"/sagas/{saga_id}", token=token)

    async def retry_saga(self, saga_id: UUID, token: str) -> SagaView:
        """Its delayed next attempt begins now. Raises Conflict when none is delayed."""
        return await self._client.post(SagaView, f"/sagas/{saga_id}/retries", None, token=token)

    async def cancel(
        self, cancellation_id: CancellationId, booking_id: BookingId, token: str
    ) -> CancellationView:
        """Begins it; follow it with `cancellation`."""
        path, body = f"/cancellations/{cancellation_id}", NewCancellation(booking_id=booking_id)
        return await self._client.put(CancellationView, path, body, token=token)

    async def cancellation(self, booking_id: BookingId, token: str) -> CancellationView:
        """The latest one. Raises NotFound when there is none, or it ended a month ago."""
        path = f"/bookings/{booking_id}/cancellation"
        return await self._client.get(CancellationView, path, token=token)
