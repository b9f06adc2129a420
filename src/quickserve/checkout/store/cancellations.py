"""Orders that are called off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.checkout.model import OrderCancellation
from quickserve.contracts.order_cancelling import CancelledBy, GivenBack, OrderCancellationId
from quickserve.contracts.ordering import BasketLineId, OrderId, TabId
from quickserve.contracts.payment import IntentId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class _Row:
    id: OrderCancellationId
    saga_id: UUID
    order_id: OrderId
    organiser_id: OrganiserId
    lines: list[BasketLineId]
    by: CancelledBy
    person: PersonId | None
    words: str
    content: bytes
    amount_minor: int | None
    currency: str | None
    back: GivenBack | None
    whole: bool
    state: Literal["open", "done", "refused"]
    created_at: datetime

    def cancellation(self) -> OrderCancellation:
        amount = None
        if self.amount_minor is not None and self.currency is not None:
            amount = Money(self.amount_minor, self.currency)
        return OrderCancellation(
            self.id, self.saga_id, self.order_id, self.organiser_id, self.lines, self.by,
            self.person, self.words, bytes(self.content), amount, self.back, self.whole,
            self.state, self.created_at,
        )  # fmt: skip


async def insert(tx: Transaction, new: OrderCancellation) -> OrderCancellation | None:
    """As stored; None when the id is taken."""
    row = await tx.maybe(
        _Row,
        "INSERT INTO order_cancellations (id, saga_id, order_id, organiser_id, lines, by, person,"
        " words, content, whole) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING *",
        (
            new.id, new.saga_id, new.order_id, new.organiser_id, new.lines, new.by, new.person,
            new.words, new.content, new.whole,
        ),
    )  # fmt: skip
    return row.cancellation() if row else None


async def find(tx: Transaction, cancellation_id: OrderCancellationId) -> OrderCancellation | None:
    row = await tx.maybe(
        _Row, "SELECT * FROM order_cancellations WHERE id = %s", (cancellation_id,)
    )
    return row.cancellation() if row else None


async def find_of_saga(tx: Transaction, either_id: UUID) -> OrderCancellation | None:
    row = await tx.maybe(
        _Row,
        "SELECT * FROM order_cancellations WHERE id = %(id)s OR saga_id = %(id)s",
        {"id": either_id},
    )
    return row.cancellation() if row else None


async def set_amount(
    tx: Transaction, cancellation_id: OrderCancellationId, amount: Money, back: GivenBack, *,
    whole: bool,
) -> None:  # fmt: skip
    await tx.execute(
        "UPDATE order_cancellations SET amount_minor = %s, currency = %s, back = %s, whole = %s"
        " WHERE id = %s",
        (amount.minor, amount.currency, back, whole, cancellation_id),
    )


async def end(
    tx: Transaction, cancellation_id: OrderCancellationId, state: Literal["done", "refused"]
) -> None:
    await tx.execute(
        "UPDATE order_cancellations SET state = %s, person = NULL, words = '' WHERE id = %s",
        (state, cancellation_id),
    )


@dataclass(frozen=True, slots=True)
class PaidBy:
    """A charge of an order; `line_ids` where it paid for lines of its own, in a group."""

    intent_id: IntentId
    line_ids: list[BasketLineId]


async def payments_of_tab(tx: Transaction, tab_id: TabId) -> list[PaidBy]:
    """None where it was paid in cash. One that is not confirmed yet may be captured already."""
    return await tx.all(
        PaidBy,
        "SELECT intent_id, '{}'::uuid[] AS line_ids FROM tab_settlements"
        " WHERE tab_id = %s AND state <> 'failed'",
        (tab_id,),
    )


async def payments_of_order(tx: Transaction, order_id: OrderId) -> list[PaidBy]:
    return await tx.all(
        PaidBy,
        "SELECT intent_id, '{}'::uuid[] AS line_ids FROM order_checkouts"
        " WHERE order_id = %(order)s AND state = 'confirmed' AND total_minor > 0"
        " UNION ALL SELECT h.intent_id, h.line_ids FROM split_shares h"
        " JOIN splits s ON s.id = h.split_id WHERE s.order_id = %(order)s"
        " AND s.state = 'confirmed' AND h.intent_id IS NOT NULL",
        {"order": order_id},
    )
