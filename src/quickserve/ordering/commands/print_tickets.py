"""Tickets go to their printers, at least once: a printer that is off stops nothing but itself."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from quickserve.contracts.printing import PrinterDraft
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.ordering import printers, tickets
from quickserve.ordering.model import Order
from quickserve.ordering.printers import PrintFault
from quickserve.ordering.resources import resources
from quickserve.ordering.store import figures, orders, printing
from quickserve.ordering.store.printing import Job, PrinterRow

_PRINTERS = 20  # of one round, side by side
_TICKETS = 4  # of one printer in one round
_LEASE_SECONDS = 90  # longer than a round can take: 4 × (3 + 3 + 6 + 2) s
_PAUSE_SECONDS_MAX = 60


async def print_tickets(ctx: Context) -> None:
    """Each printer's oldest first. Several processes may do this at once."""
    async with ctx.db.transaction() as tx:
        leased = await printing.lease(tx, _LEASE_SECONDS, _PRINTERS)
    await asyncio.gather(*(_print(ctx, row) for row in leased))


async def _print(ctx: Context, row: PrinterRow) -> None:
    async with ctx.db.transaction() as tx:
        jobs = await printing.begin(tx, row.id, _TICKETS)
    done: list[UUID] = []
    try:
        for job in jobs:
            ticket = await _ticket(ctx, job, row.draft)
            if ticket is not None:
                await printers.send(ctx.settings, row.draft, ticket)
            done.append(job.id)
            async with ctx.db.transaction() as tx:
                await printing.end(tx, row.id, [job.id])
    except PrintFault as fault:
        async with ctx.db.transaction() as tx:
            await _note(tx, row, jobs[len(done) :], fault)
        return
    async with ctx.db.transaction() as tx:
        await printing.release(tx, row.id)


async def _note(tx: Transaction, row: PrinterRow, left: Sequence[Job], fault: PrintFault) -> None:
    """Of those left the first was perhaps sent, the others were not."""
    new = [job.id for job in (left[1:] if fault.sent else left) if not job.maybe_printed]
    await printing.untouched(tx, new)
    pause = min(_PAUSE_SECONDS_MAX, 2 ** min(row.failures, 10))
    await printing.note_failure(tx, row.id, fault.fault, pause)


async def _ticket(ctx: Context, job: Job, printer: PrinterDraft) -> bytes | None:
    """None where there is nothing to print for this printer."""
    if job.order_id is None:
        return tickets.test_page(printer)
    async with ctx.db.read() as tx:
        order = await orders.find(tx, job.order_id)
    if order is None or not (job.kind == "cancelled" or tickets.is_for(printer, order.lines)):
        return None
    stand = await resources(ctx).shelf.stand(order.stand_id)
    zone = stand.draft.zone if stand else "UTC"
    return tickets.written(_of(order, job, zone), printer)


def _of(order: Order, job: Job, zone: str) -> tickets.Ticket:
    return tickets.Ticket(
        job.kind, order.stand_name, zone, order.number, order.contact_name or "",
        order.destination, order.lines, order.placed_at, order.ready_by, job.maybe_printed,
    )  # fmt: skip


async def tidy_prints(ctx: Context) -> None:
    async with ctx.db.transaction() as tx:
        await printing.give_up(tx)
        await printing.delete_old(tx)
        await figures.delete_old_refusals(tx)
