"""From the accepted order to the handover."""

import asyncio
from datetime import timedelta
from unittest.mock import patch

import pytest

from quickserve.contracts.ordering import OrderId, OrderMoved, OrderRejected
from quickserve.contracts.tracking import (
    PIN_ATTEMPTS_MAX,
    HandoverId,
    HandsFull,
    JobId,
    JobMoved,
    OrderHandedOver,
    OrderPickedUp,
    PinLocked,
    ShiftEnded,
    StillCarrying,
    WrongPin,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.tracking.commands.assign_jobs import assign_some
from quickserve.tracking.store import shifts
from tests.tracking.conftest import STAND, Crew, fix, north, now


async def test_an_order_is_brought_and_handed_over_by_its_code(crew: Crew):
    runner = await crew.runner()
    order_id = await crew.order()
    job = await crew.depot.job(order_id, "assigned")
    assert (job.runner, job.number, job.stand_name) == ("Amina", "A17", "Chez Fatou")
    assert [j.id for j in (await crew.depot.web.shift(runner.id, runner.token)).jobs] == [order_id]

    assert (await runner.pick_up(order_id)).state == "carried"
    assert len(await crew.depot.news(OrderPickedUp, order_id)) == 1

    pin = (await crew.track(order_id)).pin
    assert pin
    done = await runner.hand_over(order_id, pin)
    assert (done.state, done.proof) == ("done", "pin")
    [told] = await crew.depot.news(OrderHandedOver, order_id)
    assert told.proof == "pin"
    assert (await crew.track(order_id)).pin is None


async def test_only_what_is_carried_becomes_a_job(crew: Crew):
    order_id = await crew.order(fulfilment="pickup")
    with pytest.raises(NotFound):
        await crew.depot.web.job(JobId(order_id))


async def test_the_end_of_an_order_ends_its_job(crew: Crew):
    runner = await crew.runner()
    rejected, cancelled, brought = [await crew.order() for _ in range(3)]
    await crew.depot.tell(OrderRejected(rejected, crew.stand_id, "sold-out"))
    await crew.moves(cancelled, "cancelled")
    await crew.moves(brought, "delivered")
    assert (await crew.depot.job(rejected)).state == "dropped"
    assert (await crew.depot.job(cancelled)).state == "dropped"
    assert (await crew.depot.job(brought)).proof == "stand"
    with pytest.raises(JobMoved):
        await runner.pick_up(cancelled)


async def test_an_end_that_is_heard_of_first_counts(crew: Crew):
    order_id = OrderId(new_uuid())
    await crew.depot.tell(OrderMoved(order_id, crew.stand_id, "cancelled", now()))
    await crew.order(order_id=order_id)
    with pytest.raises(NotFound):
        await crew.depot.web.job(JobId(order_id))


async def test_a_job_waits_until_its_order_is_about_to_be_ready(crew: Crew):
    await crew.runner()
    order_id = await crew.order(ready=False)
    ctx = crew.depot.platform.runtimes["tracking"].context()
    await assign_some(ctx, crew.organiser_id)
    assert (await crew.depot.job(order_id)).state == "waiting"
    await crew.moves(order_id, "ready")
    assert (await crew.depot.job(order_id, "assigned")).ready


async def test_the_nearest_free_runner_gets_it(crew: Crew):
    far, near = await crew.runner("Far"), await crew.runner("Near")
    await far.be(fix(now(), north(STAND, 900)))
    await near.be(fix(now(), north(STAND, 80)))
    order_id = await crew.order()
    assert (await crew.depot.job(order_id, "assigned")).shift_id == near.id


async def test_what_goes_the_same_way_goes_together_up_to_capacity(crew: Crew):
    await crew.runner("One", capacity=2)
    await crew.runner("Two", capacity=2)
    row = [await crew.order_to_seat(f"Parterre, rang F, place {n}", ready=False) for n in range(3)]
    other = await crew.order_to_seat("Balcon, rang B, place 4", ready=False)
    for order_id in (*row, other):
        await crew.moves(order_id, "ready")
    first = [(await crew.depot.job(order_id, "assigned")).runner for order_id in row[:2]]
    assert first[0] == first[1]
    assert (await crew.depot.job(row[2], "assigned")).runner != first[0]
    await asyncio.sleep(0.6)
    assert (await crew.depot.job(other)).state == "waiting", "nobody is free for another way"


async def test_the_organiser_reassigns_and_runners_take_and_give_back(crew: Crew):
    one, two = await crew.runner("One", capacity=1), await crew.runner("Two", capacity=1)
    order_id = await crew.order()
    before = await crew.depot.job(order_id, "assigned")
    other = two if before.shift_id == one.id else one
    moved = await crew.depot.web.assign(JobId(order_id), other.id, crew.token)
    assert moved.shift_id == other.id
    second = await crew.order()
    await crew.depot.job(second, "assigned")
    with pytest.raises(HandsFull):
        await crew.depot.web.assign(JobId(second), other.id, crew.token)
    theirs = one if other is two else two
    with pytest.raises(Forbidden):
        await crew.depot.web.assign(JobId(order_id), theirs.id, theirs.token)
    back = await crew.depot.web.assign(JobId(order_id), None, other.token)
    assert back.state in ("waiting", "assigned")


async def test_wrong_codes_are_counted_and_lock_it(crew: Crew):
    runner, order_id = await crew.carried()
    pin = (await crew.track(order_id)).pin or ""
    wrong = f"{(int(pin) + 1) % 10_000:04}"
    repeated = HandoverId(new_uuid())
    for left in range(PIN_ATTEMPTS_MAX - 1, -1, -1):
        with pytest.raises(WrongPin) as refused:
            await runner.hand_over(order_id, wrong, handover_id=repeated if left == 4 else None)
        assert refused.value.extra["attempts_left"] == left
    with pytest.raises(PinLocked):
        await runner.hand_over(order_id, pin)
    assert (await crew.depot.job(order_id)).attempts_left == 0
    assert (await runner.hand_over(order_id, seen=True)).proof == "seen"


async def test_a_try_that_is_repeated_counts_once(crew: Crew):
    runner, order_id = await crew.carried()
    pin = (await crew.track(order_id)).pin or ""
    wrong, handover_id, at = f"{(int(pin) + 1) % 10_000:04}", HandoverId(new_uuid()), now()
    for _ in range(3):
        with pytest.raises(WrongPin):
            await runner.hand_over(order_id, wrong, handover_id=handover_id, at=at)
    assert (await crew.depot.job(order_id)).attempts_left == PIN_ATTEMPTS_MAX - 1
    with pytest.raises(IdReused):
        await runner.hand_over(order_id, pin, handover_id=handover_id, at=at)


async def test_a_handover_without_a_connection_is_told_later(crew: Crew):
    runner, order_id = await crew.carried()
    then = now() - timedelta(minutes=4)
    pin = (await crew.track(order_id)).pin or ""
    handover_id = HandoverId(new_uuid())
    for _ in range(2):  # the answer was lost: it is sent again
        done = await runner.hand_over(order_id, pin, offline=True, at=then, handover_id=handover_id)
    assert (done.proof, done.ended_at) == ("pin", then)
    assert len(await crew.depot.news(OrderHandedOver, order_id)) == 1


async def test_offline_with_a_wrong_code_it_is_done_and_says_so(crew: Crew):
    runner, order_id = await crew.carried()
    done = await runner.hand_over(order_id, "99999", offline=True)
    assert (done.state, done.proof) == ("done", "offline")


async def test_times_of_phones_stay_within_the_job(crew: Crew):
    runner = await crew.runner()
    order_id = await crew.order()
    assigned = await crew.depot.job(order_id, "assigned")
    picked = await runner.pick_up(order_id, now() - timedelta(days=2))
    assert picked.picked_up_at == assigned.assigned_at
    done = await runner.hand_over(order_id, at=now() + timedelta(days=2), offline=True)
    assert done.ended_at
    assert done.ended_at <= now()


async def test_a_shift_gives_back_what_was_not_picked_up_and_ends_when_empty(crew: Crew):
    runner, order_id = await crew.carried()
    with pytest.raises(StillCarrying):
        await runner.end()
    second = await crew.order(ready=False)
    await crew.depot.web.assign(JobId(second), runner.id, crew.token)
    await runner.hand_over(order_id, offline=True)
    assert (await runner.end()).ended_at
    assert (await crew.depot.job(second)).state == "waiting"
    with pytest.raises(ShiftEnded):
        await crew.depot.web.assign(JobId(second), runner.id, crew.token)


async def test_strangers_decide_nothing(crew: Crew):
    runner, order_id = await crew.carried()
    stranger = crew.depot.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})
    colleague = await crew.runner("Colleague")
    for token in (stranger, colleague.token):
        runner.token = token
        with pytest.raises(Forbidden):
            await runner.hand_over(order_id, offline=True)
        with pytest.raises(Forbidden):
            await runner.end()
    with pytest.raises(Forbidden):
        await crew.depot.web.jobs(crew.organiser_id, stranger)
    with pytest.raises(Forbidden):
        await crew.depot.web.fleet(crew.organiser_id, colleague.token)


async def _rush(crew: Crew, capacity: int = 3) -> int:
    """Two processes give out at once; how much the one runner got."""
    runner = await crew.runner(capacity=capacity)
    waiting = [
        await crew.order_to_seat(f"Parterre, rang F, place {n}", ready=False) for n in range(6)
    ]
    ctx = crew.depot.platform.runtimes["tracking"].context()
    await crew.depot.sql("UPDATE jobs SET ready = true WHERE id = ANY(%s)", (waiting,))
    await asyncio.gather(*(assign_some(ctx, crew.organiser_id) for _ in range(4)))
    return len((await crew.depot.web.shift(runner.id, runner.token)).jobs)


async def test_hands_are_never_filled_twice(crew: Crew):
    assert await _rush(crew) == 3


async def test_the_race_is_real_without_the_lock(crew: Crew):
    """The negative control: everybody looks before anybody has given anything out."""
    from quickserve.tracking.commands import assign_jobs as module

    find, lock = module.jobs.find_of_shifts, module.jobs.lock_due

    async def unlocked(tx, organiser_id):
        return await shifts.find_crew(tx, organiser_id)

    async def slowly(tx, shift_ids):
        found = await find(tx, shift_ids)
        await asyncio.sleep(0.3)
        return found

    async def some(tx, organiser_id, lead, most):
        return await lock(tx, organiser_id, lead, 2)

    with (
        patch.object(module.shifts, "lock_crew", unlocked),
        patch.object(module.jobs, "find_of_shifts", slowly),
        patch.object(module.jobs, "lock_due", some),
    ):
        assert await _rush(crew) > 3
