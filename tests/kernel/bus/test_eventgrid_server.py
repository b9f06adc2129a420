"""The local Azure is judged by Microsoft's own client: both sides speak the same protocol."""

import asyncio
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridConsumerClient, EventGridPublisherClient

from .azure import namespace, topic
from .azure.cloud import NAMESPACE_TOPIC, Azure
from .azure.namespace import Queue


def loaf(number: int) -> CloudEvent:
    return CloudEvent("/bakery", "quickserve.test.loaf-baked.v1", data={"n": number}, subject="x")


async def test_it_publishes_to_the_custom_topic(azure: Azure) -> None:
    with EventGridPublisherClient(
        f"{azure.url}/api/events", AzureKeyCredential(topic.KEY)
    ) as client:
        await asyncio.to_thread(client.send, [loaf(1), loaf(2)])
    assert [event["data"] for event in azure.topic.intake.batches[0]] == [{"n": 1}, {"n": 2}]


async def test_its_errors_are_ours(azure: Azure) -> None:
    address = f"{azure.url}/api/events"
    with (
        EventGridPublisherClient(address, AzureKeyCredential("wrong")) as client,
        pytest.raises(ClientAuthenticationError),
    ):
        await asyncio.to_thread(client.send, [loaf(1)])
    with (
        EventGridPublisherClient(address, AzureKeyCredential(topic.KEY)) as client,
        pytest.raises(HttpResponseError) as caught,
    ):
        await asyncio.to_thread(client.send, [CloudEvent("x", "y", data="z" * 1_100_000)])
    assert caught.value.status_code == 413


async def test_it_works_through_a_subscription_of_the_namespace(azure: Azure) -> None:
    queue = azure.namespace.queues["mine"] = Queue()
    key = AzureKeyCredential(namespace.KEY)
    options: dict[str, Any] = {"namespace_topic": NAMESPACE_TOPIC}
    with EventGridPublisherClient(azure.url, key, **options) as publisher:
        await asyncio.to_thread(publisher.send, [loaf(n) for n in range(4)])
    with EventGridConsumerClient(azure.url, key, subscription="mine", **options) as consumer:

        def work() -> list[int]:
            details = consumer.receive(max_events=10, max_wait_time=10)
            locks = [d.broker_properties.lock_token for d in details]
            assert [d.event.data["n"] for d in details] == [0, 1, 2, 3]
            assert consumer.renew_locks(lock_tokens=locks).succeeded_lock_tokens == locks
            assert consumer.acknowledge(lock_tokens=locks[:1]).succeeded_lock_tokens == locks[:1]
            assert consumer.reject(lock_tokens=locks[1:2]).succeeded_lock_tokens == locks[1:2]
            assert consumer.release(lock_tokens=locks[2:], release_delay=0).failed_lock_tokens == []
            lost = consumer.acknowledge(lock_tokens=locks[2:]).failed_lock_tokens
            assert [f.lock_token for f in lost] == locks[2:]
            again = consumer.receive(max_events=10, max_wait_time=10)
            return [d.broker_properties.delivery_count for d in again]

        assert await asyncio.to_thread(work) == [2, 2]
    assert [event["data"] for event, _ in queue.dead] == [{"n": 1}]
