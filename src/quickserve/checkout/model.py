"""A purchase under way: its ids and what it may become."""

from dataclasses import dataclass
from datetime import datetime
from hmac import digest
from uuid import UUID

from quickserve.contracts.booking import BookingId, Contact, HoldExpired, HoldId, HoldUsed, HoldView
from quickserve.contracts.checkout import CancellationId, CheckoutId, NewCheckout
from quickserve.contracts.payment import IntentId
from quickserve.kernel.ids import OrganiserId
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


def ids_of(checkout_id: CheckoutId, settings: Settings) -> Ids:
    """Always the same ones, and one way: who knows the checkout's id may see the tickets."""
    key = settings.key_for("checkout ids")
    saga, booking, intent = (
        _derived(checkout_id, purpose, key) for purpose in (b"saga", b"booking", b"intent")
    )
    return Ids(saga, BookingId(booking), IntentId(intent))


def _derived(checkout_id: CheckoutId, purpose: bytes, key: bytes) -> UUID:
    """A UUIDv7 of the same time."""
    hashed = digest(key, checkout_id.bytes + purpose, "sha256")
    number = int.from_bytes(checkout_id.bytes[:6] + hashed[:10])
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def content_of(body: NewCheckout, key: bytes) -> bytes:
    """Equal for equal bodies; keyed, for it is made of personal data."""
    return digest(key, body.model_dump_json().encode(), "sha256")


def refuse_dead_hold(hold: HoldView) -> None:
    """What is evident now need not go through a saga; whether the hold lasts, booking decides."""
    if hold.state == "used":
        raise HoldUsed
    if hold.state != "active" or hold.expires_at <= hold.server_now:
        raise HoldExpired
