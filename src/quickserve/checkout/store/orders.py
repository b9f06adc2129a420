"""Orders that are paid by card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.checkout.model import OrderCheckout
from quickserve.contracts.order_checkout import OrderCheckoutId
from quickserve.contracts.ordering import BasketId, OrderContact, OrderId
from quickserve.contracts.payment import IntentId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class _Row:
    id: OrderCheckoutId
    saga_id: UUID
    basket_id: BasketId
    basket_version: int
    order_id: OrderId
    intent_id: IntentId
    organiser_id: OrganiserId
    total_minor: int
    currency: str
    content: bytes
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None
    contact_language: str | None
    method: str | None
    order_key: str | None
    state: Literal["open", "confirmed", "failed"]
    created_at: datetime

    def checkout(self) -> OrderCheckout:
        contact = None
        if self.contact_name is not None:
            # Validated when it came in; once is enough.
            contact = OrderContact.model_construct(
                name=self.contact_name, email=self.contact_email, phone=self.contact_phone or "",
                language="en" if self.contact_language == "en" else "fr",
            )  # fmt: skip
        return OrderCheckout(
            self.id, self.saga_id, self.basket_id, self.basket_version, self.order_id,
            self.intent_id, self.organiser_id, Money(self.total_minor, self.currency),
            bytes(self.content), contact, self.method, self.order_key, self.state,
            self.created_at,
        )  # fmt: skip


async def insert(tx: Transaction, new: OrderCheckout) -> OrderCheckout | None:
    """As stored; None when the id is taken."""
    contact = new.contact
    row = await tx.maybe(
        _Row,
        "INSERT INTO order_checkouts (id, saga_id, basket_id, basket_version, order_id, intent_id,"
        " organiser_id, total_minor, currency, content, contact_name, contact_email,"
        " contact_phone, contact_language, method, order_key, state)"
        " VALUES (%(id)s, %(saga)s, %(basket)s, %(version)s, %(order)s, %(intent)s,"
        " %(organiser)s, %(total)s, %(currency)s, %(content)s, %(name)s, %(email)s, %(phone)s,"
        " %(language)s, %(method)s, %(key)s, %(state)s)"
        " ON CONFLICT (id) DO NOTHING RETURNING *",
        {
            "id": new.id, "saga": new.saga_id, "basket": new.basket_id,
            "version": new.basket_version, "order": new.order_id, "intent": new.intent_id,
            "organiser": new.organiser_id, "total": new.total.minor,
            "currency": new.total.currency, "content": new.content,
            "name": contact and contact.name, "email": contact and contact.email,
            "phone": contact and contact.phone, "language": contact and contact.language,
            "method": new.method, "key": new.order_key, "state": new.state,
        },
    )  # fmt: skip
    return row.checkout() if row else None


async def find(tx: Transaction, checkout_id: OrderCheckoutId) -> OrderCheckout | None:
    row = await tx.maybe(_Row, "SELECT * FROM order_checkouts WHERE id = %s", (checkout_id,))
    return row.checkout() if row else None


async def find_of_saga(tx: Transaction, either_id: UUID) -> OrderCheckout | None:
    """By the saga's id, or its own, which a buyer may have shown."""
    row = await tx.maybe(
        _Row,
        "SELECT * FROM order_checkouts WHERE saga_id = %(id)s OR id = %(id)s",
        {"id": either_id},
    )
    return row.checkout() if row else None


async def find_of_order(tx: Transaction, order_id: OrderId) -> OrderCheckout | None:
    row = await tx.maybe(_Row, "SELECT * FROM order_checkouts WHERE order_id = %s", (order_id,))
    return row.checkout() if row else None


async def set_key(tx: Transaction, checkout_id: OrderCheckoutId, order_key: str) -> None:
    await tx.execute(
        "UPDATE order_checkouts SET order_key = %s WHERE id = %s", (order_key, checkout_id)
    )


async def end(
    tx: Transaction, checkout_id: OrderCheckoutId, state: Literal["confirmed", "failed"]
) -> None:
    """Forgets the person and the card."""
    await tx.execute(
        "UPDATE order_checkouts SET state = %s, contact_name = NULL, contact_email = NULL,"
        " contact_phone = NULL, contact_language = NULL, method = NULL WHERE id = %s",
        (state, checkout_id),
    )


async def count_with_contact(tx: Transaction, email: str) -> int:
    """Orders under way."""
    return await tx.value(
        "SELECT count(*) FROM order_checkouts WHERE lower(contact_email) = lower(%s)", (email,)
    )


async def erase_contents(tx: Transaction, order_ids: Sequence[OrderId]) -> int:
    """As `forget_contents`, of these orders at once."""
    return await tx.execute(
        "UPDATE order_checkouts SET content = '' WHERE order_id = ANY(%s) AND state <> 'open'"
        " AND content <> ''",
        (list(order_ids),),
    )


async def forget_contents(tx: Transaction, limit: int) -> int:
    """Thirty days after: who sends one of them again finds its id used."""
    return await tx.execute(
        "UPDATE order_checkouts SET content = '' WHERE id IN (SELECT id FROM order_checkouts"
        " WHERE content <> '' AND state <> 'open'"
        " AND created_at < clock_timestamp() - interval '30 days' LIMIT %s)",
        (limit,),
    )
