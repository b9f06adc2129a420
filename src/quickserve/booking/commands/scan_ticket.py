"""A code is shown at a gate: who comes in, who does not, and why."""

from dataclasses import dataclass

from quickserve.booking import model, signing
from quickserve.booking.model import Outrun
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import offers, scans
from quickserve.booking.store.scans import NewScanRow, ScannedTicket
from quickserve.contracts.booking import Refusal, ScanId, ScanView, TicketAdmitted, TicketId
from quickserve.contracts.catalog import DateId
from quickserve.kernel import outbox
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class ScanTicket:
    scan_id: ScanId
    date_id: DateId
    code: str
    gate: str

    @property
    def body_hash(self) -> bytes:
        return model.fingerprint("scan", str(self.date_id), self.code, self.gate)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a code names, as far as it can be believed."""

    refusal: Refusal | None = None
    ticket_id: TicketId | None = None
    code: str | None = None


async def scan_ticket(ctx: Context, cmd: ScanTicket) -> ScanView:
    """Keeps every scan; admits a ticket once, whichever gate is first. A repeat answers the same.

    Errors: NotFound for an unknown date, Forbidden for who is not at this organiser's door,
    IdReused.
    """
    async with ctx.db.read() as tx:
        date = await offers.find_date(tx, cmd.date_id)
    if date is None:
        raise NotFound("There is no such date.")
    ctx.principal.require(date.organiser_id, Role.DOOR)
    named = await name_ticket(ctx, cmd.code.strip(), date.organiser_id)
    try:
        return await _scan(ctx, cmd, named, date.organiser_id)
    except Outrun:  # this very scan is in already
        return await _scan(ctx, cmd, named, date.organiser_id)


async def name_ticket(ctx: Context, code: str, organiser_id: OrganiserId) -> Named:
    """Proves a QR's signature; reads a typed code."""
    if not code.startswith(signing.PREFIX):
        typed = signing.read_code(code)
        return Named(code=typed) if typed else Named(refusal="unknown")
    claim = signing.read_payload(code)
    key = (await resources(ctx).keys.by_id([claim.key_id])).get(claim.key_id) if claim else None
    if claim is None or key is None or not signing.verify_payload(code, {key.id: key.public}):
        return Named(refusal="forged")
    if key.organiser_id != organiser_id:
        return Named(refusal="other-organiser")
    return Named(ticket_id=claim.ticket_id)


async def _scan(ctx: Context, cmd: ScanTicket, named: Named, organiser_id: OrganiserId) -> ScanView:
    async with ctx.db.transaction() as tx:
        known = await scans.find_scan_hash(tx, cmd.scan_id)
        if known is None:
            await _judge(tx, ctx, cmd, named, organiser_id)
        elif known != cmd.body_hash:
            raise IdReused
        view = await scans.find_scan(tx, cmd.scan_id)
    assert view is not None
    return view


async def _judge(
    tx: Transaction, ctx: Context, cmd: ScanTicket, named: Named, organiser_id: OrganiserId
) -> None:
    ticket: ScannedTicket | None = None
    refusal = named.refusal
    if refusal is None:
        ticket = await scans.find_ticket(tx, ticket_id=named.ticket_id, code=named.code)
        refusal = _refusal(ticket, cmd.date_id, organiser_id)
    if refusal == "other-organiser":
        ticket = None  # not a word about what belongs to somebody else
    scan = NewScanRow(
        cmd.scan_id, cmd.date_id, organiser_id, ticket.id if ticket else None,
        "refused" if refusal else "already-admitted", refusal, cmd.gate,
        ctx.principal.person_id, cmd.body_hash,
    )  # fmt: skip
    if ticket and refusal is None and await scans.insert_admission(tx, scan):
        await outbox.append(tx, TicketAdmitted(ticket.id, cmd.date_id, cmd.gate))
        tx.after_commit.append(lambda: tell_changed(ctx, cmd.date_id))
    else:
        await scans.insert_scan(tx, scan)


def _refusal(
    ticket: ScannedTicket | None, date_id: DateId, organiser_id: OrganiserId
) -> Refusal | None:
    if ticket is None:
        return "unknown"
    if ticket.organiser_id != organiser_id:
        return "other-organiser"
    if ticket.state == "revoked":
        return "revoked"
    if ticket.cancelled or ticket.state == "cancelled":
        return "cancelled"
    if ticket.state != "valid":  # passed on, on sale again, or about to be exchanged
        return "revoked"
    return None if ticket.date_id == date_id else "other-date"
