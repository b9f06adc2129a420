"""Tabs that are paid by card."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.checkout.model import Settlement
from quickserve.contracts.ordering import TabId
from quickserve.contracts.payment import IntentId
from quickserve.contracts.tabs import SettlementId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class _Row:
    id: SettlementId
    saga_id: UUID
    tab_id: TabId
    tab_key: str
    intent_id: IntentId
    organiser_id: OrganiserId
    total_minor: int
    tip_minor: int
    currency: str
    content: bytes
    method: str | None
    state: Literal["open", "confirmed", "failed"]
    created_at: datetime

    def settlement(self) -> Settlement:
        return Settlement(
            self.id, self.saga_id, self.tab_id, self.tab_key, self.intent_id, self.organiser_id,
            Money(self.total_minor, self.currency), Money(self.tip_minor, self.currency),
            bytes(self.content), self.method, self.state, self.created_at,
        )  # fmt: skip


async def insert(tx: Transaction, new: Settlement) -> Settlement | None:
    """As stored; None when the id is taken."""
    row = await tx.maybe(
        _Row,
        "INSERT INTO tab_settlements (id, saga_id, tab_id, tab_key, intent_id, organiser_id,"
        " total_minor, tip_minor, currency, content, method)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING *",
        (
            new.id, new.saga_id, new.tab_id, new.tab_key, new.intent_id, new.organiser_id,
            new.total.minor, new.tip.minor, new.total.currency, new.content, new.method,
        ),
    )  # fmt: skip
    return row.settlement() if row else None


async def find(tx: Transaction, settlement_id: SettlementId) -> Settlement | None:
    row = await tx.maybe(_Row, "SELECT * FROM tab_settlements WHERE id = %s", (settlement_id,))
    return row.settlement() if row else None


async def find_of_saga(tx: Transaction, saga_id: UUID) -> Settlement | None:
    row = await tx.maybe(_Row, "SELECT * FROM tab_settlements WHERE saga_id = %s", (saga_id,))
    return row.settlement() if row else None


async def end(
    tx: Transaction, settlement_id: SettlementId, state: Literal["confirmed", "failed"]
) -> None:
    """Forgets the card."""
    await tx.execute(
        "UPDATE tab_settlements SET state = %s, method = NULL WHERE id = %s",
        (state, settlement_id),
    )
