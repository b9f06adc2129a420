"""A purchase under way: its ids and what it may become."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from hmac import digest
from uuid import UUID

from quickserve.contracts.booking import BookingId, Contact, HoldExpired, HoldId, HoldUsed, HoldView
from quickserve.contracts.checkout import CheckoutId, NewCheckout
from quickserve.contracts.payment import IntentId
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Checkout:
    """`contact` and `method` are None once the purchase ended; then `booking_key` tells how."""

    id: CheckoutId
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


def derived_id(checkout_id: CheckoutId, purpose: str) -> UUID:
    """A UUIDv7 of the same time. One way: the checkout's id opens it, and others see this one."""
    hashed = hashlib.sha256(checkout_id.bytes + purpose.encode()).digest()
    number = int.from_bytes(checkout_id.bytes[:6] + hashed[:10])
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def booking_id(checkout_id: CheckoutId) -> BookingId:
    return BookingId(derived_id(checkout_id, "booking"))


def intent_id(checkout_id: CheckoutId) -> IntentId:
    return IntentId(derived_id(checkout_id, "intent"))


def content_of(body: NewCheckout, key: bytes) -> bytes:
    """Equal for equal bodies; keyed, for it is made of personal data."""
    return digest(key, body.model_dump_json().encode(), "sha256")


def refuse_dead_hold(hold: HoldView) -> None:
    """What is evident now need not go through a saga; whether the hold lasts, booking decides."""
    if hold.state == "used":
        raise HoldUsed
    if hold.state != "active" or hold.expires_at <= hold.server_now:
        raise HoldExpired
