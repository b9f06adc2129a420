"""One ticket type for many events at once."""

from collections import defaultdict
from dataclasses import dataclass, replace

from quickserve.catalog import rules
from quickserve.catalog.commands.announce import announce
from quickserve.catalog.model import EventHead, TicketTypeRow
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import (
    BulkOffer,
    DateId,
    EventCancelledError,
    EventId,
    Offered,
    TicketTypeId,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import FieldError, NotFound, Problem
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.service import Context

_CHUNK = 250


@dataclass(frozen=True, slots=True)
class OfferInBulk:
    organiser_id: OrganiserId
    offer: BulkOffer


async def offer_in_bulk(ctx: Context, cmd: OfferInBulk) -> list[Offered]:
    """All or nothing. A ticket type of that name is changed in place, so a repeat adds nothing.

    Raises NotFound or EventCancelledError, naming the events in `errors`, and Malformed where an
    event sells in another currency.
    """
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    rules.check_ticket_type(cmd.offer.ticket_type, "ticket_type.")
    async with ctx.db.transaction() as tx:
        heads = await store.lock_events(tx, list(dict.fromkeys(cmd.offer.event_ids)))
        _check_events(cmd, {head.id: head for head in heads})
        ids = [head.id for head in heads]
        offered: list[Offered] = []
        for start in range(0, len(ids), _CHUNK):
            offered += await _offer(ctx, tx, ids[start : start + _CHUNK], cmd.offer)
    return offered


def _check_events(cmd: OfferInBulk, heads: dict[EventId, EventHead]) -> None:
    unknown: list[FieldError] = []
    cancelled: list[FieldError] = []
    for index, event_id in enumerate(cmd.offer.event_ids):
        head = heads.get(event_id)
        if head is None or head.organiser_id != cmd.organiser_id:
            unknown.append(_finding(index, NotFound, "This organiser has no such event."))
        elif head.state == "cancelled":
            cancelled.append(_finding(index, EventCancelledError, "Leave out cancelled events."))
    if unknown:
        raise NotFound(unknown[0].message, errors=unknown[:50])
    if cancelled:
        raise EventCancelledError(cancelled[0].message, errors=cancelled[:50])


def _finding(index: int, kind: type[Problem], message: str) -> FieldError:
    return FieldError(field=f"event_ids.{index}", code=kind.code, message=message)


async def _offer(
    ctx: Context, tx: Transaction, ids: list[EventId], offer: BulkOffer
) -> list[Offered]:
    present: defaultdict[EventId, list[TicketTypeRow]] = defaultdict(list)
    for kind in await store.find_ticket_types(tx, ids):
        present[kind.event_id].append(kind)
    rows = [_row(event_id, offer, present[event_id]) for event_id in ids]
    await store.save_ticket_types(tx, rows)
    if offer.publish:
        await store.publish_events(tx, ids)
    await announce(ctx, tx, ids)
    dates: defaultdict[EventId, list[DateId]] = defaultdict(list)
    for date in await store.find_dates(tx, ids):
        if date.state != "cancelled":
            dates[date.event_id].append(date.id)
    return [
        Offered(event_id=row.event_id, ticket_type_id=row.id, date_ids=dates[row.event_id])
        for row in rows
    ]


def _row(event_id: EventId, offer: BulkOffer, present: list[TicketTypeRow]) -> TicketTypeRow:
    new = TicketTypeRow.of(TicketTypeId(new_uuid()), event_id, offer.ticket_type)
    same = next((kind for kind in present if kind.name == new.name), None)
    row = replace(new, id=same.id, seat_category=same.seat_category) if same else new
    rules.check_beside(row, [kind for kind in present if kind.id != row.id], "ticket_type.")
    return row
