"""What tickets include, and vouchers for orders: the organiser's rules."""

from datetime import datetime
from uuid import UUID

from quickserve.contracts.ordering_benefits import EntitlementDraft, OrderVoucherDraft
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context
from quickserve.ordering.model import Voucher
from quickserve.ordering.store import benefits
from quickserve.ordering.store.benefits import EntitlementRow


async def put_entitlement(ctx: Context, entitlement_id: UUID, draft: EntitlementDraft) -> None:
    """Errors: Unauthenticated, Forbidden, IdReused."""
    ctx.principal.require(draft.organiser_id, Role.ORGANISER)
    row = EntitlementRow(
        entitlement_id, draft.organiser_id, draft.event_id, draft.ticket_type_id, draft.name,
        draft.item_ids, draft.quantity, draft.active,
    )  # fmt: skip
    async with ctx.db.transaction() as tx:
        if not await benefits.upsert_entitlement(tx, row):
            raise IdReused


async def put_voucher(
    ctx: Context, organiser_id: OrganiserId, code: str, draft: OrderVoucherDraft
) -> None:
    """Errors: Unauthenticated, Forbidden."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    amount = draft.amount
    voucher = Voucher(code.upper(), draft.percent, amount.minor if amount else None)
    until: datetime | None = draft.until
    async with ctx.db.transaction() as tx:
        await benefits.put_voucher(
            tx, organiser_id, voucher, amount.currency if amount else None, draft.uses_max, until
        )
