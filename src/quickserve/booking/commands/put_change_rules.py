"""An organiser says what buyers may change by themselves."""

from quickserve.booking.store import changes, offers
from quickserve.contracts.booking_changes import ChangeRules
from quickserve.contracts.catalog import EventId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def put_change_rules(ctx: Context, event_id: EventId, rules: ChangeRules) -> ChangeRules:
    """Holds from now on, for tickets sold before too. Errors: NotFound, Forbidden."""
    async with ctx.db.transaction() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        await changes.put_rules(tx, event_id, organiser_id, rules)
    return rules
