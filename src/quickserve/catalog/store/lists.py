"""Lists: cards of what is on, an organiser's events.

The home page reads by index in the order it shows: its cost hangs on the page, not on how many
events there are. Times are compared with statement_timestamp(): the database's clock, and unlike
clock_timestamp() an index can use it.
"""

from typing import LiteralString
from uuid import UUID

from quickserve.catalog.model import CardRow, Cursor, EventHead, StateCount, SummaryRow, Window
from quickserve.contracts.catalog import EventState
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId

_FIRST = ("-infinity", UUID(int=0))
_LAST = ("infinity", UUID(int=2**128 - 1))

_COLUMNS: LiteralString = (
    "SELECT e.id AS event_id, d.id AS date_id, e.title, e.category, e.state,"
    " d.state AS date_state, d.starts_at, d.ends_at, d.zone, d.all_day, v.name AS venue_name,"
    " v.city, e.price_from_minor, e.price_from_currency, e.prices_vary"
)
_NEXT_DATES: LiteralString = (
    _COLUMNS + " FROM events e JOIN event_dates d ON d.id = e.next_date_id"
    " LEFT JOIN venues v ON v.id = d.venue_id"
    " WHERE e.next_date_id IS NOT NULL AND d.ends_at > statement_timestamp()"
    " AND (e.next_starts_at, e.id) > (%(at)s::timestamptz, %(id)s::uuid)"
)
_DATES_BETWEEN: LiteralString = (
    _COLUMNS + " FROM event_dates d JOIN events e ON e.id = d.event_id"
    " LEFT JOIN venues v ON v.id = d.venue_id"
    " WHERE d.listed AND NOT d.over AND d.starts_at < %(until)s"
    " AND d.ends_at > greatest(%(since)s::timestamptz, statement_timestamp())"
    " AND (d.starts_at, d.id) > (%(at)s::timestamptz, %(id)s::uuid)"
    " AND (e.free OR NOT %(free)s)"
)
_PAST_DATES: LiteralString = (
    _COLUMNS + " FROM event_dates d JOIN events e ON e.id = d.event_id"
    " LEFT JOIN venues v ON v.id = d.venue_id"
    " WHERE d.listed AND d.ends_at <= statement_timestamp()"
    " AND (d.ends_at, d.id) < (%(at)s::timestamptz, %(id)s::uuid)"
    " AND (e.free OR NOT %(free)s)"
)
# The longest word finds by index, the others only filter.
_MATCHING: LiteralString = (
    " AND e.search_text LIKE %(longest)s AND e.search_text LIKE ALL (%(patterns)s::text[])"
)
_BY_NEXT: LiteralString = " ORDER BY e.next_starts_at, e.id LIMIT %(limit)s"
_BY_START: LiteralString = " ORDER BY d.starts_at, d.id LIMIT %(limit)s"
_BY_END: LiteralString = " ORDER BY d.ends_at DESC, d.id DESC LIMIT %(limit)s"


async def next_cards(tx: Transaction, after: Cursor | None, limit: int) -> list[CardRow]:
    """Each event once, with its next date."""
    at, id_ = (after.at, after.id) if after else _FIRST
    return await tx.all(CardRow, _NEXT_DATES + _BY_NEXT, {"at": at, "id": id_, "limit": limit})


async def next_free_cards(tx: Transaction, after: Cursor | None, limit: int) -> list[CardRow]:
    at, id_ = (after.at, after.id) if after else _FIRST
    return await tx.all(
        CardRow, _NEXT_DATES + " AND e.free" + _BY_NEXT, {"at": at, "id": id_, "limit": limit}
    )


async def next_cards_matching(
    tx: Transaction, patterns: list[str], free: bool, after: Cursor | None, limit: int
) -> list[CardRow]:
    at, id_ = (after.at, after.id) if after else _FIRST
    return await tx.all(
        CardRow,
        _NEXT_DATES + _MATCHING + " AND (e.free OR NOT %(free)s)" + _BY_NEXT,
        {
            "at": at, "id": id_, "limit": limit, "free": free,
            "longest": patterns[0], "patterns": patterns,
        },
    )  # fmt: skip


async def cards_between(
    tx: Transaction, window: Window, free: bool, after: Cursor | None, limit: int
) -> list[CardRow]:
    """Each date that touches the window and has not ended."""
    at, id_ = (after.at, after.id) if after else _FIRST
    return await tx.all(
        CardRow,
        _DATES_BETWEEN + _BY_START,
        {
            "since": window.since, "until": window.until, "free": free,
            "at": at, "id": id_, "limit": limit,
        },
    )  # fmt: skip


async def cards_between_matching(
    tx: Transaction, window: Window, patterns: list[str], free: bool,
    after: Cursor | None, limit: int,
) -> list[CardRow]:  # fmt: skip
    at, id_ = (after.at, after.id) if after else _FIRST
    return await tx.all(
        CardRow,
        _DATES_BETWEEN + _MATCHING + _BY_START,
        {
            "since": window.since, "until": window.until, "free": free,
            "at": at, "id": id_, "limit": limit,
            "longest": patterns[0], "patterns": patterns,
        },
    )  # fmt: skip


async def past_cards(
    tx: Transaction, free: bool, after: Cursor | None, limit: int
) -> list[CardRow]:
    """Each date that has ended, the latest first."""
    at, id_ = (after.at, after.id) if after else _LAST
    return await tx.all(
        CardRow, _PAST_DATES + _BY_END, {"free": free, "at": at, "id": id_, "limit": limit}
    )


async def past_cards_matching(
    tx: Transaction, patterns: list[str], free: bool, after: Cursor | None, limit: int
) -> list[CardRow]:
    at, id_ = (after.at, after.id) if after else _LAST
    return await tx.all(
        CardRow,
        _PAST_DATES + _MATCHING + _BY_END,
        {
            "at": at, "id": id_, "limit": limit, "free": free,
            "longest": patterns[0], "patterns": patterns,
        },
    )  # fmt: skip


async def lock_ended(tx: Transaction, limit: int) -> list[EventHead]:
    """Events with a listed date that ended since it was last looked at."""
    return await tx.all(
        EventHead,
        "SELECT id, organiser_id, state, source_uid, source_hash, draft_hash"
        " FROM events WHERE id IN (SELECT event_id FROM event_dates"
        "   WHERE listed AND NOT over AND ends_at <= statement_timestamp()"
        "   ORDER BY ends_at LIMIT %s)"
        " ORDER BY id FOR UPDATE SKIP LOCKED",
        (limit,),
    )


# -- An organiser's list --------------------------------------------------------------------------

_SUMMARY: LiteralString = (
    "SELECT e.id, e.title, e.state, e.category, e.first_starts_at, d.zone, v.name AS venue_name,"
    " e.price_from_minor, e.price_from_currency,"
    " (SELECT count(*) FROM event_dates x WHERE x.event_id = e.id AND x.state <> 'cancelled')"
    "   AS dates,"
    " (SELECT count(*) FROM ticket_types t WHERE t.event_id = e.id) AS ticket_types"
    " FROM events e"
    " LEFT JOIN LATERAL (SELECT zone, venue_id FROM event_dates WHERE event_id = e.id"
    "   ORDER BY state = 'cancelled', starts_at LIMIT 1) d ON true"
    " LEFT JOIN venues v ON v.id = d.venue_id"
    " WHERE e.organiser_id = %(organiser_id)s"
    " AND (e.first_starts_at, e.id) < (%(at)s::timestamptz, %(id)s::uuid)"
)
_LATEST_FIRST: LiteralString = " ORDER BY e.first_starts_at DESC, e.id DESC LIMIT %(limit)s"


async def events_of_organiser(
    tx: Transaction, organiser_id: OrganiserId, state: EventState | None, after: Cursor | None,
    limit: int,
) -> list[SummaryRow]:  # fmt: skip
    at, id_ = (after.at, after.id) if after else _LAST
    params = {"organiser_id": organiser_id, "at": at, "id": id_, "limit": limit, "state": state}
    if state is None:
        return await tx.all(SummaryRow, _SUMMARY + _LATEST_FIRST, params)
    return await tx.all(SummaryRow, _SUMMARY + " AND e.state = %(state)s" + _LATEST_FIRST, params)


async def events_of_organiser_matching(
    tx: Transaction, organiser_id: OrganiserId, patterns: list[str], state: EventState | None,
    after: Cursor | None, limit: int,
) -> list[SummaryRow]:  # fmt: skip
    at, id_ = (after.at, after.id) if after else _LAST
    return await tx.all(
        SummaryRow,
        _SUMMARY + _MATCHING
        + " AND (e.state = %(state)s OR %(state)s::text IS NULL)" + _LATEST_FIRST,
        {
            "organiser_id": organiser_id, "at": at, "id": id_, "limit": limit, "state": state,
            "longest": patterns[0], "patterns": patterns,
        },
    )  # fmt: skip


async def count_events(tx: Transaction, organiser_id: OrganiserId) -> list[StateCount]:
    return await tx.all(
        StateCount,
        "SELECT state, count(*) AS events FROM events WHERE organiser_id = %s GROUP BY state",
        (organiser_id,),
    )
