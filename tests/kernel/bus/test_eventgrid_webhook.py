"""The webhook of Event Grid: who may deliver, what each answer does to the events."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest
from joserfc.jwk import RSAKey

from quickserve.kernel.bus import entra as entra_module
from quickserve.kernel.bus.cloudevents import structured
from quickserve.kernel.bus.eventgrid import EventGridBus
from quickserve.kernel.bus.eventgrid_webhook import PATH
from quickserve.kernel.bus.port import Outcomes, Route
from quickserve.kernel.events import Message
from quickserve.kernel.testing import each
from quickserve.kernel.testing import test_settings as settings_for
from tests.kernel.world import LoafBaked

from .azure.cloud import Azure
from .azure.topic import HandshakeFailedError
from .eventgrid_world import Process, environ, message, push_settings, started

BATCH = "application/cloudevents-batch+json; charset=utf-8"


class Reader:
    """A service that takes loaves. `refuses` are ids it fails at."""

    def __init__(self, name: str = "reader") -> None:
        self.taken: list[Message] = []
        self.refuses: set[Any] = set()
        self.hangs = False
        self.route = Route(name, (LoafBaked,), self._take)

    async def _take(self, messages: Sequence[Message]) -> Outcomes:
        if self.hangs:
            await asyncio.sleep(30)
        outcomes = [RuntimeError("no") if m.id in self.refuses else None for m in messages]
        self.taken += [m for m, outcome in zip(messages, outcomes, strict=True) if not outcome]
        return list(outcomes)


class Hook:
    """Requests to the webhook of one process."""

    def __init__(self, azure: Azure, process: Process, reader: Reader) -> None:
        self.azure = azure
        self.process = process
        self.reader = reader
        self.http = httpx.AsyncClient(trust_env=False)

    async def post(
        self, content: Any, *, token: str | None = "", path: str = "", **headers: str
    ) -> int:
        """The status. With Event Grid's own token unless another one, or none, is given."""
        token = self.azure.entra.delivery_token() if token == "" else token
        answer = await self.http.post(
            self.process.url + path,
            content=content if isinstance(content, bytes) else json.dumps(content).encode(),
            headers={
                "content-type": BATCH,
                **({"authorization": f"Bearer {token}"} if token else {}),
                **headers,
            },
        )
        return answer.status_code

    @property
    def taken(self) -> list[Any]:
        return [m.id for m in self.reader.taken]


@pytest.fixture
async def hook(azure: Azure) -> AsyncIterator[Hook]:
    process, reader = Process(azure, push_settings(azure)), Reader()
    process.takes(reader.route)
    async with started(process):
        made = Hook(azure, process, reader)
        async with made.http:
            yield made


def events(*messages: Message) -> list[Any]:
    return [json.loads(structured(m)) for m in messages]


def in_own_schema(m: Message) -> dict[str, Any]:
    return {
        "id": str(m.id), "eventType": m.type, "subject": m.subject, "topic": "/topics/shop",
        "eventTime": m.time.isoformat(), "data": m.data, "dataVersion": "1", "metadataVersion": "1",
    }  # fmt: skip


# --- the shapes of a delivery


async def test_one_event_and_many_are_taken(hook: Hook) -> None:
    one, two, three = message(trace="00-" + "a" * 32 + "-" + "b" * 16 + "-01"), message(), message()
    single = {"content-type": "application/cloudevents+json; charset=utf-8"}
    assert await hook.post(events(one)[0], **single) == 200
    assert await hook.post(events(two, three)) == 200
    assert hook.reader.taken == [one, two, three]


async def test_event_grids_own_schema_is_taken(hook: Hook) -> None:
    sent = [message(), message()]
    assert (
        await hook.post([in_own_schema(m) for m in sent], **{"aeg-event-type": "Notification"})
        == 200
    )
    assert [(m.id, m.type, m.subject, m.time, m.data) for m in hook.reader.taken] == [
        (m.id, m.type, m.subject, m.time, m.data) for m in sent
    ]


async def test_attributes_may_come_in_headers(hook: Hook) -> None:
    sent = message()
    headers = {
        "ce-specversion": "1.0", "ce-id": str(sent.id), "ce-type": sent.type, "ce-source": "bakery",
        "ce-subject": sent.subject, "ce-time": sent.time.isoformat(),
        "content-type": "application/json",
    }  # fmt: skip
    assert await hook.post(sent.data, **headers) == 200
    assert hook.taken == [sent.id]


async def test_what_nobody_here_takes_is_none_of_our_business(hook: Hook) -> None:
    storage = {"id": "not-a-uuid", "eventType": "Microsoft.Storage.BlobCreated", "data": {}}
    assert await hook.post([storage]) == 200
    assert await hook.post([]) == 200
    assert hook.taken == []


async def test_what_only_the_next_version_takes_comes_again(hook: Hook) -> None:
    """A release adds a subscription; until its process runs, this one must not lose the events."""
    kind = "quickserve.test.other.v1"
    known, other = message(), message(type=kind)
    assert await hook.post(events(known, other)) == 503
    assert hook.taken == [known.id]
    assert await hook.post([in_own_schema(other)]) == 503
    headers = {
        "ce-specversion": "1.0", "ce-id": str(other.id), "ce-type": kind, "ce-source": "bakery",
        "ce-time": other.time.isoformat(), "content-type": "application/json",
    }  # fmt: skip
    assert await hook.post(other.data, **headers) == 503


async def test_a_large_batch_is_taken_in_parts(hook: Hook) -> None:
    sent = [message() for _ in range(1000)]
    assert await hook.post(events(*sent)) == 200
    assert hook.taken == [m.id for m in sent]


# --- the handshakes


@pytest.mark.parametrize("schema", ["cloudevents", "eventgrid"])
async def test_a_subscription_is_made(hook: Hook, schema: str) -> None:
    topic = hook.azure.topic
    await topic.subscribe(hook.process.url, hook.azure.entra.delivery_token, schema=schema)
    assert len(topic.subscriptions) == 1


@pytest.mark.parametrize("schema", ["cloudevents", "eventgrid"])
async def test_a_wrong_setting_shows_when_the_subscription_is_made(hook: Hook, schema: str) -> None:
    topic = hook.azure.topic

    def for_another() -> str:
        return hook.azure.entra.delivery_token(aud="another application")

    with pytest.raises(HandshakeFailedError, match="401"):
        await topic.subscribe(hook.process.url, for_another, schema=schema)


async def test_nobody_else_gets_our_consent(hook: Hook) -> None:
    for headers in ({}, {"webhook-request-origin": "spam.example"}):
        answer = await hook.http.request("OPTIONS", hook.process.url, headers=headers)
        assert answer.status_code == 400
        assert "webhook-allowed-origin" not in answer.headers


async def test_a_code_is_not_returned_to_strangers(hook: Hook) -> None:
    validation = {
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "id": "1",
        "data": {"validationCode": "c0de"},
    }  # fmt: skip
    assert await hook.post([validation], token=None) == 401
    assert await hook.post([validation]) == 200


# --- the token


WRONG: dict[str, dict[str, Any]] = {
    "another tenant's issuer": {"iss": "https://sts.windows.net/another/"},
    "another tenant": {"tid": "another"},
    "another audience": {"aud": "another"},
    "no audience": {"aud": None},
    "another sender": {"appid": "another"},
    "no sender": {"appid": None},
    "not the role": {"roles": ["Reader"]},
    "no role": {"roles": None},
    "its name as the role": {"roles": "AzureEventGridSecureWebhookSubscriber"},
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_token_for_something_else_is_refused(hook: Hook, name: str) -> None:
    assert (
        await hook.post(events(message()), token=hook.azure.entra.delivery_token(**WRONG[name]))
        == 401
    )
    assert hook.taken == []


async def test_a_token_of_version_2_is_right_too(hook: Hook) -> None:
    issuer = f"{hook.azure.url}/7b1e1b0e-5a4e-4d0e-9f33-000000000001/v2.0"
    sender = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
    token = hook.azure.entra.delivery_token(iss=issuer, appid=None, azp=sender, ver="2.0")
    assert await hook.post(events(message()), token=token) == 200


async def test_forged_and_broken_tokens_are_refused(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entra_module, "_KEYS_SECONDS_MIN", 0)
    good = hook.azure.entra.delivery_token()
    head, claims, signature = good.split(".")
    own_key = RSAKey.generate_key(2048, {"kid": json.loads(_decoded(head))["kid"]})
    unsigned = _encoded({"alg": "none", "kid": "x"}) + f".{claims}."
    for token in (
        hook.azure.entra.delivery_token(key=own_key), f"{head}.{claims}.{signature[::-1]}",
        unsigned, f"{head}.{claims}", "x", "....", "A" * 20_000, None,
    ):  # fmt: skip
        assert await hook.post(events(message()), token=token) == 401, token
    answer = await hook.http.post(hook.process.url, headers={"authorization": f"Basic {good}"})
    assert answer.status_code == 401
    assert hook.taken == []


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_keys_are_fetched_once_and_again_when_they_change(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entra_module, "_KEYS_SECONDS_MIN", 0)
    old = hook.azure.entra.delivery_token()
    for _ in range(3):
        assert await hook.post(events(message())) == 200
    assert hook.azure.entra.asked_for_keys == 1
    hook.azure.entra.rotate()
    assert await hook.post(events(message())) == 200
    assert hook.azure.entra.asked_for_keys == 2
    assert await hook.post(events(message()), token=old) == 401, "its key was withdrawn"


async def test_invented_keys_do_not_get_a_changed_key_refused(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They make us ask; just then the real key changes. No event may be lost by that."""
    assert await hook.post(events(message())) == 200
    hook.azure.entra.rotate()
    assert await hook.post(events(message())) == 503, "asked a moment ago"
    monkeypatch.setattr(entra_module, "_KEYS_SECONDS_MIN", 0)
    assert await hook.post(events(message())) == 200


async def test_while_the_keys_are_away_nobody_is_refused(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entra_module, "_KEYS_SECONDS_MIN", 0)
    hook.azure.entra.away = True
    assert await hook.post(events(message())) == 503
    hook.azure.entra.away = False
    assert await hook.post(events(message())) == 200
    hook.azure.entra.away = True
    assert await hook.post(events(message())) == 200, "known keys stay good"
    monkeypatch.setattr(entra_module, "_KEYS_SECONDS_MAX", 0)
    assert await hook.post(events(message())) == 503, "but not for ever"


@pytest.mark.parametrize("times", [(-7200, -3600), (3600, 7200)])
async def test_a_clock_that_is_wrong_loses_no_event(hook: Hook, times: tuple[int, int]) -> None:
    nbf, exp = (int(time.time()) + seconds for seconds in times)
    token = hook.azure.entra.delivery_token(nbf=nbf, exp=exp)
    assert await hook.post(events(message()), token=token) == 503
    assert hook.taken == []
    a_little_late = hook.azure.entra.delivery_token(exp=int(time.time()) - 60)
    assert await hook.post(events(message()), token=a_little_late) == 200


async def test_the_secret_is_a_second_check_and_can_be_changed(azure: Azure) -> None:
    process, reader = (
        Process(azure, push_settings(azure, eventgrid_webhook_secret="old,new")),
        Reader(),
    )
    process.takes(reader.route)
    async with started(process):
        hook = Hook(azure, process, reader)
        for code, status in (("old", 200), ("new", 200), ("", 401), ("old,new", 401), ("é", 401)):
            assert await hook.post(events(message()), path=f"?code={code}") == status
        assert await hook.post(events(message()), path="?code=old", token=None) == 401
        with pytest.raises(HandshakeFailedError, match="401"):
            await azure.topic.subscribe(process.url, azure.entra.delivery_token)
        await azure.topic.subscribe(f"{process.url}?code=new", azure.entra.delivery_token)
        await hook.http.aclose()


# --- what fails


async def test_a_failing_consumer_is_tried_again(hook: Hook) -> None:
    good, bad = message(), message()
    hook.reader.refuses = {bad.id}
    assert await hook.post(events(good, bad)) == 503
    hook.reader.refuses = set()
    assert await hook.post(events(good, bad)) == 200
    assert bad.id in hook.taken


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, [1], ["x"], {"specversion": "1.0"}, [None], 7],
)
async def test_what_can_never_be_read_is_refused_for_good(hook: Hook, content: Any) -> None:
    assert await hook.post(content) == 400


async def test_an_unreadable_event_costs_its_neighbours_nothing(hook: Hook) -> None:
    good, bad = message(), events(message())[0]
    del bad["id"]
    hook.reader.refuses = {good.id}
    assert await hook.post([bad, *events(good)]) == 503, "a 400 would lose the good one"
    hook.reader.refuses = set()
    assert await hook.post([bad, *events(good)]) == 400
    assert hook.taken == [good.id]


async def test_a_body_beyond_all_limits_is_not_read(hook: Hook) -> None:
    assert await hook.post(b" " * (2 * 1024 * 1024 + 1)) == 413


async def test_a_consumer_that_hangs_is_a_passing_fault(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quickserve.kernel.bus.eventgrid_webhook._SECONDS_MAX", 0.2)
    hook.reader.hangs = True
    assert await hook.post(events(message())) == 503


async def test_our_own_bug_is_a_passing_fault(azure: Azure) -> None:
    async def buggy(_message: Message) -> None:
        raise KeyError

    process = Process(azure, push_settings(azure))
    process.takes(Route("buggy", (LoafBaked,), each(buggy)))
    async with started(process):
        hook = Hook(azure, process, Reader())
        assert await hook.post(events(message())) == 503
        await hook.http.aclose()


async def test_other_methods_and_addresses(hook: Hook) -> None:
    assert (await hook.http.get(hook.process.url)).status_code == 405
    assert await hook.post(events(message()), path="/nobody") == 404


async def test_each_service_of_a_process_has_an_address(azure: Azure) -> None:
    process, anna, ben = Process(azure, push_settings(azure)), Reader("anna"), Reader("ben")
    process.takes(anna.route)
    process.takes(ben.route)
    async with started(process):
        hook = Hook(azure, process, anna)
        first, second = message(), message()
        assert await hook.post(events(first), path="/ben") == 200
        assert await hook.post(events(second)) == 200
        await hook.http.aclose()
    assert [m.id for m in anna.taken] == [second.id]
    assert [m.id for m in ben.taken] == [first.id, second.id]


# --- beginning and ending


async def test_before_and_after_consuming_events_are_sent_away_but_not_lost(azure: Azure) -> None:
    bus, reader = EventGridBus(push_settings(azure), environ(azure)), Reader()
    bus.subscribe(reader.route)
    assert bus.app
    transport = httpx.ASGITransport(bus.app)
    async with bus.connected(), httpx.AsyncClient(transport=transport, base_url="http://x") as http:

        async def deliver() -> int:
            headers = {"authorization": f"Bearer {azure.entra.delivery_token()}"}
            answer = await http.post(PATH, json=events(message()), headers=headers)
            return answer.status_code

        assert await deliver() == 503
        async with bus.consuming():
            assert await deliver() == 200
        assert await deliver() == 503


async def test_what_is_in_hand_is_finished_before_the_end(azure: Azure) -> None:
    bus = EventGridBus(push_settings(azure), environ(azure))
    reached, may_end = asyncio.Event(), asyncio.Event()
    done: list[Any] = []

    async def slowly(m: Message) -> None:
        reached.set()
        await may_end.wait()
        done.append(m.id)

    bus.subscribe(Route("slow", (LoafBaked,), each(slowly)))
    assert bus.app
    sent = message()
    transport = httpx.ASGITransport(bus.app)
    async with bus.connected(), httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        headers = {"authorization": f"Bearer {azure.entra.delivery_token()}"}
        async with bus.consuming():
            delivery = asyncio.create_task(http.post(PATH, json=events(sent), headers=headers))
            await reached.wait()
            asyncio.get_running_loop().call_later(0.1, may_end.set)
        assert done == [sent.id], "consuming ended after it"
        assert (await delivery).status_code == 200


async def test_a_webhook_that_anybody_could_call_does_not_start(azure: Azure) -> None:
    for missing in ("eventgrid_tenant", "eventgrid_audience"):
        with pytest.raises(ValueError, match="QUICKSERVE_EVENTGRID_TENANT"):
            EventGridBus(push_settings(azure, **{missing: ""}))


def test_secrets_do_not_show(azure: Azure) -> None:
    key = f"secret-{uuid4()}"
    settings = settings_for("", eventgrid_key=key, eventgrid_webhook_secret=key)
    assert key not in repr(settings)
    assert key not in settings.model_dump_json()
