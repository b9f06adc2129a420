"""What tickets include, and vouchers, for the organiser."""

from quickserve.contracts.catalog import EventId
from quickserve.contracts.ordering_benefits import (
    EntitlementList,
    EntitlementView,
    OrderVoucherList,
    OrderVoucherView,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.ordering.store import benefits

_VOUCHERS_MAX = 1000


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
                quantity=one.quantity, active=one.active,
            )
            for one in found
        ]
    )  # fmt: skip


async def order_vouchers(ctx: Context, organiser_id: OrganiserId) -> OrderVoucherList:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        found = await benefits.vouchers_of(tx, organiser_id, _VOUCHERS_MAX)
    return OrderVoucherList(
        vouchers=[
            OrderVoucherView(
                code=one.code, percent=one.percent, uses_max=one.uses_max, used=one.used,
                until=one.until,
                amount=Money(one.amount_minor, one.currency)
                if one.amount_minor and one.currency else None,
            )
            for one in found
        ]
    )  # fmt: skip
