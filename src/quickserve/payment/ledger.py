"""Which transfers a payment's changes make. Each runs in the transaction of the change."""

from uuid import UUID

from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import new_uuid
from quickserve.payment import store
from quickserve.payment.model import (
    Intent,
    Refund,
    refund_sides,
    sale_sides,
)


async def hold(tx: Transaction, intent: Intent) -> None:
    """Authorised: the amount is pending."""
    await store.insert_pending_sale(tx, sale_sides(intent), intent)


async def post(tx: Transaction, intent: Intent) -> None:
    """Captured."""
    await _resolve(tx, intent.id, "post-pending")


async def void(tx: Transaction, intent: Intent) -> None:
    """Released, nothing was taken."""
    await _resolve(tx, intent.id, "void-pending")


async def hold_refund(tx: Transaction, intent: Intent, refund: Refund) -> None:
    await store.insert_pending_refund(tx, refund_sides(intent), refund)


async def settle_refund(tx: Transaction, refund: Refund, *, paid: bool) -> None:
    await _resolve(tx, refund.id, "post-pending" if paid else "void-pending")


async def _resolve(tx: Transaction, pending_id: UUID, kind: str) -> None:
    resolved = await store.insert_resolution(tx, new_uuid(), pending_id, kind)
    assert resolved == 1, "what is resolved was pending"
