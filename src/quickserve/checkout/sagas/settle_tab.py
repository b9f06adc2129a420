"""A tab against money: both, or it stays open.

It is closed first, so that no order comes to it while a bank thinks; then the money is set aside
and taken (the pivot); then the tab is paid, with all its orders.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.checkout.model import Settlement
from quickserve.checkout.sagas.charging import (
    authorize_step,
    capture,
    decided_or_wait,
    payment,
    void,
)
from quickserve.checkout.store import tabs
from quickserve.contracts.ordering import TabId
from quickserve.contracts.payment import IntentId, NewIntent
from quickserve.contracts.tabs import SettlementId, TabClient, TabClosing
from quickserve.kernel.errors import Conflict
from quickserve.kernel.money import Money
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class SettleTab:
    settlement_id: SettlementId
    saga_id: UUID
    tab_id: TabId
    intent_id: IntentId


async def _settlement(ctx: Context, asked: SettleTab) -> Settlement:
    async with ctx.db.read() as tx:
        found = await tabs.find(tx, asked.settlement_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


async def _closing(ctx: Context, asked: SettleTab) -> TabClosing:
    found = await _settlement(ctx, asked)
    return TabClosing(settlement_id=asked.saga_id, total=found.total)


async def close(ctx: Context, asked: SettleTab, _state: State) -> dict[str, Any]:
    tab = await TabClient(ctx.client("ordering")).close(asked.tab_id, await _closing(ctx, asked))
    return {"total": str(tab.total)}


async def reopen(ctx: Context, asked: SettleTab, _state: State) -> None:
    await TabClient(ctx.client("ordering")).reopen(asked.tab_id, await _closing(ctx, asked))
    async with ctx.db.transaction() as tx:
        await tabs.end(tx, asked.settlement_id, "failed")


async def authorize(ctx: Context, asked: SettleTab, _state: State) -> dict[str, Any] | Wait:
    found = await _settlement(ctx, asked)
    if found.method is None:
        raise Conflict("This payment has ended.")
    amount = Money(found.total.minor + found.tip.minor, found.total.currency)
    intent = await payment(ctx).put_intent(
        asked.intent_id,
        NewIntent(
            organiser_id=found.organiser_id, amount=amount, method=found.method,
            reference=asked.tab_id, return_path=f"/tab-settlements/{found.id}",
        ),
    )  # fmt: skip
    return decided_or_wait(intent)


async def confirm(ctx: Context, asked: SettleTab, _state: State) -> dict[str, Any]:
    tab = await TabClient(ctx.client("ordering")).confirm(asked.tab_id, await _closing(ctx, asked))
    async with ctx.db.transaction() as tx:
        await tabs.end(tx, asked.settlement_id, "confirmed")
    return {"orders": len(tab.orders)}


settle_tab = Saga(
    "settle_tab",
    SettleTab,
    steps=(
        step("close", do=close, undo=reopen),
        authorize_step(authorize, void),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
