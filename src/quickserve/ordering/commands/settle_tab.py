"""A tab is paid: closed by a saga that takes the money, or in cash by who works at a stand."""

from uuid import UUID

from quickserve.contracts.ordering import TabId
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.contracts.tabs import (
    CashPayment,
    TabClosing,
    TabEmpty,
    TabPaid,
    TabTotalChanged,
    TabUnsettled,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.ordering.store import tabs
from quickserve.ordering.store.tabs import Tab


async def close_tab(ctx: Context, tab_id: TabId, closing: TabClosing) -> None:
    """From now on no order comes to it. A repeat changes nothing.

    Errors: NotFound, TabClosed by another one, or when this one was given up; TabPaid, TabEmpty,
    TabUnsettled, TabTotalChanged.
    """
    async with ctx.db.transaction() as tx:
        tab = await _locked(tx, tab_id)
        if tab.closed_by == closing.settlement_id:
            return
        if await tabs.is_refused(tx, closing.settlement_id):
            raise TabClosed("This payment was given up.")
        await _check(tx, tab, closing.total)
        await tabs.close(tx, tab_id, closing.settlement_id)


async def reopen_tab(ctx: Context, tab_id: TabId, settlement_id: UUID) -> None:
    """It was not paid. Also when it was never closed. Errors: NotFound."""
    async with ctx.db.transaction() as tx:
        tab = await _locked(tx, tab_id)
        await tabs.refuse(tx, settlement_id)
        if tab.closed_by == settlement_id and tab.state == "closing":
            await tabs.reopen(tx, tab_id)


async def confirm_tab(ctx: Context, tab_id: TabId, settlement_id: UUID) -> None:
    """The money is there. A repeat changes nothing. Errors: NotFound, TabClosed by another one."""
    async with ctx.db.transaction() as tx:
        tab = await _locked(tx, tab_id)
        if tab.closed_by != settlement_id:
            raise TabClosed
        if tab.state == "closing":
            await tabs.set_paid(tx, tab_id, "card", None)


async def take_cash(ctx: Context, tab_id: TabId, payment: CashPayment) -> None:
    """A repeat changes nothing.

    Errors: NotFound, Unauthenticated, Forbidden, TabClosed while it is being paid by card,
    TabPaid, TabEmpty, TabUnsettled, TabTotalChanged.
    """
    async with ctx.db.transaction() as tx:
        tab = await _locked(tx, tab_id)
        ctx.principal.require(tab.organiser_id, Role.KITCHEN)
        if (tab.state, tab.paid_by) == ("paid", "cash"):
            return
        await _check(tx, tab, payment.total)
        await tabs.set_paid(tx, tab_id, "cash", ctx.principal.person_id)


async def _locked(tx: Transaction, tab_id: TabId) -> Tab:
    tab = await tabs.lock(tx, tab_id)
    if tab is None:
        raise NotFound("There is no such tab.")
    return tab


async def _check(tx: Transaction, tab: Tab, total: Money) -> None:
    if tab.state == "paid":
        raise TabPaid
    if tab.state == "closing":
        raise TabClosed
    if await tabs.undecided(tx, tab.id):
        raise TabUnsettled
    owed = Money(tab.total_minor, tab.currency)
    if owed != total:
        raise TabTotalChanged(total=str(owed))
    if not tab.total_minor:
        raise TabEmpty
