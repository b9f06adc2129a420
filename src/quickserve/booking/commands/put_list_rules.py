"""An organiser opens or closes the waiting list of an event, and says how places are offered."""

from quickserve.booking.store import offers
from quickserve.booking.store import waiting_list as store
from quickserve.contracts.catalog import EventId
from quickserve.contracts.waiting_list import ListRules
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def put_list_rules(ctx: Context, event_id: EventId, rules: ListRules) -> ListRules:
    """Who waits already keeps waiting when it closes. Errors: NotFound, Forbidden."""
    async with ctx.db.transaction() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        await store.put_rules(tx, event_id, organiser_id, rules)
    return rules
