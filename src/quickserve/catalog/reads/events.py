"""Answers for screens. What visitors read is kept in the cache; every command ends what it changes.

The seconds bound how old an answer can be when that could not be told: a process that was killed
right after its commit, a Redis that lost its latest second.
"""

from dataclasses import dataclass
from functools import partial

from quickserve.catalog import model, rules
from quickserve.catalog.model import CARDS_TAG, event_tag
from quickserve.catalog.store import events, imports, lists
from quickserve.contracts.catalog import (
    CardPage,
    DateView,
    EventCard,
    EventId,
    EventList,
    EventState,
    EventSummary,
    EventView,
    ImportId,
    ImportLine,
    ImportList,
    ImportView,
    OrganiserProfile,
    TicketTypeView,
    VenueView,
    When,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context

_IMPORTS_MAX = 50
_EVENT_SECONDS = 30
_CARDS_SECONDS = 10


async def event(ctx: Context, event_id: EventId) -> bytes:
    """An EventView. Services ask on behalf of visitors: they see what visitors see, kept or not.

    Raises NotFound, also for what was never published unless a person of the organiser asks.
    """
    if ctx.principal.kind == "person":
        return (await _find_event(ctx, event_id)).model_dump_json().encode()
    make = partial(_find_event, ctx, event_id)
    return await ctx.cache.json(
        EventView, event_tag(event_id), _EVENT_SECONDS, make, [event_tag(event_id)]
    )


async def _find_event(ctx: Context, event_id: EventId) -> EventView:
    async with ctx.db.read() as tx:
        row = await events.find_event(tx, event_id)
        if row is None or not (row.was_published or _is_theirs(ctx, row.organiser_id)):
            raise NotFound("There is no such event.")
        return await _event(tx, row)


async def event_of(ctx: Context, event_id: EventId) -> EventView:
    """What a command has just changed, for the caller who was allowed to."""
    async with ctx.db.read() as tx:
        row = await events.find_event(tx, event_id)
        assert row is not None, "a command has just changed it"
        return await _event(tx, row)


async def _event(tx: Transaction, row: model.EventRow) -> EventView:
    dates = await events.find_dates(tx, [row.id])
    kinds = await events.find_ticket_types(tx, [row.id])
    return EventView(
        id=row.id,
        organiser=OrganiserProfile(
            id=row.organiser_id, name=row.organiser_name, slug=row.organiser_slug
        ),
        title=row.title,
        description=row.description,
        refund_rule=row.refund_rule,
        access=row.access,
        language=row.language,
        url=row.url,
        category=row.category,
        state=row.state,
        imported=row.imported,
        dates=[_date(date) for date in dates],
        ticket_types=[ticket_type(kind) for kind in kinds],
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A page of cards. `days` is None where the cards of all days are wanted."""

    when: When
    patterns: list[str]
    free: bool
    days: model.Window | None
    after: model.Cursor | None
    limit: int


async def cards(
    ctx: Context, *, when: When, text: str, free: bool, zone: str, after: str | None, limit: int
) -> bytes:
    """A CardPage. `all` shows each event once with its next date, the day chips and `past` each.

    Searches are not kept: there are as many as there are words.
    """
    rules.check_zone(zone)
    key, view = ctx.settings.key_for("catalog:cursors"), f"cards:{when}"
    cursor = model.Cursor.open(key, view, after) if after else None
    all_days = when in (When.ALL, When.PAST)
    days = None if all_days else model.window(when, zone, ctx.clock.now())
    wanted = _Wanted(when, model.patterns(text), free, days, cursor, limit)
    make = partial(_find_cards, ctx, wanted)
    if wanted.patterns:
        return (await make()).model_dump_json().encode()
    name = f"{CARDS_TAG}:{when}:{free}:{days}:{cursor}:{limit}"
    return await ctx.cache.json(CardPage, name, _CARDS_SECONDS, make, [CARDS_TAG])


async def _find_cards(ctx: Context, wanted: _Wanted) -> CardPage:
    when, patterns, free = wanted.when, wanted.patterns, wanted.free
    cursor, limit = wanted.after, wanted.limit
    async with ctx.db.read() as tx:
        match when:
            case When.ALL:
                rows = await _next_cards(tx, patterns, free, cursor, limit + 1)
            case When.PAST if patterns:
                rows = await lists.past_cards_matching(tx, patterns, free, cursor, limit + 1)
            case When.PAST:
                rows = await lists.past_cards(tx, free, cursor, limit + 1)
            case _:
                assert wanted.days is not None
                rows = await _cards_between(tx, wanted.days, patterns, free, cursor, limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        at = last.ends_at if when is When.PAST else last.starts_at
        id_ = last.event_id if when is When.ALL else last.date_id
        key = ctx.settings.key_for("catalog:cursors")
        following = model.Cursor(at, id_).seal(key, f"cards:{when}")
    return CardPage(cards=[_card(row) for row in rows[:limit]], next=following)


async def _next_cards(
    tx: Transaction, patterns: list[str], free: bool, after: model.Cursor | None, limit: int
) -> list[model.CardRow]:
    if patterns:
        return await lists.next_cards_matching(tx, patterns, free, after, limit)
    if free:
        return await lists.next_free_cards(tx, after, limit)
    return await lists.next_cards(tx, after, limit)


async def _cards_between(
    tx: Transaction, days: model.Window, patterns: list[str], free: bool,
    after: model.Cursor | None, limit: int,
) -> list[model.CardRow]:  # fmt: skip
    if patterns:
        return await lists.cards_between_matching(tx, days, patterns, free, after, limit)
    return await lists.cards_between(tx, days, free, after, limit)


async def events_of_organiser(
    ctx: Context, organiser_id: OrganiserId, *, state: EventState | None, text: str,
    after: str | None, limit: int,
) -> EventList:  # fmt: skip
    """The latest first; `counts` are of all events of the organiser, whatever is searched."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    key, view = ctx.settings.key_for("catalog:cursors"), f"events:{organiser_id}"
    cursor = model.Cursor.open(key, view, after) if after else None
    patterns = model.patterns(text)
    async with ctx.db.read() as tx:
        if patterns:
            rows = await lists.events_of_organiser_matching(
                tx, organiser_id, patterns, state, cursor, limit + 1
            )
        else:
            rows = await lists.events_of_organiser(tx, organiser_id, state, cursor, limit + 1)
        counts = await lists.count_events(tx, organiser_id)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = model.Cursor(last.first_starts_at, last.id).seal(key, view)
    known: dict[EventState, int] = {"draft": 0, "published": 0, "cancelled": 0}
    known.update((count.state, count.events) for count in counts)
    return EventList(
        events=[_summary(row) for row in rows[:limit]],
        next=following,
        counts=known,
    )


async def import_(ctx: Context, import_id: ImportId) -> ImportView:
    async with ctx.db.read() as tx:
        row = await imports.find_import(tx, import_id)
        if row is None:
            raise NotFound("There is no such import.")
        ctx.principal.require(row.organiser_id, Role.ORGANISER)
        skipped = await imports.find_lines(tx, import_id, taken=False)
        notes = await imports.find_lines(tx, import_id, taken=True)
    return _import(row, skipped, notes)


async def imports_of_organiser(ctx: Context, organiser_id: OrganiserId) -> ImportList:
    """The latest fifty, without their skipped entries."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        rows = await imports.imports_of_organiser(tx, organiser_id, _IMPORTS_MAX)
    return ImportList(imports=[_import(row, [], []) for row in rows])


def _is_theirs(ctx: Context, organiser_id: OrganiserId) -> bool:
    return ctx.principal.kind == "person" and ctx.principal.may(organiser_id, *Role)


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def _card(row: model.CardRow) -> EventCard:
    return EventCard(
        event_id=row.event_id, date_id=row.date_id, title=row.title, category=row.category,
        state=row.state, date_state=row.date_state, starts_at=row.starts_at, ends_at=row.ends_at,
        zone=row.zone, all_day=row.all_day, venue_name=row.venue_name, city=row.city,
        price_from=_money(row.price_from_minor, row.price_from_currency),
        prices_vary=row.prices_vary,
    )  # fmt: skip


def _summary(row: model.SummaryRow) -> EventSummary:
    return EventSummary(
        id=row.id, title=row.title, state=row.state, category=row.category,
        first_starts_at=row.first_starts_at, zone=row.zone, dates=row.dates,
        venue_name=row.venue_name, ticket_types=row.ticket_types,
        price_from=_money(row.price_from_minor, row.price_from_currency),
    )  # fmt: skip


def _date(row: model.DateRow) -> DateView:
    venue = None
    if row.venue_id is not None and row.venue_name is not None:
        venue = VenueView(
            id=row.venue_id, name=row.venue_name, address=row.address, city=row.city,
            country=row.country, latitude=row.latitude, longitude=row.longitude,
        )  # fmt: skip
    return DateView(
        id=row.id, starts_at=row.starts_at, ends_at=row.ends_at, zone=row.zone,
        all_day=row.all_day, state=row.state, room=row.room, venue=venue,
        plan_id=row.plan_id, plan_version=row.plan_version,
    )  # fmt: skip


def ticket_type(row: model.TicketTypeRow) -> TicketTypeView:
    return TicketTypeView(
        id=row.id, event_id=row.event_id, name=row.name, description=row.description,
        price=Money(row.price_minor, row.currency), tax_rate_bp=row.tax_rate_bp,
        sale_from=row.sale_from, sale_until=row.sale_until,
        min_per_booking=row.min_per_booking, max_per_booking=row.max_per_booking,
        position=row.position, seat_category=row.seat_category,
    )  # fmt: skip


def _import(row: model.ImportRow, skipped: list[ImportLine], notes: list[ImportLine]) -> ImportView:
    return ImportView(
        id=row.id, organiser_id=row.organiser_id, filename=row.filename, format=row.format,
        state=row.state, refusal=row.refusal, refusal_code=row.refusal_code,
        total=row.total, created=row.created,
        updated=row.updated, unchanged=row.unchanged, skipped=row.skipped, noted=row.noted,
        skipped_entries=skipped, notes=notes,
        created_at=row.created_at, finished_at=row.finished_at,
    )  # fmt: skip
