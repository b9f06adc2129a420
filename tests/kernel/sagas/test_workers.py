"""Workers come and go; sagas go on."""

import asyncio
import time
from itertools import pairwise

import pytest

from quickserve.kernel import saga_engine as engine
from quickserve.kernel.db import Transaction, open_connection
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga import step
from quickserve.kernel.saga_worker import SLOTS

from .stories import Story, a_saga, no_undo, nothing
from .trips import Trip


async def test_more_sagas_than_room(runtime):
    open_now, most = 0, 0

    async def work(ctx, params, state):
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.05)
        open_now -= 1

    story = Story(runtime, a_saga(step("a", do=work), step("b", do=nothing)))
    ids = [new_uuid() for _ in range(60)]
    async with story.engine():
        for saga_id in ids:
            async with runtime.db.transaction() as tx:
                await story.queue.spawn(tx, story.saga, saga_id, Trip(saga_id))
        async with asyncio.timeout(15):
            while True:
                async with runtime.db.read() as tx:
                    if len(await story.queue.at_rest(tx, ids)) == len(ids):
                        break
                await asyncio.sleep(0.05)
    assert most <= SLOTS


async def test_a_step_may_take_longer_than_the_lease(runtime):
    calls = []

    async def slow(ctx, params, state):
        calls.append(params)
        await asyncio.sleep(2.5)

    story = Story(runtime, a_saga(step("a", do=slow, undo=no_undo)))
    async with story.engine(lease_seconds=1, workers=2):
        await story.start()
        await story.ends()
    assert len(calls) == 1


async def test_a_lease_is_renewed_after_each_third_and_not_at_every_look(runtime, monkeypatch):
    renewals = []
    renew = engine.Lease.renew

    async def counted(lease):
        renewals.append(time.monotonic())
        await renew(lease)

    async def slow(ctx, params, state):
        await asyncio.sleep(3.5)

    monkeypatch.setattr(engine.Lease, "renew", counted)
    story = Story(runtime, a_saga(step("a", do=slow, undo=no_undo)))
    async with story.engine(lease_seconds=3):
        await story.start()
        await story.ends()
    assert 2 <= len(renewals) <= 3
    assert min(b - a for a, b in pairwise(renewals)) >= 1


async def test_a_worker_that_lost_its_lease_writes_nothing_more(runtime):
    story = Story(runtime, a_saga(step("a", do=nothing)))
    await story.start()

    async def claims(tx, worker):
        async with asyncio.timeout(10):
            while True:
                for claim in await engine.claim(tx, "trips", worker, 1, 10):
                    if claim.saga_id == story.id:
                        return engine.Lease(tx, "trips", claim, 1)
                await asyncio.sleep(0.05)

    async with await open_connection(runtime.db.url) as connection:
        tx = Transaction(connection)
        late = await claims(tx, "late")
        await late.checkpoint("early", 1)
        current = await claims(tx, "current")
        assert current.claim.checkpoints == {"early": 1}
        for write in (
            late.checkpoint("a", 2),
            late.decide(engine.UNWIND, {}),
            late.finish({"outcome": "undone"}, "a", 2),
            late.renew(),
        ):
            with pytest.raises(Exception) as refused:  # noqa: PT011 - the engine's or our own
                await write
            assert engine.lease_lost(refused.value)
        await current.finish({"outcome": "done"}, "a", 3)
    history = await story.history()
    assert [(s.name, s.result) for s in history.steps] == [("early", 1), ("a", 3)]
    assert history.summary.outcome == "done"


async def test_stopping_finishes_the_step_and_hands_the_saga_over(runtime):
    begun = asyncio.Event()
    calls = []

    async def slow(ctx, params, state):
        calls.append("a")
        begun.set()
        await asyncio.sleep(0.5)

    async def quick(ctx, params, state):
        calls.append("b")

    story = Story(
        runtime, a_saga(step("a", do=slow, undo=no_undo), step("b", do=quick), step("c", do=quick))
    )
    async with story.engine(lease_seconds=60):
        await story.start()
        await begun.wait()
    assert calls == ["a"]
    assert (await story.status()).state == "running"
    async with story.engine():
        began = time.monotonic()
        await story.ends()
    assert time.monotonic() - began < 1.5, "given back, not left to its lease"
    assert calls == ["a", "b", "b"]
    assert len((await story.history()).attempts) == 1


async def test_a_worker_connects_again(runtime):
    async def pause(ctx, params, state):
        await asyncio.sleep(0.05)

    story = Story(runtime, a_saga(*(step(name, do=pause, undo=no_undo) for name in "abcdefgh")))
    async with story.engine(lease_seconds=60) as engine:
        await story.start()
        for worker in engine.workers * 2:
            async with asyncio.timeout(5):
                while True:
                    await asyncio.sleep(0.06)
                    if worker.executions:
                        break
            await worker.connection.close()
        began = time.monotonic()
        assert (await story.ends()).state == "done"
    assert time.monotonic() - began < 5, "given back by the new connection, not by the lease"


async def test_a_saga_of_a_newer_release_is_left_to_it(runtime):
    story = Story(runtime, a_saga(step("a", do=nothing)))
    other = Story(runtime, a_saga(step("a", do=nothing)))
    async with other.engine():
        await story.start()
        await other.start()
        await other.ends()
        assert (await story.status()).state == "running"
    async with runtime.db.transaction() as tx:
        assert await story.queue.retry(tx, story.id)
    async with story.engine():
        assert (await story.ends()).state == "done"


async def test_the_watcher_sees_what_another_process_does(runtime):
    story = Story(runtime, a_saga(step("a", do=nothing)))
    async with story.engine(workers=0) as idle, story.engine():
        with idle.watch(story.id) as ended:
            await story.start()
            await asyncio.wait_for(ended.wait(), 3)
    assert (await story.status()).state == "done"
