"""Files of strangers: whatever they hold, events or a clear refusal come out, and soon."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.catalog.importers import (
    Format,
    ImportedEvent,
    ImportRefused,
    Outcome,
    Skipped,
    detect,
    read,
)
from quickserve.catalog.importers.model import BYTES_MAX, DESCRIPTION_MAX, TITLE_MAX
from quickserve.catalog.importers.text import one_line, plain, web_address
from tests.catalog.importers.reading import NOW, calendar, event, outcomes

FORMATS = (None, *Format)
DOCUMENTED = Path(__file__).parents[3] / "docs" / "import.md"


def check(found: list[Outcome]) -> None:
    """What storage relies on."""
    documented = DOCUMENTED.read_text()
    for one in found:
        assert one.line >= 1
        if isinstance(one, Skipped):
            assert one.reason.endswith(".")
            assert f"`{one.code}`" in documented
            continue
        assert 0 < len(one.title) <= TITLE_MAX
        assert len(one.description) <= DESCRIPTION_MAX
        assert 0 < len(one.source_uid) <= 255
        assert "\0" not in repr(one)
        repr(one).encode()
        assert one.dates
        keys = [date.source_key for date in one.dates]
        assert len(set(keys)) == len(keys) <= 1000
        assert all(date.starts_at <= date.ends_at for date in one.dates)
        assert all(f"`{note.code}`" in documented for note in one.notes)
    uids = [one.source_uid for one in found if isinstance(one, ImportedEvent)]
    assert len(set(uids)) == len(uids)


def try_all(content: bytes, name: str) -> None:
    for fmt in FORMATS:
        if refused := refusal(content, name, fmt):
            assert refused.sentence.endswith(".")
            assert f"`{refused.code}`" in DOCUMENTED.read_text()


def refusal(content: bytes, name: str, fmt: Format | None = None) -> ImportRefused | None:
    """Why the file is refused; where it is not, what comes out has been checked."""
    try:
        check(outcomes(content, name, fmt=fmt))
    except ImportRefused as refused:
        return refused
    return None


@pytest.mark.parametrize(
    "folder", ["vectors/ical", "vectors/badinput", "events/schedules", "events/schemaorg_jsonld"]
)
def test_every_vector_yields_events_or_a_refusal(data: Path, folder: str):
    files = [path for path in sorted((data / folder).rglob("*")) if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        if len(content) < 200_000:
            try_all(content, path.name)


def test_every_table_yields_events_or_a_refusal(data: Path):
    for path in sorted((data / "events").glob("*.csv")):
        refused = refusal(path.read_bytes(), path.name)
        assert refused is None or refused.code == "missing-column"


SCHEDULE = (
    '<schedule><day date="2026-03-12"><event><title>A</title><start>9:00</start>'
    "<duration>1:00</duration></event></day></schedule>"
)
EVENTS = (
    '[{"@type":"Event","name":"A","startDate":"2026-03-12",'
    '"offers":{"price":1,"priceCurrency":"EUR"}}]'
)
SERIES = "UID:1\nSUMMARY:A\nDTSTART;TZID=Europe/Paris:20260312T193000\nRRULE:FREQ=WEEKLY;COUNT=3"
SEEDS = (
    calendar(SERIES),
    EVENTS,
    '<html><script type="application/ld+json">{"@type":"Event","name":"A"}</script></html>',
    SCHEDULE,
    "title;start;price;currency\nA;12/03/2026 10h;12 €;\n",
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_damaged_file_never_breaks_the_reading(data: st.DataObject):
    content = data.draw(st.sampled_from(SEEDS)).encode()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 12))
        inserted = data.draw(st.one_of(st.binary(max_size=8), st.text(max_size=8).map(_bytes)))
        content = content[:at] + inserted + content[at + length :]
    try_all(content, data.draw(st.sampled_from(["a", "a.ics", "a.csv", "a.xml", "a.json"])))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(
    st.sampled_from([
        "UID", "SUMMARY", "DTSTART", "DTSTART;TZID=Europe/Paris", "DTEND", "DURATION", "RRULE",
        "RDATE", "EXDATE", "RECURRENCE-ID", "GEO", "URL", "LOCATION", "STATUS", "SEQUENCE",
        "ORGANIZER;CN=x", "CATEGORIES", "DESCRIPTION",
    ]),
    st.one_of(VALUES, st.sampled_from([
        "20260312T193000", "20260312", "99991231T235959Z", "00010101", "20260312T193000Z",
        "P9999D", "-PT1H", "FREQ=DAILY", "FREQ=YEARLY;UNTIL=00010101", "FREQ=DAILY;COUNT=999999",
        "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=99991231T235959Z", "20260312/P1D", "20260312/20250101",
    ])),
))  # fmt: skip
def test_any_values_make_an_event_or_a_reason(values: dict[str, str]):
    lines = "\n".join(f"{name}:{value}" for name, value in values.items())
    try_all(calendar(lines or "X:1").encode(), "a.ics")


@settings(max_examples=200, deadline=None)
@given(st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), VALUES,
        st.sampled_from(["Event", "2026-03-12", "9999-12-31T23:59:59-12:00", "P1W", "EUR"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from([
            "@type", "@id", "@graph", "@value", "name", "startDate", "endDate", "eventSchedule",
            "offers", "price", "priceCurrency", "location", "address", "geo", "subEvent",
            "repeatFrequency", "byDay", "duration", "image", "url",
        ]), inner, max_size=6),
    ),
    max_leaves=20,
))  # fmt: skip
def test_any_json_makes_events_or_a_refusal(value: object):
    document = [{"@type": "Event", "name": "A", "startDate": value}, value]
    try_all(json.dumps(document).encode(), "a.json")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.ics", "empty"), (b" \n\n", "a.csv", "empty"),
        (b"PK\x03\x04 a spreadsheet", "a.xlsx", "binary"), (b"%PDF-1.7", "a.pdf", "binary"),
        (b"\x89PNG\r\n", "a.png", "binary"), (b"title\0start", "a.csv", "binary"),
        (b"Dear diary", "diary.txt", "unknown-format"),
        (b"a" * (BYTES_MAX + 1), "a.csv", "too-large"),
        (b"title,start\n" + b"a,2026-03-12\n" * 50_001, "a.csv", "too-many-entries"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 50_001, "a", "too-many-entries"),
        (b"just a line", "a.ics", "not-ical"),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(content: bytes, name: str, code: str):
    with pytest.raises(ImportRefused) as refused:
        outcomes(content, name)
    assert refused.value.code == code


def test_a_refusal_comes_before_the_first_event():
    with pytest.raises(ImportRefused):
        read(b"nothing of the kind", filename="a", default_zone="Europe/Paris", now=NOW)
    with pytest.raises(ImportRefused) as refused:
        read(SEEDS[0].encode(), filename="a", default_zone="Nowhere/Else", now=NOW)
    assert refused.value.code == "unknown-zone"


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (SEEDS[0], "calendar.txt", Format.ICAL),
        (SEEDS[0], "table.csv", Format.ICAL),
        (SEEDS[1], "a.ics", Format.JSONLD),
        (SEEDS[2], "page.xml", Format.JSONLD),
        (SEEDS[3], "schedule.html", Format.PENTABARF),
        ('{"schedule": {"conference": {}}}', "a.json", Format.PENTABARF),
        (SEEDS[4], "export", Format.TABLE),
        ("title\n", "a.csv", Format.TABLE),
    ],
)
def test_the_content_tells_the_format_before_the_name(content: str, name: str, expected: Format):
    assert detect(name, content.encode()) is expected


def test_text_becomes_plain():
    assert plain("<p>One</p><p>two<br>three</p>", 100) == "One\n\ntwo\nthree"
    assert plain("a<script>alert(1)</script>b<style>c</style>", 100) == "ab"
    assert plain("if a < b and c > d: <3 <Untitled>", 100) == "if a < b and c > d: <3 <Untitled>"
    assert plain("&lt;b&gt; &amp; caf&eacute;", 100) == "<b> & café"
    assert one_line("a\x00b\x1b[31m\u202ec\ud800", 100) == "ab[31mc"
    assert one_line("family 👨‍👩‍👧 \n\t at  home", 100) == "family 👨‍👩‍👧 at home"
    assert one_line("a" * 400, 300) == "a" * 299 + "…"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://a.example/b?c=d", "https://a.example/b?c=d"),
        ("www.a.example", "https://www.a.example"),
        ("javascript:alert(1)", None), ("data:text/html,a", None), ("/relative", None),
        ("https://user@a.example", None), ("https://", None), ("http://[::1", None),
        ("https://a.example/\u202e", None), ("https://a.example:port/", None), (None, None),
    ],
)  # fmt: skip
def test_only_web_addresses_pass(written: str | None, address: str | None):
    assert web_address(written) == address


def test_texts_beyond_their_limit_are_cut_and_noted():
    lines = f"UID:1\nSUMMARY:{'a' * 500}\nDESCRIPTION:{'b' * 30_000}\nDTSTART:20260312"
    found = event(calendar(lines))
    assert (len(found.title), len(found.description)) == (TITLE_MAX, DESCRIPTION_MAX)
    assert [note.code for note in found.notes] == ["text-cut", "text-cut"]


def test_five_thousand_entries_take_seconds():
    line = "SUMMARY:Show\nDTSTART;TZID=Europe/Paris:20260312T193000\nDESCRIPTION:<p>A</p>\\nB"
    content = calendar(*(f"UID:{n}\n{line}" for n in range(5000)))
    began = time.process_time()
    assert len(outcomes(content)) == 5000
    assert time.process_time() - began < 10


def test_rules_made_to_exhaust_us_do_not():
    rules = ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;BYMINUTE=0,30", "FREQ=DAILY")
    line = "SUMMARY:A\nDTSTART:19700102T100000Z"
    content = calendar(*(f"UID:{n}\n{line}\nRRULE:{rules[n % 3]}" for n in range(300)))
    began = time.process_time()
    found = outcomes(content)
    assert time.process_time() - began < 30
    assert "too-many-repeats" in {getattr(one, "code", "") for one in found}


def test_every_code_in_the_sources_is_documented():
    sources = Path(__file__).parents[3] / "src/quickserve/catalog/importers"
    raised = re.compile(r'(?:EntryError|ImportRefused|Note)\(\s*"([a-z-]+)"')
    codes = {code for path in sources.glob("*.py") for code in raised.findall(path.read_text())}
    assert len(codes) > 30
    documented = DOCUMENTED.read_text()
    assert [code for code in sorted(codes) if f"`{code}`" not in documented] == []
