"""Dates and times as people and programs write them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from quickserve.catalog.importers import zones
from quickserve.catalog.importers.model import (
    ONLY_DATE,
    YEAR_FIRST,
    YEAR_LAST,
    DateState,
    EntryError,
    ImportedDate,
)
from quickserve.catalog.importers.text import folded

_ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:[T ]+(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?!\d)(.*)", re.ASCII | re.DOTALL)
_DAY_MONTH = re.compile(r"(?:[a-z]+_)?(\d{1,2})(?:er|st|nd|rd|th)?_([a-z]+)_(\d{4})(?:_(.*))?")
_MONTH_DAY = re.compile(r"(?:[a-z]+_)?([a-z]+)_(\d{1,2})(?:st|nd|rd|th)?_(\d{4})(?:_(.*))?")
_CLOCK = re.compile(
    r"(\d{1,2})(?:(?:\s*(?:[:.]|h(?:ours?|eures?)?)\s*|\s+)(?:(\d\d)(?:[: ](\d\d))?)?)?"
    r"\s*(?:([ap])\.?m\.?)?",
    re.ASCII | re.IGNORECASE,
)
_LEADS = re.compile(r"^[\s,T]*(?:(?:at|a|à)\s+)?", re.IGNORECASE)
_ISO_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?",
    re.ASCII | re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb fevrier fevr fev", "march mar mars",
            "april apr avril avr", "may mai", "june jun juin", "july jul juillet juil",
            "august aug aout", "september sep sept septembre", "october oct octobre",
            "november nov novembre", "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NOON = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A moment as written: the wall clock (naive), and the zone or offset if one was given."""

    local: datetime
    tz: tzinfo | None = None
    all_day: bool = False

    def instant(self, zone: str) -> datetime:
        """In UTC; a floating time is read in `zone`. Raises EntryError beyond the years we take."""
        if not YEAR_FIRST <= self.local.year <= YEAR_LAST:
            raise EntryError(
                "absurd-date",
                f"The date {self.local:%d.%m.}{self.local.year} is not between {YEAR_FIRST} and"
                f" {YEAR_LAST}: correct it.",
            )
        return self.local.replace(tzinfo=self.tz or ZoneInfo(zone)).astimezone(UTC)

    def zone(self, default_zone: str) -> str:
        """The IANA zone to show it in: its own, or what its offset tells."""
        if self.tz is None:
            return default_zone
        if isinstance(self.tz, ZoneInfo):
            return self.tz.key
        self.instant(default_zone)
        return zones.of_instant(self.local.replace(tzinfo=self.tz), default_zone)

    def next_midnight(self) -> "Written":
        """The exclusive end of the day."""
        if self.local.date() == date.max:
            return self
        return Written(
            datetime.combine(self.local.date() + timedelta(days=1), time()), self.tz, all_day=True
        )


def dated(
    start: Written,
    end: Written | None,
    *,
    zone: str,
    key: str = ONLY_DATE,
    state: DateState = "scheduled",
    room: str | None = None,
) -> ImportedDate:
    """The date between two moments; `end` is exclusive. Raises EntryError."""
    if end is None:
        end = start.next_midnight() if start.all_day else start
    starts_at, ends_at = start.instant(zone), end.instant(zone)
    if ends_at < starts_at:
        raise EntryError(
            "end-before-start", "The end lies before the start: correct one of the two."
        )
    return ImportedDate(key, starts_at, ends_at, zone, start.all_day and end.all_day, state, room)


def shifted(moment: Written, by: timedelta) -> Written:
    """Later by a stretch of wall-clock time. Raises EntryError where the calendar ends."""
    try:
        later = moment.local + by
    except OverflowError:
        raise EntryError("invalid-end", "The duration is too long: correct it.") from None
    return Written(later, moment.tz, moment.all_day and later.time() == time())


def iso(text: str) -> Written | None:
    """ISO 8601, extended or basic, date or date and time, with or without offset."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, _, month, day, hour, minute, second, offset = match.groups()
    try:
        if hour is None:
            return Written(datetime(int(year), int(month), int(day)), all_day=True)  # noqa: DTZ001 - a wall clock
        seconds = min(int(second or 0), 59)  # a leap second is the second before it here
        clock = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), seconds)  # noqa: DTZ001 - a wall clock
        return Written(clock, _offset(offset))
    except ValueError:
        return None


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(ahead if text[0] == "+" else -ahead)


def month_leads(text: str) -> bool | None:
    """Of `05/13/2026`: True; of `13/05/2026`: False; where both could be: None."""
    match = _NUMBERS.match(text.strip())
    if match is None or match[2] == ".":
        return None
    first, second = int(match[1]), int(match[3])
    if first > _NOON:  # no month has this number
        return False
    return True if second > _NOON else None


def human(text: str, *, month_first: bool = False) -> Written | None:
    """As a person types it: ISO, 18/03/2026 20h30, 18 mars 2026, March 18, 2026 8:30 pm."""
    text = text.strip()
    if found := iso(text):
        return found
    if match := _NUMBERS.fullmatch(text):
        day, month = int(match[1]), int(match[3])
        if month_first and match[2] != ".":
            day, month = month, day
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)  # noqa: PLR2004 - digits
        return _moment(year, month, day, match[5])
    words = folded(text)
    if match := _DAY_MONTH.fullmatch(words):
        day_text, month_name = match[1], match[2]
    elif match := _MONTH_DAY.fullmatch(words):
        day_text, month_name = match[2], match[1]
    else:
        return None
    rest = (match[4] or "").replace("_", " ")
    return _moment(int(match[3]), _MONTHS.get(month_name, 0), int(day_text), rest)


def _moment(year: int, month: int, day: int, rest: str) -> Written | None:
    try:
        day_found = date(year, month, day)
    except ValueError:
        return None
    rest = _LEADS.sub("", rest)
    if not rest:
        return Written(datetime.combine(day_found, time()), all_day=True)
    at = clock(rest)
    return None if at is None else Written(datetime.combine(day_found, at))


def clock(text: str) -> time | None:
    """A time of day: 20:30, 20h30, 20h, 8:30 pm, 0930."""
    text = text.strip()
    if re.fullmatch(r"\d{4}", text, re.ASCII):
        text = f"{text[:2]}:{text[2:]}"
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, half = int(match[1]), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, int(match[2] or 0), int(match[3] or 0))
    except ValueError:
        return None


def iso_duration(text: str) -> timedelta | None:
    """PT1H30M, P1D, P2W: the durations of ISO 8601 and RFC 5545, months and years left out."""
    match = _ISO_DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match[1] == "-" else length
