"""Tabs as they are paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.ordering import OrderId, OrderState, TabId
from quickserve.contracts.tabs import TabOrder
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Tab:
    id: TabId
    ticket_id: TicketId
    organiser_id: OrganiserId
    currency: str
    state: Literal["open", "closing", "paid"]
    total_minor: int
    limit_minor: int
    closed_by: UUID | None
    paid_by: Literal["card", "cash"] | None
    opened_at: datetime
    paid_at: datetime | None


_TAB = (
    "SELECT id, ticket_id, organiser_id, currency, state, total_minor, limit_minor, closed_by,"
    " paid_by, opened_at, paid_at FROM tabs"
)


async def find(tx: Transaction, tab_id: TabId) -> Tab | None:
    return await tx.maybe(Tab, _TAB + " WHERE id = %s", (tab_id,))


async def lock(tx: Transaction, tab_id: TabId) -> Tab | None:
    return await tx.maybe(Tab, _TAB + " WHERE id = %s FOR UPDATE", (tab_id,))


def _order(
    order_id: OrderId, number: str, stand_name: str, state: OrderState, minor: int, currency: str,
    placed_at: datetime,
) -> TabOrder:  # fmt: skip
    return TabOrder(
        id=order_id, number=number, stand_name=stand_name, state=state,
        amount=Money(minor, currency), placed_at=placed_at,
    )  # fmt: skip


async def orders_of(tx: Transaction, tab_id: TabId) -> list[TabOrder]:
    return await tx.all(
        _order,
        "SELECT o.id AS order_id, o.number, s.document ->> 'name' AS stand_name, o.state,"
        " CASE WHEN o.state IN ('rejected', 'withdrawn', 'cancelled') THEN 0"
        " ELSE o.total_minor - o.refunded_minor END AS minor, o.currency, o.placed_at"
        " FROM orders o JOIN stands s ON s.id = o.stand_id"
        " WHERE o.tab_id = %s ORDER BY o.placed_at LIMIT 200",
        (tab_id,),
    )


async def undecided(tx: Transaction, tab_id: TabId) -> bool:
    """An order waits for its stand's yes, or something of one is being cancelled."""
    return await tx.value(
        "SELECT EXISTS (SELECT FROM orders o WHERE o.tab_id = %s AND (o.state IN"
        " ('pending', 'submitted') OR EXISTS (SELECT FROM order_cancellations c"
        " WHERE c.order_id = o.id AND c.state = 'open')))",
        (tab_id,),
    )


async def close(tx: Transaction, tab_id: TabId, settlement_id: UUID) -> None:
    await tx.execute(
        "UPDATE tabs SET state = 'closing', closed_by = %s WHERE id = %s", (settlement_id, tab_id)
    )


async def reopen(tx: Transaction, tab_id: TabId) -> None:
    await tx.execute("UPDATE tabs SET state = 'open', closed_by = NULL WHERE id = %s", (tab_id,))


async def refuse(tx: Transaction, settlement_id: UUID) -> None:
    await tx.execute(
        "INSERT INTO tab_closings_refused (settlement_id) VALUES (%s) ON CONFLICT DO NOTHING",
        (settlement_id,),
    )


async def is_refused(tx: Transaction, settlement_id: UUID) -> bool:
    return await tx.value(
        "SELECT EXISTS (SELECT FROM tab_closings_refused WHERE settlement_id = %s)",
        (settlement_id,),
    )


async def set_paid(
    tx: Transaction, tab_id: TabId, paid_by: Literal["card", "cash"], person: PersonId | None
) -> None:
    """With all its orders."""
    await tx.execute(
        "WITH paid AS (UPDATE tabs SET state = 'paid', paid_by = %s, cash_taken_by = %s,"
        " paid_at = clock_timestamp() WHERE id = %s RETURNING id)"
        " UPDATE orders o SET paid_at = coalesce(o.paid_at, clock_timestamp()) FROM paid"
        " WHERE o.tab_id = paid.id AND o.state NOT IN ('rejected', 'withdrawn', 'cancelled')",
        (paid_by, person, tab_id),
    )


async def forget(tx: Transaction, limit: int) -> int:
    """Staff who took cash a year ago, and tombstones of a month ago."""
    return await tx.execute(
        "WITH old AS (DELETE FROM tab_closings_refused"
        " WHERE at < clock_timestamp() - interval '30 days')"
        " UPDATE tabs SET cash_taken_by = NULL WHERE id IN (SELECT id FROM tabs"
        " WHERE cash_taken_by IS NOT NULL AND paid_at < clock_timestamp() - interval '1 year'"
        " LIMIT %s)",
        (limit,),
    )
