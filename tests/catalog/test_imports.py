"""Files handed in: read once, whatever happens; a second time they only bring changes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quickserve.catalog.commands import run_imports
from quickserve.catalog.importers import ImportedDate, ImportedEvent
from quickserve.catalog.model import ClaimedImport
from quickserve.contracts.catalog import (
    EventView,
    ImportId,
    ImportRefusedError,
    ImportView,
    UnknownZone,
)
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from tests.catalog.conftest import Catalog, Organiser

YEAR = datetime.now(UTC).year + 1  # repetitions are followed for two years
FOSDEM = "events/schedules/fosdem_2024.xml"


def calendar(*entries: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for entry in entries:
        lines += ["BEGIN:VEVENT", *entry.strip().splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def concert(uid: str = "1", *, hour: int = 20, more: str = "") -> str:
    return (
        f"UID:{uid}@test\nSUMMARY:Concert {uid}\nLOCATION:Salle des fêtes\n"
        f"DTSTART;TZID=Europe/Paris:{YEAR}0601T{hour}0000\n"
        f"DTEND;TZID=Europe/Paris:{YEAR}0601T{hour + 2}0000\n{more}"
    )


async def hand_in(
    organiser: Organiser, content: bytes, name: str = "programme.ics", *, zone: str = "Europe/Paris"
) -> ImportId:
    import_id = ImportId(new_uuid())
    view = await organiser.catalog.client.put_import(
        import_id, organiser_id=organiser.id, filename=name, zone=zone, content=content,
        token=organiser.token,
    )  # fmt: skip
    assert view.state in {"waiting", "running", "done"}
    return import_id


async def finished(organiser: Organiser, import_id: ImportId) -> ImportView:
    async with asyncio.timeout(60):
        while True:
            view = await organiser.catalog.client.import_(import_id, organiser.token)
            if view.finished_at:
                return view
            await asyncio.sleep(0.05)


async def bring(organiser: Organiser, content: bytes, name: str = "programme.ics") -> ImportView:
    return await finished(organiser, await hand_in(organiser, content, name))


def figures(view: ImportView) -> tuple[int, int, int, int]:
    return view.created, view.updated, view.unchanged, view.skipped


async def events_of(organiser: Organiser) -> list[EventView]:
    catalog = organiser.catalog.client
    listed = (await catalog.events(organiser.id, organiser.token)).events
    return [await catalog.event(line.id, organiser.token) for line in listed]


async def test_a_conference_comes_in_and_a_second_time_changes_nothing(
    organiser: Organiser, data: Path
):
    content = (data / FOSDEM).read_bytes()
    first = await bring(organiser, content, "fosdem_2024.xml")
    assert (first.state, first.format, first.total) == ("done", "pentabarf", 876)
    assert figures(first) == (876, 0, 0, 0)
    again = await bring(organiser, content, "fosdem_2024.xml")
    assert figures(again) == (0, 0, 876, 0)
    listed = await organiser.catalog.client.events(organiser.id, organiser.token)
    assert listed.counts == {"draft": 876, "published": 0, "cancelled": 0}
    both = await organiser.catalog.client.imports(organiser.id, organiser.token)
    assert [view.id for view in both.imports] == [again.id, first.id]


async def test_five_thousand_entries_take_seconds(organiser: Organiser):
    content = calendar(*(concert(str(n)) for n in range(5000)))
    started = datetime.now(UTC)
    view = await bring(organiser, content)
    assert figures(view) == (5000, 0, 0, 0)
    assert datetime.now(UTC) - started < timedelta(seconds=45)


async def test_imported_events_are_drafts_with_their_zone(organiser: Organiser):
    await bring(organiser, calendar(concert()))
    (event,) = await events_of(organiser)
    assert (event.state, event.imported, event.title) == ("draft", True, "Concert 1")
    (date,) = event.dates
    assert (date.zone, date.starts_at) == ("Europe/Paris", datetime(YEAR, 6, 1, 18, tzinfo=UTC))
    assert date.venue
    assert date.venue.name == "Salle des fêtes"


async def test_what_people_did_survives_the_next_file(catalog: Catalog, organiser: Organiser):
    await bring(organiser, calendar(concert("1"), concert("2")))
    event = next(e for e in await events_of(organiser) if e.title == "Concert 1")
    kind = await organiser.sells(event)
    await catalog.client.publish(event.id, organiser.token)
    view = await bring(organiser, calendar(concert("1", hour=21), concert("3")))
    assert figures(view) == (1, 1, 0, 0)
    now = await catalog.client.event(event.id)
    assert (now.state, [k.id for k in now.ticket_types]) == ("published", [kind.id])
    assert [(d.id, d.state, d.starts_at.hour) for d in now.dates] == [
        (event.dates[0].id, "moved", 19)
    ]
    assert {e.title for e in await events_of(organiser)} == {"Concert 1", "Concert 2", "Concert 3"}


async def test_what_no_file_tells_stays(catalog: Catalog, organiser: Organiser):
    await bring(organiser, calendar(concert("1")))
    (event,) = await events_of(organiser)
    dates = [d.model_dump(include={"id", "starts_at", "ends_at", "zone"}) for d in event.dates]
    words = {"refund_rule": "Jusqu’à la veille", "access": "Sans marche"}
    draft = organiser.draft(event.title, dates=dates, **words)
    await catalog.client.put_event(event.id, draft, organiser.token)
    await bring(organiser, calendar(concert("1", hour=21)))
    (now,) = await events_of(organiser)
    assert (now.refund_rule, now.access) == (words["refund_rule"], words["access"])


async def test_a_series_with_a_moved_and_a_cancelled_instance(
    catalog: Catalog, organiser: Organiser
):
    series = concert(more="RRULE:FREQ=DAILY;COUNT=4\n")
    await bring(organiser, calendar(series))
    (event,) = await events_of(organiser)
    assert [d.state for d in event.dates] == ["scheduled"] * 4
    moved = (
        f"UID:1@test\nSUMMARY:Concert 1\nRECURRENCE-ID;TZID=Europe/Paris:{YEAR}0602T200000\n"
        f"DTSTART;TZID=Europe/Paris:{YEAR}0602T213000\nDTEND;TZID=Europe/Paris:{YEAR}0602T233000"
    )
    cancelled = (
        "UID:1@test\nSUMMARY:Concert 1\nSTATUS:CANCELLED\n"
        f"RECURRENCE-ID;TZID=Europe/Paris:{YEAR}0603T200000\n"
        f"DTSTART;TZID=Europe/Paris:{YEAR}0603T200000\nDTEND;TZID=Europe/Paris:{YEAR}0603T220000"
    )
    assert figures(await bring(organiser, calendar(series, moved, cancelled))) == (0, 1, 0, 0)
    (now,) = await events_of(organiser)
    assert [d.id for d in now.dates] == [d.id for d in event.dates]
    assert [d.state for d in now.dates] == ["scheduled", "moved", "cancelled", "scheduled"]
    assert now.dates[1].starts_at == datetime(YEAR, 6, 2, 19, 30, tzinfo=UTC)


async def test_a_date_that_the_file_no_longer_has_stays(organiser: Organiser):
    await bring(organiser, calendar(concert(more="RRULE:FREQ=DAILY;COUNT=3\n")))
    await bring(organiser, calendar(concert(more="RRULE:FREQ=DAILY;COUNT=2\n")))
    (event,) = await events_of(organiser)
    assert [d.state for d in event.dates] == ["scheduled"] * 3


async def test_a_date_called_off_by_the_organiser_stays_so(catalog: Catalog, organiser: Organiser):
    await bring(organiser, calendar(concert(more="RRULE:FREQ=DAILY;COUNT=2\n")))
    (event,) = await events_of(organiser)
    await organiser.sells(event)
    await catalog.client.publish(event.id, organiser.token)
    kept = event.dates[0].model_dump(include={"id", "starts_at", "ends_at", "zone"})
    await catalog.client.put_event(
        event.id, organiser.draft(event.title, dates=[kept]), organiser.token
    )
    series = concert(more="RRULE:FREQ=DAILY;COUNT=2\nDESCRIPTION:Nouveau texte\n")
    assert figures(await bring(organiser, calendar(series))) == (0, 1, 0, 0)
    now = await catalog.client.event(event.id)
    assert [d.state for d in now.dates] == ["scheduled", "cancelled"]
    assert now.description == "Nouveau texte"


async def test_an_event_cancelled_in_the_file(catalog: Catalog, organiser: Organiser):
    await bring(organiser, calendar(concert()))
    (event,) = await events_of(organiser)
    view = await bring(organiser, calendar(concert(more="STATUS:CANCELLED\n")))
    assert figures(view) == (0, 1, 0, 0)
    assert (await catalog.client.event(event.id, organiser.token)).state == "cancelled"
    back = await bring(organiser, calendar(concert()))
    assert figures(back) == (0, 0, 1, 0)
    assert (await catalog.client.event(event.id, organiser.token)).state == "cancelled"


async def test_skipped_entries_tell_where_and_why(organiser: Organiser):
    view = await bring(organiser, calendar(concert(), "UID:2@test\nSUMMARY:Sans date"))
    assert figures(view) == (1, 0, 0, 1)
    (skipped,) = view.skipped_entries
    assert (skipped.line, skipped.title) == (11, "Sans date")
    assert skipped.reason


async def test_what_was_lost_of_entries_that_were_taken_is_told(organiser: Organiser):
    endless = concert("1", more="RRULE:FREQ=WEEKLY\nRDATE:nonsense\n")
    view = await bring(organiser, calendar(endless, concert("2")))
    assert figures(view) == (2, 0, 0, 0)
    assert [(n.line, n.title, n.code) for n in view.notes] == [
        (4, "Concert 1", "endless"), (4, "Concert 1", "date-ignored"),
    ]  # fmt: skip
    assert (view.noted, view.skipped_entries) == (2, [])
    again = await bring(organiser, calendar(endless, "UID:3@test\nSUMMARY:Sans date"))
    assert (figures(again), again.noted) == ((0, 0, 1, 1), 2)
    assert len(again.skipped_entries) == 1


async def test_prices_become_ticket_types_once(catalog: Catalog, organiser: Organiser):
    rows = (
        f"uid,title,start,end,price,currency\n1,Film,{YEAR}-06-01T20:00,{YEAR}-06-01T22:00,%s,EUR\n"
    )
    view = await bring(organiser, (rows % "12.50").encode(), "films.csv")
    assert figures(view) == (1, 0, 0, 0), view
    (event,) = await events_of(organiser)
    assert [k.price for k in event.ticket_types] == [Money(1250, "EUR")]
    assert figures(await bring(organiser, (rows % "14").encode(), "films.csv")) == (0, 1, 0, 0)
    (event,) = await events_of(organiser)
    assert [k.price for k in event.ticket_types] == [Money(1250, "EUR")]


async def test_the_same_import_again_is_the_same(catalog: Catalog, organiser: Organiser):
    content = calendar(concert())
    import_id = await hand_in(organiser, content)
    await finished(organiser, import_id)
    same = {"organiser_id": organiser.id, "filename": "programme.ics", "zone": "Europe/Paris"}
    view = await catalog.client.put_import(
        import_id, **same, content=content, token=organiser.token
    )
    assert (view.state, view.created) == ("done", 1)
    stranger = catalog.organiser()
    for changes, body, token in (
        ({}, calendar(concert("2")), organiser.token),
        ({"filename": "autre.ics"}, content, organiser.token),
        ({"organiser_id": stranger.id}, content, stranger.token),
    ):
        with pytest.raises(IdReused):
            await catalog.client.put_import(
                import_id, **{**same, **changes}, content=body, token=token
            )


async def test_what_is_no_schedule_is_refused_at_once(catalog: Catalog, organiser: Organiser):
    for content in (b"", b"   ", b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04" + bytes(50)):
        with pytest.raises(ImportRefusedError) as refused:
            await hand_in(organiser, content, "x.bin")
        assert refused.value.detail
    with pytest.raises(UnknownZone):
        await hand_in(organiser, calendar(concert()), zone="Mars/Olympus")
    listed = await catalog.client.imports(organiser.id, organiser.token)
    assert listed.imports == []


async def test_what_turns_out_to_be_no_schedule_is_refused_afterwards(organiser: Organiser):
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE schedule [<!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><schedule><x>&b;</x></schedule>'
    )
    view = await bring(organiser, bomb.encode(), "schedule.xml")
    assert (view.state, figures(view)) == ("refused", (0, 0, 0, 0))
    assert view.refusal


async def test_the_file_is_forgotten_afterwards(catalog: Catalog, organiser: Organiser):
    view = await bring(organiser, calendar(concert()))
    kept = await catalog.sql("SELECT content IS NULL FROM imports WHERE id = %s", view.id)
    assert kept == [(True,)]


async def test_imports_are_their_organisers_own(catalog: Catalog, organiser: Organiser):
    view = await bring(organiser, calendar(concert()))
    stranger = catalog.organiser()
    with pytest.raises(Forbidden):
        await catalog.client.import_(view.id, stranger.token)
    with pytest.raises(Forbidden):
        await catalog.client.imports(organiser.id, stranger.token)
    with pytest.raises(Forbidden):
        await catalog.client.put_import(
            ImportId(new_uuid()), organiser_id=organiser.id, filename="a.ics",
            zone="Europe/Paris", content=calendar(concert()), token=stranger.token,
        )  # fmt: skip
    with pytest.raises(NotFound):
        await catalog.client.import_(ImportId(new_uuid()), organiser.token)


# -- Death and competition ------------------------------------------------------------------------


async def claimed_by_hand(organiser: Organiser, content: bytes) -> ClaimedImport:
    """An import that some other worker holds, which has just given a sign of life."""
    claimed = ClaimedImport(
        id=ImportId(new_uuid()), claim=new_uuid(), organiser_id=organiser.id,
        filename="programme.ics", zone="Europe/Paris", content=content, position=0, attempts=1,
        read_at=datetime.now(UTC),
    )  # fmt: skip
    await organiser.catalog.sql(
        "INSERT INTO imports (id, organiser_id, filename, zone, content, content_hash, state,"
        " claim, attempts, heartbeat_at, read_at)"
        " VALUES (%s, %s, %s, %s, %s, '', 'running', %s, 1, clock_timestamp(), %s)",
        claimed.id, organiser.id, claimed.filename, claimed.zone, content, claimed.claim,
        claimed.read_at,
    )  # fmt: skip
    return claimed


async def test_another_worker_goes_on_where_one_died(catalog: Catalog, organiser: Organiser):
    claimed = await claimed_by_hand(organiser, calendar(*(concert(str(n)) for n in range(500))))
    context = catalog.platform.runtimes["catalog"].context()
    outcomes = await run_imports._read(claimed)
    await run_imports._write_batch(context, claimed, 0, outcomes[:200])
    await asyncio.sleep(1.2)  # the job looks twice, and leaves the living alone
    view = await catalog.client.import_(claimed.id, organiser.token)
    assert (view.state, view.created) == ("running", 200)
    await catalog.sql(
        "UPDATE imports SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE id = %s",
        claimed.id,
    )
    view = await finished(organiser, claimed.id)
    assert (view.state, figures(view)) == ("done", (500, 0, 0, 0))
    with pytest.raises(run_imports.ClaimLostError):
        await run_imports._write_batch(context, claimed, 200, outcomes[200:210])
    listed = await catalog.client.events(organiser.id, organiser.token)
    assert listed.counts["draft"] == 500


async def test_two_files_with_the_same_entries_at_the_same_time(
    catalog: Catalog, organiser: Organiser
):
    content = calendar(*(concert(str(n)) for n in range(300)))
    context = catalog.platform.runtimes["catalog"].context()
    rivals = [await claimed_by_hand(organiser, content) for _ in range(3)]
    outcomes = await run_imports._read(rivals[0])
    orders = (
        outcomes,
        outcomes[::-1],
        outcomes,
    )  # one the other way round: a deadlock unless locked
    await asyncio.gather(
        *(run_imports._write(context, r, o) for r, o in zip(rivals, orders, strict=True))
    )
    views = [await catalog.client.import_(rival.id, organiser.token) for rival in rivals]
    assert sum(view.created for view in views) == 300
    assert sum(view.unchanged for view in views) == 600
    listed = await catalog.client.events(organiser.id, organiser.token)
    assert listed.counts["draft"] == 300


async def test_an_import_that_kills_its_worker_is_given_up(catalog: Catalog, organiser: Organiser):
    claimed = await claimed_by_hand(organiser, calendar(concert()))
    await catalog.sql(
        "UPDATE imports SET attempts = 3, heartbeat_at = heartbeat_at - interval '1 hour'"
        " WHERE id = %s",
        claimed.id,
    )
    view = await finished(organiser, claimed.id)
    assert (view.state, view.total) == ("refused", None)


async def test_one_entry_that_cannot_be_stored_does_not_stop_the_others(
    catalog: Catalog, organiser: Organiser
):
    claimed = await claimed_by_hand(organiser, b"-")
    start = datetime(YEAR, 6, 1, 18, tzinfo=UTC)
    good = ImportedEvent(
        source_uid="good", line=1, title="Bon", description="", url=None, language=None,
        category=None, venue=None,
        dates=(ImportedDate("only", start, start, "Europe/Paris"),), state="scheduled", offers=(),
    )  # fmt: skip
    bad = replace(good, source_uid="bad", title="Mau\0vais", line=7)
    late = replace(good, source_uid="late", title="Bon aussi")
    context = catalog.platform.runtimes["catalog"].context()
    await run_imports._write(context, claimed, [good, bad, late])
    view = await catalog.client.import_(claimed.id, organiser.token)
    assert figures(view) == (2, 0, 0, 1)
    assert [(e.line, e.code) for e in view.skipped_entries] == [(7, "not-storable")]


async def test_too_many_dates_are_refused(organiser: Organiser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_imports, "DATES_MAX", 100)
    series = [concert(str(n), more="RRULE:FREQ=DAILY;COUNT=20\n") for n in range(6)]
    assert (await bring(organiser, calendar(*series[:5]))).state == "done"
    view = await bring(organiser, calendar(*series))
    assert (view.state, view.total) == ("refused", None)
    assert "dates" in (view.refusal or "")


async def test_only_a_thousand_skipped_entries_are_kept(organiser: Organiser):
    entries = (f"UID:{n}@test\nSUMMARY:Sans date {n}" for n in range(1100))
    view = await bring(organiser, calendar(*entries))
    assert (view.skipped, len(view.skipped_entries)) == (1100, 1000)
    assert view.skipped_entries[0].title == "Sans date 0"


async def test_only_a_thousand_notes_are_kept_and_a_few_of_one_entry(organiser: Organiser):
    many = concert("many", more="".join(f"EXDATE:{n}\n" for n in range(100)))
    rows = (concert(str(n), more="RDATE:nonsense\n") for n in range(1000))
    view = await bring(organiser, calendar(many, *rows, "UID:x@test\nSUMMARY:Sans date"))
    assert (view.noted, len(view.notes)) == (1020, 1000)
    assert [n.title for n in view.notes[19:21]] == ["Concert many", "Concert 0"]
    assert len(view.skipped_entries) == 1
