"""Tabs: several orders of one ticket, paid at once, by card or in cash at the stand."""

from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field

from quickserve.contracts.booking import TicketId
from quickserve.contracts.checkout import Failure
from quickserve.contracts.ordering import OrderId, OrderState, Request, TabId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

SettlementId = NewType("SettlementId", UUID)

SettlementState = Literal["processing", "challenge", "confirmed", "failed"]


class TabOrder(BaseModel):
    """`amount`: what is owed of it, without what was cancelled."""

    id: OrderId
    number: str
    stand_name: str
    state: OrderState
    amount: Money
    placed_at: datetime


class TabView(BaseModel):
    """`key` opens the tab's page. `closing`: it is being paid, no order comes to it."""

    id: TabId
    key: str
    organiser_id: OrganiserId
    ticket_id: TicketId
    state: Literal["open", "closing", "paid"]
    total: Money
    limit: Money
    paid_by: Literal["card", "cash"] | None
    orders: list[TabOrder]
    opened_at: datetime
    paid_at: datetime | None


class NewSettlement(Request):
    """Pays the tab with this total, and a tip. `method` is a payment provider's token."""

    tab_id: TabId
    key: str = Field(max_length=100)
    total: Money
    tip: Money | None = None
    method: str = Field(min_length=1, max_length=200)


class SettlementView(BaseModel):
    id: SettlementId
    state: SettlementState
    tab_id: TabId
    tab_key: str
    total: Money
    tip: Money
    challenge_path: str | None
    failure: Failure | None
    created_at: datetime


class TabClosing(Request):
    """`settlement_id` is who closes it: only that one may open it again, or call it paid."""

    settlement_id: UUID
    total: Money


class CashPayment(Request):
    """What staff took for the tab."""

    total: Money


class TabTotalChanged(Problem):
    """`extra.total`: what it is now."""

    status = 409
    code = "tab-total-changed"
    title = "The tab has another total now"


class TabEmpty(Problem):
    status = 409
    code = "tab-empty"
    title = "Nothing is owed on this tab"


class TabUnsettled(Problem):
    """An order waits for its stand's yes, or lines are being cancelled."""

    status = 409
    code = "tab-unsettled"
    title = "Something of this tab is not decided yet"


class TabPaid(Problem):
    status = 409
    code = "tab-paid"
    title = "This tab is paid"


class TabClient:
    """Of `ordering`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tab(self, tab_id: TabId, key: str) -> TabView:
        """Raises NotFound when the key does not fit."""
        return await self._client.get(TabView, f"/tabs/{tab_id}", query={"key": key})

    async def facts(self, tab_id: TabId) -> TabView:
        """For services that act in somebody's name."""
        return await self._client.get(TabView, f"/tabs/{tab_id}/facts")

    async def close(self, tab_id: TabId, closing: TabClosing) -> TabView:
        return await self._client.put(TabView, f"/tabs/{tab_id}/closing", closing)

    async def reopen(self, tab_id: TabId, closing: TabClosing) -> None:
        """Also when it was never closed: then a late closing by the same one is refused."""
        await self._client.call("PUT", f"/tabs/{tab_id}/reopening", body=closing)

    async def confirm(self, tab_id: TabId, closing: TabClosing) -> TabView:
        return await self._client.put(TabView, f"/tabs/{tab_id}/payment", closing)

    async def pay_cash(self, tab_id: TabId, payment: CashPayment, token: str) -> TabView:
        """By who works at a stand of the organiser."""
        path = f"/tabs/{tab_id}/cash-payment"
        return await self._client.put(TabView, path, payment, token=token)


class SettlementClient:
    """Of `checkout`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(
        self, settlement_id: SettlementId, new: NewSettlement, *, wait_ms: int = 0
    ) -> SettlementView:
        path, query = f"/tab-settlements/{settlement_id}", {"wait_ms": wait_ms}
        return await self._client.put(SettlementView, path, new, query=query, waits=wait_ms > 0)

    async def get(self, settlement_id: SettlementId, *, wait_ms: int = 0) -> SettlementView:
        """Waits up to `wait_ms` for it to leave `processing`."""
        path, query = f"/tab-settlements/{settlement_id}", {"wait_ms": wait_ms}
        return await self._client.get(SettlementView, path, query=query, waits=wait_ms > 0)
