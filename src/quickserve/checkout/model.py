"""A purchase under way: its ids and what it may become."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import digest
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from quickserve.contracts.booking import (
    BookingId,
    Contact,
    HoldExpired,
    HoldId,
    HoldUsed,
    HoldView,
    TicketId,
)
from quickserve.contracts.booking_changes import AmendmentKind
from quickserve.contracts.checkout import CancellationId, CheckoutId, NotRefundable
from quickserve.contracts.checkout_changes import ChangeId
from quickserve.contracts.order_cancelling import CancelledBy, GivenBack, OrderCancellationId
from quickserve.contracts.order_checkout import OrderCheckoutId
from quickserve.contracts.ordering import BasketId, BasketLineId, OrderContact, OrderId, TabId
from quickserve.contracts.payment import IntentId, IntentView, RefundId
from quickserve.contracts.split_payment import SplitId
from quickserve.contracts.tabs import SettlementId
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class Checkout:
    """`contact` and `method` are None once the purchase ended; then `booking_key` tells how."""

    id: CheckoutId
    saga_id: UUID
    hold_id: HoldId
    booking_id: BookingId
    intent_id: IntentId
    organiser_id: OrganiserId
    total: Money
    content: bytes
    contact: Contact | None
    method: str | None
    booking_key: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Cancellation:
    """`id` is its saga's and its refund's, too."""

    id: CancellationId
    checkout_id: CheckoutId
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Ids:
    """What others see of a purchase, in logs and in other services."""

    saga: UUID
    booking: BookingId
    intent: IntentId


@dataclass(frozen=True, slots=True)
class Change:
    """`contact` and `method` are None once it ended. See the comments on the table's columns."""

    id: ChangeId
    saga_id: UUID
    kind: AmendmentKind
    booking_id: BookingId
    organiser_id: OrganiserId
    ticket_ids: list[TicketId]
    hold_id: HoldId | None
    new_booking_id: BookingId | None
    intent_id: IntentId
    value: Money
    due: Money
    refund: Money
    content: bytes
    contact: Contact | None
    method: str | None
    new_booking_key: str | None
    done: bool
    created_at: datetime

    @property
    def new_total(self) -> Money:
        """What the places cost that came instead."""
        return Money(self.value.minor + self.due.minor - self.refund.minor, self.value.currency)


@dataclass(frozen=True, slots=True)
class OrderCheckout:
    """`contact` and `method` are None once it ended. See the comments on the table's columns."""

    id: OrderCheckoutId
    saga_id: UUID
    basket_id: BasketId
    basket_version: int
    order_id: OrderId
    intent_id: IntentId
    organiser_id: OrganiserId
    total: Money
    content: bytes
    contact: OrderContact | None
    method: str | None
    order_key: str | None
    state: Literal["open", "confirmed", "failed"]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderIds:
    """What others see of an order under way."""

    saga: UUID
    order: OrderId
    intent: IntentId


@dataclass(frozen=True, slots=True)
class OrderCancellation:
    """`person` is None once it ended, `amount` until ordering has said it."""

    id: OrderCancellationId
    saga_id: UUID
    order_id: OrderId
    organiser_id: OrganiserId
    lines: list[BasketLineId]
    by: CancelledBy
    person: PersonId | None
    words: str
    content: bytes
    amount: Money | None
    back: GivenBack | None
    whole: bool
    state: Literal["open", "done", "refused"]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """Of a tab. `method` is None once it ended. See the comments on the table's columns."""

    id: SettlementId
    saga_id: UUID
    tab_id: TabId
    tab_key: str
    intent_id: IntentId
    organiser_id: OrganiserId
    total: Money
    tip: Money
    content: bytes
    method: str | None
    state: Literal["open", "confirmed", "failed"]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PartialRefund:
    """Of one payment; a booking may have been paid by several, after exchanges."""

    id: RefundId
    intent_id: IntentId
    amount: Money


def split_refund(
    amount: Money, payments: Sequence[IntentView], saga_id: UUID, settings: Settings
) -> list[PartialRefund]:
    """The newest payment first, each as far as it goes. The first refund has the saga's id.

    Raises NotRefundable when all payments together have less left.
    """
    return split_fairly(amount, [(payment, 0) for payment in payments], saga_id, settings)


def split_fairly(
    amount: Money, payments: Sequence[tuple[IntentView, int]], saga_id: UUID, settings: Settings
) -> list[PartialRefund]:
    """To each payment what is its due, in minor units; the rest as `split_refund`.

    Raises NotRefundable when all payments together have less left.
    """
    left = amount.minor
    parts: dict[IntentId, int] = {}
    for payment, due in payments:
        parts[payment.id] = max(0, min(left, due, _refundable(payment)))
        left -= parts[payment.id]
    for payment, _ in payments:
        more = max(0, min(left, _refundable(payment) - parts[payment.id]))
        parts[payment.id] += more
        left -= more
    if left:
        raise NotRefundable("Less was paid, or more was given back already.")
    key = settings.key_for("checkout ids")
    given = [(intent_id, part) for intent_id, part in parts.items() if part]
    return [
        PartialRefund(
            RefundId(_derived(saga_id, b"refund%d" % number, key) if number else saga_id),
            intent_id, Money(part, amount.currency),
        )
        for number, (intent_id, part) in enumerate(given)
    ]  # fmt: skip


def _refundable(payment: IntentView) -> int:
    return payment.amount.minor - payment.refunded.minor if payment.state == "captured" else 0


def ids_of(checkout_id: CheckoutId | ChangeId | SettlementId, settings: Settings) -> Ids:
    """Always the same ones, and one way: who knows the checkout's id may see the tickets."""
    key = settings.key_for("checkout ids")
    saga, booking, intent = (
        _derived(checkout_id, purpose, key) for purpose in (b"saga", b"booking", b"intent")
    )
    return Ids(saga, BookingId(booking), IntentId(intent))


def order_ids_of(checkout_id: OrderCheckoutId, settings: Settings) -> OrderIds:
    """As `ids_of`."""
    key = settings.key_for("checkout ids")
    saga, order, intent = (
        _derived(checkout_id, purpose, key) for purpose in (b"saga", b"order", b"intent")
    )
    return OrderIds(saga, OrderId(order), IntentId(intent))


def split_ids_of(split_id: SplitId, settings: Settings) -> OrderIds:
    """As `ids_of`; its intents are those of its shares."""
    key = settings.key_for("checkout ids")
    saga, order, intent = (
        _derived(split_id, purpose, key) for purpose in (b"saga", b"order", b"intent")
    )
    return OrderIds(saga, OrderId(order), IntentId(intent))


def saga_of(own_id: UUID, settings: Settings) -> UUID:
    """Of any purchase, change or order, by the id that its buyer minted."""
    return _derived(own_id, b"saga", settings.key_for("checkout ids"))


def _derived(checkout_id: UUID, purpose: bytes, key: bytes) -> UUID:
    """A UUIDv7 of the same time."""
    hashed = digest(key, checkout_id.bytes + purpose, "sha256")
    number = int.from_bytes(checkout_id.bytes[:6] + hashed[:10])
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def content_of(body: BaseModel, key: bytes) -> bytes:
    """Equal for equal bodies; keyed, for it is made of personal data."""
    return digest(key, body.model_dump_json().encode(), "sha256")


def refuse_dead_hold(hold: HoldView) -> None:
    """What is evident now need not go through a saga; whether the hold lasts, booking decides."""
    if hold.state == "used":
        raise HoldUsed
    if hold.state != "active" or hold.expires_at <= hold.server_now:
        raise HoldExpired
