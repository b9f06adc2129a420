"""Somebody pays a tab by card."""

from dataclasses import dataclass

from quickserve.checkout import model
from quickserve.checkout.model import Settlement
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.settle_tab import SettleTab as Params
from quickserve.checkout.sagas.settle_tab import settle_tab as saga
from quickserve.checkout.store import tabs
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.contracts.tabs import (
    NewSettlement,
    SettlementId,
    TabClient,
    TabEmpty,
    TabPaid,
    TabTotalChanged,
    TabView,
)
from quickserve.kernel.errors import FieldError, IdReused, Malformed
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class SettleTab:
    settlement_id: SettlementId
    body: NewSettlement


async def settle_tab(ctx: Context, cmd: SettleTab) -> None:
    """Idempotent by id. What is evident now is refused at once; the saga has the last word.

    Raises NotFound, TabPaid, TabClosed, TabEmpty, TabTotalChanged, Malformed, IdReused.
    """
    content = model.content_of(cmd.body, ctx.settings.key_for("checkout content"))
    async with ctx.db.read() as tx:
        done = await tabs.find(tx, cmd.settlement_id)
    if done is None:
        tab = await TabClient(ctx.client("ordering")).tab(cmd.body.tab_id, cmd.body.key)
        _check(tab, cmd.body)
        ids = model.ids_of(cmd.settlement_id, ctx.settings)
        tip = cmd.body.tip or Money(0, tab.total.currency)
        wanted = Settlement(
            cmd.settlement_id, ids.saga, tab.id, tab.key, ids.intent, tab.organiser_id, tab.total,
            tip, content, cmd.body.method, "open", ctx.clock.now(),
        )  # fmt: skip
        async with ctx.db.transaction() as tx:
            done = await tabs.insert(tx, wanted)
            if done is not None:
                params = Params(done.id, done.saga_id, done.tab_id, done.intent_id)
                await queue.spawn(tx, saga, done.saga_id, params)
                return
            done = await tabs.find(tx, cmd.settlement_id)
    if done is None or done.content != content:
        raise IdReused


def _check(tab: TabView, body: NewSettlement) -> None:
    if tab.state == "paid":
        raise TabPaid
    if tab.state == "closing":
        raise TabClosed
    if tab.total != body.total:
        raise TabTotalChanged(total=str(tab.total))
    if not tab.total.minor:
        raise TabEmpty
    if body.tip and (body.tip.currency != tab.total.currency or body.tip.minor < 0):
        message = f"Give a tip in {tab.total.currency}, or none."
        field = FieldError(field="tip", code="wrong-currency", message=message)
        raise Malformed(message, errors=[field])
