"""A tab against money: both, or it stays open.

It is closed first, so that no order comes to it while a bank thinks; then the money is set aside
and taken (the pivot); then the tab is paid, with all its orders.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.checkout.model import Settlement
from quickserve.checkout.sagas.charging import decided_or_wait
from quickserve.checkout.store import tabs
from quickserve.contracts.checkout import PaymentTimeout
from quickserve.contracts.ordering import TabId
from quickserve.contracts.payment import IntentId, NewIntent, PaymentClient
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
    intent = await PaymentClient(ctx.client("payment")).put_intent(
        asked.intent_id,
        NewIntent(
            organiser_id=found.organiser_id, amount=amount, method=found.method,
            reference=asked.tab_id, return_path=f"/tab-settlements/{found.id}",
        ),
    )  # fmt: skip
    return decided_or_wait(intent)


async def void(ctx: Context, asked: SettleTab, _state: State) -> None:
    await PaymentClient(ctx.client("payment")).void(asked.intent_id)


async def capture(ctx: Context, asked: SettleTab, _state: State) -> dict[str, Any]:
    intent = await PaymentClient(ctx.client("payment")).capture(asked.intent_id)
    return {"captured": intent.state}


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
        step(
            "authorize",
            do=authorize,
            undo=void,
            wait_seconds=lambda settings: settings.payment_wait_seconds,
            late=PaymentTimeout,
        ),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
