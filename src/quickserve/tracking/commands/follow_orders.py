"""What `ordering` tells: an order that somebody carries becomes a job, and ends with it."""

from collections import deque
from datetime import UTC, datetime
from typing import Final

from quickserve.contracts.ordering import (
    OrderAccepted,
    OrderId,
    OrderMoved,
    OrderRejected,
    OrderState,
)
from quickserve.contracts.tracking import JobId
from quickserve.kernel.db import Transaction
from quickserve.kernel.service import Context
from quickserve.tracking.keys import new_pin
from quickserve.tracking.resources import tell_jobs
from quickserve.tracking.store import jobs

_CARRIED: Final = ("seat", "delivery")
_GONE: Final[frozenset[OrderState]] = frozenset({"cancelled", "rejected", "withdrawn"})
_THERE: Final[frozenset[OrderState]] = frozenset({"delivered", "picked-up"})

# Handlers have no way to watchers: a job of this process tells them a moment later.
_changed: deque[JobId] = deque(maxlen=10_000)


async def make_job(tx: Transaction, order: OrderAccepted) -> None:
    if order.fulfilment in _CARRIED and await jobs.insert_job(tx, order, new_pin()):
        _tell_later(tx, JobId(order.order_id))


async def drop_rejected(tx: Transaction, event: OrderRejected) -> None:
    await _drop(tx, event.order_id)


async def follow_move(tx: Transaction, event: OrderMoved) -> None:
    job_id = JobId(event.order_id)
    if event.state in _GONE:
        await _drop(tx, event.order_id)
    elif event.state == "ready":
        await jobs.set_ready(tx, job_id)
        _tell_later(tx, job_id)
    elif event.state in _THERE:
        job = await jobs.lock_job(tx, job_id)
        if job and job.ended_at is None:  # at the stand somebody said so
            await jobs.finish(tx, job_id, datetime.now(UTC), "stand")
            _tell_later(tx, job_id)


async def tell_changed(ctx: Context) -> None:
    while _changed:
        some = {_changed.popleft() for _ in range(min(len(_changed), 100))}
        await tell_jobs(ctx, *some)


async def _drop(tx: Transaction, order_id: OrderId) -> None:
    """Events may come in another order: what ended is not begun afterwards."""
    job = await jobs.lock_job(tx, JobId(order_id))
    if job is None:
        await jobs.note_ended_order(tx, order_id)
    elif job.ended_at is None:
        await jobs.drop(tx, job.id)
        _tell_later(tx, job.id)


def _tell_later(tx: Transaction, job_id: JobId) -> None:
    tx.after_commit.append(lambda: _changed.append(job_id))
