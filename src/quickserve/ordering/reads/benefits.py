"""What tickets include, for the organiser."""

from quickserve.contracts.catalog import EventId
from quickserve.contracts.ordering_benefits import EntitlementList, EntitlementView
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context
from quickserve.ordering.store import benefits


async def entitlements(
    ctx: Context, organiser_id: OrganiserId, event_id: EventId
) -> EntitlementList:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        found = await benefits.entitlements_of_event(tx, organiser_id, event_id)
    return EntitlementList(
        entitlements=[
            EntitlementView(
                id=one.id, organiser_id=one.organiser_id, event_id=one.event_id,
                ticket_type_id=one.ticket_type_id, name=one.name, item_ids=one.item_ids,
                quantity=one.quantity,
            )
            for one in found
        ]
    )  # fmt: skip
