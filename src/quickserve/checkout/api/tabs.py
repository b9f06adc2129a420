"""`/tab-settlements`: for who has the tab's key."""

from typing import Annotated

from fastapi import APIRouter, Query

from quickserve.checkout.commands.settle_tab import SettleTab, settle_tab
from quickserve.checkout.reads.tabs import wait_for_settlement
from quickserve.contracts.ordering_problems import TabClosed
from quickserve.contracts.tabs import (
    NewSettlement,
    SettlementId,
    SettlementView,
    TabEmpty,
    TabPaid,
    TabTotalChanged,
)
from quickserve.kernel.auth import anyone
from quickserve.kernel.errors import IdReused, Malformed, NotFound, errors
from quickserve.kernel.service import Ctx

router = APIRouter()

WaitMs = Annotated[int, Query(ge=0, le=10_000)]


@router.put(
    "/tab-settlements/{settlement_id}",
    dependencies=[anyone],
    responses=errors(NotFound, TabClosed, TabPaid, TabEmpty, TabTotalChanged, IdReused, Malformed),
)
async def put_settlement(
    settlement_id: SettlementId, body: NewSettlement, ctx: Ctx, wait_ms: WaitMs = 0
) -> SettlementView:
    """Begins it, and waits as GET does."""
    await settle_tab(ctx, SettleTab(settlement_id, body))
    return await wait_for_settlement(ctx, settlement_id, wait_ms)


@router.get(
    "/tab-settlements/{settlement_id}", dependencies=[anyone], responses=errors(NotFound, Malformed)
)
async def get_settlement(
    settlement_id: SettlementId, ctx: Ctx, wait_ms: WaitMs = 0
) -> SettlementView:
    """Waits up to `wait_ms` for it to leave `processing`."""
    return await wait_for_settlement(ctx, settlement_id, wait_ms)
