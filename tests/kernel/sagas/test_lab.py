"""The lab's own saga goes through all its trials; a dishonest participant is found out."""

from dataclasses import replace

import pytest

from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga_lab import SagaLab

from .trips import Trip, state_of, take_trip

BOTH = {("sold", "taken")}
NEITHER = {("undone", "undone"), ("undone", None), (None, None)}


class Journeys:
    def __init__(self, runtime, saga=take_trip):
        self.runtime = runtime
        self.lab = SagaLab(saga, "trips")
        self.endings = []

    async def start(self):
        trip = new_uuid()
        async with self.runtime.db.transaction() as tx:
            await self.lab.queue.spawn(tx, self.lab.saga, trip, Trip(trip))
        return trip

    async def both_or_neither(self, trial, saga_id, status):
        async with self.runtime.db.read() as tx:
            left = (await state_of(tx, "seats", saga_id), await state_of(tx, "charges", saga_id))
        assert left in (BOTH if status.state == "done" else NEITHER), f"{trial}: {status} {left}"
        self.endings.append(status.state)


TRIALS = ["fail_each_step", "repeat_each_action", "kill_after_each_checkpoint", "stall_each_action"]


@pytest.mark.parametrize("trials", TRIALS)
async def test_a_trip_is_taken_and_paid_or_neither(runtime, trials):
    journeys = Journeys(runtime)
    await getattr(journeys.lab, trials)(runtime, journeys.start, journeys.both_or_neither)
    assert set(journeys.endings) == {"done", "undone"}


def with_step(name, **changes):
    steps = tuple(replace(s, **changes) if s.name == name else s for s in take_trip.steps)
    return replace(take_trip, steps=steps)


async def charges_blindly(ctx, params, state):
    async with ctx.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO charges VALUES (%s, 'set-aside') ON CONFLICT (trip) DO UPDATE"
            " SET state = 'set-aside' WHERE charges.state <> 'taken'",
            (params.trip,),
        )


async def voids_only_what_it_sees(ctx, params, state):
    async with ctx.db.transaction() as tx:
        await tx.execute("DELETE FROM charges WHERE trip = %s", (params.trip,))


async def forgets(ctx, params, state):
    pass


@pytest.mark.parametrize(
    ("trials", "saga"),
    [
        ("fail_each_step", with_step("authorize", undo=forgets)),
        ("stall_each_action", with_step("authorize", do=charges_blindly)),
        ("stall_each_action", with_step("authorize", undo=voids_only_what_it_sees)),
    ],
    ids=["forgets to void", "ignores the void", "leaves no trace of the void"],
)
async def test_the_lab_finds_a_saga_out(runtime, trials, saga):
    journeys = Journeys(runtime, saga)
    with pytest.raises(AssertionError):
        await getattr(journeys.lab, trials)(runtime, journeys.start, journeys.both_or_neither)
