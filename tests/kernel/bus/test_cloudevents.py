"""Messages are CloudEvents: as the specification's own examples, there and back, and hostile."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.kernel.bus import cloudevents
from quickserve.kernel.errors import Malformed
from quickserve.kernel.events import Message
from quickserve.kernel.ids import MessageId, new_uuid

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)


def message(**changes: Any) -> Message:
    made = Message(
        MessageId(new_uuid()), "bakery", "quickserve.test.loaf-baked.v1", "loaf-1", NOON,
        {"loaf_id": "1", "name": "pain d’épices 🥖", "price": {"minor": 350, "currency": "EUR"}},
    )  # fmt: skip
    return replace(made, **changes)


def by_body(sent: Message) -> Message:
    return cloudevents.from_structured(cloudevents.structured(sent))


def by_headers(sent: Message) -> Message:
    return cloudevents.from_binary(*cloudevents.binary(sent))


def by_broker(sent: Message) -> Message:
    return cloudevents.from_amqp({}, cloudevents.STRUCTURED, cloudevents.structured(sent))


WAYS = pytest.mark.parametrize("way", [by_body, by_headers, by_broker])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@WAYS
@settings(max_examples=60, deadline=None)
@given(data=JSON, subject=st.text(), trace=st.sampled_from(["", TRACE]), time=st.datetimes())
def test_a_message_arrives_as_it_was_sent(
    way: Callable[[Message], Message], data: Any, subject: str, trace: str, time: datetime
) -> None:
    sent = message(data=data, subject=subject, trace=trace, time=time.replace(tzinfo=UTC))
    assert way(sent) == sent


def test_what_we_send_is_what_the_specification_asks() -> None:
    sent = message(trace=TRACE)
    attributes = {
        "specversion": "1.0", "id": str(sent.id), "source": "/quickserve/bakery",
        "type": "quickserve.test.loaf-baked.v1", "subject": "loaf-1",
        "time": "2026-05-01T12:00:00.123456Z", "datacontenttype": "application/json",
        "traceparent": TRACE,
    }  # fmt: skip
    assert json.loads(cloudevents.structured(sent)) == {**attributes, "data": sent.data}
    headers, content = cloudevents.binary(sent)
    assert headers.pop("content-type") == attributes.pop("datacontenttype")
    assert headers == {f"ce-{name}": value for name, value in attributes.items()}
    assert json.loads(content) == sent.data


def test_headers_are_ascii() -> None:
    headers, _ = cloudevents.binary(message(subject='Nuit "blanche" à 100 % – 🎺'))
    assert all(re.fullmatch(r"[!-~]+", value) for value in headers.values())


# -- What others send -----------------------------------------------------------------------------

EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "1234-1234-1234", "source": "/mycontext/subcontext",
    "type": "com.example.someevent", "time": "2018-04-05T03:56:24Z",
    "datacontenttype": "application/json", "data": {"message": "Hello World!"},
}  # fmt: skip


def read(event: Any) -> Message:
    return cloudevents.from_structured(json.dumps(event).encode())


def requests_of(feature: str) -> list[tuple[dict[str, str], bytes]]:
    """The HTTP requests of a Gherkin file: each of its outlines with each of its examples."""
    found: list[tuple[dict[str, str], bytes]] = []
    for outline in feature.split("Scenario Outline:")[1:]:
        request = outline.split('"""')[1]
        for example in re.findall(r"\| (application/\S.*?) +\|", outline.partition("Examples:")[2]):
            lines = request.replace("<contentType>", example).strip().splitlines()
            end = next(place for place, line in enumerate(lines) if not line.strip())
            pairs = [line.strip().split(": ", 1) for line in lines[1:end]]
            found.append((dict(pairs), "\n".join(lines[end:]).encode()))
    return found


def test_the_specification_s_http_requests_are_read(data: Path) -> None:
    folder = data / "vectors" / "cloudevents"
    requests = requests_of((folder / "features" / "http-protocol-binding.feature").read_text())
    assert len(requests) == 4
    for headers, content in requests:
        whole = headers["Content-Type"].startswith(cloudevents.STRUCTURED)
        taken = (
            cloudevents.from_structured(content)
            if whole
            else cloudevents.from_binary(headers, content)
        )
        assert taken == replace(read(EVENT), id=taken.id)
        assert taken.data == {"message": "Hello World!"}
        assert taken.time == datetime(2018, 4, 5, 3, 56, 24, tzinfo=UTC)


def test_of_the_conformance_events_those_with_json_are_read(data: Path) -> None:
    file = data / "vectors" / "cloudevents" / "yaml" / "v1.0" / "v1_minimum.yaml"
    taken: list[Any] = []
    for event in yaml.safe_load_all(file.read_text("utf-8")):
        attributes = event["ContextAttributes"]
        headers = {f"ce-{name}": str(value) for name, value in attributes.items()}
        headers["content-type"] = headers.pop("ce-datacontenttype")
        if "json" in headers["content-type"]:
            taken.append(cloudevents.from_binary(headers, event["Data"].encode()).data)
        else:
            with pytest.raises(Malformed):
                cloudevents.from_binary(headers, event["Data"].encode())
    assert taken == ["Hello, 🌎!", {"msg": "Hello, 🌎!"}, ["Hello", "🌎!"]]


def test_an_id_that_is_no_uuid_becomes_the_same_one_every_time() -> None:
    one = read(EVENT).id
    assert one == read(EVENT).id
    assert one != read({**EVENT, "source": "/elsewhere"}).id, "ids are unique within a source"
    assert one != read({**EVENT, "id": "2"}).id
    ours = new_uuid()
    assert read({**EVENT, "id": str(ours)}).id == ours


@pytest.mark.parametrize("unset", ["subject", "time", "datacontenttype", "dataschema", "data"])
def test_null_means_not_set(unset: str) -> None:
    taken = read({**EVENT, unset: None})
    assert taken.subject == ""
    assert taken.time.tzinfo


def test_extensions_that_we_do_not_know_are_ignored() -> None:
    odd = {"comexampleextension1": "value", "sequence": 5, "Not-Allowed": "x", "dataschema": ""}
    assert read({**EVENT, **odd}) == read(EVENT)


@pytest.mark.parametrize(
    "trace", ["", "no trace", f"00-{'0' * 32}-{'1' * 16}-01", f"{TRACE}\n", 7, ["x"]]
)
def test_a_trace_that_is_none_is_ignored(trace: Any) -> None:
    assert read({**EVENT, "traceparent": trace}).trace == ""


def test_data_may_be_base64() -> None:
    event = {name: value for name, value in EVENT.items() if name != "data"}
    assert read({**event, "data_base64": "eyJhIjogMX0="}).data == {"a": 1}


@pytest.mark.parametrize("prefix", ["ce-", "cloudEvents:", "cloudEvents_"])
def test_a_broker_s_headers_may_have_any_of_three_prefixes(prefix: str) -> None:
    headers: dict[str, Any] = {
        f"{prefix}{name}": value
        for name, value in EVENT.items()
        if name not in ("data", "datacontenttype")
    }
    taken = cloudevents.from_amqp(headers, "application/json", b'{"message": "Hello World!"}')
    assert taken == read(EVENT)


MALFORMED: list[Any] = [
    [], "text", 7, None, {},
    *({**EVENT, name: ""} for name in ("id", "source", "type", "specversion")),
    *({**EVENT, name: 7} for name in ("id", "source", "type", "specversion", "subject", "time")),
    *({k: v for k, v in EVENT.items() if k != name} for name in ("id", "source", "type")),
    {k: v for k, v in EVENT.items() if k != "specversion"},
    {**EVENT, "specversion": "0.3"},
    {**EVENT, "specversion": "2.0"},
    {**EVENT, "time": "yesterday"},
    {**EVENT, "time": "2018-04-05T03:56:24"},
    {**EVENT, "datacontenttype": "text/plain"},
    {**{k: v for k, v in EVENT.items() if k != "data"}, "data_base64": "abc"},
]  # fmt: skip


@pytest.mark.parametrize("event", MALFORMED)
def test_what_is_no_event_is_malformed(event: Any) -> None:
    with pytest.raises(Malformed):
        read(event)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"{", b"[" * 100_000, b"9" * 5000, b'{"time": 1e999}']
)
def test_what_is_no_json_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        cloudevents.from_structured(content)
    headers = {f"ce-{name}": EVENT[name] for name in ("id", "source", "type", "specversion")}
    if content:
        with pytest.raises(Malformed):
            cloudevents.from_binary(headers, content + b"x")


@settings(max_examples=200, deadline=None)
@given(
    headers=st.dictionaries(
        st.sampled_from(["ce-id", "ce-time", "ce-type", "cloudEvents:id", "ce-source", "x"]),
        st.text() | st.integers() | st.binary() | st.none() | st.lists(st.integers()),
    ),
    content_type=st.sampled_from([None, "", "application/json", cloudevents.STRUCTURED, "é"]),
    content=st.binary(),
)
def test_nothing_from_a_broker_raises_anything_else(
    headers: dict[str, Any], content_type: str | None, content: bytes
) -> None:
    with pytest.raises(Malformed):
        cloudevents.from_amqp(headers, content_type, content)


def test_our_own_ids_stay_what_they_are() -> None:
    assert isinstance(by_body(message()).id, UUID)
