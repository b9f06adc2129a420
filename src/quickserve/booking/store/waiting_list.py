"""The waiting list: rules, entries in their order, what is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.booking import HoldId
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.contracts.waiting_list import EntryId, EntryLine, EntryState, ListRules
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


async def find_rules(tx: Transaction, event_id: EventId) -> ListRules:
    """The defaults where nobody set any."""
    found = await tx.maybe(
        ListRules,
        "SELECT open, lottery, offer_hours FROM waiting_list_rules WHERE event_id = %s",
        (event_id,),
    )
    return found or ListRules()


async def put_rules(
    tx: Transaction, event_id: EventId, organiser_id: OrganiserId, rules: ListRules
) -> None:
    await tx.execute(
        "INSERT INTO waiting_list_rules (event_id, organiser_id, open, lottery, offer_hours)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (event_id) DO UPDATE"
        " SET organiser_id = excluded.organiser_id, open = excluded.open,"
        " lottery = excluded.lottery, offer_hours = excluded.offer_hours",
        (event_id, organiser_id, rules.open, rules.lottery, rules.offer_hours),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A person who was forgotten is blank."""

    id: EntryId
    date_id: DateId
    event_id: EventId
    ticket_type_ids: list[TicketTypeId]
    quantity: int
    name: str
    language: str
    state: EntryState
    position: int
    lot: float
    offers: int
    hold_id: HoldId | None
    offered_until: datetime | None
    body_hash: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewEntryRow:
    id: EntryId
    date_id: DateId
    event_id: EventId
    organiser_id: OrganiserId
    ticket_type_ids: Sequence[TicketTypeId]
    quantity: int
    email: str
    name: str
    language: str
    body_hash: bytes


async def insert_entry(tx: Transaction, row: NewEntryRow) -> bool:
    """False when the id is taken."""
    return (
        await tx.execute(
            "INSERT INTO waiting_list (id, date_id, event_id, organiser_id, ticket_type_ids,"
            " quantity, email, name, language, state, body_hash)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', %s) ON CONFLICT DO NOTHING",
            (
                row.id, row.date_id, row.event_id, row.organiser_id, list(row.ticket_type_ids),
                row.quantity, row.email, row.name, row.language, row.body_hash,
            ),
        )
        == 1
    )  # fmt: skip


async def find_entry(tx: Transaction, entry_id: EntryId) -> Entry | None:
    return await tx.maybe(
        Entry,
        "SELECT id, date_id, event_id, ticket_type_ids, quantity, coalesce(name, '') AS name,"
        " language, state, position, lot, offers, hold_id, offered_until, body_hash, created_at"
        " FROM waiting_list WHERE id = %s",
        (entry_id,),
    )


async def lock_entry(tx: Transaction, entry_id: EntryId) -> Entry | None:
    return await tx.maybe(
        Entry,
        "SELECT id, date_id, event_id, ticket_type_ids, quantity, coalesce(name, '') AS name,"
        " language, state, position, lot, offers, hold_id, offered_until, body_hash, created_at"
        " FROM waiting_list WHERE id = %s FOR UPDATE",
        (entry_id,),
    )


async def set_state(tx: Transaction, entry_id: EntryId, state: EntryState) -> None:
    await tx.execute("UPDATE waiting_list SET state = %s WHERE id = %s", (state, entry_id))


async def set_offered(tx: Transaction, entry_id: EntryId, hold_id: HoldId, until: datetime) -> bool:
    """False when it waits no longer."""
    return (
        await tx.execute(
            "UPDATE waiting_list SET state = 'offered', hold_id = %s, offered_until = %s,"
            " offers = offers + 1 WHERE id = %s AND state = 'waiting'",
            (hold_id, until, entry_id),
        )
        == 1
    )


async def waited_types(tx: Transaction, date_id: DateId) -> set[TicketTypeId]:
    """For which somebody waits: a place of them that comes back is nobody else's."""
    found: list[TicketTypeId] = await tx.value(
        "SELECT coalesce(array_agg(DISTINCT t.id), '{}') FROM waiting_list w,"
        " unnest(w.ticket_type_ids) AS t(id) WHERE w.date_id = %s AND w.state = 'waiting'",
        (date_id,),
    )
    return set(found)


@dataclass(frozen=True, slots=True)
class _Waited:
    date_id: DateId
    ticket_type_ids: list[TicketTypeId]


async def waited_of_dates(
    tx: Transaction, date_ids: Sequence[DateId]
) -> dict[DateId, frozenset[TicketTypeId]]:
    found = await tx.all(
        _Waited,
        "SELECT w.date_id, array_agg(DISTINCT t.id) AS ticket_type_ids FROM waiting_list w,"
        " unnest(w.ticket_type_ids) AS t(id) WHERE w.date_id = ANY(%s) AND w.state = 'waiting'"
        " GROUP BY w.date_id",
        (list(date_ids),),
    )
    return {one.date_id: frozenset(one.ticket_type_ids) for one in found}


async def dates_to_offer(tx: Transaction, limit: int) -> list[DateId]:
    """Where somebody waits for a ticket of which there are places."""
    return await tx.value(
        "SELECT coalesce(array_agg(date_id), '{}') FROM (SELECT DISTINCT w.date_id"
        "  FROM waiting_list w JOIN quotas q ON q.date_id = w.date_id"
        "  AND q.capacity > q.held + q.sold"
        "  JOIN quota_ticket_types l ON l.quota_id = q.id"
        "  AND l.ticket_type_id = ANY(w.ticket_type_ids) WHERE w.state = 'waiting'"
        "  LIMIT %s) AS found",
        (limit,),
    )


async def line(tx: Transaction, date_id: DateId, *, lottery: bool, limit: int) -> list[Entry]:
    return await tx.all(
        Entry,
        "SELECT id, date_id, event_id, ticket_type_ids, quantity, coalesce(name, '') AS name,"
        " language, state, position, lot, offers, hold_id, offered_until, body_hash, created_at"
        " FROM waiting_list WHERE date_id = %s AND state = 'waiting'"
        " ORDER BY CASE WHEN %s THEN lot ELSE position END, position LIMIT %s",
        (date_id, lottery, limit),
    )


@dataclass(frozen=True, slots=True)
class Ahead:
    people: int
    places: int


async def ahead(tx: Transaction, entry: Entry, *, lottery: bool) -> Ahead:
    """Who wants one of the same tickets, and comes before."""
    return await tx.one(
        Ahead,
        "SELECT count(*) AS people, coalesce(sum(quantity), 0)::bigint AS places"
        " FROM waiting_list WHERE date_id = %(date)s AND state = 'waiting'"
        " AND ticket_type_ids && %(types)s AND CASE WHEN %(lottery)s"
        "  THEN (lot, position) < (%(lot)s, %(position)s) ELSE position < %(position)s END",
        {
            "date": entry.date_id, "types": entry.ticket_type_ids, "lottery": lottery,
            "lot": entry.lot, "position": entry.position,
        },
    )  # fmt: skip


async def close_ended_offers(tx: Transaction, limit: int) -> int:
    """An offer whose hold became a purchase is served; one that ended otherwise has lapsed."""
    return await tx.execute(
        "UPDATE waiting_list w SET state = CASE WHEN ended.state = 'used' THEN 'served'"
        "  ELSE 'lapsed' END FROM (SELECT o.id, h.state FROM waiting_list o"
        "   LEFT JOIN holds h ON h.id = o.hold_id WHERE o.state = 'offered'"
        "   AND (h.id IS NULL OR h.state <> 'active') ORDER BY o.id LIMIT %s) AS ended"
        " WHERE w.id = ended.id AND w.state = 'offered'",
        (limit,),
    )


async def accept_hold(tx: Transaction, hold_id: HoldId, minutes: float) -> bool:
    """The offered places are the buyer's, with a buyer's time. False when the offer is over."""
    return (
        await tx.execute(
            "UPDATE holds SET purpose = 'sale', expires_at = clock_timestamp()"
            " + %s * interval '1 minute' WHERE id = %s AND state = 'active'"
            " AND purpose IN ('offer', 'sale') AND expires_at > clock_timestamp()",
            (minutes, hold_id),
        )
        == 1
    )


@dataclass(frozen=True, slots=True)
class Counts:
    waiting: int
    places: int


async def count_waiting(tx: Transaction, event_id: EventId) -> Counts:
    return await tx.one(
        Counts,
        "SELECT count(*) AS waiting, coalesce(sum(quantity), 0)::bigint AS places"
        " FROM waiting_list WHERE event_id = %s AND state = 'waiting'",
        (event_id,),
    )


async def entries_of_event(tx: Transaction, event_id: EventId, limit: int) -> list[EntryLine]:
    """Those that wait or have an offer first, in order of arrival."""
    return await tx.all(
        EntryLine,
        "SELECT w.id, w.date_id, coalesce(w.name, '') AS name, coalesce(w.email, '') AS email,"
        " (SELECT coalesce(array_agg(t.name ORDER BY t.position), '{}')"
        "  FROM offered_ticket_types t WHERE t.id = ANY(w.ticket_type_ids)) AS ticket_types,"
        " w.quantity, w.state, w.offered_until, w.created_at FROM waiting_list w"
        " WHERE w.event_id = %s ORDER BY w.state IN ('waiting', 'offered') DESC, w.position"
        " LIMIT %s",
        (event_id, limit),
    )


async def type_names(tx: Transaction, type_ids: Sequence[TicketTypeId]) -> list[str]:
    return await tx.value(
        "SELECT coalesce(array_agg(name ORDER BY position), '{}') FROM offered_ticket_types"
        " WHERE id = ANY(%s)",
        (list(type_ids),),
    )


async def forget_people(tx: Transaction, limit: int) -> int:
    """Of dates that ended three months ago."""
    return await tx.execute(
        "UPDATE waiting_list SET email = NULL, name = NULL, body_hash = '' WHERE id IN ("
        " SELECT w.id FROM offered_dates d JOIN waiting_list w ON w.date_id = d.id"
        "  AND w.email IS NOT NULL WHERE d.ends_at < statement_timestamp() - interval '3 months'"
        "  LIMIT %s)",
        (limit,),
    )


async def erase_person(tx: Transaction, email: str) -> int:
    """Who waits leaves the line with it. Rarely asked: no index is kept for it."""
    return await tx.execute(
        "UPDATE waiting_list SET email = NULL, name = NULL, body_hash = '',"
        " state = CASE WHEN state = 'waiting' THEN 'left' ELSE state END"
        " WHERE lower(email) = lower(%s)",
        (email,),
    )
