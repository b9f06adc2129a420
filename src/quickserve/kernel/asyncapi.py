"""An AsyncAPI 3 document of events: channels, who sends, who receives, and their schemas."""

from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any

from pydantic import TypeAdapter

from quickserve.kernel.bus.cloudevents import STRUCTURED
from quickserve.kernel.events import DomainEvent

_JSON = "application/json"
_SCHEMAS = "#/components/schemas/"

# What every event has beside its data: CloudEvents 1.0.
_CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "The same again means: the same event delivered again.",
        },
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string"},
        "subject": {"type": "string", "description": "The id of the entity it is about."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": _JSON},
        "traceparent": {"type": "string", "description": "W3C Trace Context of its cause."},
        "data": {"type": "object"},
    },
}


def document(
    info: Mapping[str, Any],
    events: Mapping[str, Sequence[type[DomainEvent]]],
    takers: Mapping[str, Sequence[type[DomainEvent]]],
    exchange: str,
) -> dict[str, Any]:
    """`events` by the service that sends them, `takers` by the service that receives them."""
    everything = [(service, event) for service, sent in events.items() for event in sent]
    operations: dict[str, Any] = {}
    for service, event in everything:
        operations[f"{service}.send.{_key(event)}"] = _operation("send", event)
    for service, taken in takers.items():
        for event in taken:
            operations[f"{service}.receive.{_key(event)}"] = _operation("receive", event)
    return {
        "asyncapi": "3.0.0",
        "info": dict(info),
        "defaultContentType": STRUCTURED,
        "channels": {_key(event): _channel(event, exchange) for _, event in everything},
        "operations": operations,
        "components": {
            "messages": {_key(event): _message(service, event) for service, event in everything},
            "schemas": {"CloudEvent": _CLOUD_EVENT, **_schemas([e for _, e in everything])},
        },
    }


def _key(event: type[DomainEvent]) -> str:
    """Without the first word, which all have."""
    return event.TYPE.partition(".")[2]


def _channel(event: type[DomainEvent], exchange: str) -> dict[str, Any]:
    return {
        "address": event.TYPE,
        "messages": {event.__name__: {"$ref": f"#/components/messages/{_key(event)}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange, "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _operation(action: str, event: type[DomainEvent]) -> dict[str, Any]:
    channel = f"#/channels/{_key(event)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.__name__}"}],
    }


def _message(service: str, event: type[DomainEvent]) -> dict[str, Any]:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        **_description(event),
        "contentType": STRUCTURED,
        "payload": {
            "allOf": [
                {"$ref": f"{_SCHEMAS}CloudEvent"},
                {
                    "properties": {
                        "source": {"const": f"/quickserve/{service}"},
                        "type": {"const": event.TYPE},
                        "data": {"$ref": f"{_SCHEMAS}{event.__name__}"},
                    }
                },
            ]
        },
    }


def _description(event: type[DomainEvent]) -> dict[str, str]:
    """None when nobody wrote a docstring: then a dataclass has its signature as one."""
    text = getdoc(event) or ""
    return {"description": text} if not text.startswith(f"{event.__name__}(") else {}


def _schemas(events: Sequence[type[DomainEvent]]) -> dict[str, Any]:
    """By the classes' names. As receivers may find them: what has a default may be missing."""
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (event.__name__, "validation", TypeAdapter(event)) for event in events
    ]
    _, found = TypeAdapter.json_schemas(adapters, ref_template=_SCHEMAS + "{model}")
    return found["$defs"]
