"""schema.org Schedule, turned into a rule of RFC 5545. <https://schema.org/Schedule>"""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from quickserve.catalog.importers import recurrence, zones
from quickserve.catalog.importers.draft import Context, bounded
from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.model import (
    YEARS_AHEAD,
    DateState,
    EntryError,
    ImportedDate,
    Note,
)
from quickserve.catalog.importers.times import Written, clock, dated, iso, iso_duration, shifted

_FREQUENCY = re.compile(r"P(\d{1,3})([YMWD])|PT(\d{1,3})(H)", re.ASCII)
_NAMES = {"Y": "YEARLY", "M": "MONTHLY", "W": "WEEKLY", "D": "DAILY", "H": "HOURLY"}
_WORDS = {"daily": "P1D", "weekly": "P1W", "monthly": "P1M", "yearly": "P1Y", "annually": "P1Y"}
_BY_DAY = re.compile(r"(?:.*/)?([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)[A-Z]*", re.ASCII)
_SCHEDULES_MAX = 50


def scheduled(
    value: Any, state: DateState, context: Context
) -> tuple[tuple[ImportedDate, ...], list[Note]] | None:
    """The dates of one schedule or a list of them; nothing where there is none.

    Raises EntryError where a schedule does not say when it begins, or cannot be read.
    """
    schedules = [s for s in (value if isinstance(value, list) else [value]) if isinstance(s, Node)]
    if not schedules:
        return None
    found: dict[str, ImportedDate] = {}
    notes: list[Note] = []
    for schedule in schedules[:_SCHEDULES_MAX]:
        for date in _dates(schedule, context, notes):
            found.setdefault(date.source_key, replace(date, state=state))
    if not found:
        raise EntryError("no-dates", "The eventSchedule yields no date: correct it.")
    every = sorted(found.values(), key=lambda date: date.starts_at)
    return bounded(every, context.now, notes), notes


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(v) for v in values if isinstance(v, str | int) and not isinstance(v, bool)]


def _text(schedule: Node, name: str) -> str:
    return next(iter(_texts(schedule.get(name))), "")


def _zone(schedule: Node, context: Context) -> str:
    named = _text(schedule, "scheduleTimezone")
    zone = zones.resolve(named) if named else context.default_zone
    if zone is None:
        raise EntryError(
            "unknown-zone", f"scheduleTimezone {named[:60]!r} is unknown: name one of IANA."
        )
    return zone


def _start(schedule: Node) -> Written:
    """The first day and the time of day. Raises EntryError."""
    day, at = iso(_text(schedule, "startDate")), clock(_text(schedule, "startTime")[:8])
    if day is None:
        raise EntryError(
            "missing-start", "The eventSchedule has no startDate: write it as 2026-03-18."
        )
    if at is None:
        return day
    return Written(datetime.combine(day.local.date(), at))


def _length(schedule: Node, start: Written) -> timedelta:
    end = clock(_text(schedule, "endTime")[:8])
    if end is not None and not start.all_day:
        length = datetime.combine(start.local.date(), end) - start.local
        return length if length >= timedelta() else length + timedelta(days=1)
    length = iso_duration(_text(schedule, "duration"))
    return length or (timedelta(days=1) if start.all_day else timedelta())


def _dates(schedule: Node, context: Context, notes: list[Note]) -> list[ImportedDate]:
    zone = _zone(schedule, context)
    start = replace(_start(schedule), tz=ZoneInfo(zone))
    start.instant(zone)  # refuses absurd years
    rule = _rule(schedule)
    horizon = context.now.astimezone(UTC) + timedelta(days=365 * YEARS_AHEAD)
    last = horizon.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    end = iso(_text(schedule, "endDate"))
    if end is not None and (closing := datetime.combine(end.local.date(), time.max)) < last:
        last = closing
    elif rule.endless:
        notes.append(
            Note(
                "endless", f"The event repeats without end: dates until {last:%Y-%m-%d} were taken."
            )
        )
    left_out = {
        moment.local.date() for text in _texts(schedule.get("exceptDate")) if (moment := iso(text))
    }
    length = _length(schedule, start)
    found: list[ImportedDate] = []
    for local in recurrence.occurrences(rule, start.local, last, context.budget):
        if local.date() in left_out:
            continue
        begin = replace(start, local=local)
        key = local.strftime("%Y%m%d" if start.all_day else "%Y%m%dT%H%M%S")
        found.append(dated(begin, shifted(begin, length), zone=zone, key=key))
    return found


def _rule(schedule: Node) -> recurrence.Rule:
    """Raises EntryError where the frequency or a part cannot be read."""
    frequency = _text(schedule, "repeatFrequency")
    days = [match for text in _texts(schedule.get("byDay")) if (match := _day(text))]
    weeks = [text for text in _texts(schedule.get("byMonthWeek")) if re.fullmatch(r"-?[1-5]", text)]
    default = "P1M" if weeks else "P1W" if days else "P1D"
    match = _FREQUENCY.fullmatch(_WORDS.get(frequency.lower(), frequency or default))
    if match is None:
        raise EntryError(
            "unreadable-rule", f"repeatFrequency {frequency[:20]!r} cannot be read: write P1W."
        )
    parts = [
        f"FREQ={_NAMES[match[2] or match[4]]}",
        f"INTERVAL={match[1] or match[3]}",
    ]
    if days:
        chosen = [week + name for _, name in days for week in weeks] or [o + n for o, n in days]
        parts.append(f"BYDAY={','.join(chosen)}")
    for name, part in (("byMonth", "BYMONTH"), ("byMonthDay", "BYMONTHDAY")):
        if values := _texts(schedule.get(name)):
            parts.append(f"{part}={','.join(values)}")
    if count := _text(schedule, "repeatCount"):
        parts.append(f"COUNT={count}")
    return recurrence.parse(";".join(parts))


def _day(text: str) -> tuple[str, str] | None:
    """`2MO`, `Wednesday` or schema.org's address of it, as ordinal and RFC 5545 weekday."""
    match = _BY_DAY.fullmatch(text.strip().upper())
    return (match[1] or "", match[2]) if match else None
