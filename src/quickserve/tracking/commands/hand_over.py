"""The order reaches who ordered it: they say the code; without a connection it is checked later."""

from dataclasses import dataclass

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import (
    PIN_ATTEMPTS_MAX,
    HandoverId,
    JobMoved,
    NewHandover,
    OrderHandedOver,
    PinLocked,
    Proof,
    WrongPin,
)
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import IdReused, NotFound, Problem
from quickserve.kernel.service import Context
from quickserve.tracking.commands.own_shift import find_own_shift
from quickserve.tracking.keys import same_pin
from quickserve.tracking.model import Job, fingerprint
from quickserve.tracking.resources import tell_jobs
from quickserve.tracking.store import jobs
from quickserve.tracking.store.jobs import Handover


@dataclass(frozen=True, slots=True)
class HandOver:
    handover_id: HandoverId
    new: NewHandover

    @property
    def body_hash(self) -> bytes:
        return fingerprint("handover", self.new.model_dump_json())


async def hand_over(ctx: Context, cmd: HandOver) -> Job:
    """Errors: NotFound, Forbidden, JobMoved, WrongPin, PinLocked, IdReused.

    A wrong code is noted before it is refused. Five wrong ones lock the code: then the person has
    to be recognised otherwise (`seen`), and what is told is that.
    """
    refusal: Problem | None = None
    async with ctx.db.transaction() as tx:
        job = await jobs.lock_job(tx, cmd.new.job_id)
        if job is None or job.shift_id is None:
            raise NotFound("Nobody carries this order.")
        await find_own_shift(ctx, tx, job.shift_id)
        known = await jobs.find_handover(tx, cmd.handover_id)
        if known and known.body_hash != cmd.body_hash:
            raise IdReused
        if job.state != "done":
            refusal = await _judge(ctx, tx, cmd, job, repeated=known is not None)
        after = await jobs.find_job(tx, job.id)
    if refusal:
        raise refusal
    assert after
    await tell_jobs(ctx, job.id)
    return after


async def _judge(
    ctx: Context, tx: Transaction, cmd: HandOver, job: Job, *, repeated: bool
) -> Problem | None:
    if job.state != "carried" or job.picked_up_at is None:
        raise JobMoved(state=job.state)
    proof = _proof(cmd.new, job)
    if not isinstance(proof, Problem):
        moment = max(job.picked_up_at, min(cmd.new.at, ctx.clock.now()))
        if not repeated:
            row = Handover(cmd.handover_id, job.id, moment, proof, cmd.body_hash)
            await jobs.insert_handover(tx, row)
        await jobs.finish(tx, job.id, moment, proof)
        await outbox.append(tx, OrderHandedOver(OrderId(job.id), moment, proof))
        return None
    if not repeated:
        row = Handover(cmd.handover_id, job.id, cmd.new.at, None, cmd.body_hash)
        await jobs.insert_handover(tx, row)
        if isinstance(proof, WrongPin):
            await jobs.note_attempt(tx, job.id)
    return proof


def _proof(new: NewHandover, job: Job) -> Proof | Problem:
    locked = job.attempts >= PIN_ATTEMPTS_MAX
    if new.pin and not locked and same_pin(new.pin, job.pin):
        return "pin"
    if new.offline:
        return "offline"  # whoever it was has gone; it is told that nobody could check it
    if new.seen and (locked or not new.pin):
        return "seen"
    if locked:
        return PinLocked()
    return WrongPin(attempts_left=max(0, PIN_ATTEMPTS_MAX - job.attempts - 1))
