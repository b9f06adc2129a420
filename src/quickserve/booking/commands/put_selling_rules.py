"""What an event's ticket types ask of each other, of codes and of persons."""

from collections.abc import Iterable

from quickserve.booking.model import field_problem
from quickserve.booking.resources import resources
from quickserve.booking.store import offers, rules
from quickserve.contracts.booking_rules import EventRules, TypeRules
from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def put_selling_rules(ctx: Context, event_id: EventId, wanted: EventRules) -> None:
    """Holds for what is chosen from now on. Errors: NotFound, Forbidden, Malformed."""
    async with ctx.db.transaction() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        _check(wanted.types, await rules.types_of_event(tx, event_id))
        await rules.replace_rules(tx, event_id, wanted.types)
    resources(ctx).shelf.forget_all()


def _check(types: list[TypeRules], known: set[TicketTypeId]) -> None:
    bundles = {one.ticket_type_id for one in types if one.parts}
    seen: set[TicketTypeId] = set()
    for position, one in enumerate(types):
        field = f"types.{position}"
        if one.ticket_type_id in seen:
            raise field_problem(f"{field}.ticket_type_id", "twice", "Name each ticket once.")
        seen.add(one.ticket_type_id)
        named = [*one.addon_of, *one.requires, *(part.ticket_type_id for part in one.parts)]
        _require(field, [one.ticket_type_id, *named], known)
        if one.ticket_type_id in named:
            fix = "A ticket cannot be its own companion or part."
            raise field_problem(f"{field}.requires", "itself", fix)
        if one.addon_min > one.addon_max:
            fix = "Allow at least as many as are required."
            raise field_problem(f"{field}.addon_max", "below-least", fix)
        if one.parts and one.per_person is not None:
            fix = "Limit the tickets of which the bundle consists."
            raise field_problem(f"{field}.per_person", "bundle", fix)
        if bundles & {part.ticket_type_id for part in one.parts}:
            fix = "A bundle consists of plain tickets, not of bundles."
            raise field_problem(f"{field}.parts", "bundle", fix)
        if len({part.ticket_type_id for part in one.parts}) != len(one.parts):
            raise field_problem(f"{field}.parts", "twice", "Name each part once.")


def _require(field: str, named: Iterable[TicketTypeId], known: set[TicketTypeId]) -> None:
    if not set(named) <= known:
        fix = "Choose among the tickets of this event."
        raise field_problem(f"{field}.ticket_type_id", "unknown-ticket-type", fix)
