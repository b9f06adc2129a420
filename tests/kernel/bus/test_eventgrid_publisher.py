"""Publishing to Event Grid: what fits one request, what comes of each event, who we are."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from quickserve.kernel.bus import eventgrid_publisher
from quickserve.kernel.bus.eventgrid import EventGridBus
from quickserve.kernel.bus.eventgrid_publisher import batches
from quickserve.kernel.bus.eventgrid_requests import Busy, Refused
from quickserve.kernel.bus.port import BusUnreachable
from quickserve.kernel.events import Message
from quickserve.kernel.logs import told
from quickserve.kernel.settings import Settings
from tests.kernel.world import Bakery, eventually

from .azure import entra
from .azure.cloud import Azure
from .eventgrid_world import bake, environ, message, publishing, pull_settings, push_settings


@asynccontextmanager
async def bus_of(
    azure: Azure, settings: Settings | None = None, **platform: str
) -> AsyncIterator[EventGridBus]:
    bus = EventGridBus(settings or push_settings(azure), environ(azure, **platform))
    async with bus.connected():
        yield bus


def arrived(azure: Azure) -> list[list[str]]:
    """The ids, batch by batch."""
    return [[event["id"] for event in batch] for batch in azure.topic.intake.batches]


def ids(messages: Sequence[Message]) -> list[str]:
    return [str(m.id) for m in messages]


async def test_events_arrive_together_as_cloudevents(azure: Azure) -> None:
    traced = message(trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    sent = [message(), traced]
    async with bus_of(azure) as bus:
        assert await bus.publish(sent) == [None, None]
    assert arrived(azure) == [ids(sent)]
    event = azure.topic.intake.batches[0][1]
    assert (event["specversion"], event["type"], event["data"]) == ("1.0", traced.type, traced.data)
    assert event["traceparent"] == traced.trace


async def test_a_namespace_is_another_address_and_another_header(azure: Azure) -> None:
    async with bus_of(azure, pull_settings(azure)) as bus:
        assert await bus.publish([message()]) == [None]
    assert len(azure.namespace.intake.batches) == 1


def test_at_most_5000_events_go_together() -> None:
    assert [len(batch) for batch in batches([10] * 10_001)] == [5000, 5000, 1]
    assert list(batches([])) == []


async def test_a_batch_over_a_megabyte_is_split(azure: Azure) -> None:
    sent = [message(data={"text": "x" * 90_000}) for _ in range(30)]
    async with bus_of(azure) as bus:
        assert await bus.publish(sent) == [None] * 30
    assert [i for batch in arrived(azure) for i in batch] == ids(sent)
    assert len(arrived(azure)) == 3, "and none was refused for its size"


async def test_an_event_that_is_too_large_alone_is_refused_alone(azure: Azure) -> None:
    sent = [message(), message(data={"text": "x" * 1_100_000}), message()]
    async with bus_of(azure) as bus:
        outcomes = await bus.publish(sent)
    assert [type(outcome) for outcome in outcomes] == [type(None), Refused, type(None)]
    assert "413" in str(outcomes[1])
    assert {i for batch in arrived(azure) for i in batch} == {str(sent[0].id), str(sent[2].id)}


async def test_a_server_with_a_lower_limit_gets_smaller_batches(azure: Azure) -> None:
    azure.topic.intake.bytes_max = 2000
    sent = [message() for _ in range(40)]
    async with bus_of(azure) as bus:
        assert await bus.publish(sent) == [None] * 40
    assert {i for batch in arrived(azure) for i in batch} == set(ids(sent))


async def test_one_event_that_is_refused_does_not_hold_up_its_neighbours(azure: Azure) -> None:
    sent = [message() for _ in range(100)]
    azure.topic.intake.unloved = sent[37].subject
    async with bus_of(azure) as bus:
        outcomes = await bus.publish(sent)
    assert [place for place, outcome in enumerate(outcomes) if outcome] == [37]
    assert isinstance(outcomes[37], Refused)
    assert {i for batch in arrived(azure) for i in batch} == set(ids(sent)) - {str(sent[37].id)}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_who_is_busy_gets_the_same_later(azure: Azure, status: int) -> None:
    azure.topic.intake.troubles = [status]
    sent = [message(), message()]
    async with bus_of(azure) as bus:
        outcomes = await bus.publish(sent)
        assert [type(outcome) for outcome in outcomes] == [Busy, Busy]
        assert arrived(azure) == []
        assert await bus.publish(sent) == [None, None]


async def test_what_was_sent_before_a_fault_counts_as_sent(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventgrid_publisher, "BATCH_EVENTS_MAX", 2)
    sent = [message() for _ in range(5)]

    async def publish_and_go_away(*_: Any) -> Any:
        answer = await read(*_)
        azure.topic.intake.troubles = [503]
        return answer

    read = azure.topic.intake.read
    azure.topic.intake.read = publish_and_go_away
    async with bus_of(azure) as bus:
        outcomes = await bus.publish(sent)
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 2 + [Busy] * 3


@pytest.mark.parametrize("change", ["key", "endpoint", "away"])
async def test_what_is_wrong_with_the_bus_is_not_held_against_the_events(
    azure: Azure, change: str
) -> None:
    settings = push_settings(azure)
    match change:
        case "key":
            settings = push_settings(azure, eventgrid_key="another key")
        case "endpoint":
            settings = push_settings(azure, eventgrid_endpoint=f"{azure.url}/api/nothing")
        case _:
            await azure.server.stop()
    async with bus_of(azure, settings) as bus:
        with pytest.raises(BusUnreachable) as caught:
            await bus.publish([message()])
    assert "another key" not in f"{caught.value!r} {caught.value.__context__!r}"
    assert "Event Grid" in told(caught.value), "the log says what to repair"


async def test_a_topic_that_hangs_is_given_up_before_the_claim_ends(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventgrid_publisher, "_ALL_SECONDS_MAX", 0.2)

    async def hang(_request: Any) -> Any:
        await asyncio.sleep(30)

    azure.topic.intake.read = hang
    started = time.monotonic()
    async with bus_of(azure) as bus:
        with pytest.raises(BusUnreachable):
            await bus.publish([message()])
    assert time.monotonic() - started < 2


async def test_the_outbox_waits_for_a_topic_that_is_away(azure: Azure, bakery: Bakery) -> None:
    settings = push_settings(azure)
    await azure.server.stop()
    async with publishing(azure, settings, bakery):
        loaves = await bake(bakery, 3)
        await asyncio.sleep(0.3)
        assert await bakery.ask("SELECT count(*) FROM outbox") == 3
        await azure.server.start()
        await eventually(lambda: bakery.ask("SELECT count(*) = 0 FROM outbox"))
    subjects = {event["subject"] for batch in azure.topic.intake.batches for event in batch}
    assert subjects == {str(loaf.loaf_id) for loaf in loaves}


async def test_kubernetes_speaks_for_us(azure: Azure, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("replaced meanwhile\n")
    platform = {
        "AZURE_FEDERATED_TOKEN_FILE": str(file), "AZURE_TENANT_ID": entra.TENANT,
        "AZURE_CLIENT_ID": entra.PUBLISHER,
    }  # fmt: skip
    async with bus_of(azure, push_settings(azure, eventgrid_key=""), **platform) as bus:
        with pytest.raises(BusUnreachable) as caught:
            await bus.publish([message()])
        assert "replaced" not in repr(caught.value)
        file.write_text(azure.entra.assertion + "\n")
        assert await bus.publish([message()]) == [None]
        assert await bus.publish([message()]) == [None]
    assert len(azure.entra.asked_for_tokens) == 2, "one refused, one kept"


def managed(azure: Azure) -> dict[str, str]:
    return {
        "IDENTITY_ENDPOINT": f"{azure.url}/identity",
        "IDENTITY_HEADER": azure.entra.identity_secret,
        "AZURE_CLIENT_ID": entra.PUBLISHER,
    }


async def test_the_platform_speaks_for_us(azure: Azure) -> None:
    async with bus_of(azure, pull_settings(azure, eventgrid_key=""), **managed(azure)) as bus:
        assert await bus.publish([message()]) == [None]
    assert azure.entra.asked_for_tokens[0]["client_id"] == entra.PUBLISHER


async def test_a_token_that_is_not_taken_any_more_is_replaced(azure: Azure) -> None:
    async with bus_of(azure, push_settings(azure, eventgrid_key=""), **managed(azure)) as bus:
        assert await bus.publish([message()]) == [None]
        azure.entra.rotate()
        assert await bus.publish([message()]) == [None]
    assert len(azure.entra.asked_for_tokens) == 2


async def test_while_entra_is_away_the_token_serves_until_it_ends(azure: Azure) -> None:
    azure.entra.token_seconds = 100  # due for renewal, and good
    async with bus_of(azure, push_settings(azure, eventgrid_key=""), **managed(azure)) as bus:
        assert await bus.publish([message()]) == [None]
        azure.entra.away = True
        assert await bus.publish([message()]) == [None]
        azure.entra.rotate()  # the topic does not take it any more
        with pytest.raises(BusUnreachable):
            await bus.publish([message()])
