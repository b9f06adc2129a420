"""Messages as CloudEvents 1.0: whole in a body (structured), or attributes in headers (binary).

We send what the specification asks and accept what it allows: an id that is no UUID becomes one,
the same for the same source and id; extensions that we do not know are left out.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from uuid import UUID, uuid5

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import amqp, http, rabbitmq
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from quickserve.kernel.errors import Malformed
from quickserve.kernel.events import Message
from quickserve.kernel.ids import MessageId

STRUCTURED = "application/cloudevents+json"  # the media type of `structured`
_SOURCE = "/quickserve/"
_REQUIRED = ("id", "source", "type", "specversion")
_KNOWN = (*_REQUIRED, "subject", "time", "datacontenttype", "traceparent")
_TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_IDS_OF_OTHERS = UUID("3a0c6a0e-6a34-5a54-9c53-5a4b8a0f4a3e")
_FORMAT = JSONFormat()


def structured(message: Message) -> bytes:
    """The body; its media type is STRUCTURED."""
    return _FORMAT.write(_event(message, message.data))


def binary(message: Message) -> tuple[dict[str, str], bytes]:
    """HTTP headers (`ce-…`, `content-type`) and the body."""
    # As bytes: the package writes a list or a text in its own way, which is no JSON.
    sent = http.to_binary(_event(message, json.dumps(message.data).encode()), _FORMAT)
    return sent.headers, sent.body


def from_structured(content: bytes) -> Message:
    """Raises Malformed."""
    return _message(lambda: _FORMAT.read(_event_of, _without_nulls(content)), None)


def from_binary(headers: Mapping[str, str], content: bytes) -> Message:
    """From HTTP. Raises Malformed."""
    # Without the body: the package hands on what is no JSON as a text.
    sent = http.HTTPMessage(dict(headers), b"")
    return _message(lambda: http.from_binary(sent, _FORMAT, _event_of), content)


def from_amqp(headers: Mapping[str, Any], content_type: str | None, content: bytes) -> Message:
    """From a broker, in whichever form and with whichever prefix. Raises Malformed."""
    if (content_type or "").lower().partition(";")[0].strip() == STRUCTURED:
        return from_structured(content)
    if any(name.startswith(("cloudEvents:", "cloudEvents_")) for name in headers):
        properties = {"content-type": content_type} if content_type else {}
        named = amqp.AMQPMessage(properties, dict(headers), b"")
        return _message(lambda: amqp.from_binary(named, _FORMAT, _event_of), content)
    sent = rabbitmq.RabbitMQMessage(dict(headers), content_type, b"")
    return _message(lambda: rabbitmq.from_binary(sent, _FORMAT, _event_of), content)


def _event(message: Message, data: Any) -> CloudEvent:
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(message.id),
        "source": _SOURCE + message.source,
        "type": message.type,
        "time": message.time,
        "datacontenttype": "application/json",
    }
    if message.subject:
        attributes["subject"] = message.subject
    if message.trace:
        attributes["traceparent"] = message.trace
    return CloudEvent(attributes, data)


def _event_of(attributes: dict[str, Any], data: Any = None) -> BaseCloudEvent:
    """What the package calls with all that it read. It would invent what is missing."""
    if missing := [name for name in _REQUIRED if not attributes.get(name)]:
        raise Malformed(f"The event lacks {', '.join(missing)}.")
    return CloudEvent({name: attributes[name] for name in _KNOWN if name in attributes}, data)


def _message(read: Callable[[], BaseCloudEvent], content: bytes | None) -> Message:
    """`content` is the data, unless the event carries it itself."""
    try:
        event = read()
        source = event.get_source()
        trace = event.get_extension("traceparent")
        return Message(
            id=_id_of(source, event.get_id()), source=source.removeprefix(_SOURCE),
            type=event.get_type(), subject=event.get_subject() or "",
            time=cast("Any", event.get_time()), data=_data_of(event, content),
            trace=trace if _TRACE.fullmatch(str(trace)) else "",
        )  # fmt: skip
    except Malformed:
        raise
    except Exception as error:  # a parser fails in many ways; it is always the sender's content
        raise Malformed("This is not a CloudEvent 1.0.") from error


def _data_of(event: BaseCloudEvent, content: bytes | None) -> Any:
    kind = event.get_datacontenttype()
    if kind is not None and not _FORMAT.JSON_CONTENT_TYPE_PATTERN.match(kind):
        raise Malformed("The event's data is not JSON.")
    data: Any = event.get_data() if content is None else content
    if isinstance(data, bytes):
        return json.loads(data) if data else None
    return data


def _without_nulls(content: bytes) -> bytes:
    """An attribute that is null is one that is not set."""
    if b"null" not in content:
        return content
    read: dict[str, Any] = json.loads(content)
    if None not in read.values():
        return content
    return json.dumps({name: value for name, value in read.items() if value is not None}).encode()


def _id_of(source: str, given: str) -> MessageId:
    try:
        found = UUID(given)
    except ValueError:
        return MessageId(uuid5(_IDS_OF_OTHERS, f"{source}\n{given}"))
    return MessageId(found)
