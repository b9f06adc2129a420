"""So many of a ticket type by one person, whose name here is the e-mail address."""

from collections.abc import Sequence

from quickserve.booking import selling
from quickserve.booking.model import Booking, Buyer, PersonLimit
from quickserve.booking.store import rules
from quickserve.contracts.booking import DateFacts, HeldItem
from quickserve.contracts.booking_rules import PerPersonExceeded
from quickserve.kernel.db import Transaction

_Key = tuple[str, object, object]


class Persons:
    """Locked until the transaction ends; what they book in it counts as well."""

    def __init__(self) -> None:
        self._more: dict[_Key, int] = {}

    async def refusal(
        self, tx: Transaction, booking: Booking, limits: Sequence[PersonLimit]
    ) -> PerPersonExceeded | None:
        for limit in limits:
            has = await _has(tx, booking.date, booking.buyer, limit)
            has += self._more.get(_key(booking, limit), 0)
            if refusal := selling.exceeded(limit, has):
                return refusal
        return None

    def add(self, booking: Booking, limits: Sequence[PersonLimit]) -> None:
        for limit in limits:
            key = _key(booking, limit)
            self._more[key] = self._more.get(key, 0) + limit.quantity


async def lock(tx: Transaction, sales: Sequence[tuple[Booking, Sequence[PersonLimit]]]) -> Persons:
    if sales:
        await rules.lock_persons(tx, [_name(b.date, b.buyer) for b, _ in sales])
    return Persons()


async def require(
    tx: Transaction, date: DateFacts, buyer: Buyer, items: Sequence[HeldItem]
) -> None:
    """Raises PerPersonExceeded. Who books for the same person at the same moment waits."""
    counted: dict[object, int] = {}
    for item in items:
        counted[item.ticket_type_id] = counted.get(item.ticket_type_id, 0) + item.quantity
    found = await rules.find_limits(tx, [item.ticket_type_id for item in items])
    if not found:
        return
    await rules.lock_persons(tx, [_name(date, buyer)])
    for row in found:
        scope = "date" if row.scope == "date" else "event"
        quantity = counted[row.ticket_type_id]
        limit = PersonLimit(row.ticket_type_id, row.name, quantity, row.most, scope)
        if refusal := selling.exceeded(limit, await _has(tx, date, buyer, limit)):
            raise refusal


async def _has(tx: Transaction, date: DateFacts, buyer: Buyer, limit: PersonLimit) -> int:
    date_id = date.date_id if limit.scope == "date" else None
    return await rules.places_of_person(
        tx, date.event_id, date_id, buyer.email, limit.ticket_type_id
    )


def _name(date: DateFacts, buyer: Buyer) -> str:
    return f"{date.event_id}:{buyer.email.lower()}"


def _key(booking: Booking, limit: PersonLimit) -> _Key:
    where = booking.date.date_id if limit.scope == "date" else booking.date.event_id
    return booking.buyer.email.lower(), where, limit.ticket_type_id
