"""All the SQL of checkout. The sagas' own tables are the kernel's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quickserve.checkout.model import Cancellation, Checkout
from quickserve.contracts.booking import BookingId, Contact, HoldId
from quickserve.contracts.checkout import CancellationId, CheckoutId
from quickserve.contracts.payment import IntentId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class _Row:
    id: CheckoutId
    saga_id: UUID
    hold_id: HoldId
    booking_id: BookingId
    intent_id: IntentId
    organiser_id: OrganiserId
    total_minor: int
    currency: str
    content: bytes
    contact_email: str | None
    contact_name: str | None
    contact_language: str | None
    method: str | None
    booking_key: str | None
    created_at: datetime

    def checkout(self) -> Checkout:
        contact = None
        if self.contact_email is not None:
            # Validated when it came in; once is enough.
            contact = Contact.model_construct(
                email=self.contact_email, name=self.contact_name, language=self.contact_language
            )
        return Checkout(
            self.id, self.saga_id, self.hold_id, self.booking_id, self.intent_id,
            self.organiser_id, Money(self.total_minor, self.currency), bytes(self.content),
            contact, self.method, self.booking_key, self.created_at,
        )  # fmt: skip


async def find_checkout(tx: Transaction, checkout_id: CheckoutId) -> Checkout | None:
    row = await tx.maybe(_Row, "SELECT * FROM checkouts WHERE id = %s", (checkout_id,))
    return row.checkout() if row else None


async def find_checkout_of_saga(tx: Transaction, either_id: UUID) -> Checkout | None:
    """By the saga's id, or by the checkout's own, which a buyer may have shown."""
    row = await tx.maybe(
        _Row,
        "SELECT * FROM checkouts WHERE saga_id = %(id)s OR id = %(id)s",
        {"id": either_id},
    )
    return row.checkout() if row else None


async def find_checkout_of_booking(tx: Transaction, booking_id: BookingId) -> Checkout | None:
    row = await tx.maybe(_Row, "SELECT * FROM checkouts WHERE booking_id = %s", (booking_id,))
    return row.checkout() if row else None


async def lock_checkout_of_booking(tx: Transaction, booking_id: BookingId) -> Checkout | None:
    row = await tx.maybe(
        _Row, "SELECT * FROM checkouts WHERE booking_id = %s FOR UPDATE", (booking_id,)
    )
    return row.checkout() if row else None


async def insert_checkout(tx: Transaction, checkout: Checkout) -> Checkout | None:
    """As stored; None when the id is taken."""
    contact = checkout.contact
    row = await tx.maybe(
        _Row,
        "INSERT INTO checkouts (id, saga_id, hold_id, booking_id, intent_id, organiser_id,"
        " total_minor, currency, content, contact_email, contact_name, contact_language, method,"
        " booking_key)"
        " VALUES (%(id)s, %(saga_id)s, %(hold_id)s, %(booking_id)s, %(intent_id)s,"
        " %(organiser_id)s, %(total_minor)s, %(currency)s, %(content)s, %(email)s, %(name)s,"
        " %(language)s, %(method)s, %(booking_key)s)"
        " ON CONFLICT (id) DO NOTHING RETURNING *",
        {
            "id": checkout.id, "saga_id": checkout.saga_id, "hold_id": checkout.hold_id,
            "booking_id": checkout.booking_id, "intent_id": checkout.intent_id,
            "organiser_id": checkout.organiser_id,
            "total_minor": checkout.total.minor, "currency": checkout.total.currency,
            "content": checkout.content, "email": contact and contact.email,
            "name": contact and contact.name, "language": contact and contact.language,
            "method": checkout.method, "booking_key": checkout.booking_key,
        },
    )  # fmt: skip
    return row.checkout() if row else None


async def end_checkout(tx: Transaction, checkout_id: CheckoutId, booking_key: str | None) -> None:
    """Keeps the booking's key, and forgets the person and the card."""
    await tx.execute(
        "UPDATE checkouts SET booking_key = coalesce(booking_key, %s), contact_email = NULL,"
        " contact_name = NULL, contact_language = NULL, method = NULL WHERE id = %s",
        (booking_key, checkout_id),
    )


async def erase_contents(tx: Transaction, booking_ids: Sequence[BookingId]) -> int:
    """Of ended purchases: who sends one of them again finds its id used. How many there were."""
    return await tx.execute(
        "UPDATE checkouts SET content = '' WHERE booking_id = ANY(%s) AND contact_email IS NULL"
        " AND content <> ''",
        (list(booking_ids),),
    )


async def count_with_contact(tx: Transaction, email: str) -> int:
    return await tx.value(
        "SELECT count(*) FROM checkouts WHERE lower(contact_email) = lower(%s)", (email,)
    )


async def insert_cancellation(
    tx: Transaction, cancellation_id: CancellationId, checkout_id: CheckoutId
) -> Cancellation | None:
    """None when the id is taken."""
    return await tx.maybe(
        Cancellation,
        "INSERT INTO cancellations (id, checkout_id) VALUES (%s, %s)"
        " ON CONFLICT DO NOTHING RETURNING id, checkout_id, created_at",
        (cancellation_id, checkout_id),
    )


async def find_checkout_of_cancellation(tx: Transaction, saga_id: UUID) -> Checkout | None:
    row = await tx.maybe(
        _Row,
        "SELECT c.* FROM checkouts c JOIN cancellations x ON x.checkout_id = c.id WHERE x.id = %s",
        (saga_id,),
    )
    return row.checkout() if row else None


async def latest_cancellation(tx: Transaction, checkout_id: CheckoutId) -> Cancellation | None:
    return await tx.maybe(
        Cancellation,
        "SELECT id, checkout_id, created_at FROM cancellations WHERE checkout_id = %s"
        " ORDER BY created_at DESC LIMIT 1",
        (checkout_id,),
    )
