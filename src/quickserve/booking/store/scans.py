"""The door: tickets as a scan sees them, and every scan there was."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from quickserve.booking.signing import show_code
from quickserve.contracts.booking import (
    Admissions,
    DateFacts,
    Refusal,
    ScanId,
    ScanView,
    TicketId,
    TicketState,
    Verdict,
)  # fmt: skip
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, PersonId


@dataclass(frozen=True, slots=True)
class ScannedTicket:
    """`cancelled`: the event, its date or the booking."""

    id: TicketId
    date_id: DateId
    organiser_id: OrganiserId
    state: TicketState
    cancelled: bool


async def find_ticket(
    tx: Transaction, *, ticket_id: TicketId | None = None, code: str | None = None
) -> ScannedTicket | None:
    return await tx.maybe(
        ScannedTicket,
        "SELECT t.id, t.date_id, t.organiser_id, t.state,"
        " 'cancelled' IN (e.state, d.state) OR b.state IN ('withdrawn', 'cancelled')"
        " AS cancelled"
        " FROM tickets t JOIN bookings b ON b.id = t.booking_id"
        " JOIN offered_dates d ON d.id = t.date_id JOIN offered_events e ON e.id = d.event_id"
        " WHERE t.id = %s OR t.code = %s",
        (ticket_id, code),
    )


@dataclass(frozen=True, slots=True)
class SessionTicket:
    """What a ticket says of who orders with it."""

    id: TicketId
    event_id: EventId
    date_id: DateId
    organiser_id: OrganiserId
    ticket_type_id: TicketTypeId
    ticket_type: str
    seat: str | None
    state: TicketState
    cancelled: bool


async def find_session_ticket(
    tx: Transaction, ticket_id: TicketId | None, code: str | None
) -> SessionTicket | None:
    return await tx.maybe(
        SessionTicket,
        "SELECT t.id, d.event_id, t.date_id, t.organiser_id, t.ticket_type_id, t.ticket_type,"
        " t.seat, t.state, 'cancelled' IN (e.state, d.state)"
        " OR b.state IN ('withdrawn', 'cancelled') AS cancelled"
        " FROM tickets t JOIN bookings b ON b.id = t.booking_id"
        " JOIN offered_dates d ON d.id = t.date_id JOIN offered_events e ON e.id = d.event_id"
        " WHERE t.id = %s OR t.code = %s",
        (ticket_id, code),
    )


@dataclass(frozen=True, slots=True)
class NewScanRow:
    id: ScanId
    date_id: DateId
    organiser_id: OrganiserId
    ticket_id: TicketId | None
    verdict: Verdict
    refusal: Refusal | None
    gate: str
    scanned_by: PersonId | None
    body_hash: bytes


async def insert_admission(tx: Transaction, scan: NewScanRow) -> bool:
    """False when the ticket was admitted before: the unique index decides between two doors."""
    return await tx.execute(
        "INSERT INTO scans (id, date_id, organiser_id, ticket_id, verdict, gate, scanned_by,"
        " body_hash) VALUES (%s, %s, %s, %s, 'admitted', %s, %s, %s)"
        " ON CONFLICT (ticket_id) WHERE verdict = 'admitted' DO NOTHING",
        (
            scan.id, scan.date_id, scan.organiser_id, scan.ticket_id, scan.gate, scan.scanned_by,
            scan.body_hash,
        ),
    ) == 1  # fmt: skip


async def insert_scan(tx: Transaction, scan: NewScanRow) -> None:
    await tx.execute(
        "INSERT INTO scans (id, date_id, organiser_id, ticket_id, verdict, refusal, gate,"
        " scanned_by, body_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            scan.id, scan.date_id, scan.organiser_id, scan.ticket_id, scan.verdict, scan.refusal,
            scan.gate, scan.scanned_by, scan.body_hash,
        ),
    )  # fmt: skip


async def find_scan_hash(tx: Transaction, scan_id: ScanId) -> bytes | None:
    return await tx.value("SELECT body_hash FROM scans WHERE id = %s", (scan_id,))


def _scan(code: str | None, **columns: Any) -> ScanView:
    return ScanView(code=show_code(code) if code else None, **columns)


async def find_scan(tx: Transaction, scan_id: ScanId) -> ScanView | None:
    return await tx.maybe(
        _scan,
        "SELECT s.id, s.verdict, s.refusal, t.id AS ticket_id, t.code, t.holder_name,"
        " t.ticket_type, t.seat, first.scanned_at AS admitted_at, first.gate"
        " FROM scans s LEFT JOIN tickets t ON t.id = s.ticket_id"
        " LEFT JOIN scans first ON first.ticket_id = s.ticket_id AND first.verdict = 'admitted'"
        " AND s.verdict <> 'refused' WHERE s.id = %s",
        (scan_id,),
    )


async def count_admissions(tx: Transaction, date: DateFacts) -> Admissions:
    """Expected are the tickets that are not revoked; admitted those who came in."""
    return await tx.one(
        partial(Admissions, date=date),
        "SELECT (SELECT count(*) FROM scans"
        " WHERE date_id = %(date)s AND verdict = 'admitted') AS admitted,"
        " (SELECT count(*) FROM tickets WHERE date_id = %(date)s AND state = 'valid') AS expected",
        {"date": date.date_id},
    )


async def lock_ticket(tx: Transaction, ticket_id: TicketId) -> ScannedTicket | None:
    return await tx.maybe(
        ScannedTicket,
        "SELECT id, date_id, organiser_id, state, false AS cancelled FROM tickets"
        " WHERE id = %s FOR UPDATE",
        (ticket_id,),
    )


async def revoke_ticket(tx: Transaction, ticket_id: TicketId) -> None:
    await tx.execute("UPDATE tickets SET state = 'revoked' WHERE id = %s", (ticket_id,))


async def revoked_tickets(tx: Transaction, organiser_id: OrganiserId) -> list[TicketId]:
    """And those that were cancelled, for dates that ended less than a week ago, or have not."""
    return await tx.value(
        "SELECT coalesce(array_agg(t.id ORDER BY t.id), '{}') FROM tickets t"
        " JOIN offered_dates d ON d.id = t.date_id"
        " AND d.ends_at > clock_timestamp() - interval '7 days'"
        " WHERE t.organiser_id = %s AND t.state <> 'valid'",
        (organiser_id,),
    )
