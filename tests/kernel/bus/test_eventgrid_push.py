"""From a commit to its effect through a custom topic: under faults nothing is lost or doubled."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from quickserve.kernel.bus.port import Outcomes, Route
from quickserve.kernel.db import Transaction
from tests.kernel.world import Bakery, LoafBaked, eventually

from .azure.cloud import Azure
from .azure.topic import Subscription
from .eventgrid_world import (
    Process,
    all_eaten,
    bake,
    eaten,
    eating,
    publishing,
    push_settings,
    sent,
    started,
)  # fmt: skip


async def settled(subscription: Subscription) -> bool:
    return subscription.done


@pytest.mark.parametrize("batch_max", [1, 50])
async def test_every_event_has_its_effect_once_in_spite_of_everything(
    azure: Azure, bakery: Bakery, batch_max: int
) -> None:
    """The topic loses answers, is busy, repeats and shuffles; consumers fail now and then."""
    settings = push_settings(azure)
    process = Process(azure, settings)
    process.eats("anna", bakery.db, failing_now_and_then("anna"))
    process.eats("ben", bakery.db)
    azure.topic.intake.lost_answers = 2
    azure.topic.intake.troubles = [429, 503]
    async with started(process), publishing(azure, settings, bakery):
        subscription = await azure.topic.subscribe(
            process.url, azure.entra.delivery_token, batch_max=batch_max, repeats=0.5
        )
        loaves = [loaf for _ in range(4) for loaf in await bake(bakery, 25)]
        await eventually(lambda: sent(bakery))
        await eventually(lambda: all_eaten(bakery, loaves, "anna", "ben"), seconds=30)
        await eventually(lambda: settled(subscription))
    for name in ("anna", "ben"):
        assert len(await eaten(bakery, name)) == len(loaves), "once each"
    assert subscription.dead == []
    assert subscription.statuses[503] > 0, "there were failures"
    published = [event["id"] for batch in azure.topic.intake.batches for event in batch]
    assert len(published) > len(set(published)), "an answer that was lost made a repetition"


def failing_now_and_then(name: str) -> Callable[[Transaction, Any], Any]:
    eat = eating(name)
    count = 0

    async def handle(tx: Transaction, event: LoafBaked) -> None:
        nonlocal count
        count += 1
        await eat(tx, event)
        if count % 5 == 3:
            raise RuntimeError("a moment's weakness, after the effect")

    return handle


async def test_without_the_inbox_repetitions_would_show(azure: Azure, bakery: Bakery) -> None:
    """The negative control: the same deliveries, taken by one who remembers nothing."""
    settings = push_settings(azure)
    process = Process(azure, settings)
    taken: list[Any] = []

    async def forgetful(messages: Sequence[Any]) -> Outcomes:
        taken.extend(m.id for m in messages)
        return [None] * len(messages)

    process.takes(Route("forgetful", (LoafBaked,), forgetful))
    async with started(process), publishing(azure, settings, bakery):
        subscription = await azure.topic.subscribe(
            process.url, azure.entra.delivery_token, repeats=0.5
        )
        loaves = await bake(bakery, 50)
        await eventually(lambda: at_least(taken, len(loaves)))
        await eventually(lambda: settled(subscription))
    assert len(taken) > len(set(taken)) == len(loaves)


async def at_least(taken: list[Any], count: int) -> bool:
    return len(set(taken)) >= count


async def test_what_was_sent_while_the_consumer_was_down_arrives_when_it_is_back(
    azure: Azure, bakery: Bakery
) -> None:
    settings = push_settings(azure)
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        subscription = await azure.topic.subscribe(process.url, azure.entra.delivery_token)
        await process.stop()
        loaves = await bake(bakery, 10)
        await eventually(lambda: failures(subscription, "ConnectError"))
        assert await eaten(bakery, "anna") == []
        await process.start()
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
    assert subscription.dead == []


async def failures(subscription: Subscription, status: int | str) -> bool:
    return subscription.statuses[status] >= 3


async def test_a_database_that_is_away_costs_no_event(azure: Azure, bakery: Bakery) -> None:
    settings = push_settings(azure)
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    async with started(process):
        subscription = await azure.topic.subscribe(process.url, azure.entra.delivery_token)
        async with publishing(azure, settings, bakery):
            loaves = await bake(bakery, 5)
            await eventually(lambda: all_eaten(bakery, loaves, "anna"))
            await bakery.ask("ALTER TABLE eaten RENAME TO eaten_elsewhere")
            loaves += await bake(bakery, 5)
            await eventually(lambda: failures(subscription, 503))
            await bakery.ask("ALTER TABLE eaten_elsewhere RENAME TO eaten")
            await eventually(lambda: all_eaten(bakery, loaves, "anna"))
    assert subscription.dead == []


async def test_keys_that_change_or_are_away_cost_no_event(
    azure: Azure, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quickserve.kernel.bus.entra._KEYS_SECONDS_MIN", 0.3)
    settings = push_settings(azure)
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        subscription = await azure.topic.subscribe(process.url, azure.entra.delivery_token)
        azure.entra.rotate()
        azure.entra.away = True
        loaves = await bake(bakery, 5)
        await eventually(lambda: failures(subscription, 503))
        azure.entra.away = False
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
    assert subscription.dead == []


async def test_a_poison_event_ends_among_the_dead_letters_and_no_other_does(
    azure: Azure, bakery: Bakery
) -> None:
    settings = push_settings(azure)
    process = Process(azure, settings)
    poison: list[LoafBaked] = []

    async def picky(tx: Transaction, event: LoafBaked) -> None:
        if event in poison:
            raise RuntimeError("never this one")
        await eating("anna")(tx, event)

    process.eats("anna", bakery.db, picky)
    async with started(process), publishing(azure, settings, bakery):
        subscription = await azure.topic.subscribe(
            process.url, azure.entra.delivery_token, attempts_max=4
        )
        poison += await bake(bakery, 1)
        loaves = await bake(bakery, 20)
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
        await eventually(lambda: settled(subscription))
    assert [event["subject"] for event in subscription.dead] == [str(poison[0].loaf_id)]


async def test_a_process_that_ends_finishes_and_the_next_goes_on(
    azure: Azure, bakery: Bakery
) -> None:
    settings = push_settings(azure)
    process = Process(azure, settings)
    process.eats("anna", bakery.db)
    async with started(process), publishing(azure, settings, bakery):
        subscription = await azure.topic.subscribe(process.url, azure.entra.delivery_token)
        loaves = await bake(bakery, 60)
        for _ in range(3):
            await asyncio.sleep(0.1)
            await process.stop()
            await process.start()
        await eventually(lambda: all_eaten(bakery, loaves, "anna"))
        await eventually(lambda: settled(subscription))
    assert len(await eaten(bakery, "anna")) == len(loaves)
