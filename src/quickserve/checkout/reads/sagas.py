"""What operators see of sagas."""

from dataclasses import dataclass
from uuid import UUID

from quickserve.checkout import store
from quickserve.checkout.sagas import queue
from quickserve.checkout.store import cancellations, events, orders, splits, tabs
from quickserve.contracts.booking import BookingId
from quickserve.contracts.checkout import AttemptView, SagaLine, SagaList, SagaView, StepView
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money
from quickserve.kernel.saga_queue import SagaStep
from quickserve.kernel.service import Context

_SAGAS_LISTED = 100


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


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a saga is about."""

    saga_id: UUID
    organiser_id: OrganiserId
    total: Money | None
    booking_id: BookingId | None = None
    order_id: OrderId | None = None


async def read_saga(ctx: Context, either_id: UUID) -> SagaView:
    """For administrators, and for the organiser whose tickets or orders are sold.

    By the saga's id, be it of the purchase or of its cancellation, or by the checkout's. Tells
    nothing that opens the purchase: neither the checkout's id nor the bank's question.
    """
    async with ctx.db.read() as tx:
        found = await _of_tickets(tx, either_id) or await _of_orders(tx, either_id)
        found = found or await _of_cancellations(tx, either_id)
        found = found or await _of_events(tx, either_id) or await _of_tabs(tx, either_id)
        if found is None:
            raise NotFound
        ctx.principal.require(found.organiser_id, Role.ORGANISER)
        history = await queue.describe(tx, found.saga_id)
    if history is None:
        raise NotFound("This purchase needed no saga: it cost nothing.")
    summary = history.summary
    return SagaView(
        id=found.saga_id,
        booking_id=found.booking_id,
        order_id=found.order_id,
        saga=summary.name,
        state=summary.state,
        outcome=summary.outcome,
        total=found.total,
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


async def _of_tickets(tx: Transaction, either_id: UUID) -> _Subject | None:
    change = await store.find_change(tx, either_id)
    if change is not None:
        return _Subject(change.saga_id, change.organiser_id, change.value, change.booking_id)
    checkout = await store.find_checkout_of_saga(tx, either_id)
    saga_id = checkout.saga_id if checkout else either_id
    checkout = checkout or await store.find_checkout_of_cancellation(tx, either_id)
    if checkout is None:
        return None
    return _Subject(saga_id, checkout.organiser_id, checkout.total, checkout.booking_id)


async def _of_orders(tx: Transaction, either_id: UUID) -> _Subject | None:
    placed = await orders.find_of_saga(tx, either_id)
    if placed is None:
        return None
    return _Subject(placed.saga_id, placed.organiser_id, placed.total, order_id=placed.order_id)


async def _of_events(tx: Transaction, saga_id: UUID) -> _Subject | None:
    found = await events.find_of_saga(tx, saga_id)
    return _Subject(found.saga_id, found.organiser_id, None) if found else None


async def _of_tabs(tx: Transaction, saga_id: UUID) -> _Subject | None:
    found = await tabs.find_of_saga(tx, saga_id) or await splits.find_of_saga(tx, saga_id)
    return _Subject(found.saga_id, found.organiser_id, found.total) if found else None


async def _of_cancellations(tx: Transaction, either_id: UUID) -> _Subject | None:
    found = await cancellations.find_of_saga(tx, either_id)
    if found is None:
        return None
    return _Subject(found.saga_id, found.organiser_id, found.amount, order_id=found.order_id)


def _step(step: SagaStep) -> StepView:
    result = None if step.kind == "wait" else step.result
    return StepView(name=step.name, kind=step.kind, state=step.state, at=step.at, result=result)
