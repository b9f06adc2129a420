"""An organiser says which plan an event's dates have, and which seats each ticket type is for."""

from dataclasses import dataclass

from quickserve.catalog import plan_rows, rules
from quickserve.catalog.commands.announce import announce
from quickserve.catalog.commands.lock_event import lock_changeable_event
from quickserve.catalog.commands.spare_taken_seats import spare_taken_seats
from quickserve.catalog.store import events, seating
from quickserve.contracts.catalog import EventId, EventSeating
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import FieldError, Malformed
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class PutEventSeating:
    event_id: EventId
    seating: EventSeating


async def put_event_seating(ctx: Context, cmd: PutEventSeating) -> None:
    """Raises Malformed for dates, plans, versions, ticket types or categories that there are not.

    A date with another version of its plan keeps its sales: booking follows. Raises
    SeatsWouldBeLost where that has no seat for somebody, and `lose_seats` does not say yes.
    """
    wanted = cmd.seating
    if not wanted.lose_seats:
        await spare_taken_seats(ctx, cmd.event_id, wanted)
    async with ctx.db.transaction() as tx:
        head = await lock_changeable_event(ctx, tx, cmd.event_id)
        findings = [
            *await _of_dates(tx, cmd, head.organiser_id),
            *await _of_ticket_types(tx, cmd, head.organiser_id),
        ]
        if findings:
            detail = "; ".join(f"{f.field}: {f.message}" for f in findings[:3])
            raise Malformed(detail, errors=findings[:50])
        changed = await seating.seat_dates(
            tx, cmd.event_id,
            [plan_rows.DatePlan(d.date_id, d.plan_id, d.plan_version) for d in wanted.dates],
        )  # fmt: skip
        changed += await seating.seat_ticket_types(
            tx, cmd.event_id,
            [plan_rows.TicketTypeCategory(t.ticket_type_id, t.seat_category)
             for t in wanted.ticket_types],
        )  # fmt: skip
        if changed:
            await announce(ctx, tx, [cmd.event_id])


async def _of_dates(
    tx: Transaction, cmd: PutEventSeating, organiser_id: OrganiserId
) -> list[FieldError]:
    wanted = cmd.seating.dates
    known = {date.id for date in await events.find_dates(tx, [cmd.event_id])}
    versions = await seating.find_versions(tx, organiser_id, [d.plan_id for d in wanted])
    plans = {(head.plan_id, head.version) for head in versions}
    seen: set[object] = set()
    findings: list[FieldError] = []
    for index, date in enumerate(wanted):
        at = f"dates.{index}"
        if date.date_id not in known:
            findings += rules.refuse(
                f"{at}.date_id", "unknown-date", "This event has no such date."
            ).errors
        if date.date_id in seen:
            findings += rules.refuse(
                f"{at}.date_id", "repeated", "Name each date once."
            ).errors  # fmt: skip
        if (date.plan_id, date.plan_version) not in plans:
            findings += rules.refuse(
                f"{at}.plan_id", "unknown-plan", "The organiser has no such version of a plan."
            ).errors
        seen.add(date.date_id)
    return findings


async def _of_ticket_types(
    tx: Transaction, cmd: PutEventSeating, organiser_id: OrganiserId
) -> list[FieldError]:
    known = {kind.id for kind in await events.find_ticket_types(tx, [cmd.event_id])}
    used = {(date.plan_id, date.plan_version) for date in cmd.seating.dates}
    versions = await seating.find_versions(tx, organiser_id, [plan_id for plan_id, _ in used])
    categories = {
        name for head in versions if (head.plan_id, head.version) in used
        for name in head.categories
    }  # fmt: skip
    seen: set[object] = set()
    findings: list[FieldError] = []
    for index, kind in enumerate(cmd.seating.ticket_types):
        at = f"ticket_types.{index}"
        if kind.ticket_type_id not in known:
            findings += rules.refuse(
                f"{at}.ticket_type_id", "unknown-ticket-type", "This event has no such ticket type."
            ).errors
        if kind.ticket_type_id in seen:
            findings += rules.refuse(
                f"{at}.ticket_type_id", "repeated", "Name each ticket type once."
            ).errors
        if kind.seat_category not in categories:
            findings += rules.refuse(
                f"{at}.seat_category", "unknown-category",
                "No plan of this event's dates has this category.",
            ).errors  # fmt: skip
        seen.add(kind.ticket_type_id)
    return findings
