"""Some entries of an imported file become drafts, or bring known events up to date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from quickserve.catalog import model
from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.place import place_venues
from quickserve.catalog.importers import (
    ImportedDate,
    ImportedEvent,
    ImportedOffer,
    ImportedVenue,
)
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId, VenueId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.service import Context

_TICKET = "Ticket"  # the name of an offer that has none


@dataclass(frozen=True, slots=True)
class Imported:
    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry and the event it belongs to."""

    event_id: EventId
    digest: str
    event: ImportedEvent
    known: bool


async def import_batch(
    ctx: Context, tx: Transaction, organiser_id: OrganiserId, events: Sequence[ImportedEvent]
) -> Imported:
    """Adds what is new as drafts, changes what differs, leaves the rest alone.

    An event is known by organiser and uid. What people did to it stays: whether it is published,
    its ticket types, and its cancellation; a date that the file no longer has stays too.
    """
    if not events:
        return Imported(0, 0, 0)
    uids = [event.source_uid for event in events]
    heads = {h.source_uid: h for h in await store.lock_imported_events(tx, organiser_id, uids)}
    entries: list[_Entry] = []
    for event in events:
        head, digest = heads.get(event.source_uid), _digest(event)
        if head is None:
            entries.append(_Entry(EventId(new_uuid()), digest, event, known=False))
        elif head.state != "cancelled" and (head.source_hash or b"").hex() != digest:
            entries.append(_Entry(head.id, digest, event, known=True))
    if entries:
        await _write(ctx, tx, organiser_id, entries)
    updated = sum(entry.known for entry in entries)
    return Imported(len(entries) - updated, updated, len(events) - len(entries))


async def _write(
    ctx: Context, tx: Transaction, organiser_id: OrganiserId, entries: list[_Entry]
) -> None:
    await store.save_events(tx, [_event(organiser_id, entry) for entry in entries])
    venues = await place_venues(
        tx, [_venue(organiser_id, e.event.venue) for e in entries if e.event.venue]
    )
    changed = [entry.event_id for entry in entries if entry.known]
    keys = await store.find_date_keys(tx, changed) if changed else []
    known = {(key.event_id, key.source_key): key.id for key in keys}
    await store.save_dates(tx, [d for e in entries for d in _dates(e, venues, known)])
    offers = [row for e in entries if not e.known for row in _ticket_types(e)]
    if offers:
        await store.save_ticket_types(tx, offers)
    await announce(ctx, tx, [entry.event_id for entry in entries])


def _digest(event: ImportedEvent) -> str:
    """Of everything but where in the file it stands."""
    return sha256(repr(replace(event, line=0, notes=())).encode()).hexdigest()


def _event(organiser_id: OrganiserId, entry: _Entry) -> model.SavedEvent:
    event = entry.event
    places = [event.venue.name, event.venue.city] if event.venue else []
    return model.SavedEvent(
        id=entry.event_id,
        organiser_id=organiser_id,
        title=event.title,
        description=event.description,
        refund_rule=None,
        access=None,
        language=event.language,
        url=event.url,
        category=event.category,
        state="cancelled" if event.state == "cancelled" else "draft",
        source_uid=event.source_uid,
        source_hash=entry.digest,
        draft_hash=None,
        search_text=model.search_text(event.title, event.category, places),
    )


def _venue(organiser_id: OrganiserId, venue: ImportedVenue) -> model.SavedVenue:
    return model.SavedVenue(
        id=VenueId(new_uuid()), organiser_id=organiser_id, name=venue.name, city=venue.city,
        address=venue.address, country=venue.country, latitude=venue.latitude,
        longitude=venue.longitude,
    )  # fmt: skip


def _dates(
    entry: _Entry,
    venues: dict[model.VenueKey, VenueId],
    known: dict[tuple[EventId, str], DateId],
) -> list[model.SavedDate]:
    venue = entry.event.venue
    venue_id = venues[venue.name, venue.city] if venue else None
    by_key = {date.source_key: date for date in entry.event.dates}
    return [
        _date(
            known.get((entry.event_id, key)) or DateId(new_uuid()),
            entry.event_id, key, date, venue_id,
        )
        for key, date in by_key.items()
    ]  # fmt: skip


def _date(
    id_: DateId, event_id: EventId, key: str, date: ImportedDate, venue_id: VenueId | None
) -> model.SavedDate:
    return model.SavedDate(
        id=id_, event_id=event_id, starts_at=date.starts_at, ends_at=date.ends_at, zone=date.zone,
        all_day=date.all_day, state=date.state, room=date.room, venue_id=venue_id,
        source_key=key, source_state=date.state,
    )  # fmt: skip


def _ticket_types(entry: _Entry) -> list[model.TicketTypeRow]:
    """The file's prices as ticket types; none where they are in several currencies."""
    offers = [offer for offer in entry.event.offers if offer.price_minor >= 0]
    if len({offer.currency for offer in offers}) != 1:
        return []
    by_name: dict[str, ImportedOffer] = {}
    for offer in offers:
        name = (offer.name or _TICKET)[:80]
        number = sum(1 for taken in by_name if taken == name or taken.startswith(f"{name} "))
        by_name[f"{name} {number + 1}" if name in by_name else name] = offer
    return [
        model.TicketTypeRow(
            id=TicketTypeId(new_uuid()), event_id=entry.event_id, name=name, description="",
            price_minor=offer.price_minor, currency=offer.currency, tax_rate_bp=0,
            sale_from=None, sale_until=None, min_per_booking=1, max_per_booking=10,
            position=position, seat_category=None,
        )
        for position, (name, offer) in enumerate(by_name.items())
    ]  # fmt: skip
