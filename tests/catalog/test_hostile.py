"""Whatever is sent, the answer says what is wrong: never a 5xx."""

import json
from typing import Any

import pytest

from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.ids import new_uuid
from tests.catalog.conftest import Catalog, Organiser, a_date, a_ticket_type

HUGE = 10**30


def an_event(organiser: Organiser, **changes: Any) -> dict[str, Any]:
    return organiser.draft().model_dump(mode="json") | changes


def dates(**changes: Any) -> dict[str, Any]:
    return {"dates": [a_date().model_dump(mode="json") | changes]}


EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": "x" * 301}, "title"),
    ({"title": {"$ne": 1}}, "title"),
    ({"title": None}, "title"),
    ({"surplus": 1}, "surplus"),
    ({"organiser_id": "1 OR 1=1"}, "organiser_id"),
    ({"dates": []}, "dates"),
    ({"url": "javascript:alert(1)"}, "url"),
    ({"url": "https://exa\nmple.org"}, "url"),
    ({"description": "a\u0000b"}, "description"),
    (dates(starts_at="2030-01-01T00:00:00"), "dates.0.starts_at"),
    (dates(starts_at="0001-01-01T00:00:00+14:00"), "dates.0.starts_at"),
    (dates(ends_at="9999-12-31T23:59:59-14:00"), "dates.0.ends_at"),
    (dates(starts_at=HUGE), "dates.0.starts_at"),
    (dates(starts_at="2030-02-30T00:00:00Z"), "dates.0.starts_at"),
    (dates(zone="/etc/localtime"), "dates.0.zone"),
    (dates(zone="Europe/Paris\u0000"), "dates.0.zone"),
    (dates(zone="europe/paris"), "dates.0.zone"),
    (dates(id="not-an-id"), "dates.0.id"),
    (dates(room="\u0000"), "dates.0.room"),
    (dates(venue={"name": " "}), "dates.0.venue.name"),
    (dates(venue={"name": "Salle\u0000"}), "dates.0.venue.name"),
    (dates(venue={"name": "Salle", "latitude": 91}), "dates.0.venue.latitude"),
    (dates(venue={"name": "Salle", "latitude": float("nan")}), "dates.0.venue.latitude"),
    (dates(venue={"name": "Salle", "longitude": float("inf")}), "dates.0.venue.longitude"),
]


@pytest.mark.parametrize(("changes", "field"), EVENTS)
async def test_events(catalog: Catalog, organiser: Organiser, changes: dict[str, Any], field: str):
    answer = await catalog.call(
        "PUT", f"/events/{new_uuid()}", organiser.token,
        content=json.dumps(an_event(organiser, **changes)).encode(),
    )  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text


TICKET_TYPES: list[tuple[dict[str, Any], str]] = [
    ({"price": {"minor": 1800, "currency": "XXX"}}, "price"),
    ({"price": {"minor": 1800, "currency": "eur"}}, "price"),
    ({"price": {"minor": HUGE, "currency": "EUR"}}, "price"),
    ({"price": {"minor": 18.5, "currency": "EUR"}}, "price.minor"),
    ({"price": {"minor": -1, "currency": "EUR"}}, "price.minor"),
    ({"price": {"minor": PAYMENT_MAX_MINOR + 1, "currency": "IDR"}}, "price.minor"),
    ({"price": "18 EUR"}, "price"),
    ({"tax_rate_bp": 10_001}, "tax_rate_bp"),
    ({"min_per_booking": 0}, "min_per_booking"),
    ({"max_per_booking": HUGE}, "max_per_booking"),
    ({"name": "\u202e\u0000"}, "name"),
    ({"sale_from": "yesterday"}, "sale_from"),
]


@pytest.mark.parametrize(("changes", "field"), TICKET_TYPES)
async def test_ticket_types(
    catalog: Catalog, organiser: Organiser, changes: dict[str, Any], field: str
):
    event = await organiser.writes()
    body = a_ticket_type().model_dump(mode="json") | changes
    answer = await catalog.call(
        "PUT", f"/events/{event.id}/ticket-types/{new_uuid()}", organiser.token, json=body
    )
    assert answer.status_code == 422, answer.text
    fields = [error["field"] for error in answer.json()["errors"]]
    assert any(found == field or found.startswith(f"{field}.") for found in fields), answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/events/1", "/events/%00", "/events/" + "9" * 5000,
        "/cards?limit=0", "/cards?limit=101", "/cards?limit=1e9", "/cards?when=yesterday",
        "/cards?zone=%00", "/cards?zone=" + "A" * 65, "/cards?after=%ff", "/cards?free=maybe",
        "/cards?text=" + "x" * 201,
    ],
)  # fmt: skip
async def test_addresses(catalog: Catalog, path: str):
    answer = await catalog.call("GET", path)
    assert answer.status_code in {404, 422}, answer.text


@pytest.mark.parametrize(
    "text", ["%00", "%ff%fe", "%25", "_", "%5c", "'; DROP TABLE events; --", "\\%5c%25", "ﷺ" * 50]
)
async def test_searches(catalog: Catalog, organiser: Organiser, text: str):
    for path in ("/cards?text=", "/cards?when=past&text=", "/cards?when=week&text=",
                 f"/organisers/{organiser.id}/events?text="):  # fmt: skip
        answer = await catalog.call("GET", path + text, organiser.token)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"title": "\\ud800"}',
    ],
)
async def test_bodies(catalog: Catalog, organiser: Organiser, content: bytes):
    for method, path in (
        ("PUT", f"/events/{new_uuid()}"), ("POST", f"/organisers/{organiser.id}/offers"),
    ):  # fmt: skip
        answer = await catalog.call(method, path, organiser.token, content=content)
        assert answer.status_code in {400, 422}, answer.text


async def test_imports(catalog: Catalog, organiser: Organiser):
    path = f"/imports/{new_uuid()}?organiser_id={organiser.id}&filename="
    for query, content in (
        ("a.ics&zone=Nowhere", b"BEGIN:VCALENDAR"), ("", b"x"), ("%00.ics", b"BEGIN:VCALENDAR"),
        ("x" * 256, b"x"), ("a.ics", b""), ("a.exe", b"MZ\0\0"), ("a.ics&zone=%00", b"x"),
    ):  # fmt: skip
        answer = await catalog.call("PUT", path + query, organiser.token, content=content)
        assert answer.status_code == 422, answer.text
    most = catalog.settings.import_bytes_max
    answer = await catalog.call("PUT", path + "a.ics", organiser.token, content=bytes(most + 1))
    assert answer.status_code == 413
