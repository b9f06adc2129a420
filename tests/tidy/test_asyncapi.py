"""docs/asyncapi.json says what the contracts say, and is what the official schema calls valid."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError

from quickserve.commandline import asyncapi
from quickserve.contracts.catalog import EventOffered
from quickserve.contracts.deliveries import TAKERS
from quickserve.kernel.bus import cloudevents
from quickserve.kernel.events import DomainEvent
from tests.booking.conftest import some_event
from tests.kernel.bus.town import loaf

from .project import ROOT

SCHEMA = ROOT / "tests" / "vendor" / "specs-6.11.1" / "3.0.0.json"
COMMITTED = ROOT / "docs" / "asyncapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(COMMITTED.read_text("utf-8"))


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))


def test_the_committed_document_is_the_contracts() -> None:
    assert COMMITTED.read_text("utf-8") == asyncapi.text(), "quickserve asyncapi > docs/…"


def test_it_is_valid(document: dict[str, Any], official: Draft7Validator) -> None:
    official.validate(document)


@pytest.mark.parametrize("part", ["channels", "operations", "info"])
def test_control_the_schema_finds_what_is_wrong(
    document: dict[str, Any], official: Draft7Validator, part: str
) -> None:
    with pytest.raises(ValidationError):
        official.validate({**document, part: {"wrong": {"address": 7, "action": "shout"}}})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        assert reference.startswith("#/")
        place: Any = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in references(value)]
    return (
        [found for value in part for found in references(value)] if isinstance(part, list) else []
    )


def test_every_event_and_every_taker_is_in_it(document: dict[str, Any]) -> None:
    declared = {event.TYPE for event in every_kind(DomainEvent) if is_contract(event)}
    assert {channel["address"] for channel in document["channels"].values()} == declared
    received = {name for name in document["operations"] if ".receive." in name}
    assert received == {
        f"{service}.receive.{event.TYPE.removeprefix('quickserve.')}"
        for service, events in TAKERS.items()
        for event in events
    }


def every_kind(kind: type[DomainEvent]) -> set[type[DomainEvent]]:
    below = kind.__subclasses__()
    return set(below).union(*(every_kind(one) for one in below))


def is_contract(event: type[DomainEvent]) -> bool:
    return event.__module__.startswith("quickserve.contracts.")


def test_an_event_as_it_is_sent_fits_its_schema(document: dict[str, Any]) -> None:
    event = some_event()
    message = loaf(str(event.event_id), EventOffered)
    sent = json.loads(cloudevents.structured(message))
    sent |= {"source": "/quickserve/catalog", "data": json.loads(event.dump())}
    schema = document["components"]["messages"]["catalog.event-offered.v1"]["payload"]
    validator = Draft7Validator({**schema, "components": document["components"]})
    validator.validate(sent)
    for wrong in ({"data": {}}, {"source": "/quickserve/booking"}, {"id": None}):
        with pytest.raises(ValidationError):
            validator.validate({**sent, **wrong})
