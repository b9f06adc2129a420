"""All the SQL of checkout. The sagas' own tables are the kernel's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quickserve.checkout.model import Cancellation, Change, Checkout
from quickserve.contracts.booking import BookingId, Contact, HoldId, TicketId
from quickserve.contracts.booking_changes import AmendmentKind
from quickserve.contracts.checkout import CancellationId, CheckoutId
from quickserve.contracts.checkout_changes import ChangeId
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


async def erase_change_contents(tx: Transaction, booking_ids: Sequence[BookingId]) -> int:
    """As `erase_contents`, of changes."""
    return await tx.execute(
        "UPDATE changes SET content = '' WHERE booking_id = ANY(%s) AND contact_email IS NULL"
        " AND content <> ''",
        (list(booking_ids),),
    )


async def count_with_contact(tx: Transaction, email: str) -> int:
    """Purchases and changes under way."""
    return await tx.value(
        "SELECT (SELECT count(*) FROM checkouts WHERE lower(contact_email) = lower(%(email)s))"
        " + (SELECT count(*) FROM changes WHERE lower(contact_email) = lower(%(email)s))",
        {"email": email},
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


# -- Changes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ChangeRow:
    id: ChangeId
    saga_id: UUID
    kind: AmendmentKind
    booking_id: BookingId
    organiser_id: OrganiserId
    ticket_ids: list[TicketId]
    hold_id: HoldId | None
    new_booking_id: BookingId | None
    intent_id: IntentId
    value_minor: int
    due_minor: int
    refund_minor: int
    currency: str
    content: bytes
    contact_email: str | None
    contact_name: str | None
    contact_language: str | None
    method: str | None
    new_booking_key: str | None
    done: bool
    created_at: datetime

    def change(self) -> Change:
        contact = None
        if self.contact_email is not None:
            contact = Contact.model_construct(
                email=self.contact_email, name=self.contact_name, language=self.contact_language
            )
        value, due, refund = (
            Money(minor, self.currency)
            for minor in (self.value_minor, self.due_minor, self.refund_minor)
        )
        return Change(
            self.id, self.saga_id, self.kind, self.booking_id, self.organiser_id, self.ticket_ids,
            self.hold_id, self.new_booking_id, self.intent_id, value, due, refund,
            bytes(self.content), contact, self.method, self.new_booking_key, self.done,
            self.created_at,
        )  # fmt: skip


async def insert_change(tx: Transaction, change: Change) -> Change | None:
    """As stored; None when the id is taken."""
    contact = change.contact
    row = await tx.maybe(
        _ChangeRow,
        "INSERT INTO changes (id, saga_id, kind, booking_id, organiser_id, ticket_ids, hold_id,"
        " new_booking_id, intent_id, value_minor, due_minor, refund_minor, currency, content,"
        " contact_email, contact_name, contact_language, method)"
        " VALUES (%(id)s, %(saga_id)s, %(kind)s, %(booking_id)s, %(organiser_id)s, %(tickets)s,"
        " %(hold_id)s, %(new_booking_id)s, %(intent_id)s, %(value)s, %(due)s, %(refund)s,"
        " %(currency)s, %(content)s, %(email)s, %(name)s, %(language)s, %(method)s)"
        " ON CONFLICT (id) DO NOTHING RETURNING *",
        {
            "id": change.id, "saga_id": change.saga_id, "kind": change.kind,
            "booking_id": change.booking_id, "organiser_id": change.organiser_id,
            "tickets": change.ticket_ids, "hold_id": change.hold_id,
            "new_booking_id": change.new_booking_id, "intent_id": change.intent_id,
            "value": change.value.minor, "due": change.due.minor, "refund": change.refund.minor,
            "currency": change.value.currency, "content": change.content,
            "email": contact and contact.email, "name": contact and contact.name,
            "language": contact and contact.language, "method": change.method,
        },
    )  # fmt: skip
    return row.change() if row else None


async def find_change(tx: Transaction, either_id: UUID) -> Change | None:
    """By its id, or its saga's."""
    row = await tx.maybe(
        _ChangeRow,
        "SELECT * FROM changes WHERE id = %(id)s OR saga_id = %(id)s",
        {"id": either_id},
    )
    return row.change() if row else None


async def end_change(
    tx: Transaction, change_id: ChangeId, booking_key: str | None, *, done: bool
) -> None:
    """Forgets the person and the card."""
    await tx.execute(
        "UPDATE changes SET new_booking_key = coalesce(new_booking_key, %s), done = %s,"
        " contact_email = NULL, contact_name = NULL, contact_language = NULL, method = NULL"
        " WHERE id = %s",
        (booking_key, done, change_id),
    )


async def insert_exchanged(tx: Transaction, change: Change, booking_key: str) -> None:
    """What was got in exchange is a purchase like another: it can be cancelled, or exchanged."""
    await tx.execute(
        "INSERT INTO checkouts (id, saga_id, hold_id, booking_id, intent_id, organiser_id,"
        " total_minor, currency, content, booking_key)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (
            change.id, change.saga_id, change.hold_id, change.new_booking_id, change.intent_id,
            change.organiser_id, change.new_total.minor, change.new_total.currency, change.content,
            booking_key,
        ),
    )  # fmt: skip


async def payments_of(tx: Transaction, booking_id: BookingId) -> list[IntentId]:
    """What paid for a booking, the newest first: its own charge, and those of what it came from."""
    found: list[UUID] = await tx.value(
        "WITH RECURSIVE line AS (SELECT %s::uuid AS booking_id, 0 AS depth"
        " UNION ALL SELECT x.booking_id, line.depth + 1 FROM line"
        " JOIN changes x ON x.new_booking_id = line.booking_id WHERE line.depth < 50)"
        " SELECT coalesce(array_agg(c.intent_id ORDER BY line.depth), '{}') FROM line"
        " JOIN checkouts c ON c.booking_id = line.booking_id AND c.total_minor > 0"
        " AND c.booking_key IS NOT NULL LEFT JOIN changes x ON x.id = c.id"
        " WHERE x.id IS NULL OR x.due_minor > 0",
        (booking_id,),
    )
    return [IntentId(one) for one in found]


async def value_left(tx: Transaction, booking_id: BookingId) -> int:
    """Minor units that a booking's tickets still cost: without those that were changed."""
    return await tx.value(
        "SELECT (SELECT total_minor FROM checkouts WHERE booking_id = %(id)s) -"
        " (SELECT coalesce(sum(value_minor), 0)::bigint FROM changes"
        "  WHERE booking_id = %(id)s AND done)",
        {"id": booking_id},
    )
