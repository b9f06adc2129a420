"""`/checkouts` for buyers, who know the id they minted; `/sagas` for who operates the house."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from quickserve.checkout.commands.cancel_purchase import CancelPurchase, cancel_purchase
from quickserve.checkout.commands.erase_person import erase_person
from quickserve.checkout.commands.retry_saga import RetrySaga, retry_saga
from quickserve.checkout.commands.start_change import StartChange, start_change
from quickserve.checkout.commands.start_checkout import StartCheckout, start_checkout
from quickserve.checkout.reads import purchases as reads
from quickserve.checkout.reads import sagas
from quickserve.contracts.booking import BookingId, HoldExpired, HoldUsed, NotOnSale, SoldOut
from quickserve.contracts.booking_changes import ChangeNotAllowed
from quickserve.contracts.checkout import (
    CancellationId,
    CancellationView,
    CheckoutId,
    CheckoutView,
    NewCancellation,
    NewCheckout,
    NotRefundable,
    PaymentMethodMissing,
    SagaList,
    SagaView,
)
from quickserve.contracts.checkout_changes import (
    ChangeId,
    ChangeView,
    HoldMissing,
    NewChange,
    OneAtATime,
)
from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.service import Ctx

router = APIRouter()

WaitMs = Annotated[int, Query(ge=0, le=10_000)]


@router.put(
    "/checkouts/{checkout_id}",
    dependencies=[anyone],
    responses=errors(
        HoldExpired, HoldUsed, NotOnSale, SoldOut, IdReused, NotFound, PaymentMethodMissing,
        Malformed,
    ),
)  # fmt: skip
async def put_checkout(
    checkout_id: CheckoutId, body: NewCheckout, ctx: Ctx, wait_ms: WaitMs = 0
) -> CheckoutView:
    """Starts the purchase; follow it with GET, or wait. Free places are booked at once."""
    view = reads.view_of(await start_checkout(ctx, StartCheckout(checkout_id, body)))
    return await reads.wait_for_checkout(ctx, checkout_id, wait_ms, view) if wait_ms else view


@router.get(
    "/checkouts/{checkout_id}", dependencies=[anyone], responses=errors(NotFound, Malformed)
)
async def get_checkout(checkout_id: CheckoutId, ctx: Ctx, wait_ms: WaitMs = 0) -> CheckoutView:
    """Waits up to `wait_ms` for it to leave `processing`."""
    return await reads.wait_for_checkout(ctx, checkout_id, wait_ms)


@router.put(
    "/cancellations/{cancellation_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, NotRefundable, IdReused, Malformed),
)
async def put_cancellation(
    cancellation_id: CancellationId, body: NewCancellation, ctx: Ctx
) -> CancellationView:
    """Gives the whole amount back, then cancels the booking."""
    cmd = CancelPurchase(cancellation_id, body.booking_id)
    return await reads.show_cancellation(ctx, await cancel_purchase(ctx, cmd))


@router.get(
    "/bookings/{booking_id}/cancellation",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, Malformed),
)
async def get_cancellation(booking_id: BookingId, ctx: Ctx) -> CancellationView:
    return await reads.cancellation_of_booking(ctx, booking_id)


@router.get(
    "/sagas", dependencies=[signed_in], responses=errors(Unauthenticated, Forbidden)
)  # fmt: skip
async def list_sagas(ctx: Ctx) -> SagaList:
    return await sagas.list_sagas(ctx)


@router.get(
    "/sagas/{saga_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, Malformed),
)
async def get_saga(saga_id: UUID, ctx: Ctx) -> SagaView:
    return await sagas.read_saga(ctx, saga_id)


@router.post(
    "/sagas/{saga_id}/retries",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, Conflict, Malformed),
)
async def post_retry(saga_id: UUID, ctx: Ctx) -> SagaView:
    """The delayed next attempt begins now."""
    await retry_saga(ctx, RetrySaga(saga_id))
    return await sagas.read_saga(ctx, saga_id)


# -- Changes --------------------------------------------------------------------------------------


@router.put(
    "/changes/{change_id}",
    dependencies=[anyone],
    responses=errors(
        NotFound, ChangeNotAllowed, HoldMissing, HoldExpired, HoldUsed, OneAtATime,
        PaymentMethodMissing, IdReused, Malformed,
    ),
)  # fmt: skip
async def put_change(
    change_id: ChangeId, body: NewChange, ctx: Ctx, wait_ms: WaitMs = 0
) -> ChangeView:
    """Begins it, and waits as GET does. Whoever has the booking's key may."""
    await start_change(ctx, StartChange(change_id, body))
    return await reads.wait_for_change(ctx, change_id, wait_ms)


@router.get("/changes/{change_id}", dependencies=[anyone], responses=errors(NotFound, Malformed))
async def get_change(change_id: ChangeId, ctx: Ctx, wait_ms: WaitMs = 0) -> ChangeView:
    """Waits up to `wait_ms` for it to leave `processing`."""
    return await reads.wait_for_change(ctx, change_id, wait_ms)


# -- Personal data --------------------------------------------------------------------------------


@router.post(
    "/personal-data/erasure",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_erasure(body: Erasure, ctx: Ctx) -> Erased:
    return await erase_person(ctx, body)
