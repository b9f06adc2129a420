"""Recurrence rules against dates worked out otherwise: by hand, by arithmetic, by two libraries."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.catalog.importers import ImportedEvent, ImportRefused, recurrence
from quickserve.catalog.importers.model import EntryError
from tests.catalog.importers.reading import NOW, outcomes

START = datetime(2026, 1, 5, 20)  # noqa: DTZ001 - a wall clock, a Monday
LAST = datetime(2029, 1, 1)  # noqa: DTZ001 - a wall clock


def dates(rule: str, start: datetime = START, last: datetime = LAST) -> list[date]:
    found = recurrence.occurrences(recurrence.parse(rule), start, last, recurrence.Budget())
    return [moment.date() for moment in found]


def every_day() -> list[date]:
    return [START.date() + timedelta(days=n) for n in range((LAST - START).days + 1)]


def test_rules_match_plain_arithmetic():
    days = every_day()
    assert dates("FREQ=DAILY;INTERVAL=3") == days[::3]
    assert dates("FREQ=WEEKLY;BYDAY=TU,SA") == [d for d in days if d.weekday() in {1, 5}]
    assert dates("FREQ=MONTHLY;BYMONTHDAY=31") == [d for d in days if d.day == 31]
    assert dates("FREQ=MONTHLY;BYMONTHDAY=-1") == [
        d for d in days if (d + timedelta(days=1)).day == 1
    ]
    assert dates("FREQ=MONTHLY;BYDAY=2WE") == [
        d for d in days if d.weekday() == 2 and 8 <= d.day <= 14
    ]
    assert dates("FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=14") == [
        date(2026, 7, 14), date(2027, 7, 14), date(2028, 7, 14),
    ]  # fmt: skip
    assert dates("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO") == [
        date.fromisocalendar(year, 20, 1) for year in (2026, 2027, 2028)
    ]
    assert dates("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29") == [date(2028, 2, 29)]
    assert dates("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3") == [
        date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31),
    ]  # fmt: skip


def test_the_examples_of_the_standard():
    start = datetime(1997, 9, 2, 9)  # noqa: DTZ001 - a wall clock
    last = datetime(2005, 1, 1)  # noqa: DTZ001 - a wall clock

    def of(rule: str) -> list[str]:
        return [f"{day:%Y-%m-%d}" for day in dates(rule, start, last)]

    assert of("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO;BYMONTH=9,10,11,12,1,2")[:3] == [
        "1997-09-22", "1997-10-20", "1997-11-17",
    ]  # fmt: skip
    # US Presidential Election day.
    assert of("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8") == [
        "1997-11-04", "2001-11-06",
    ]  # fmt: skip
    assert of("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13")[:5] == [
        "1998-02-13", "1998-03-13", "1998-11-13", "1999-08-13", "2000-10-13",
    ]  # fmt: skip
    # The week start decides which weeks of two are meant.
    august = datetime(1997, 8, 5, 9)  # noqa: DTZ001 - a wall clock
    rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST="
    assert [d.day for d in dates(rule + "MO", august, last)] == [5, 10, 19, 24]
    assert [d.day for d in dates(rule + "SU", august, last)] == [5, 17, 19, 31]


@pytest.mark.parametrize(
    "rule",
    [
        "", "FREQ=OFTEN", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYMONTH=13", "FREQ=WEEKLY;BYDAY=XX", "FREQ=YEARLY;BYYEARDAY=0",
        "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;RSCALE=HEBREW", "FREQ=DAILY;BYSETPOS=1e3",
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_say_so(rule: str):
    with pytest.raises(EntryError) as refused:
        recurrence.parse(rule)
    assert refused.value.code == "unreadable-rule"


def test_a_rule_that_never_matches_ends_with_its_window():
    budget = recurrence.Budget()
    rule = recurrence.parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    assert recurrence.occurrences(rule, START, LAST, budget) == []
    assert recurrence.Budget().days - budget.days < 1200


def test_a_file_can_spend_its_budget_only_once():
    budget = recurrence.Budget(days=2000)
    rule = recurrence.parse("FREQ=DAILY")
    recurrence.occurrences(rule, START, LAST, budget)
    with pytest.raises(EntryError) as refused:
        recurrence.occurrences(rule, START, LAST, budget)
    assert refused.value.code == "too-many-repeats"


def _numbers(low: int, high: int) -> st.SearchStrategy[str]:
    values = st.integers(low, high).filter(bool)
    return st.lists(values, min_size=1, max_size=4).map(lambda v: ",".join(map(str, v)))


WEEKDAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1)
# Parts under which every rule matches now and then: dateutil runs to the year 9999 otherwise.
RULES = st.one_of(
    st.builds(
        "FREQ=DAILY;INTERVAL={};BYDAY={}".format,
        st.sampled_from([1, 2, 3, 5]), WEEKDAYS.map(",".join),
    ),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={};BYHOUR={}".format,
        st.integers(1, 5), WEEKDAYS.map(",".join), st.sampled_from(["MO", "SU", "TH"]),
        st.sampled_from(["9", "9,20"]),
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, st.integers(1, 7), _numbers(-28, 28)
    ),
    st.builds(
        "FREQ=MONTHLY;BYDAY={}{};BYMONTH={}".format,
        st.sampled_from(["", "1", "2", "-1"]), st.sampled_from(["MO", "SU"]), _numbers(1, 12),
    ),
    st.builds(
        "FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, WEEKDAYS.map(",".join), _numbers(-3, 3)
    ),
    st.builds(
        "FREQ=YEARLY;BYDAY={}{}".format, st.integers(-52, 52).filter(bool),
        st.sampled_from(["MO", "FR"]),
    ),
    st.builds("FREQ=YEARLY;BYYEARDAY={}".format, _numbers(-365, 365)),
    st.builds("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}".format, _numbers(1, 12), _numbers(-28, 28)),
    st.builds("FREQ=HOURLY;INTERVAL={}".format, st.integers(5, 100)),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    RULES,
    st.sampled_from(["", ";COUNT=1", ";COUNT=12"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 - wall clocks
)
def test_any_rule_yields_what_dateutil_yields(rule: str, count: str, start: datetime):
    start = start.replace(microsecond=0)
    last = start + timedelta(days=800)
    mine = recurrence.occurrences(recurrence.parse(rule + count), start, last, recurrence.Budget())
    theirs: list[datetime] = []
    for moment in rrulestr(rule + count, dtstart=start):
        if moment > last:
            break
        theirs.append(moment)
    assert mine == theirs


# Where we differ on purpose: an override of a date that EXDATE names is an event of its own (as
# Apple's calendar wrote moved dates), and a whole day that ends at a time still begins at midnight.
DIFFERENT = {"D9182220", "19970901T130000Z-123403@example.com"}


@pytest.mark.filterwarnings("ignore::icalendar.error.GloballyUniqueTZIDGuessed")
def test_real_calendars_yield_what_recurring_ical_events_yields(data: Path):
    compared = 0
    for path in sorted((data / "vectors/ical").rglob("*.ics")):
        content = path.read_bytes()
        if len(content) > 70_000:
            continue
        try:
            mine = [one for one in outcomes(content, path.name) if isinstance(one, ImportedEvent)]
            whole = icalendar.Calendar.from_ical(content)
        except (ImportRefused, ValueError):
            continue
        for found in mine:
            theirs = _by_the_library(whole, found)
            if theirs is None or found.source_uid in DIFFERENT:
                continue
            ours = {d.starts_at for d in found.dates if d.starts_at < NOW + timedelta(days=728)}
            assert ours == theirs, (path.name, found.title)
            compared += 1
    assert compared > 500


def _by_the_library(whole: icalendar.Calendar, found: ImportedEvent) -> set[datetime] | None:
    """The same event's starts; None where the library cannot tell, or we cut the dates."""
    if any(note.code == "dates-cut" for note in found.notes):
        return None
    alone = icalendar.Calendar()
    if zone := whole.get("X-WR-TIMEZONE"):
        alone.add("X-WR-TIMEZONE", zone)
    for part in whole.subcomponents:
        if part.name == "VTIMEZONE" or str(part.get("UID", "")) == found.source_uid:
            alone.add_component(part)
    if not alone.walk("VEVENT"):
        return None
    place = ZoneInfo(found.dates[0].zone)
    span = datetime(1971, 1, 1, tzinfo=place), NOW + timedelta(days=728)
    try:
        parts = recurring_ical_events.of(alone).between(*span)
    except (AttributeError, ValueError, icalendar.InvalidCalendar):
        return None
    return {
        start for part in parts if (start := _instant(part.decoded("DTSTART"), place)) < span[1]
    }


def _instant(moment: date, place: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=place)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=place)
    return moment.astimezone(UTC)
