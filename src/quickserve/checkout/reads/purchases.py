"""What buyers and operators see of purchases and of the sagas behind them."""

from functools import partial
from typing import Any, Literal

from quickserve.checkout import store
from quickserve.checkout.model import Cancellation, Checkout
from quickserve.checkout.reads.waiting import wait_for
from quickserve.checkout.sagas import queue
from quickserve.contracts.booking import BookingId
from quickserve.contracts.checkout import (
    CancellationView,
    CheckoutId,
    CheckoutState,
    CheckoutView,
    Failure,
)
from quickserve.contracts.checkout_changes import ChangeId, ChangeState, ChangeView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.saga_queue import SagaStatus
from quickserve.kernel.service import Context


async def wait_for_checkout(
    ctx: Context, checkout_id: CheckoutId, wait_ms: int, seen: CheckoutView | None = None
) -> CheckoutView:
    """See `wait_for`. Raises NotFound."""
    return await wait_for(ctx, checkout_id, wait_ms, partial(read_checkout, ctx, checkout_id), seen)


async def wait_for_change(ctx: Context, change_id: ChangeId, wait_ms: int) -> ChangeView:
    """See `wait_for`. Raises NotFound."""
    return await wait_for(ctx, change_id, wait_ms, partial(read_change, ctx, change_id))


async def read_checkout(ctx: Context, checkout_id: CheckoutId) -> CheckoutView:
    async with ctx.db.read() as tx:
        checkout = await store.find_checkout(tx, checkout_id)
        if checkout is None:
            raise NotFound
        status = None
        if checkout.booking_key is None:
            status = await queue.status(tx, checkout.saga_id)
            if status is None:
                raise NotFound("This purchase failed more than a month ago.")
    return view_of(checkout, status)


def view_of(checkout: Checkout, status: SagaStatus | None = None) -> CheckoutView:
    """Without a status: as it was when it began."""
    state: CheckoutState = "processing"
    challenge_path, failure = None, None
    if checkout.booking_key is not None:
        state = "confirmed"
    elif status and status.state == "undone":
        state, failure = "failed", failure_of(status.failure or {})
    elif status and status.state == "waiting" and (status.note or {}).get("challenge_path"):
        state, challenge_path = "challenge", (status.note or {})["challenge_path"]
    return CheckoutView(
        id=checkout.id,
        state=state,
        hold_id=checkout.hold_id,
        booking_id=checkout.booking_id,
        booking_key=checkout.booking_key,
        challenge_path=challenge_path,
        failure=failure,
        total=checkout.total,
        created_at=checkout.created_at,
    )


async def read_change(ctx: Context, change_id: ChangeId) -> ChangeView:
    async with ctx.db.read() as tx:
        change = await store.find_change(tx, change_id)
        # The saga's id opens nothing: only who minted the change's knows it.
        if change is None or change.id != change_id:
            raise NotFound
        status = None if change.done else await queue.status(tx, change.saga_id)
    if status is None and not change.done:
        raise NotFound("This change failed more than a month ago.")
    state: ChangeState = "done" if change.done else "processing"
    challenge_path, failure = None, None
    if status and status.state == "undone":
        state, failure = "failed", failure_of(status.failure or {})
    elif status and status.state == "waiting":
        challenge_path = (status.note or {}).get("challenge_path")
        if challenge_path:
            state = "challenge"
        elif change.kind == "resale":
            state = "waiting"
    return ChangeView(
        id=change.id, kind=change.kind, state=state, booking_id=change.booking_id,
        ticket_ids=change.ticket_ids, hold_id=change.hold_id, due=change.due,
        refund=change.refund, new_booking_id=change.new_booking_id if change.done else None,
        new_booking_key=change.new_booking_key, challenge_path=challenge_path, failure=failure,
        created_at=change.created_at,
    )  # fmt: skip


def failure_of(refusal: dict[str, Any]) -> Failure:
    """Of what a saga was refused for."""
    extra = refusal.get("extra") or {}
    return Failure(
        code=refusal.get("code", "internal-error"),
        title=refusal.get("title", ""),
        reason=extra.get("failure") or extra.get("reason") or refusal.get("detail"),
        extra=extra,
    )


async def cancellation_of_booking(ctx: Context, booking_id: BookingId) -> CancellationView:
    """The latest one. Errors: NotFound, also when it ended a month ago; Forbidden."""
    async with ctx.db.read() as tx:
        checkout = await store.find_checkout_of_booking(tx, booking_id)
        if checkout is None:
            raise NotFound("No purchase has this booking.")
        ctx.principal.require(checkout.organiser_id, Role.ORGANISER)
        found = await store.latest_cancellation(tx, checkout.id)
    if found is None:
        raise NotFound("Nobody cancelled this booking.")
    return await show_cancellation(ctx, found)


async def show_cancellation(ctx: Context, found: Cancellation) -> CancellationView:
    async with ctx.db.read() as tx:
        checkout = await store.find_checkout(tx, found.checkout_id)
        status = await queue.status(tx, found.id)
    assert checkout is not None, "checkouts are not deleted"
    if status is None:
        raise NotFound("This cancellation ended more than a month ago.")
    state: Literal["processing", "done", "refused"] = "processing"
    if status.state in ("done", "undone"):
        state = "done" if status.state == "done" else "refused"
    return CancellationView(
        id=found.id, booking_id=checkout.booking_id, state=state,
        failure=failure_of(status.failure) if state == "refused" and status.failure else None,
        total=checkout.total, created_at=found.created_at,
    )  # fmt: skip
