"""Changes after the sale: rules, the tickets they touch, amendments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickserve.booking import model
from quickserve.contracts.booking import (
    BookingId,
    BookingState,
    HeldItem,
    QuotaId,
    TicketId,
    TicketState,
)  # fmt: skip
from quickserve.contracts.booking_changes import (
    AmendmentId,
    AmendmentKind,
    AmendmentState,
    ChangeRules,
)
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.contracts.seating import SeatId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


async def find_rules(tx: Transaction, event_id: EventId) -> ChangeRules:
    """The defaults where nobody set any."""
    found = await tx.maybe(
        ChangeRules,
        "SELECT cancel_hours, cancel_fee_bp, exchange_hours, transfer, resale"
        " FROM change_rules WHERE event_id = %s",
        (event_id,),
    )
    return found or ChangeRules()


async def put_rules(
    tx: Transaction, event_id: EventId, organiser_id: OrganiserId, rules: ChangeRules
) -> None:
    await tx.execute(
        "INSERT INTO change_rules (event_id, organiser_id, cancel_hours, cancel_fee_bp,"
        " exchange_hours, transfer, resale) VALUES (%(event)s, %(organiser)s, %(cancel_hours)s,"
        " %(cancel_fee_bp)s, %(exchange_hours)s, %(transfer)s, %(resale)s)"
        " ON CONFLICT (event_id) DO UPDATE SET organiser_id = excluded.organiser_id,"
        " cancel_hours = excluded.cancel_hours, cancel_fee_bp = excluded.cancel_fee_bp,"
        " exchange_hours = excluded.exchange_hours, transfer = excluded.transfer,"
        " resale = excluded.resale",
        {"event": event_id, "organiser": organiser_id, **rules.model_dump()},
    )


@dataclass(frozen=True, slots=True)
class ChangingTicket:
    """`own`: not passed on. `now`, `starts_at` and `called_off` are the moment's and the date's."""

    id: TicketId
    booking_id: BookingId
    booking_state: BookingState
    event_id: EventId
    date_id: DateId
    ticket_type_id: TicketTypeId
    ticket_type: str
    price_minor: int
    code: str
    state: TicketState
    holder_name: str
    own: bool
    admitted: bool
    now: datetime
    starts_at: datetime
    called_off: bool
    seat_id: SeatId | None
    seat: str | None


async def tickets_of_booking(tx: Transaction, booking_id: BookingId) -> list[ChangingTicket]:
    """Without those that left it."""
    return await tx.all(
        ChangingTicket,
        "SELECT t.id, t.booking_id, b.state AS booking_state, d.event_id, t.date_id,"
        " t.ticket_type_id, t.ticket_type, t.price_minor, t.code, t.state, t.holder_name,"
        " t.holder_email IS NULL AS own, EXISTS (SELECT FROM scans s WHERE s.ticket_id = t.id"
        "  AND s.verdict = 'admitted') AS admitted, clock_timestamp() AS now, d.starts_at,"
        " 'cancelled' IN (e.state, d.state) AS called_off, t.seat_id, t.seat"
        " FROM tickets t JOIN bookings b ON b.id = t.booking_id"
        " JOIN offered_dates d ON d.id = t.date_id JOIN offered_events e ON e.id = d.event_id"
        " WHERE t.booking_id = %s AND t.state NOT IN ('cancelled', 'passed-on')"
        " ORDER BY t.position",
        (booking_id,),
    )


async def lock_tickets(tx: Transaction, ticket_ids: Sequence[TicketId]) -> list[ChangingTicket]:
    return await tx.all(
        ChangingTicket,
        "WITH locked AS MATERIALIZED (SELECT * FROM tickets WHERE id = ANY(%s) ORDER BY id"
        " FOR UPDATE) SELECT t.id, t.booking_id, b.state AS booking_state, d.event_id, t.date_id,"
        " t.ticket_type_id, t.ticket_type, t.price_minor, t.code, t.state, t.holder_name,"
        " t.holder_email IS NULL AS own, EXISTS (SELECT FROM scans s WHERE s.ticket_id = t.id"
        "  AND s.verdict = 'admitted') AS admitted, clock_timestamp() AS now, d.starts_at,"
        " 'cancelled' IN (e.state, d.state) AS called_off, t.seat_id, t.seat"
        " FROM locked t JOIN bookings b ON b.id = t.booking_id"
        " JOIN offered_dates d ON d.id = t.date_id JOIN offered_events e ON e.id = d.event_id"
        " ORDER BY t.position",
        (list(ticket_ids),),
    )


async def set_ticket_states(
    tx: Transaction, ticket_ids: Sequence[TicketId], state: TicketState
) -> None:
    await tx.execute("UPDATE tickets SET state = %s WHERE id = ANY(%s)", (state, list(ticket_ids)))


async def quotas_of_tickets(
    tx: Transaction, booking_id: BookingId, ticket_ids: Sequence[TicketId]
) -> tuple[list[QuotaId], list[int]]:
    """What these tickets took, of what their booking still has; the last one takes the rest.

    By the quotas' ticket types as they are now: where they changed since, a place stays sold until
    the booking's last ticket goes. So never more is given back than was taken.
    """
    row = await tx.one(
        _Quotas,
        "WITH had AS (SELECT u.id, u.places FROM bookings b,"
        "  unnest(b.quota_ids, b.quota_places) AS u(id, places) WHERE b.id = %(booking)s),"
        " gone AS (SELECT l.quota_id AS id, count(*) AS places FROM tickets t"
        "  JOIN quota_ticket_types l ON l.ticket_type_id = t.ticket_type_id"
        "  WHERE t.id = ANY(%(tickets)s) GROUP BY l.quota_id),"
        " others AS (SELECT FROM tickets WHERE booking_id = %(booking)s"
        "  AND state NOT IN ('cancelled', 'passed-on', 'returned') AND NOT id = ANY(%(tickets)s)),"
        " given AS (SELECT had.id, CASE WHEN EXISTS (SELECT FROM others)"
        "  THEN least(had.places, coalesce(gone.places, 0)) ELSE had.places END AS places"
        "  FROM had LEFT JOIN gone USING (id))"
        " SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids,"
        " coalesce(array_agg(places::integer ORDER BY id), '{}') AS places"
        " FROM given WHERE places > 0",
        {"booking": booking_id, "tickets": list(ticket_ids)},
    )
    return row.ids, row.places


@dataclass(frozen=True, slots=True)
class _Quotas:
    ids: list[QuotaId]
    places: list[int]


# -- Amendments -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AmendmentRow:
    """`booking_id` and `date_id` are None for a tombstone."""

    id: AmendmentId
    booking_id: BookingId | None
    date_id: DateId | None
    kind: AmendmentKind | None
    state: AmendmentState
    ticket_ids: list[TicketId]
    quota_ids: list[QuotaId]
    quota_places: list[int]
    value_minor: int
    refund_minor: int
    currency: str
    until: datetime | None = None
    new_booking_id: BookingId | None = None


async def insert_amendment(tx: Transaction, row: AmendmentRow) -> bool:
    """False when the id is taken."""
    return (
        await tx.execute(
            "INSERT INTO amendments (id, booking_id, date_id, kind, state, ticket_ids, quota_ids,"
            " quota_places, value_minor, refund_minor, currency, until, new_booking_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO NOTHING",
            (
                row.id, row.booking_id, row.date_id, row.kind, row.state, row.ticket_ids,
                row.quota_ids, row.quota_places, row.value_minor, row.refund_minor, row.currency,
                row.until, row.new_booking_id,
            ),
        )
        == 1
    )  # fmt: skip


async def insert_tombstone(tx: Transaction, amendment_id: AmendmentId) -> bool:
    """False when the amendment came to be in the meantime."""
    return (
        await tx.execute(
            "INSERT INTO amendments (id, state, ticket_ids, quota_ids, quota_places, value_minor,"
            " refund_minor, currency) VALUES (%s, 'dropped', '{}', '{}', '{}', 0, 0, '')"
            " ON CONFLICT (id) DO NOTHING",
            (amendment_id,),
        )
        == 1
    )


async def find_amendment(tx: Transaction, amendment_id: AmendmentId) -> AmendmentRow | None:
    return await tx.maybe(
        AmendmentRow,
        "SELECT id, booking_id, date_id, kind, state, ticket_ids, quota_ids, quota_places,"
        " value_minor, refund_minor, currency, until FROM amendments WHERE id = %s",
        (amendment_id,),
    )


async def lock_amendment(tx: Transaction, amendment_id: AmendmentId) -> AmendmentRow | None:
    return await tx.maybe(
        AmendmentRow,
        "SELECT id, booking_id, date_id, kind, state, ticket_ids, quota_ids, quota_places,"
        " value_minor, refund_minor, currency, until FROM amendments WHERE id = %s FOR UPDATE",
        (amendment_id,),
    )


@dataclass(frozen=True, slots=True)
class Exchange:
    """So many tickets of a booking became another booking."""

    new_booking_id: BookingId
    tickets: int


async def exchanges_of_booking(tx: Transaction, booking_id: BookingId) -> list[Exchange]:
    return await tx.all(
        Exchange,
        "SELECT new_booking_id, cardinality(ticket_ids) AS tickets FROM amendments"
        " WHERE booking_id = %s AND state = 'done' AND new_booking_id IS NOT NULL"
        " ORDER BY created_at, id",
        (booking_id,),
    )


async def set_amendment_state(
    tx: Transaction, amendment_id: AmendmentId, state: AmendmentState
) -> None:
    await tx.execute("UPDATE amendments SET state = %s WHERE id = %s", (state, amendment_id))


async def reduce_booking(
    tx: Transaction, booking_id: BookingId, items: list[HeldItem], total_minor: int,
    taken: tuple[Sequence[QuotaId], Sequence[int]],
) -> None:  # fmt: skip
    """What is left of it. `taken` is what its quotas get back; without items it is cancelled."""
    await tx.execute(
        "UPDATE bookings b SET items = %(items)s, total_minor = %(total)s, places = %(places)s,"
        " state = CASE WHEN %(places)s = 0 THEN 'cancelled' ELSE state END,"
        " ended_at = CASE WHEN %(places)s = 0 THEN clock_timestamp() END,"
        " quota_places = (SELECT coalesce(array_agg(had.places - coalesce(gone.places, 0)"
        "   ORDER BY had.n), '{}') FROM unnest(b.quota_ids, b.quota_places)"
        "  WITH ORDINALITY AS had(id, places, n) LEFT JOIN unnest(%(ids)s::uuid[],"
        "  %(gone)s::integer[]) AS gone(id, places) USING (id))"
        " WHERE b.id = %(booking)s",
        {
            "items": model.dump_items(items), "total": total_minor,
            "places": sum(item.quantity for item in items), "ids": list(taken[0]),
            "gone": list(taken[1]), "booking": booking_id,
        },
    )  # fmt: skip


# -- Resale ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenResale:
    id: AmendmentId
    booking_id: BookingId
    quota_ids: list[QuotaId]
    quota_places: list[int]


async def lock_open_resales(tx: Transaction, date_id: DateId) -> list[OpenResale]:
    """Oldest first."""
    return await tx.all(
        OpenResale,
        "SELECT id, booking_id, quota_ids, quota_places FROM amendments WHERE date_id = %s"
        " AND state = 'open' AND kind = 'resale' ORDER BY created_at, id FOR UPDATE",
        (date_id,),
    )


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """`unsold` counts held places in: they may come back."""

    id: QuotaId
    unsold: int


async def unsold_of_date(tx: Transaction, date_id: DateId) -> list[QuotaLeft]:
    return await tx.all(
        QuotaLeft,
        "SELECT id, capacity - sold AS unsold FROM quotas WHERE date_id = %s",
        (date_id,),
    )


@dataclass(frozen=True, slots=True)
class _SeatOfResale:
    id: AmendmentId
    sold: bool


async def resales_by_seat(tx: Transaction, date_id: DateId) -> dict[AmendmentId, bool]:
    """The open ones of tickets with a seat: whether it is sold again."""
    found = await tx.all(
        _SeatOfResale,
        "SELECT a.id, bool_or(s.state = 'sold') AS sold FROM amendments a"
        " JOIN tickets t ON t.id = ANY(a.ticket_ids) AND t.seat_id IS NOT NULL"
        " JOIN seats s ON s.date_id = t.date_id AND s.seat_id = t.seat_id"
        " WHERE a.date_id = %s AND a.state = 'open' AND a.kind = 'resale' GROUP BY a.id",
        (date_id,),
    )
    return {one.id: one.sold for one in found}


async def ending_resales(tx: Transaction, limit: int) -> list[AmendmentId]:
    """Whose time is over by the database's clock."""
    rows: list[Any] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM amendments"
        " WHERE state = 'open' AND kind = 'resale' AND until <= clock_timestamp()"
        " ORDER BY until LIMIT %s) AS due",
        (limit,),
    )
    return [AmendmentId(one) for one in rows]


async def drop_open_resales(tx: Transaction, booking_id: BookingId) -> list[AmendmentId]:
    """Those of a booking that is cancelled as a whole."""
    rows: list[Any] = await tx.value(
        "WITH dropped AS (UPDATE amendments SET state = 'dropped'"
        " WHERE booking_id = %s AND state = 'open' AND kind = 'resale' RETURNING id)"
        " SELECT coalesce(array_agg(id), '{}') FROM dropped",
        (booking_id,),
    )
    return [AmendmentId(one) for one in rows]


async def resales_of_booking(tx: Transaction, booking_id: BookingId) -> list[AmendmentRow]:
    return await tx.all(
        AmendmentRow,
        "SELECT id, booking_id, date_id, kind, state, ticket_ids, quota_ids, quota_places,"
        " value_minor, refund_minor, currency, until FROM amendments WHERE booking_id = %s"
        " AND kind = 'resale' AND state IN ('open', 'sold')",
        (booking_id,),
    )


# -- Transfer -------------------------------------------------------------------------------------


async def insert_successor(
    tx: Transaction, successor_id: TicketId, ticket_id: TicketId, code: str, key_id: str,
    name: str, email: str,
) -> bool:  # fmt: skip
    """In the same booking, for the same place. False when the id is taken.

    The buyer may pass it on again as long as nobody else has opened it: it stays with the buyer.
    """
    return (
        await tx.execute(
            "INSERT INTO tickets (id, booking_id, position, date_id, organiser_id, ticket_type_id,"
            " ticket_type, price_minor, currency, code, holder_name, holder_email, key_id,"
            " replaces, seat_id, seat, link_with) SELECT %s, booking_id, position, date_id,"
            " organiser_id, ticket_type_id, ticket_type, price_minor, currency, %s, %s, %s, %s, id,"
            " seat_id, seat, CASE WHEN holder_email IS NULL OR link_with = 'buyer'"
            "  THEN 'buyer' ELSE 'holder' END FROM tickets WHERE id = %s"
            " ON CONFLICT (id) DO NOTHING",
            (successor_id, code, name, email, key_id, ticket_id),
        )
        == 1
    )


async def hide_link(tx: Transaction, ticket_id: TicketId) -> None:
    """Somebody else has it: from now on it is told to nobody."""
    await tx.execute("UPDATE tickets SET link_with = NULL WHERE id = %s", (ticket_id,))


@dataclass(frozen=True, slots=True)
class Successor:
    id: TicketId
    replaces: TicketId
    holder_name: str
    holder_email: str
    date_id: DateId


async def find_successor(tx: Transaction, ticket_id: TicketId) -> Successor | None:
    """A ticket that was passed on to somebody; None for one out of a sale."""
    return await tx.maybe(
        Successor,
        "SELECT id, replaces, holder_name, coalesce(holder_email, '') AS holder_email, date_id"
        " FROM tickets WHERE id = %s AND replaces IS NOT NULL",
        (ticket_id,),
    )
