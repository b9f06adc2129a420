"""A stand as who works there runs it."""

from uuid import UUID

from fastapi import APIRouter, Response

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderList, Pacing, Pause, StandStatus
from quickserve.contracts.ordering_benefits import (
    EntitlementDraft,
    EntitlementList,
    OrderVoucherDraft,
    OrderVoucherList,
)
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands.put_benefits import put_entitlement, put_voucher
from quickserve.ordering.commands.run_stand import pause_stand, set_pacing
from quickserve.ordering.reads import orders
from quickserve.ordering.reads.benefits import entitlements, order_vouchers

router = APIRouter()
_STAFF = (NotFound, Unauthenticated, Forbidden)


@router.get("/stands/{stand_id}/board", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_board(stand_id: StandId, ctx: Ctx) -> OrderList:
    return await orders.board(ctx, stand_id)


@router.get("/stands/{stand_id}/status", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_status(stand_id: StandId, ctx: Ctx) -> StandStatus:
    return await orders.status(ctx, stand_id)


@router.put(
    "/stands/{stand_id}/pause",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_STAFF, Malformed),
)
async def put_pause(stand_id: StandId, body: Pause, ctx: Ctx) -> Response:
    await pause_stand(ctx, stand_id, body)
    return Response(status_code=204)


@router.put(
    "/stands/{stand_id}/pacing",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_STAFF, Malformed),
)
async def put_pacing(stand_id: StandId, body: Pacing, ctx: Ctx) -> Response:
    await set_pacing(ctx, stand_id, body)
    return Response(status_code=204)


@router.put(
    "/entitlements/{entitlement_id}",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, IdReused, Malformed),
)
async def put_one_entitlement(entitlement_id: UUID, body: EntitlementDraft, ctx: Ctx) -> Response:
    await put_entitlement(ctx, entitlement_id, body)
    return Response(status_code=204)


@router.get(
    "/organisers/{organiser_id}/events/{event_id}/entitlements",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_entitlements(
    organiser_id: OrganiserId, event_id: EventId, ctx: Ctx
) -> EntitlementList:
    return await entitlements(ctx, organiser_id, event_id)


@router.get(
    "/organisers/{organiser_id}/order-vouchers",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_order_vouchers(organiser_id: OrganiserId, ctx: Ctx) -> OrderVoucherList:
    return await order_vouchers(ctx, organiser_id)


@router.put(
    "/organisers/{organiser_id}/order-vouchers/{code}",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def put_order_voucher(
    organiser_id: OrganiserId, code: str, body: OrderVoucherDraft, ctx: Ctx
) -> Response:
    await put_voucher(ctx, organiser_id, code, body)
    return Response(status_code=204)
