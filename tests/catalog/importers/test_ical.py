"""iCalendar files as theatres, clubs and conferences export them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quickserve.catalog.importers import ImportRefused
from quickserve.catalog.importers.ical_lines import split
from tests.catalog.importers.reading import (
    calendar,
    event,
    events,
    outcomes,
    skipped,
    starts,
)

WEEKLY = "UID:choir\nSUMMARY:Choir\nDTSTART;TZID=Europe/Paris:20260312T193000\nDURATION:PT2H\n"


def test_an_event_comes_with_all_that_its_page_shows():
    found = event(
        calendar(
            """UID:gala@theatre
SUMMARY;LANGUAGE=fr-FR:Gala\\, première
DESCRIPTION:<p>Une <b>soirée</b></p>\\nouverte à tous
DTSTART;TZID=Europe/Paris:20260318T203000
DTEND;TZID=Europe/Paris:20260318T230000
LOCATION:Théâtre du Nord\\, 4 place du Général\\, Lille
GEO:50.637;3.063
CATEGORIES:Danse,Gala
URL:https://theatre.example/gala
BEGIN:VALARM
DESCRIPTION:not the event's
TRIGGER:-PT15M
END:VALARM"""
        )
    )
    assert (found.source_uid, found.line, found.title) == ("gala@theatre", 3, "Gala, première")
    assert found.description == "Une soirée\n\nouverte à tous"
    assert (found.language, found.category) == ("fr", "Danse")
    assert found.url == "https://theatre.example/gala"
    assert found.venue is not None
    assert found.venue.name == "Théâtre du Nord"
    assert found.venue.address == "4 place du Général, Lille"
    assert (found.venue.latitude, found.venue.longitude) == (50.637, 3.063)
    (date,) = found.dates
    assert date.starts_at == datetime(2026, 3, 18, 19, 30, tzinfo=UTC)
    assert date.ends_at == datetime(2026, 3, 18, 22, tzinfo=UTC)
    assert (date.zone, date.all_day, date.state) == ("Europe/Paris", False, "scheduled")


def test_a_weekly_series_keeps_its_hour_when_the_clocks_change():
    found = event(calendar(WEEKLY + "RRULE:FREQ=WEEKLY;COUNT=4"))
    # Paris goes from UTC+1 to UTC+2 on 29 March 2026.
    assert starts(found) == [
        "2026-03-12 18:30", "2026-03-19 18:30", "2026-03-26 18:30", "2026-04-02 17:30",
    ]  # fmt: skip
    assert found.dates[0].source_key == "20260312T183000Z"
    assert all(date.ends_at - date.starts_at == timedelta(hours=2) for date in found.dates)


def test_dates_are_added_left_out_moved_and_cancelled():
    found = event(
        calendar(
            WEEKLY
            + """RRULE:FREQ=WEEKLY;UNTIL=20260409T173000Z
RDATE;TZID=Europe/Paris:20260501T100000
EXDATE;TZID=Europe/Paris:20260319T193000""",
            """UID:choir
RECURRENCE-ID;TZID=Europe/Paris:20260326T193000
SUMMARY:Choir
LOCATION:Town hall
DTSTART;TZID=Europe/Paris:20260327T200000
DTEND;TZID=Europe/Paris:20260327T220000""",
            """UID:choir
RECURRENCE-ID:20260402T173000Z
SUMMARY:Choir
STATUS:CANCELLED
DTSTART;TZID=Europe/Paris:20260402T193000""",
        )
    )
    assert [(d.source_key, f"{d.starts_at:%m-%d %H:%M}", d.state, d.room) for d in found.dates] == [
        ("20260312T183000Z", "03-12 18:30", "scheduled", None),
        ("20260326T183000Z", "03-27 19:00", "moved", "Town hall"),
        ("20260402T173000Z", "04-02 17:30", "cancelled", None),
        ("20260409T173000Z", "04-09 17:30", "scheduled", None),
        ("20260501T080000Z", "05-01 08:00", "scheduled", None),
    ]
    assert found.state == "scheduled"


def test_this_and_future_shifts_the_rest_of_a_series():
    found = event(
        calendar(
            WEEKLY + "RRULE:FREQ=WEEKLY;COUNT=3",
            """UID:choir
RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20260319T193000
DTSTART;TZID=Europe/Paris:20260319T203000
DURATION:PT2H""",
        )
    )
    assert starts(found) == ["2026-03-12 18:30", "2026-03-19 19:30", "2026-03-26 19:30"]
    assert [date.state for date in found.dates] == ["scheduled", "moved", "moved"]


def test_an_endless_series_is_followed_for_two_years():
    found = event(calendar(WEEKLY + "RRULE:FREQ=WEEKLY"))
    first = datetime(2026, 3, 12, tzinfo=UTC)
    assert len(found.dates) == 1 + (datetime(2028, 2, 28, 12, tzinfo=UTC) - first).days // 7
    assert [note.code for note in found.notes] == ["endless"]


def test_of_too_many_dates_the_coming_ones_are_kept():
    found = event(calendar("UID:1\nSUMMARY:Tour\nDTSTART:20200101T100000Z\nRRULE:FREQ=DAILY"))
    assert len(found.dates) == 1000
    assert found.dates[-1].starts_at == datetime(2028, 2, 29, 10, tzinfo=UTC)
    assert {note.code for note in found.notes} == {"endless", "dates-cut"}


def test_a_cancelled_event_has_no_date_that_takes_place():
    found = event(calendar(WEEKLY + "STATUS:CANCELLED\nRRULE:FREQ=WEEKLY;COUNT=2"))
    assert found.state == "cancelled"
    assert {date.state for date in found.dates} == {"cancelled"}
    assert event(calendar(WEEKLY, head="METHOD:CANCEL")).state == "cancelled"


@pytest.mark.parametrize(
    ("lines", "begins", "ends"),
    [
        ("DTSTART;VALUE=DATE:20260718", "2026-07-17 22:00", "2026-07-18 22:00"),
        ("DTSTART:20260718\nDTEND:20260720", "2026-07-17 22:00", "2026-07-19 22:00"),
        ("DTSTART:20260718\nDTEND:20260718", "2026-07-17 22:00", "2026-07-18 22:00"),
        ("DTSTART:20260718\nDURATION:P2D", "2026-07-17 22:00", "2026-07-19 22:00"),
    ],
)
def test_whole_days_begin_and_end_at_midnight_there(lines: str, begins: str, ends: str):
    (date,) = event(calendar(f"UID:1\nSUMMARY:Fair\n{lines}")).dates
    assert date.all_day
    assert f"{date.starts_at:%Y-%m-%d %H:%M}" == begins
    assert f"{date.ends_at:%Y-%m-%d %H:%M}" == ends


@pytest.mark.parametrize(
    ("start", "head", "zone", "hour"),
    [
        ("DTSTART:20260718T200000", "", "Europe/Paris", 18),
        ("DTSTART:20260718T200000", "X-WR-TIMEZONE:Europe/London", "Europe/London", 19),
        ("DTSTART:20260718T200000Z", "", "Europe/Paris", 20),
        ("DTSTART:20260718T200000Z", "X-WR-TIMEZONE:America/New_York", "America/New_York", 20),
        ('DTSTART;TZID="W. Europe Standard Time":20260718T200000', "", "Europe/Berlin", 18),
        ("DTSTART;TZID=/x.org/2019/America/New_York:20260718T200000", "", "America/New_York", 24),
        ("DTSTART;TZID=europe/lisbon:20260718T200000", "", "Europe/Lisbon", 19),
    ],
)
def test_times_are_read_in_the_zone_they_name(start: str, head: str, zone: str, hour: int):
    (date,) = event(calendar(f"UID:1\nSUMMARY:Fair\n{start}", head=head)).dates
    assert date.zone == zone
    assert date.starts_at == datetime(2026, 7, 18, tzinfo=UTC) + timedelta(hours=hour)


VTIMEZONE = """BEGIN:VTIMEZONE
TZID:{tzid}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("winter", "summer", "zone"),
    [("+0100", "+0200", "Europe/Paris"), ("+0000", "+0100", "Europe/London")],
)
def test_a_zone_of_the_calendars_own_is_known_by_its_clock_changes(
    winter: str, summer: str, zone: str
):
    own = VTIMEZONE.format(tzid="Customized Time Zone 1", winter=winter, summer=summer)
    start = "DTSTART;TZID=Customized Time Zone 1:20260718T200000"
    (date,) = event(calendar(f"UID:1\nSUMMARY:Fair\n{start}", head=own)).dates
    assert date.zone == zone


def test_a_zone_that_nobody_knows_is_named_in_the_reason():
    (entry,) = skipped(calendar("UID:1\nSUMMARY:Fair\nDTSTART;TZID=Middle-earth:20260718T200000"))
    assert (entry.code, entry.line, entry.title) == ("unknown-zone", 3, "Fair")
    assert "Middle-earth" in entry.reason


def test_a_broken_entry_does_not_take_the_others_with_it():
    good = "UID:{0}\nSUMMARY:Show {0}\nDTSTART:20260718T200000Z"
    content = calendar(
        good.format(1),
        "UID:2\nSUMMARY:No start",
        "UID:3\nDTSTART:20260718T200000Z",
        "UID:4\nSUMMARY:Nonsense\nDTSTART:tomorrow",
        "UID:5\nSUMMARY:Backwards\nDTSTART:20260718T200000Z\nDTEND:20260718T190000Z",
        "UID:6\nSUMMARY:Long ago\nDTSTART:16660902T000000Z",
        "UID:7\nSUMMARY:Too often\nDTSTART:20260718T200000Z\nRRULE:FREQ=SECONDLY",
        "UID:8\nSUMMARY:For ever\nDTSTART:20260718T200000Z\nRRULE:FREQ=DAILY;INTERVAL=0",
        "UID:9\nSUMMARY:Never\nDTSTART:20260718T200000Z\nDTEND:later",
        "just some words\n" + good.format(10),
    ).replace("END:VCALENDAR", "BEGIN:VEVENT\r\nUID:11\r\nSUMMARY:Cut off")
    found = outcomes(content)
    assert [one.title for one in found if hasattr(one, "dates")] == ["Show 1", "Show 10"]
    assert {one.source_uid: one.code for one in skipped(content)} == {
        "2": "missing-start", "3": "missing-title", "4": "invalid-start",
        "5": "end-before-start", "6": "absurd-date", "7": "repeats-too-often",
        "8": "unreadable-rule", "9": "invalid-end", "11": "unclosed",
    }  # fmt: skip
    lines = content.splitlines()
    assert all(lines[one.line - 1] == "BEGIN:VEVENT" for one in found)


def test_the_newer_version_of_an_entry_wins():
    old = "UID:1\nSUMMARY:Old\nSEQUENCE:{}\nDTSTART:20260718T200000Z"
    new = "UID:1\nSUMMARY:New\nSEQUENCE:{}\nDTSTART:20260719T200000Z"
    for content in (
        calendar(old.format(1), new.format(2)),
        calendar(new.format(2), old.format(1)),
        calendar(old.format(1), new.format(1)),
    ):
        found = outcomes(content)
        assert [(one.title, getattr(one, "code", None)) for one in found] == [
            ("Old", "duplicate"), ("New", None),
        ]  # fmt: skip


def test_without_a_uid_the_same_event_is_known_again():
    line = "SUMMARY:Fair\nDTSTART:20260718T200000Z\nLOCATION:Square"
    first, second = event(calendar(line)), event(calendar("X-OTHER:1\n" + line))
    assert first.source_uid == second.source_uid
    assert event(calendar(line.replace("Square", "Park"))).source_uid != first.source_uid
    assert [entry.code for entry in skipped(calendar(line, line))] == ["duplicate"]


def test_only_events_count():
    todo = "BEGIN:VTODO\r\nUID:1\r\nSUMMARY:Sweep\r\nEND:VTODO"
    with pytest.raises(ImportRefused) as refused:
        outcomes(calendar(head=todo))
    assert refused.value.code == "no-events"
    assert len(events(calendar(WEEKLY, head=todo))) == 1


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_folded_lines_are_joined_whatever_ends_a_line(ending: str):
    content = calendar("UID:1\nSUMMARY:A very\n  long t\n itle\nDTSTART:20260718")
    assert event(content.replace("\r\n", ending)).title == "A very long title"


@pytest.mark.parametrize(
    ("name", "count"), [("pycon_us_2025.ics", 224), ("fosdem2024_bookmarks_a.ics", 19)]
)
def test_conference_calendars_are_read_whole(data: Path, name: str, count: int):
    content = (data / "events/schedules" / name).read_bytes()
    assert content.count(b"BEGIN:VEVENT") == count
    assert len(events(content, name)) == count


def test_the_line_of_an_event_is_where_it_begins(data: Path):
    content = (data / "events/schedules/pycon_us_2025.ics").read_bytes()
    lines = content.split(b"\n")
    assert all(
        lines[part.line - 1].strip() == b"BEGIN:VEVENT" for part in split(content.decode()).events
    )
