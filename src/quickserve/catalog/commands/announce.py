"""Every change of an event ends here: its lists follow, kept copies end, the others are told."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from quickserve.catalog.commands.announce_stands import announce_stands_of
from quickserve.catalog.model import CARDS_TAG, DateRow, OfferedRow, TicketTypeRow, event_tag
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import EventId, EventOffered, OfferedDate, OfferedTicketType
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context

R = TypeVar("R", DateRow, TicketTypeRow)


async def announce(ctx: Context, tx: Transaction, event_ids: Sequence[EventId]) -> None:
    """In the transaction of the change, once, with the events locked."""
    await store.refresh_dates(tx, event_ids)
    await store.refresh_events(tx, event_ids, changes=1)
    dates = _by_event(await store.find_dates(tx, event_ids))
    types = _by_event(await store.find_ticket_types(tx, event_ids))
    offered = [
        _offered(row, dates[row.id], types[row.id])
        for row in await store.find_offered(tx, event_ids)
    ]
    await outbox.append(tx, *offered)
    await announce_stands_of(tx, event_ids)
    tags = [CARDS_TAG, *map(event_tag, event_ids)]
    tx.after_commit.append(lambda: ctx.cache.forget(*tags))


def _by_event(rows: list[R]) -> defaultdict[EventId, list[R]]:
    found: defaultdict[EventId, list[R]] = defaultdict(list)
    for row in rows:
        found[row.event_id].append(row)
    return found


def _offered(
    row: OfferedRow, dates: list[DateRow], ticket_types: list[TicketTypeRow]
) -> EventOffered:
    return EventOffered(
        event_id=row.id,
        version=row.version,
        organiser_id=row.organiser_id,
        title=row.title,
        state=row.state,
        dates=[
            OfferedDate(
                id=date.id, starts_at=date.starts_at, ends_at=date.ends_at, zone=date.zone,
                state=date.state, venue_name=date.venue_name, city=date.city, room=date.room,
                plan_id=date.plan_id, plan_version=date.plan_version,
            )
            for date in dates
        ],
        ticket_types=[
            OfferedTicketType(
                id=kind.id, name=kind.name, price=Money(kind.price_minor, kind.currency),
                tax_rate_bp=kind.tax_rate_bp, sale_from=kind.sale_from,
                sale_until=kind.sale_until, min_per_booking=kind.min_per_booking,
                max_per_booking=kind.max_per_booking, seat_category=kind.seat_category,
            )
            for kind in ticket_types
        ],
    )  # fmt: skip
