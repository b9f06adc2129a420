"""What buyers and operators see of purchases and of the sagas behind them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Literal, TypeVar
from uuid import UUID

from quickserve.checkout import model, store
from quickserve.checkout.model import Cancellation, Change, Checkout
from quickserve.checkout.sagas import queue
from quickserve.contracts.booking import BookingId
from quickserve.contracts.checkout import (
    AttemptView,
    CancellationView,
    CheckoutId,
    CheckoutState,
    CheckoutView,
    Failure,
    SagaLine,
    SagaList,
    SagaView,
    StepView,
)
from quickserve.contracts.checkout_changes import ChangeId, ChangeState, ChangeView
from quickserve.kernel.auth import Role
from quickserve.kernel.deadlines import deadline
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.saga_queue import SagaStatus, SagaStep
from quickserve.kernel.service import Context

View = TypeVar("View", CheckoutView, ChangeView)

_SAGAS_LISTED = 100
_ANSWER_SECONDS = 0.5  # kept for the answer's way back


async def wait_for_checkout(
    ctx: Context, checkout_id: CheckoutId, wait_ms: int, seen: CheckoutView | None = None
) -> CheckoutView:
    """As soon as it is not `processing`, or after the time. Raises NotFound.

    `seen` is what the caller knows already. Ends in time for the caller's own deadline.
    """
    return await _wait(ctx, checkout_id, wait_ms, partial(read_checkout, ctx, checkout_id), seen)


async def wait_for_change(ctx: Context, change_id: ChangeId, wait_ms: int) -> ChangeView:
    """As `wait_for_checkout`."""
    return await _wait(ctx, change_id, wait_ms, partial(read_change, ctx, change_id), None)


async def _wait(
    ctx: Context, own_id: CheckoutId | ChangeId, wait_ms: int, look: Callable[[], Awaitable[View]],
    seen: View | None,
) -> View:  # fmt: skip
    until = time.monotonic() + wait_ms / 1000
    if asked_until := deadline.get():
        until = min(until, asked_until - _ANSWER_SECONDS)
    saga_id = model.ids_of(own_id, ctx.settings).saga
    with ctx.resources.watch(saga_id) as progress:
        while True:
            progress.clear()
            view = seen or await look()
            left = until - time.monotonic()
            if view.state != "processing" or left <= 0:
                return view
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await progress.wait()
            seen = None


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
        state, failure = "failed", _failure(status.failure or {})
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
        state, failure = "failed", _failure(status.failure or {})
    elif status and status.state == "waiting":
        challenge_path = (status.note or {}).get("challenge_path")
        if challenge_path:
            state = "challenge"
        elif change.kind == "resale":
            state = "waiting"
    return ChangeView(
        id=change.id, kind=change.kind, state=state, booking_id=change.booking_id, due=change.due,
        refund=change.refund, new_booking_id=change.new_booking_id if change.done else None,
        new_booking_key=change.new_booking_key, challenge_path=challenge_path, failure=failure,
        created_at=change.created_at,
    )  # fmt: skip


def _failure(refusal: dict[str, Any]) -> Failure:
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
        failure=_failure(status.failure) if state == "refused" and status.failure else None,
        total=checkout.total, created_at=found.created_at,
    )  # fmt: skip


async def list_sagas(ctx: Context) -> SagaList:
    """The latest ones of everybody: for administrators."""
    if not ctx.principal.admin:
        raise Forbidden("Only administrators see all sagas.")
    async with ctx.db.read() as tx:
        found = await queue.recent(tx, _SAGAS_LISTED)
    return SagaList(
        sagas=[
            SagaLine(
                id=s.saga_id, saga=s.name, state=s.state, outcome=s.outcome, started_at=s.spawned_at
            )
            for s in found
        ]
    )


async def read_saga(ctx: Context, either_id: UUID) -> SagaView:
    """For administrators, and for the organiser whose tickets are sold.

    By the saga's id, be it of the purchase or of its cancellation, or by the checkout's. Tells
    nothing that opens the purchase: neither the checkout's id nor the bank's question.
    """
    async with ctx.db.read() as tx:
        checkout = await store.find_checkout_of_saga(tx, either_id)
        saga_id = checkout.saga_id if checkout else either_id
        checkout = checkout or await store.find_checkout_of_cancellation(tx, either_id)
        change = await store.find_change(tx, either_id)
        found = change or checkout
        if found is None:
            raise NotFound
        ctx.principal.require(found.organiser_id, Role.ORGANISER)
        saga_id = change.saga_id if change else saga_id
        history = await queue.describe(tx, saga_id)
    if history is None:
        raise NotFound("This purchase needed no saga: the places cost nothing.")
    summary = history.summary
    return SagaView(
        id=saga_id,
        booking_id=found.booking_id,
        saga=summary.name,
        state=summary.state,
        outcome=summary.outcome,
        total=found.value if isinstance(found, Change) else found.total,
        started_at=summary.spawned_at,
        steps=[_step(s) for s in history.steps],
        attempts=[
            AttemptView(
                number=a.number,
                state=a.state,
                worker=a.worker,
                started_at=a.started_at,
                ended_at=a.ended_at,
                failure=a.failure,
            )
            for a in history.attempts
        ],
    )


def _step(step: SagaStep) -> StepView:
    result = None if step.kind == "wait" else step.result
    return StepView(name=step.name, kind=step.kind, state=step.state, at=step.at, result=result)
