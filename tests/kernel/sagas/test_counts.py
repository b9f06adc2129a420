"""Sagas that have not ended are counted by state; those that have, however many, are not read."""

from prometheus_client import REGISTRY

from quickserve.kernel import gauges
from quickserve.kernel import saga_engine as engine
from quickserve.kernel.db import Transaction, open_connection
from quickserve.kernel.saga import Wait, step
from quickserve.kernel.saga_queue import STUCK_ATTEMPTS

from .stories import Story, a_saga, nothing


async def never(ctx, params, state):
    return Wait(f"never:{params.trip}")


async def counted(runtime, story):
    async with runtime.db.read() as tx:
        counts = await engine.count_unfinished(tx, STUCK_ATTEMPTS)
    gauges.show_sagas("trips", [story.saga.name], counts)
    return {
        state: REGISTRY.get_sample_value(
            "quickserve_saga_states",
            {"service": "trips", "saga": story.saga.name, "state": state},
        )
        for state in ("running", "waiting", "stuck")
    }


async def test_a_saga_is_counted_where_it_stands(runtime):
    wait = step("wait", do=never, wait_seconds=lambda _: 600)
    story = Story(runtime, a_saga(wait, step("end", do=nothing)))
    await story.start()
    assert await counted(runtime, story) == {"running": 1, "waiting": 0, "stuck": 0}
    async with story.engine():
        await story.becomes("waiting")
    assert await counted(runtime, story) == {"running": 0, "waiting": 1, "stuck": 0}
    async with runtime.db.transaction() as tx:
        await tx.execute(
            "UPDATE saga_runs SET wake_event = NULL, attempt = %s WHERE task_id ="
            " (SELECT task_id FROM saga_tasks WHERE saga_id = %s)",
            (STUCK_ATTEMPTS, str(story.id)),
        )
    assert await counted(runtime, story) == {"running": 0, "waiting": 0, "stuck": 1}
    async with runtime.db.transaction() as tx:
        await tx.execute("UPDATE saga_runs SET state = 'completed' WHERE state = 'sleeping'")
    assert await counted(runtime, story) == {"running": 0, "waiting": 0, "stuck": 0}


HISTORY = """
INSERT INTO absurd.r_trips (run_id, task_id, attempt, state, available_at)
SELECT gen_random_uuid(), gen_random_uuid(), 1, 'completed', now() FROM generate_series(1, 20000)
"""


class Explaining(Transaction):
    """Asks what a statement would read, by reading it."""

    async def all(self, kind, statement, params=()):
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT json) " + statement
        ((plan,),) = await (await self.connection.execute(explain, params)).fetchall()
        self.top = plan[0]["Plan"]
        return []


async def test_what_ended_is_not_looked_at(runtime, database_url):
    async with await open_connection(database_url) as connection:
        await connection.execute(HISTORY)
        await connection.execute("VACUUM ANALYZE absurd.r_trips")
        async with await open_connection(runtime.db.url) as service:
            asked = Explaining(service)
            await engine.count_unfinished(asked, STUCK_ATTEMPTS)
        await connection.execute("DELETE FROM absurd.r_trips WHERE available_at = created_at")
    blocks = asked.top["Shared Hit Blocks"] + asked.top["Shared Read Blocks"]
    assert blocks < 100, "20,000 runs are some 250 blocks"
