"""Why a quota or a seat is as it is, for its organiser."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from quickserve.booking.reads import explanations
from quickserve.contracts.booking import QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.explanations import SEAT_NAME_MAX, QuotaExplanation, SeatExplanation
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Unauthenticated, errors
from quickserve.kernel.service import Ctx

router = APIRouter()
Before = Annotated[str, Query(max_length=100)]
_STAFF = (Unauthenticated, Forbidden, NotFound, Malformed)


@router.get("/quotas/{quota_id}/explanation", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_quota(quota_id: QuotaId, ctx: Ctx, before: Before = "") -> QuotaExplanation:
    return await explanations.quota(ctx, quota_id, before)


@router.get(
    "/dates/{date_id}/seats/{seat_id:path}/explanation",
    dependencies=[signed_in],
    responses=errors(*_STAFF),
)
async def get_seat(
    date_id: DateId,
    seat_id: Annotated[
        str, Path(min_length=1, max_length=SEAT_NAME_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")
    ],
    ctx: Ctx,
    before: Before = "",
) -> SeatExplanation:
    """`seat_id` as the plan has it, or as tickets name the seat: “Stalls · A · 12”, “A 12”."""
    return await explanations.seat(ctx, date_id, seat_id, before)
