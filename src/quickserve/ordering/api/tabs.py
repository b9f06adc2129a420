"""Tabs: seen by who has the key, paid by a saga, or in cash by who works at a stand."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.contracts.ordering import TabId
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.contracts.tabs import (
    CashPayment,
    TabClosing,
    TabEmpty,
    TabPaid,
    TabTotalChanged,
    TabUnsettled,
    TabView,
)
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands import settle_tab
from quickserve.ordering.reads.tabs import show_tab, tab_by_key

router = APIRouter()
_STAFF = (NotFound, Unauthenticated, Forbidden, Malformed)
_CLOSING = (TabClosed, TabPaid, TabEmpty, TabUnsettled, TabTotalChanged)


@router.get("/tabs/{tab_id}", dependencies=[anyone], responses=errors(NotFound, Malformed))
async def get_tab(tab_id: TabId, key: Annotated[str, Query(max_length=100)], ctx: Ctx) -> TabView:
    return await tab_by_key(ctx, tab_id, key)


@router.get(
    "/tabs/{tab_id}/facts",
    dependencies=[services("checkout", "web")],
    responses=errors(*_STAFF),
)
async def get_tab_facts(tab_id: TabId, ctx: Ctx) -> TabView:
    return await show_tab(ctx, tab_id)


@router.put(
    "/tabs/{tab_id}/closing",
    dependencies=[services("checkout")],
    responses=errors(*_STAFF, *_CLOSING),
)
async def put_closing(tab_id: TabId, body: TabClosing, ctx: Ctx) -> TabView:
    await settle_tab.close_tab(ctx, tab_id, body)
    return await show_tab(ctx, tab_id)


@router.put(
    "/tabs/{tab_id}/reopening",
    status_code=204,
    dependencies=[services("checkout")],
    responses=errors(*_STAFF),
)
async def put_reopening(tab_id: TabId, body: TabClosing, ctx: Ctx) -> Response:
    await settle_tab.reopen_tab(ctx, tab_id, body.settlement_id)
    return Response(status_code=204)


@router.put(
    "/tabs/{tab_id}/payment",
    dependencies=[services("checkout")],
    responses=errors(*_STAFF, TabClosed),
)
async def put_payment(tab_id: TabId, body: TabClosing, ctx: Ctx) -> TabView:
    await settle_tab.confirm_tab(ctx, tab_id, body.settlement_id)
    return await show_tab(ctx, tab_id)


@router.put(
    "/tabs/{tab_id}/cash-payment",
    dependencies=[signed_in],
    responses=errors(*_STAFF, *_CLOSING),
)
async def put_cash_payment(tab_id: TabId, body: CashPayment, ctx: Ctx) -> TabView:
    await settle_tab.take_cash(ctx, tab_id, body)
    return await show_tab(ctx, tab_id)
