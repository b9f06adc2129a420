"""Sagas go forward, wait, give up and unwind; workers come and go."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from quickserve.kernel.errors import Conflict, Forbidden, Unavailable
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga import Saga, Wait, step

from .stories import Story, a_saga, no_undo, nothing
from .trips import Trip, release, reserve, state_of, take_trip, trips


async def test_a_trip_is_taken(runtime):
    story = Story(runtime, take_trip)
    async with story.engine():
        await story.start()
        assert (await story.ends()).state == "done"
    async with runtime.db.read() as tx:
        assert await state_of(tx, "seats", story.id) == "sold"
        assert await state_of(tx, "charges", story.id) == "taken"
    history = await story.history()
    assert [(s.name, s.kind, s.state) for s in history.steps] == [
        ("reserve", "do", "done"),
        ("authorize", "do", "done"),
        ("capture", "do", "done"),
        ("confirm", "do", "done"),
    ]
    assert [(a.number, a.state) for a in history.attempts] == [(1, "completed")]
    async with runtime.db.read() as tx:
        recent = await story.queue.recent(tx, 5)
    assert story.id in [summary.saga_id for summary in recent]


async def test_a_saga_starts_with_its_transaction_or_not_at_all(runtime):
    story = Story(runtime, a_saga(step("a", do=nothing)))
    with suppress(ZeroDivisionError):
        async with runtime.db.transaction() as tx:
            await story.queue.spawn(tx, story.saga, story.id, Trip(story.id))
            _ = 1 // 0
    assert await story.status() is None


async def test_an_id_starts_one_saga(runtime):
    calls = []

    async def count(ctx, params, state):
        calls.append(params)

    story = Story(runtime, a_saga(step("a", do=count)))
    async with story.engine():
        assert await story.start() is True
        assert await story.start() is False
        await story.ends()
    assert calls == [Trip(story.id)]


async def test_a_spawn_wakes_the_worker_at_once(runtime):
    story = Story(runtime, a_saga(step("a", do=nothing)))
    async with story.engine() as engine:
        await asyncio.sleep(0.1)
        with engine.watch(story.id) as ended:
            began = time.monotonic()
            await story.start()
            await ended.wait()
    assert time.monotonic() - began < 0.2


# -- Waiting ---------------------------------------------------------------------------------------


class Bank:
    """Answers when it is told to; the signal only says that it did."""

    def __init__(self):
        self.event = f"bank:{new_uuid()}"
        self.answer = None
        self.asked = 0

    async def ask(self, ctx, params, state):
        self.asked += 1
        if self.answer == "no":
            raise Conflict("The bank says no.")
        return {"answer": self.answer} if self.answer else Wait(self.event, {"where": "/bank"})

    def saga(self, seconds=30.0):
        ask = step("ask", do=self.ask, undo=no_undo, wait_seconds=lambda _: seconds)
        return a_saga(ask, step("pay", do=nothing, pivot=True))


async def test_a_saga_sleeps_until_its_signal(runtime):
    bank = Bank()
    story = Story(runtime, bank.saga())
    async with story.engine():
        await story.start()
        waiting = await story.becomes("waiting")
        assert waiting.note == {"where": "/bank"}
        bank.answer = "yes"
        began = time.monotonic()
        await story.signal(bank.event)
        assert (await story.ends()).state == "done"
        assert time.monotonic() - began < 0.5
    steps = (await story.history()).steps
    assert [(s.name, s.kind, s.state) for s in steps] == [
        ("ask", "wait", "done"),
        ("ask", "do", "done"),
        ("pay", "do", "done"),
    ]
    assert steps[1].result == {"answer": "yes"}


async def test_an_answer_may_come_before_the_saga_waits(runtime):
    bank = Bank()
    ask = bank.ask

    async def ask_and_be_answered(ctx, params, state):
        asked = await ask(ctx, params, state)
        if bank.asked == 1:
            bank.answer = "yes"
            await story.signal(bank.event)
        return asked

    bank.ask = ask_and_be_answered
    story = Story(runtime, bank.saga())
    async with story.engine():
        await story.start()
        assert (await story.ends()).state == "done"
    assert bank.asked == 2


async def test_a_signal_may_come_as_the_saga_falls_asleep(runtime):
    bank = Bank()
    ask = bank.ask

    async def ask_and_be_answered(ctx, params, state):
        asked = await ask(ctx, params, state)
        if bank.asked == 2:
            bank.answer = "yes"
            await story.signal(bank.event)
        return asked

    bank.ask = ask_and_be_answered
    story = Story(runtime, bank.saga())
    async with story.engine():
        await story.start()
        assert (await story.ends()).state == "done"
    assert bank.asked == 3
    assert len((await story.history()).attempts) == 1


async def test_a_signal_is_only_a_hint(runtime):
    bank = Bank()
    story = Story(runtime, bank.saga())
    async with story.engine():
        await story.start()
        await story.becomes("waiting")
        await story.signal(bank.event)
        await asyncio.sleep(0.5)
        assert (await story.status()).state == "running"
        bank.answer = "yes"
        assert (await story.ends()).state == "done"


async def test_the_answer_counts_not_the_signal(runtime):
    bank = Bank()
    story = Story(runtime, bank.saga())
    async with story.engine():
        await story.start()
        await story.becomes("waiting")
        bank.answer = "no"
        await story.signal(bank.event)
        ended = await story.ends()
    assert ended.state == "undone"
    assert ended.failure["detail"] == "The bank says no."


async def test_a_wait_ends(runtime):
    bank = Bank()
    story = Story(runtime, bank.saga(seconds=0.5))
    async with story.engine():
        await story.start()
        ended = await story.ends()
    assert (ended.state, ended.failure["code"]) == ("undone", "waited-too-long")


async def test_an_answer_without_a_signal_is_found_when_the_wait_ends(runtime):
    bank = Bank()
    story = Story(runtime, bank.saga(seconds=1))
    async with story.engine():
        await story.start()
        await story.becomes("waiting")
        bank.answer = "yes"
        assert (await story.ends()).state == "done"


async def test_a_restart_does_not_prolong_the_wait(runtime):
    bank = Bank()
    story = Story(runtime, bank.saga(seconds=1.5))
    async with story.engine():
        await story.start()
        began = time.monotonic()
        await story.becomes("waiting")
    async with story.engine():
        assert (await story.ends()).state == "undone"
    assert 1.4 < time.monotonic() - began < 4


# -- Failing ---------------------------------------------------------------------------------------


def failing(error, times=1_000_000):
    """An action that raises so many times; its `calls` count."""

    async def act(ctx, params, state):
        act.calls += 1
        if act.calls <= act.times:
            raise error
        return {}

    act.calls = 0
    act.times = times
    return act


async def test_a_refusal_is_not_repeated(runtime):
    refuse = failing(Conflict("No.", seat="A1"))
    story = Story(
        runtime, a_saga(step("reserve", do=reserve, undo=release), step("b", do=refuse, undo=None))
    )
    async with story.engine():
        await story.start()
        ended = await story.ends()
    assert refuse.calls == 1
    assert ended.failure == {
        "code": "conflict",
        "title": Conflict.title,
        "detail": "No.",
        "extra": {"seat": "A1"},
        "step": "b",
    }
    async with runtime.db.read() as tx:
        assert await state_of(tx, "seats", story.id) == "undone"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable("away"), "unavailable"),
        (ZeroDivisionError("a secret"), "internal-error"),
        (Forbidden("our key is old"), "forbidden"),
    ],
)
async def test_patience_ends_before_the_pivot(runtime, error, code):
    act = failing(error)
    saga = a_saga(step("a", do=act, undo=no_undo), step("b", do=nothing, pivot=True))
    story = Story(runtime, replace(saga, patience_seconds=0.5))
    async with story.engine():
        await story.start()
        ended = await story.ends()
    assert (ended.state, ended.failure["code"]) == ("undone", code)
    assert act.calls > 3
    history = await story.history()
    assert "secret" not in str(history), "operators read what failed, not what was in it"


@pytest.mark.parametrize("where", ["pivot", "after"])
async def test_from_the_pivot_on_there_is_no_end_of_patience(runtime, where):
    act = failing(Unavailable("away") if where == "pivot" else Conflict("never mind"), times=8)
    pivot, last = (act, nothing) if where == "pivot" else (nothing, act)
    saga = a_saga(
        step("a", do=nothing, undo=no_undo),
        step("b", do=pivot, pivot=True),
        step("c", do=last),
        patience_seconds=0,
    )
    story = Story(runtime, saga)
    async with story.engine():
        await story.start()
        assert (await story.ends()).state == "done"
    attempts = (await story.history()).attempts
    assert [a.state for a in attempts] == ["failed", "failed", "completed"]


async def test_undoing_is_repeated_until_it_works(runtime):
    undo = failing(Conflict("not now"), times=7)
    story = Story(
        runtime, a_saga(step("a", do=nothing, undo=undo), step("b", do=failing(Conflict())))
    )
    async with story.engine():
        await story.start()
        assert (await story.ends()).state == "undone"
    assert undo.calls == 8


async def test_what_keeps_failing_is_shown_and_can_be_retried(runtime):
    act = failing(Unavailable("away"))
    story = Story(runtime, a_saga(step("a", do=nothing), step("b", do=act, pivot=True)))
    async with story.engine():
        await story.start()
        for _ in range(12):  # an operator in a hurry; the delays would be minutes
            await asyncio.sleep(0.3)
            async with runtime.db.transaction() as tx:
                await story.queue.retry(tx, story.id)
        await story.becomes("stuck")
    history = await story.history()
    assert (history.steps[-1].name, history.steps[-1].state) == ("b", "failed")
    assert history.attempts[0].failure == "unavailable: away"
    act.times = 0
    async with story.engine():
        async with runtime.db.transaction() as tx:
            await story.queue.retry(tx, story.id)
        assert (await story.ends()).state == "done"


# -- Definitions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (step("a", do=nothing), step("a", do=nothing)),
        (step("a", do=nothing, pivot=True), step("b", do=nothing, pivot=True)),
        (step("a", do=nothing, pivot=True), step("b", do=nothing, undo=no_undo)),
        (step("a", do=nothing, undo=no_undo, pivot=True),),
        (step("a", do=nothing, pivot=True, wait_seconds=lambda _: 1),),
        (step("a.b", do=nothing),),
    ],
)
def test_sagas_that_make_no_sense(steps):
    with pytest.raises(AssertionError):
        Saga("odd", Trip, steps=steps)


async def test_the_service_may_touch_its_own_queue_only(runtime):
    async with runtime.db.read() as tx:
        assert await tx.value("SELECT has_schema_privilege('absurd', 'CREATE')") is False
        assert await tx.value("SELECT has_table_privilege('absurd.t_trips', 'UPDATE')") is True
        assert await tx.value("SELECT has_table_privilege('absurd.t_trips', 'TRUNCATE')") is False
        assert await tx.value("SELECT has_table_privilege('absurd.queues', 'UPDATE')") is False


async def test_cleaning_keeps_what_is_recent(runtime):
    story = Story(runtime, a_saga(step("a", do=nothing)))
    async with story.engine():
        await story.start()
        await story.ends()
    async with runtime.db.transaction() as tx:
        await trips.queue.clean(tx)
    assert (await story.status()).state == "done"
