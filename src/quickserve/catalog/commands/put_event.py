"""A person writes an event: a new draft, or what is to be known of it from now on."""

from dataclasses import dataclass

from quickserve.catalog import model, rules
from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.lock_event import lock_changeable_event
from quickserve.catalog.commands.place import place_venues
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import DateDraft, EventDraft, EventId, VenueDraft, VenueId
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import FieldError, IdReused
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class PutEvent:
    event_id: EventId
    draft: EventDraft


async def put_event(ctx: Context, cmd: PutEvent) -> None:
    """Of dates that are left out, a draft's vanish and a published event's are cancelled."""
    draft = cmd.draft
    ctx.principal.require(draft.organiser_id, Role.ORGANISER)
    rules.check_event(draft)
    digest = model.body_hash(draft)
    async with ctx.db.transaction() as tx:
        await store.claim_event(tx, cmd.event_id, draft.organiser_id)
        head = await lock_changeable_event(ctx, tx, cmd.event_id)
        if head.organiser_id != draft.organiser_id:
            raise rules.refuse(
                "organiser_id", "other-organiser", "An event stays with its organiser."
            )
        if head.draft_hash == digest:
            return
        await store.save_events(tx, [_event(cmd, digest)])
        await _save_dates(tx, cmd)
        kept = [date.id for date in draft.dates]
        if head.state == "draft":
            await store.delete_other_dates(tx, cmd.event_id, kept)
        else:
            await store.cancel_other_dates(tx, cmd.event_id, kept)
        await announce(ctx, tx, [cmd.event_id])


def _event(cmd: PutEvent, digest: bytes) -> model.SavedEvent:
    draft = cmd.draft
    places = [p for d in draft.dates if d.venue for p in (d.venue.name, d.venue.city)]
    return model.SavedEvent(
        id=cmd.event_id,
        organiser_id=draft.organiser_id,
        title=draft.title.strip(),
        description=draft.description,
        refund_rule=draft.refund_rule.strip(),
        access=draft.access.strip(),
        language=draft.language or None,
        url=draft.url,
        category=draft.category or None,
        state="draft",
        source_uid=None,
        source_hash=None,
        draft_hash=digest.hex(),
        search_text=model.search_text(draft.title, draft.category, places),
    )


async def _save_dates(tx: Transaction, cmd: PutEvent) -> None:
    organiser_id = cmd.draft.organiser_id
    drafts = cmd.draft.dates
    venues = await place_venues(tx, [_venue(organiser_id, d.venue) for d in drafts if d.venue])
    dates = [_date(cmd.event_id, draft, venues) for draft in drafts]
    if await store.save_dates(tx, dates) != len(dates):
        message = "Another event has a date of this id: make new ids."
        raise IdReused(
            message, errors=[FieldError(field="dates", code="id-reused", message=message)]
        )


def _venue(organiser_id: OrganiserId, draft: VenueDraft) -> model.SavedVenue:
    return model.SavedVenue(
        id=VenueId(new_uuid()),
        organiser_id=organiser_id,
        name=draft.name.strip(),
        city=_text(draft.city),
        address=_text(draft.address),
        country=_text(draft.country),
        latitude=draft.latitude,
        longitude=draft.longitude,
    )


def _date(
    event_id: EventId, draft: DateDraft, venues: dict[model.VenueKey, VenueId]
) -> model.SavedDate:
    venue = draft.venue
    return model.SavedDate(
        id=draft.id,
        event_id=event_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        zone=draft.zone,
        all_day=draft.all_day,
        state="scheduled",
        room=_text(draft.room),
        venue_id=venues[venue.name.strip(), _text(venue.city)] if venue else None,
        source_key=None,
        source_state=None,
    )


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None
