"""The waiting list: rules, entries in their order, what is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.booking import HoldId, QuotaId
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

    def turn(self, *, lottery: bool) -> tuple[float, int]:
        """What the line is ordered by; a lot below 0 is first in either case."""
        return (self.lot if lottery or self.lot < 0 else 0.0), self.position


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


async def dates_to_offer(tx: Transaction, limit: int) -> list[DateId]:
    """Where something came back that the list was not looked through for."""
    return await tx.value(
        "SELECT coalesce(array_agg(date_id), '{}') FROM (SELECT DISTINCT date_id FROM quotas"
        " WHERE came_back LIMIT %s) AS found",
        (limit,),
    )


async def lock_date(tx: Transaction, date_id: DateId) -> bool:
    """False while another process looks through its list."""
    return await tx.value(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"waiting-list:{date_id}",)
    )


async def quotas_of_date(tx: Transaction, date_id: DateId) -> list[QuotaId]:
    return await tx.value(
        "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM quotas WHERE date_id = %s",
        (date_id,),
    )


async def look_again(tx: Transaction, date_ids: Sequence[DateId]) -> None:
    """The next round looks through their lists: somebody came or went, or quotas are others."""
    await tx.execute(
        "WITH theirs AS MATERIALIZED (SELECT id FROM quotas q WHERE date_id = ANY(%s)"
        "  AND (for_list OR capacity > held + sold AND EXISTS (SELECT FROM waiting_list w"
        "   WHERE w.date_id = q.date_id AND w.state = 'waiting')) ORDER BY id FOR UPDATE)"
        " UPDATE quotas q SET came_back = true FROM theirs WHERE q.id = theirs.id",
        (list(date_ids),),
    )


async def settle_quotas(tx: Transaction, date_id: DateId, until: datetime) -> None:
    """The list was looked through: what is left is kept for groups that gather places, or sold.

    A free place is kept where somebody still waits who needs more of it than there are, and where
    some of everything that the ticket takes is there: from the first time on `until` then, and
    only for who the whole house would be enough for. The quotas are locked already.
    """
    await tx.execute(
        "WITH types AS MATERIALIZED (SELECT l.ticket_type_id, min(q.capacity) AS most,"
        "  min(q.capacity - q.held - q.sold) AS free FROM quotas q JOIN quota_ticket_types l"
        "  ON l.quota_id = q.id WHERE q.date_id = %(date)s GROUP BY l.ticket_type_id"
        "  HAVING min(q.capacity - q.held - q.sold) > 0),"
        " groups AS MATERIALIZED (SELECT w.id, w.quantity, t.ticket_type_id FROM types t"
        "  JOIN waiting_list w ON t.ticket_type_id = ANY(w.ticket_type_ids)"
        "  AND w.quantity > t.free AND w.quantity <= t.most"
        "  WHERE w.date_id = %(date)s AND w.state = 'waiting'"
        "  AND (w.gathers_until IS NULL OR w.gathers_until > clock_timestamp())),"
        " begun AS (UPDATE waiting_list w SET gathers_until = %(until)s"
        "  WHERE w.id IN (SELECT id FROM waiting_list JOIN groups USING (id)"
        "   WHERE gathers_until IS NULL FOR UPDATE OF waiting_list SKIP LOCKED))"
        " UPDATE quotas q SET came_back = false, for_list = q.capacity > q.held + q.sold"
        "  AND EXISTS (SELECT FROM quota_ticket_types l JOIN groups g USING (ticket_type_id)"
        "   WHERE l.quota_id = q.id AND g.quantity > q.capacity - q.held - q.sold)"
        " WHERE q.date_id = %(date)s AND (q.came_back OR q.for_list)",
        {"date": date_id, "until": until},
    )


async def dates_gathered_long_enough(tx: Transaction) -> list[DateId]:
    """Where places are kept, and somebody's time to gather them is over."""
    return await tx.value(
        "SELECT coalesce(array_agg(DISTINCT w.date_id), '{}') FROM waiting_list w"
        " JOIN quotas q ON q.date_id = w.date_id AND q.for_list AND NOT q.came_back"
        " JOIN quota_ticket_types l ON l.quota_id = q.id"
        "  AND l.ticket_type_id = ANY(w.ticket_type_ids)"
        " WHERE w.state = 'waiting' AND w.gathers_until <= clock_timestamp()"
    )


async def stop_gathering(tx: Transaction, entry_id: EntryId) -> None:
    await tx.execute(
        "UPDATE waiting_list SET gathers_until = clock_timestamp()"
        " WHERE id = %s AND state = 'waiting'",
        (entry_id,),
    )


async def most_ever(
    tx: Transaction, date_id: DateId, type_ids: Sequence[TicketTypeId]
) -> int | None:
    """How many of one of these tickets there could be at once, if everything came back.

    What vouchers set aside does not. None without quotas.
    """
    return await tx.value(
        "WITH blocked AS (SELECT b.quota_id, sum(b.places) AS places FROM holds h,"
        "  unnest(h.quota_ids, h.quota_places) AS b(quota_id, places)"
        "  WHERE h.date_id = %(date)s AND h.state = 'active' AND h.purpose = 'block' GROUP BY 1),"
        " most AS (SELECT min(q.capacity - coalesce(b.places, 0)) AS places FROM quotas q"
        "  JOIN quota_ticket_types l ON l.quota_id = q.id AND l.ticket_type_id = ANY(%(types)s)"
        "  LEFT JOIN blocked b ON b.quota_id = q.id WHERE q.date_id = %(date)s"
        "  GROUP BY l.ticket_type_id)"
        " SELECT max(places)::integer FROM most",
        {"date": date_id, "types": list(type_ids)},
    )


async def lock_line(
    tx: Transaction, date_id: DateId, *, lottery: bool, after: tuple[float, int], limit: int
) -> list[Entry]:
    """Who waits, in order, behind `after`. They stay locked."""
    return await tx.all(
        Entry,
        "SELECT id, date_id, event_id, ticket_type_ids, quantity, coalesce(name, '') AS name,"
        " language, state, position, lot, offers, hold_id, offered_until, body_hash, created_at"
        " FROM waiting_list WHERE date_id = %(date)s AND state = 'waiting'"
        " AND (CASE WHEN %(lottery)s OR lot < 0 THEN lot ELSE 0 END, position)"
        "  > (%(lot)s, %(position)s)"
        " ORDER BY CASE WHEN %(lottery)s OR lot < 0 THEN lot ELSE 0 END, position"
        " LIMIT %(limit)s FOR UPDATE",
        {
            "date": date_id, "lottery": lottery, "lot": after[0], "position": after[1],
            "limit": limit,
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ahead:
    people: int
    places: int


async def ahead(tx: Transaction, entry: Entry, *, lottery: bool) -> Ahead:
    """Who wants one of the same tickets, and comes before."""
    lot, position = entry.turn(lottery=lottery)
    return await tx.one(
        Ahead,
        "SELECT count(*) AS people, coalesce(sum(quantity), 0)::bigint AS places"
        " FROM waiting_list WHERE date_id = %(date)s AND state = 'waiting'"
        " AND ticket_type_ids && %(types)s"
        " AND (CASE WHEN %(lottery)s OR lot < 0 THEN lot ELSE 0 END, position)"
        "  < (%(lot)s, %(position)s)",
        {
            "date": entry.date_id, "types": entry.ticket_type_ids, "lottery": lottery,
            "lot": lot, "position": position,
        },
    )  # fmt: skip


async def put_first(tx: Transaction, entry_id: EntryId) -> None:
    await tx.execute(
        "UPDATE waiting_list SET lot = -1 WHERE id = %s AND state = 'waiting'", (entry_id,)
    )


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
    """The offered places are the buyer's, with a buyer's time. False when it is no offer now."""
    return (
        await tx.execute(
            "UPDATE holds SET purpose = 'sale', expires_at = clock_timestamp()"
            " + %s * interval '1 minute' WHERE id = %s AND state = 'active'"
            " AND purpose = 'offer' AND expires_at > clock_timestamp()",
            (minutes, hold_id),
        )
        == 1
    )


async def close_lists(tx: Transaction) -> list[DateId]:
    """Of dates that begin within the hour or are called off: what is kept goes on sale."""
    return await tx.value(
        "WITH closed AS (UPDATE waiting_list w SET state = 'closed' FROM offered_dates d"
        "  JOIN offered_events e ON e.id = d.event_id WHERE d.id = w.date_id"
        "  AND w.state = 'waiting' AND (d.starts_at < clock_timestamp() + interval '1 hour'"
        "   OR 'cancelled' IN (d.state, e.state)) RETURNING w.date_id)"
        " SELECT coalesce(array_agg(DISTINCT date_id), '{}') FROM closed"
    )


async def count_of_date(tx: Transaction, date_id: DateId) -> int:
    return await tx.value(
        "SELECT count(*) FROM waiting_list WHERE date_id = %s AND state = 'waiting'", (date_id,)
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
        " w.quantity, w.state, w.offered_until, w.created_at, w.gathers_until,"
        " CASE WHEN w.state = 'waiting' AND w.gathers_until > clock_timestamp() THEN"
        "  (SELECT coalesce(max(q.capacity - q.held - q.sold), 0) FROM quotas q"
        "   JOIN quota_ticket_types l ON l.quota_id = q.id"
        "   AND l.ticket_type_id = ANY(w.ticket_type_ids)"
        "   WHERE q.date_id = w.date_id AND q.for_list"
        "   AND w.quantity > q.capacity - q.held - q.sold) ELSE 0 END AS kept FROM waiting_list w"
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


async def erase_person(tx: Transaction, email: str) -> list[DateId]:
    """The date of each entry. Who waits leaves the line. Rarely asked: no index is kept for it."""
    return await tx.value(
        "WITH erased AS (UPDATE waiting_list SET email = NULL, name = NULL, body_hash = '',"
        "  state = CASE WHEN state = 'waiting' THEN 'left' ELSE state END"
        "  WHERE lower(email) = lower(%s) RETURNING date_id)"
        " SELECT coalesce(array_agg(date_id), '{}') FROM erased",
        (email,),
    )
