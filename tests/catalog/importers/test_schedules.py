"""Conference schedules: frab's XML and JSON."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quickserve.catalog.importers import Format, ImportRefused
from tests.catalog.importers.reading import event, events, outcomes, skipped

SCHEDULE = """<?xml version="1.0"?>
<schedule>
  <conference>
    <acronym>conf26</acronym><title>Conf 2026</title>
    <base_url>https://conf.example/2026/</base_url>
    <venue>Palais</venue><city>Lyon</city><day_change>06:00</day_change>
    {zone}
  </conference>
  <day index="1" date="2026-07-18">
    <room name="Salle 1">
      <event id="7" {attributes}>{values}</event>
    </room>
  </day>
</schedule>"""


def schedule(values: str, attributes: str = "", zone: str = "Europe/Paris") -> str:
    named = f"<time_zone_name>{zone}</time_zone_name>" if zone else ""
    return SCHEDULE.format(values=values, attributes=attributes, zone=named)


TALK = "<title>A talk</title><start>10:00</start><duration>00:45</duration>"


def test_a_talk_comes_with_room_track_and_venue():
    found = event(
        schedule(
            "<date>2026-07-18T10:00:00+02:00</date><start>10:00</start><duration>00:45</duration>"
            "<title>Rust &amp; you</title><subtitle>An introduction</subtitle>"
            "<track>Languages</track><language>fr</language>"
            "<abstract>&lt;p&gt;In short&lt;/p&gt;</abstract>"
            "<description>At length</description>"
            "<url>https://conf.example/2026/7</url><persons><person>Ada</person></persons>",
            attributes='guid="5bb0aa4e-0c0e-5ccd-9523-0ed1ca679039"',
        )
    )
    assert found.source_uid == "5bb0aa4e-0c0e-5ccd-9523-0ed1ca679039"
    assert (found.title, found.category, found.language) == ("Rust & you", "Languages", "fr")
    assert found.description == "An introduction\n\nIn short\n\nAt length"
    assert found.venue is not None
    assert (found.venue.name, found.venue.city) == ("Palais", "Lyon")
    (date,) = found.dates
    assert (date.room, date.zone) == ("Salle 1", "Europe/Paris")
    assert date.starts_at == datetime(2026, 7, 18, 8, tzinfo=UTC)
    assert date.ends_at == datetime(2026, 7, 18, 8, 45, tzinfo=UTC)
    assert found.line == 11


def test_without_a_guid_the_acronym_and_id_name_it():
    assert event(schedule(TALK)).source_uid == "conf26-7"


def test_the_day_and_the_start_make_the_date():
    assert event(schedule(TALK)).dates[0].starts_at == datetime(2026, 7, 18, 8, tzinfo=UTC)
    late = event(schedule(TALK.replace("10:00", "01:30")))
    assert late.dates[0].starts_at == datetime(2026, 7, 18, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("named", "offset", "zone"),
    [
        ("Europe/London", "+02:00", "Europe/London"),
        ("", "+02:00", "Europe/Paris"),  # the default zone has that offset then
        ("", "-05:00", "Etc/GMT+5"),
        ("", "Z", "Europe/Paris"),
    ],
)
def test_the_zone_is_the_conferences_or_what_the_offset_tells(named: str, offset: str, zone: str):
    date = f"<date>2026-07-18T10:00:00{offset}</date>"
    assert event(schedule(TALK + date, zone=named)).dates[0].zone == zone


def test_a_zone_unknown_to_iana_refuses_the_schedule():
    with pytest.raises(ImportRefused) as refused:
        outcomes(schedule(TALK, zone="Europe/Lyons"))
    assert refused.value.code == "unknown-zone"


def test_talks_that_cannot_be_read_are_skipped_with_their_line():
    for values, code in (
        (TALK.replace("A talk", ""), "missing-title"),
        (TALK.replace("10:00", "noon"), "invalid-start"),
        ("<title>A talk</title><duration>00:45</duration>", "missing-start"),
        (TALK.replace("00:45", "a while"), "invalid-end"),
    ):
        (entry,) = skipped(schedule(values))
        assert (entry.code, entry.line, entry.source_uid) == (code, 11, "conf26-7")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><schedule>&b;</schedule>', "hostile-xml"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hosts">]><schedule/>', "hostile-xml"),
        ('<!DOCTYPE a SYSTEM "http://elsewhere.example/a.dtd"><schedule/>', "hostile-xml"),
        ("<schedule>" * 1000, "too-deep"),
        ("<schedule><day>", "malformed-xml"),
        ('<?xml version="1.0" encoding="no-such"?><schedule/>', "malformed-xml"),
        ("<feed/>", "not-pentabarf"),
        ("<schedule/>", "no-events"),
    ],
)  # fmt: skip
def test_hostile_or_other_xml_is_refused(content: str, code: str):
    with pytest.raises(ImportRefused) as refused:
        outcomes(content, fmt=Format.PENTABARF)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "element", "count", "zone"),
    [
        ("fosdem_2024.xml", "event", 876, "Europe/Brussels"),
        ("38c3_2024.xml", "event", 1007, "Europe/Berlin"),
        ("europython_2014.xml", "entry", 188, "Europe/Paris"),
    ],
)
def test_real_schedules_are_read_whole(data: Path, name: str, element: str, count: int, zone: str):
    content = (data / "events/schedules" / name).read_bytes()
    assert len(re.findall(rf"<{element} ".encode(), content)) == count
    found = events(content, name)
    assert len(found) == count
    assert {date.zone for one in found for date in one.dates} == {zone}
    lines = content.decode().split("\n")
    assert all(f"<{element} " in lines[one.line - 1] for one in found)


def test_fosdem_opens_on_saturday_morning_in_janson(data: Path):
    found = events((data / "events/schedules/fosdem_2024.xml").read_bytes())
    opening = next(one for one in found if one.title == "Welcome to FOSDEM 2024")
    assert opening.dates[0].room == "Janson"
    assert opening.dates[0].starts_at == datetime(2024, 2, 3, 8, 30, tzinfo=UTC)
    assert opening.venue is not None
    assert opening.venue.city == "Brussels"
    assert {date.starts_at.date().isoformat() for one in found for date in one.dates} == {
        "2024-02-03", "2024-02-04",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "count"), [("frab_camp2019.json", 79), ("pretalx_democon.json", 36)]
)
def test_schedules_in_json_are_the_same(data: Path, name: str, count: int):
    content = (data / "events/schedules" / name).read_bytes()
    assert content.count(b'"persons":') == count
    assert len(events(content, name)) == count
