"""Tables of events, as spreadsheets and open data portals write them."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quickserve.catalog.importers import ImportedEvent, ImportedOffer, ImportRefused, Skipped
from quickserve.catalog.importers.columns import COLUMNS
from tests.catalog.importers.reading import event, events, outcomes, skipped, starts

FULL = {
    "id": "7", "title": "Gala", "description": "A night", "start": "2026-07-18 20:30",
    "end": "2026-07-18 23:00", "timezone": "Europe/London", "venue": "Hall", "room": "Studio",
    "address": "1 High Street", "postal_code": "SW1", "city": "London", "country": "GB",
    "latitude": "51.5", "longitude": "-0.1", "url": "hall.example/gala",
    "language": "EN", "category": "Dance", "status": "scheduled", "ticket": "Stalls",
    "price": "12.50", "currency": "GBP",
}  # fmt: skip


def table(*rows: dict[str, str], separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_every_documented_column_is_read():
    found = event(table(FULL))
    assert (found.source_uid, found.line, found.title, found.description) == (
        "7",
        2,
        "Gala",
        "A night",
    )
    assert (found.url, found.language) == ("https://hall.example/gala", "en")
    assert found.category == "Dance"
    assert found.offers == (ImportedOffer("Stalls", 1250, "GBP"),)
    venue = found.venue
    assert venue is not None
    assert (venue.name, venue.address, venue.city) == ("Hall", "1 High Street, SW1", "London")
    assert (venue.latitude, venue.longitude) == (51.5, -0.1)
    (date,) = found.dates
    assert (date.zone, date.room) == ("Europe/London", "Studio")
    assert date.starts_at == datetime(2026, 7, 18, 19, 30, tzinfo=UTC)
    assert date.ends_at == datetime(2026, 7, 18, 22, tzinfo=UTC)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_french_headers_whatever_the_separator_and_encoding(separator: str, encoding: str):
    row = {
        "Intitulé": "Fête d'été", "Date de début": "18/07/2026", "Heure de début": "20h30",
        "Lieu": "Théâtre", "Ville": "Nîmes", "Prix": "12,50 EUR", "Catégorie": "Fête, bal; danse",
    }  # fmt: skip
    found = event(table(row, separator=separator).encode(encoding), "sorties.csv")
    assert (found.title, found.category) == ("Fête d'été", "Fête, bal; danse")
    assert starts(found) == ["2026-07-18 18:30"]
    assert found.offers == (ImportedOffer("Ticket", 1250, "EUR"),)
    assert found.venue is not None
    assert (found.venue.name, found.venue.city) == ("Théâtre", "Nîmes")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2026-07-18T20:30", "2026-07-18 18:30"),
        ("2026-07-18 20:30:00+00:00", "2026-07-18 20:30"),
        ("20260718T203000Z", "2026-07-18 20:30"),
        ("18/07/2026 20:30", "2026-07-18 18:30"),
        ("18.07.2026 20.30", "2026-07-18 18:30"),
        ("18-07-26 à 20h", "2026-07-18 18:00"),
        ("18 juillet 2026 20h30", "2026-07-18 18:30"),
        ("samedi 1er août 2026 à 9h05", "2026-08-01 07:05"),
        ("July 18, 2026 8:30 pm", "2026-07-18 18:30"),
        ("Sat 18th July 2026 at 12 am", "2026-07-17 22:00"),
        ("2026-07-18", "2026-07-17 22:00"),
    ],
)
def test_dates_as_people_write_them(text: str, start: str):
    assert starts(event(table({"title": "Gala", "start": text, "city": "Paris"}))) == [start]


def test_the_month_comes_first_only_where_the_file_proves_it():
    def days(*texts: str) -> list[str]:
        rows = [{"title": f"Gala {n}", "date": f"{t} 12:00"} for n, t in enumerate(texts)]
        return [starts(found)[0][:10] for found in events(table(*rows))]

    assert days("04/05/2026", "05/04/2026") == ["2026-05-04", "2026-04-05"]
    assert days("04/05/2026", "05/28/2026") == ["2026-04-05", "2026-05-28"]
    assert days("04/05/2026", "28/05/2026") == ["2026-05-04", "2026-05-28"]


def test_an_end_without_a_date_may_lie_past_midnight():
    row = {"title": "Ball", "date": "18/07/2026", "start_time": "22:00", "end_time": "02:00"}
    (date,) = event(table(row)).dates
    assert date.ends_at == datetime(2026, 7, 19, 0, tzinfo=UTC)


def test_days_are_whole_days():
    (date,) = event(
        table({"nom": "Foire", "date_debut": "18/07/2026", "date_fin": "19/07/2026"})
    ).dates
    assert date.all_day
    assert (date.ends_at - date.starts_at).days == 2


def test_rows_that_cannot_be_read_are_skipped_with_their_line():
    rows = [
        FULL,
        {**FULL, "description": "two\nlines"},
        {**FULL, "id": "9", "title": " "},
        {**FULL, "id": "10", "start": ""},
        {**FULL, "id": "11", "start": "soon"},
        {**FULL, "id": "12", "end": "2026-07-18 20:00"},
        {**FULL, "id": "13", "timezone": "Mars/Olympus"},
        {**FULL, "id": "14", "currency": "XXX"},
        {**FULL, "id": "15", "start": "1026-07-18"},
        {**FULL, "id": "16", "end": "whenever"},
    ]
    assert [(one.line, one.code) for one in skipped(table(*rows))] == [
        (3, "duplicate"), (5, "missing-title"), (6, "missing-start"), (7, "invalid-start"),
        (8, "end-before-start"), (9, "unknown-zone"), (10, "unknown-currency"),
        (11, "absurd-date"), (12, "invalid-end"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("price", "currency", "offers", "notes"),
    [
        ("12", "EUR", [("EUR", 1200)], []),
        ("£5", "", [("GBP", 500)], []),
        ("15 CHF", "", [("CHF", 1500)], []),
        ("$63.25", "USD", [("USD", 6325)], []),
        ("1 500", "JPY", [("JPY", 1500)], []),
        ("gratuit", "EUR", [("EUR", 0)], []),
        ("12", "", [], ["offer-unreadable"]),
        ("-3", "EUR", [], ["offer-unreadable"]),
        ("12.345", "EUR", [], ["offer-unreadable"]),
        ("10 to 20", "EUR", [], ["offer-unreadable"]),
        ("9e999999", "EUR", [], ["offer-unreadable"]),
        ("", "", [], []),
    ],
)
def test_prices(price: str, currency: str, offers: list[tuple[str, int]], notes: list[str]):
    found = event(table({**FULL, "price": price, "currency": currency}))
    assert [(offer.currency, offer.price_minor) for offer in found.offers] == offers
    assert [note.code for note in found.notes] == notes


@pytest.mark.parametrize(
    ("status", "state", "date_state"),
    [
        ("Annulé", "cancelled", "cancelled"), ("CANCELLED", "cancelled", "cancelled"),
        ("Reporté", "scheduled", "cancelled"), ("moved", "scheduled", "moved"),
        ("FINISHED", "scheduled", "scheduled"),
    ],
)  # fmt: skip
def test_status(status: str, state: str, date_state: str):
    found = event(table({**FULL, "status": status}))
    assert (found.state, found.dates[0].state) == (state, date_state)


def test_a_table_without_the_columns_it_needs_is_refused():
    for content, code in (
        ("title,city\nGala,Paris\n", "missing-column"),
        ("start,city\n2026-07-18,Paris\n", "missing-column"),
        ("title,start\n", "no-events"),
    ):
        with pytest.raises(ImportRefused) as refused:
            outcomes(content, "a.csv")
        assert refused.value.code == code


def test_no_two_columns_share_a_name():
    names = [name for aliases in COLUMNS.values() for name in aliases]
    assert len(names) == len(set(names))


def _records(path: Path, separator: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def test_what_to_do_in_paris(data: Path):
    path = data / "events/que_faire_a_paris.csv"
    found = events(path.read_bytes(), path.name)
    records = _records(path, ",")
    assert len(found) == len(records) == 181
    for one, record in zip(found, records, strict=True):
        assert one.dates[0].starts_at == datetime.fromisoformat(record["start_date"])
    assert found[0].venue is not None
    assert found[0].venue.name == "4 place du Louvre Paris"


def test_the_sessions_of_paris_2024(data: Path):
    path = data / "events/paris2024_sessions.csv"
    found = outcomes(path.read_bytes(), path.name)
    records = _records(path, ",")
    assert len(found) == len(records) == 1817
    taken = [one for one in found if isinstance(one, ImportedEvent)]
    cancelled = {n for n, record in enumerate(records) if record["status"] == "CANCELLED"}
    assert len(cancelled) == 53
    for n, one in enumerate(found):
        if isinstance(one, ImportedEvent):
            assert (one.state == "cancelled") == (n in cancelled)
    assert taken[0].title == "Football: Men's Group B"
    assert taken[0].venue is not None
    assert taken[0].venue.name == "Geoffroy-Guichard Stadium"
    # Tennis: the same round on the same court at the same time, only the end differs.
    assert {one.code for one in found if isinstance(one, Skipped)} == {"duplicate", "missing-title"}


def test_french_festivals(data: Path):
    dated = data / "events/panorama_festivals_2018.csv"
    found = outcomes(dated.read_bytes(), dated.name)
    records = _records(dated, ";")
    missing = sum(not record["date_debut_ancien"] for record in records)
    codes = [one.code for one in found if isinstance(one, Skipped)]
    assert codes.count("missing-start") == missing
    assert len(found) == len(records)
    undated = data / "events/festivals_france.csv"
    with pytest.raises(ImportRefused) as refused:
        outcomes(undated.read_bytes(), undated.name)
    assert refused.value.code == "missing-column"
