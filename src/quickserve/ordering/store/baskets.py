"""Baskets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import BasketDraft, BasketId, NewLine, OrderId
from quickserve.kernel.db import Transaction
from quickserve.ordering.model import Basket, TicketFacts


@dataclass(frozen=True, slots=True)
class _Row:
    id: BasketId
    version: int
    draft: dict[str, Any]
    lines: list[dict[str, Any]]
    ticket: dict[str, Any] | None
    order_id: OrderId | None

    def basket(self) -> Basket:
        ticket = None
        if self.ticket is not None:
            facts: Any = self.ticket
            ticket = TicketFacts(
                TicketId(UUID(facts["ticket_id"])), EventId(UUID(facts["event_id"])),
                TicketTypeId(UUID(facts["ticket_type_id"])), facts["seat"],
            )  # fmt: skip
        return Basket(
            self.id, self.version, BasketDraft.model_validate(self.draft),
            [NewLine.model_validate(line) for line in self.lines], ticket, self.order_id,
        )  # fmt: skip


async def find(tx: Transaction, basket_id: BasketId) -> Basket | None:
    row = await tx.maybe(
        _Row,
        "SELECT id, version, draft, lines, ticket, order_id FROM baskets WHERE id = %s",
        (basket_id,),
    )
    return row.basket() if row else None


async def lock(tx: Transaction, basket_id: BasketId) -> Basket | None:
    row = await tx.maybe(
        _Row,
        "SELECT id, version, draft, lines, ticket, order_id FROM baskets WHERE id = %s FOR UPDATE",
        (basket_id,),
    )
    return row.basket() if row else None


async def insert(
    tx: Transaction, basket_id: BasketId, stand_id: StandId, draft: str, lines: str,
    ticket_id: UUID | None, ticket: str | None,
) -> bool:  # fmt: skip
    """False when there is one of this id."""
    return (
        await tx.execute(
            "INSERT INTO baskets (id, stand_id, draft, lines, ticket_id, ticket)"
            " VALUES (%s, %s, %s::jsonb, %s::jsonb, %s, %s::jsonb) ON CONFLICT DO NOTHING",
            (basket_id, stand_id, draft, lines, ticket_id, ticket),
        )
        == 1
    )


async def update(
    tx: Transaction, basket_id: BasketId, draft: str, lines: str,
    ticket_id: UUID | None, ticket: str | None,
) -> None:  # fmt: skip
    await tx.execute(
        "UPDATE baskets SET draft = %s::jsonb, lines = %s::jsonb, ticket_id = %s,"
        " ticket = %s::jsonb, version = version + 1, changed_at = clock_timestamp()"
        " WHERE id = %s",
        (draft, lines, ticket_id, ticket, basket_id),
    )


async def update_lines(tx: Transaction, basket_id: BasketId, lines: str) -> None:
    await tx.execute(
        "UPDATE baskets SET lines = %s::jsonb, version = version + 1,"
        " changed_at = clock_timestamp() WHERE id = %s",
        (lines, basket_id),
    )


@dataclass(frozen=True, slots=True)
class Locked:
    id: BasketId
    version: int
    order_id: OrderId | None


async def lock_many(tx: Transaction, basket_ids: Sequence[BasketId]) -> dict[BasketId, Locked]:
    found = await tx.all(
        Locked,
        "SELECT id, version, order_id FROM baskets WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
        (list(basket_ids),),
    )
    return {one.id: one for one in found}


async def set_ordered(
    tx: Transaction, basket_ids: Sequence[BasketId], order_ids: Sequence[OrderId]
) -> None:
    await tx.execute(
        "UPDATE baskets b SET order_id = o.order_id, shared_by = NULL,"
        " changed_at = clock_timestamp()"
        " FROM unnest(%s::uuid[], %s::uuid[]) AS o(basket_id, order_id) WHERE b.id = o.basket_id",
        (list(basket_ids), list(order_ids)),
    )


async def reopen(tx: Transaction, basket_id: BasketId, order_id: OrderId) -> None:
    """The order was taken back: the basket is as it was, and may be changed."""
    await tx.execute(
        "UPDATE baskets SET order_id = NULL, version = version + 1,"
        " changed_at = clock_timestamp() WHERE id = %s AND order_id = %s",
        (basket_id, order_id),
    )


async def delete_old(tx: Transaction, limit: int) -> int:
    return await tx.execute(
        "DELETE FROM baskets WHERE id IN (SELECT id FROM baskets"
        " WHERE changed_at < clock_timestamp() - interval '1 day' LIMIT %s)",
        (limit,),
    )


async def open_shared(
    tx: Transaction, basket_id: BasketId, stand_id: StandId, draft: str, ticket_id: UUID,
    ticket: str,
) -> BasketId:  # fmt: skip
    """The basket that a ticket's devices share; this one where there is none yet."""
    return await tx.value(
        "INSERT INTO baskets AS known (id, stand_id, draft, ticket_id, ticket, shared_by)"
        " VALUES (%(id)s, %(stand)s, %(draft)s::jsonb, %(ticket_id)s, %(ticket)s::jsonb,"
        " %(ticket_id)s) ON CONFLICT (shared_by, stand_id) DO UPDATE SET ticket = excluded.ticket"
        " RETURNING id",
        {
            "id": basket_id, "stand": stand_id, "draft": draft, "ticket_id": ticket_id,
            "ticket": ticket,
        },
    )  # fmt: skip
