"""Lines that are called off, and tabs while something is."""

import json
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from quickserve.contracts.order_cancelling import CancelledBy, CancelledLines, GivenBack
from quickserve.contracts.ordering import BasketLineId, OrderId, TabId, TaxLine
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import PersonId
from quickserve.kernel.money import Money

_TAXES: TypeAdapter[list[TaxLine]] = TypeAdapter(list[TaxLine])
_FOUND = (
    "SELECT c.id, c.order_id, c.state, c.lines, c.whole, c.amount_minor, c.currency, c.parts,"
    " c.taxes, c.back, c.by, c.person, c.words, o.tab_id FROM order_cancellations c"
    " JOIN orders o ON o.id = c.order_id"
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    id: UUID
    order_id: OrderId
    state: Literal["open", "done", "dropped"]
    lines: list[BasketLineId]
    whole: bool
    amount_minor: int
    currency: str
    parts: dict[str, int]
    taxes: list[dict[str, Any]]
    back: GivenBack
    by: CancelledBy
    person: PersonId | None
    words: str
    tab_id: TabId | None

    def view(self) -> CancelledLines:
        return CancelledLines(
            id=self.id, order_id=self.order_id, state=self.state, lines=self.lines,
            whole=self.whole, amount=Money(self.amount_minor, self.currency),
            parts={BasketLineId(UUID(one)): part for one, part in self.parts.items()},
            taxes=_TAXES.validate_python(self.taxes), back=self.back, tab_id=self.tab_id,
        )  # fmt: skip


async def find(tx: Transaction, cancellation_id: UUID) -> Cancellation | None:
    return await tx.maybe(Cancellation, _FOUND + " WHERE c.id = %s", (cancellation_id,))


async def insert(tx: Transaction, new: Cancellation) -> None:
    """Raises CancellationUnderWay by the constraint."""
    await tx.execute(
        "INSERT INTO order_cancellations (id, order_id, state, lines, whole, amount_minor,"
        " currency, parts, taxes, back, by, person, words) VALUES (%s, %s, %s, %s, %s, %s, %s,"
        " %s::jsonb, %s::jsonb, %s, %s, %s, %s)",
        (
            new.id, new.order_id, new.state, new.lines, new.whole, new.amount_minor, new.currency,
            json.dumps(new.parts), json.dumps(new.taxes), new.back, new.by, new.person, new.words,
        ),
    )  # fmt: skip


async def end(tx: Transaction, cancellation_id: UUID, state: Literal["done", "dropped"]) -> None:
    await tx.execute(
        "UPDATE order_cancellations SET state = %s, ended_at = clock_timestamp() WHERE id = %s",
        (state, cancellation_id),
    )


async def forget_staff(tx: Transaction, limit: int) -> int:
    return await tx.execute(
        "UPDATE order_cancellations SET person = NULL WHERE id IN (SELECT id"
        " FROM order_cancellations WHERE person IS NOT NULL"
        " AND opened_at < clock_timestamp() - interval '1 year' LIMIT %s)",
        (limit,),
    )
