"""Selling rules: vouchers, discounts, rules of ticket types; what a buyer with a code is told."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.booking.commands.put_discount import put_discount
from quickserve.booking.commands.put_selling_rules import put_selling_rules
from quickserve.booking.commands.put_vouchers import PutVouchers, put_vouchers
from quickserve.booking.reads import rules
from quickserve.contracts.booking import CODES_MAX, SoldOut, TypedCode, VoucherId
from quickserve.contracts.booking_rules import (
    CodeTaken,
    DiscountId,
    DiscountList,
    EventRules,
    NewDiscount,
    NewVouchers,
    Terms,
    UsesBelowTaken,
    VoucherList,
    VoucherUses,
)
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()

_OWN = (Unauthenticated, Forbidden)
_Codes = Annotated[list[TypedCode], Query(max_length=CODES_MAX)]
_Text = Annotated[str, Query(max_length=60)]
_Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/dates/{date_id}/terms", dependencies=[anyone], responses=errors(NotFound, Malformed))
async def get_terms(date_id: DateId, ctx: Ctx, code: _Codes = []) -> Terms:  # noqa: B006 - FastAPI's
    return await rules.terms(ctx, date_id, code)


@router.put(
    "/organisers/{organiser_id}/vouchers",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_OWN, CodeTaken, UsesBelowTaken, SoldOut, Conflict, Malformed),
)
async def put_organiser_vouchers(
    organiser_id: OrganiserId, body: NewVouchers, ctx: Ctx
) -> Response:
    await put_vouchers(ctx, PutVouchers(organiser_id, tuple(body.vouchers)))
    return Response(status_code=204)


@router.get(
    "/organisers/{organiser_id}/vouchers", dependencies=[signed_in], responses=errors(*_OWN)
)
async def get_vouchers(
    organiser_id: OrganiserId, ctx: Ctx, text: _Text = "", after: VoucherId | None = None,
    limit: _Limit = 50,
) -> VoucherList:  # fmt: skip
    return await rules.vouchers(ctx, organiser_id, text, after, limit)


@router.get("/vouchers/{voucher_id}", dependencies=[signed_in], responses=errors(*_OWN, NotFound))
async def get_voucher(voucher_id: VoucherId, ctx: Ctx) -> VoucherUses:
    return await rules.voucher(ctx, voucher_id)


@router.get(
    "/organisers/{organiser_id}/discounts", dependencies=[signed_in], responses=errors(*_OWN)
)
async def get_discounts(organiser_id: OrganiserId, ctx: Ctx) -> DiscountList:
    return await rules.discounts(ctx, organiser_id)


@router.put(
    "/organisers/{organiser_id}/discounts/{discount_id}",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_OWN, Malformed),
)
async def put_organiser_discount(
    organiser_id: OrganiserId, discount_id: DiscountId, body: NewDiscount, ctx: Ctx
) -> Response:
    await put_discount(ctx, organiser_id, discount_id, body)
    return Response(status_code=204)


@router.get(
    "/events/{event_id}/selling-rules",
    dependencies=[signed_in],
    responses=errors(*_OWN, NotFound),
)
async def get_selling_rules(event_id: EventId, ctx: Ctx) -> EventRules:
    return await rules.event_rules(ctx, event_id)


@router.put(
    "/events/{event_id}/selling-rules",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_OWN, NotFound, Malformed),
)
async def put_event_selling_rules(event_id: EventId, body: EventRules, ctx: Ctx) -> Response:
    await put_selling_rules(ctx, event_id, body)
    return Response(status_code=204)
