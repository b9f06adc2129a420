"""Tabs as their people and who is paid see them."""

import hmac

from quickserve.contracts.ordering import TabId
from quickserve.contracts.tabs import TabView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.ordering.store import tabs


async def show_tab(ctx: Context, tab_id: TabId) -> TabView:
    """Raises NotFound."""
    async with ctx.db.read() as tx:
        tab = await tabs.find(tx, tab_id)
        orders = await tabs.orders_of(tx, tab_id)
    if tab is None:
        raise NotFound("There is no such tab.")
    return TabView(
        id=tab.id, key=_key(ctx, tab.id), organiser_id=tab.organiser_id, ticket_id=tab.ticket_id,
        state=tab.state, total=Money(tab.total_minor, tab.currency),
        limit=Money(tab.limit_minor, tab.currency), paid_by=tab.paid_by, orders=orders,
        opened_at=tab.opened_at, paid_at=tab.paid_at,
    )  # fmt: skip


async def tab_by_key(ctx: Context, tab_id: TabId, key: str) -> TabView:
    """Raises NotFound when the key does not fit."""
    if not hmac.compare_digest(_key(ctx, tab_id).encode(), key.encode()):
        raise NotFound("There is no such tab.")
    return await show_tab(ctx, tab_id)


def _key(ctx: Context, tab_id: TabId) -> str:
    return hmac.digest(ctx.settings.key_for("tab-links"), tab_id.bytes, "sha256")[:16].hex()
