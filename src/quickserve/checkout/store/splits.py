"""Baskets that several pay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from quickserve.contracts.ordering import BasketId, BasketLineId, OrderContact, OrderId
from quickserve.contracts.payment import IntentId
from quickserve.contracts.split_payment import ShareId, SplitId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Split:
    id: SplitId
    saga_id: UUID
    basket_id: BasketId
    basket_version: int
    order_id: OrderId
    organiser_id: OrganiserId
    total_minor: int
    currency: str
    content: bytes
    contact: dict[str, Any] | None
    order_key: str | None
    state: Literal["open", "confirmed", "failed"]
    until: datetime
    created_at: datetime

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Share:
    id: ShareId
    split_id: SplitId
    position: int
    guest: str
    line_ids: list[BasketLineId]
    amount_minor: int
    attempt: int
    intent_id: IntentId | None
    intent_ids: list[IntentId]
    paid: bool


@dataclass(frozen=True, slots=True)
class NewShare:
    guest: str
    line_ids: list[BasketLineId]
    amount_minor: int


async def insert(tx: Transaction, new: Split, contact: OrderContact, seconds: int) -> bool:
    return (
        await tx.execute(
            "INSERT INTO splits (id, saga_id, basket_id, basket_version, order_id, organiser_id,"
            " total_minor, currency, content, contact, until) VALUES (%s, %s, %s, %s, %s, %s, %s,"
            " %s, %s, %s::jsonb, clock_timestamp() + make_interval(secs => %s))"
            " ON CONFLICT DO NOTHING",
            (
                new.id, new.saga_id, new.basket_id, new.basket_version, new.order_id,
                new.organiser_id, new.total_minor, new.currency, new.content,
                contact.model_dump_json(), seconds,
            ),
        )
        == 1
    )  # fmt: skip


async def insert_share(
    tx: Transaction, split_id: SplitId, share_id: ShareId, position: int, new: NewShare
) -> None:
    """What costs nothing is paid already."""
    await tx.execute(
        "INSERT INTO split_shares (id, split_id, position, guest, line_ids, amount_minor, paid)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (
            share_id, split_id, position, new.guest, new.line_ids, new.amount_minor,
            new.amount_minor == 0,
        ),
    )  # fmt: skip


async def find(tx: Transaction, split_id: SplitId) -> Split | None:
    return await tx.maybe(Split, "SELECT * FROM splits WHERE id = %s", (split_id,))


async def lock(tx: Transaction, split_id: SplitId) -> Split | None:
    return await tx.maybe(Split, "SELECT * FROM splits WHERE id = %s FOR UPDATE", (split_id,))


async def find_of_saga(tx: Transaction, saga_id: UUID) -> Split | None:
    return await tx.maybe(Split, "SELECT * FROM splits WHERE saga_id = %s", (saga_id,))


async def shares(tx: Transaction, split_id: SplitId) -> list[Share]:
    return await tx.all(
        Share, "SELECT * FROM split_shares WHERE split_id = %s ORDER BY position", (split_id,)
    )


async def find_share(tx: Transaction, share_id: ShareId) -> Share | None:
    return await tx.maybe(Share, "SELECT * FROM split_shares WHERE id = %s", (share_id,))


async def begin_attempt(tx: Transaction, share_id: ShareId, intent_id: IntentId) -> None:
    await tx.execute(
        "UPDATE split_shares SET attempt = attempt + 1, intent_id = %(intent)s,"
        " intent_ids = intent_ids || %(intent)s::uuid WHERE id = %(id)s",
        {"id": share_id, "intent": intent_id},
    )


async def split_of(tx: Transaction, intent_id: IntentId) -> SplitId | None:
    """Of the share whose last attempt it is, if it is one's."""
    return await tx.value("SELECT split_id FROM split_shares WHERE intent_id = %s", (intent_id,))


async def set_paid(tx: Transaction, intent_id: IntentId) -> None:
    await tx.execute("UPDATE split_shares SET paid = true WHERE intent_id = %s", (intent_id,))


async def set_key(tx: Transaction, split_id: SplitId, order_key: str) -> None:
    await tx.execute("UPDATE splits SET order_key = %s WHERE id = %s", (order_key, split_id))


async def end(tx: Transaction, split_id: SplitId, state: Literal["confirmed", "failed"]) -> None:
    """Forgets the people."""
    await tx.execute(
        "WITH nameless AS (UPDATE split_shares SET guest = '',"
        " paid = paid AND %(state)s = 'confirmed' WHERE split_id = %(id)s)"
        " UPDATE splits SET state = %(state)s, contact = NULL WHERE id = %(id)s",
        {"id": split_id, "state": state},
    )


async def is_all_paid(tx: Transaction, split_id: SplitId) -> bool:
    return await tx.value(
        "SELECT bool_and(paid) FROM split_shares WHERE split_id = %s", (split_id,)
    )
