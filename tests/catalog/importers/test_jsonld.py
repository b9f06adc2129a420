"""schema.org events in JSON-LD, as files and inside pages."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from quickserve.catalog.importers import ImportedOffer, ImportRefused
from tests.catalog.importers.reading import event, events, outcomes, skipped, starts

EVENT: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "MusicEvent",
    "@id": "https://hall.example/e/1",
    "name": "Nina & band",
    "startDate": "2026-07-18T20:30:00+02:00",
    "endDate": "2026-07-18T23:00:00+02:00",
}


def jsonld(**changes: Any) -> str:
    return json.dumps({**EVENT, **changes}, indent=1)


def test_an_event_comes_with_place_and_prices():
    found = event(
        jsonld(
            description="One <i>night</i>",
            inLanguage="fr-FR",
            location={
                "@type": "Place",
                "name": "La Halle",
                "address": {
                    "@type": "PostalAddress", "streetAddress": "1 rue du Port",
                    "postalCode": "75001", "addressLocality": "Paris",
                    "addressCountry": {"@type": "Country", "name": "FR"},
                },
                "geo": {"@type": "GeoCoordinates", "latitude": "48.85", "longitude": 2.35},
            },
            offers=[
                {"@type": "Offer", "name": "Stalls", "price": 25.5, "priceCurrency": "EUR"},
                {"@type": "AggregateOffer", "lowPrice": "10,00", "priceCurrency": "eur"},
                {"@type": "Offer", "price": "5000", "priceCurrency": "JPY"},
                {"@type": "Offer", "price": "ask", "priceCurrency": "EUR"},
                {"@type": "Offer", "url": "https://hall.example/tickets"},
            ],
        )
    )  # fmt: skip
    assert found.source_uid == "https://hall.example/e/1"
    assert (found.title, found.description) == ("Nina & band", "One night")
    assert (found.language, found.category) == ("fr", "Music")
    venue = found.venue
    assert venue is not None
    assert (venue.name, venue.address, venue.city) == ("La Halle", "1 rue du Port, 75001", "Paris")
    assert (venue.country, venue.latitude, venue.longitude) == ("FR", 48.85, 2.35)
    assert found.offers == (
        ImportedOffer("Stalls", 2550, "EUR"),
        ImportedOffer("Ticket", 1000, "EUR"),
        ImportedOffer("Ticket", 5000, "JPY"),
    )
    assert [note.code for note in found.notes] == ["offer-unreadable"]
    (date,) = found.dates
    assert (date.starts_at.hour, date.ends_at.hour, date.zone) == (18, 21, "Europe/Paris")


def test_events_are_found_wherever_they_are_published():
    def one(name: str) -> dict[str, Any]:
        return {"@type": "Event", "name": name, "startDate": "2026-07-18"}

    content = [
        one("bare"),
        {"@graph": [one("graph"), {"@type": "schema:Festival", **one("sub"), "@id": "_:1"}]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": one("listed")}]},
        {"@type": "MusicGroup", "name": "Nina", "event": [one("band")]},
        {**one("series"), "subEvent": {**one("night"), "superEvent": one("mentioned")}},
        {"@type": "EventReservation", "reservationFor": one("reserved")},
    ]
    assert [found.title for found in events(json.dumps(content))] == [
        "bare", "graph", "sub", "listed", "band", "series", "night",
    ]  # fmt: skip


def test_a_page_holds_events_in_its_scripts():
    page = f"""<!doctype html>
<html><head><script>var a = "<b>";</script>
<script type="application/ld+json">{{ broken }}</script>
<script type='application/ld+json'>//<![CDATA[
{jsonld()}
//]]></script></head></html>"""
    bad, found = outcomes(page, "page.html")
    assert (bad.line, getattr(bad, "code", None)) == (3, "malformed-json")
    assert (found.line, found.title) == (5, "Nina & band")


def test_references_within_the_document_are_followed():
    place = {"@type": "Place", "@id": "#hall", "name": "La Halle"}
    found = event(json.dumps({"@graph": [place, {**EVENT, "location": {"@id": "#hall"}}]}))
    assert found.venue is not None
    assert found.venue.name == "La Halle"


def test_a_virtual_location_is_no_venue():
    online = {"@type": "VirtualLocation", "url": "https://hall.example/live"}
    assert event(jsonld(location=online)).venue is None
    both = event(jsonld(location=[online, {"@type": "Place", "name": "La Halle"}])).venue
    assert both is not None
    assert both.name == "La Halle"


@pytest.mark.parametrize(
    ("status", "state", "date_state", "notes"),
    [
        ("https://schema.org/EventScheduled", "scheduled", "scheduled", []),
        ("https://schema.org/EventCancelled", "cancelled", "cancelled", []),
        ("EventRescheduled", "scheduled", "moved", []),
        ("EventPostponed", "scheduled", "cancelled", ["postponed"]),
    ],
)
def test_the_status_tells_whether_it_takes_place(
    status: str, state: str, date_state: str, notes: list[str]
):
    found = event(jsonld(eventStatus=status))
    assert (found.state, found.dates[0].state) == (state, date_state)
    assert [note.code for note in found.notes] == notes


def test_a_day_given_as_the_end_is_part_of_the_event():
    (date,) = event(jsonld(startDate="2026-07-18", endDate="2026-07-19")).dates
    assert date.all_day
    assert (date.ends_at - date.starts_at).days == 2


def test_a_schedule_repeats():
    weekly = {
        "@type": "Schedule", "startDate": "2026-03-01", "endDate": "2026-04-15",
        "repeatFrequency": "P1W", "byDay": "https://schema.org/Wednesday",
        "startTime": "19:00:00", "endTime": "20:00:00", "scheduleTimezone": "Europe/London",
        "exceptDate": "2026-03-25",
    }  # fmt: skip
    found = event(jsonld(startDate=None, eventSchedule=weekly))
    # London goes to summer time on 29 March 2026.
    assert starts(found) == [
        "2026-03-04 19:00", "2026-03-11 19:00", "2026-03-18 19:00", "2026-04-01 18:00",
        "2026-04-08 18:00", "2026-04-15 18:00",
    ]  # fmt: skip
    assert found.dates[0].source_key == "20260304T190000"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": None}, "missing-title"),
        ({"startDate": None}, "missing-start"),
        ({"startDate": "soon"}, "invalid-start"),
        ({"endDate": "late"}, "invalid-end"),
        ({"endDate": "2026-07-18T20:00:00+02:00"}, "end-before-start"),
        ({"startDate": "0001-01-01"}, "absurd-date"),
        ({"offers": {"@type": "Offer", "price": 5, "priceCurrency": "BTC"}}, "unknown-currency"),
    ],
)
def test_an_entry_that_cannot_be_read_says_why(changes: dict[str, Any], code: str):
    (entry,) = skipped(jsonld(**changes))
    assert entry.code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"@type": "Event", "name": }', "malformed-json"),
        ('{"@type": "Restaurant"}', "no-events"),
        ("[" * 100_000, "too-deep"),
        ('[{"price": NaN}]', "malformed-json"),
        ('[{"price": ' + "9" * 5000 + "}]", "malformed-json"),
        ("<html><body>Nothing here</body></html>", "no-events"),
    ],
)
def test_other_documents_are_refused(content: str, code: str):
    with pytest.raises(ImportRefused) as refused:
        outcomes(content, "page.json")
    assert refused.value.code == code


def test_the_examples_of_schema_org(data: Path):
    folder = data / "events/schemaorg_jsonld"
    weekly = event((folder / "eg-0240-0.json").read_bytes())
    assert len(weekly.dates) == 52  # 2017 had 52 Wednesdays
    assert {date.starts_at.astimezone(UTC).weekday() for date in weekly.dates} == {2}
    marathon = event((folder / "eg-0426-0.json").read_bytes())
    assert [offer.price_minor for offer in marathon.offers] == [8500, 9500, 12500]
    assert event((folder / "eg-0171-0.json").read_bytes()).state == "cancelled"
    with pytest.raises(ImportRefused):
        outcomes((folder / "trainreservation traintrip-0.json").read_bytes())
