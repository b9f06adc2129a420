"""RFC 5545 recurrence rules, walked day by day and so bounded by their window.

dateutil looks at UNTIL only when a date comes out: a rule that never matches (30 February) runs it
to the year 9999, and INTERVAL=0 for ever. A stranger's file may hold fifty thousand such rules.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice, product

from quickserve.catalog.importers.model import EntryError
from quickserve.catalog.importers.times import iso

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_RANGES = {
    "BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366), "BYHOUR": (0, 23), "BYMINUTE": (0, 59), "BYSECOND": (0, 60),
}  # fmt: skip
_SIGNED = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")
_A_DAY_MAX = 48
_RULE_MAX = 25_000  # each day since 1970 and some more
_DAYS_MAX = 1_000_000  # some seconds of walking, for a whole file
_DAY = timedelta(days=1)
_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31


@dataclass(slots=True)
class Budget:
    """How many days the rules of one file may still walk through."""

    days: int = _DAYS_MAX

    def spend(self, days: int) -> None:
        self.days -= max(days, 1)
        if self.days < 0:
            raise EntryError(
                "too-many-repeats", "The file repeats too much: give UNTIL or split the file."
            )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as read: `parts` by RFC 5545 name, `weekdays` as (ordinal or 0, weekday)."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: str | None = None
    week_start: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()
    parts: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    @property
    def endless(self) -> bool:
        return self.count is None and self.until is None

    @property
    def a_day_max(self) -> int:
        """The most occurrences that one day can have."""
        hours = len(self.parts.get("BYHOUR", ())) or (24 if self.frequency == "HOURLY" else 1)
        minutes, seconds = self.parts.get("BYMINUTE", (0,)), self.parts.get("BYSECOND", (0,))
        return hours * len(minutes) * len(seconds)


def parse(text: str) -> Rule:
    """`FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`. Raises EntryError with what is wrong."""
    pairs = [pair.partition("=") for pair in text.strip().upper().split(";") if pair]
    given = {name.strip(): value.strip() for name, _, value in pairs}
    frequency = given.get("FREQ", "")
    if frequency in {"SECONDLY", "MINUTELY"}:
        raise _too_often()
    if frequency not in _FREQUENCIES:
        raise _unreadable(f"FREQ is {frequency[:20]!r}")
    if given.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise _unreadable("RSCALE names another calendar than the Gregorian")
    rule = Rule(
        frequency=frequency,
        interval=_number("INTERVAL", given.get("INTERVAL", "1")),
        # Some programs write COUNT=-1 for "without end".
        count=None if given.get("COUNT", "-1") == "-1" else _number("COUNT", given["COUNT"]),
        until=given.get("UNTIL"),
        week_start=_WEEKDAYS.index(given["WKST"]) if given.get("WKST") in _WEEKDAYS else 0,
        weekdays=_weekdays(given.get("BYDAY", "")),
        parts={name: _numbers(name, given[name]) for name in _RANGES if name in given},
    )
    if rule.a_day_max > _A_DAY_MAX:
        raise _too_often()
    return rule


def _too_often() -> EntryError:
    return EntryError(
        "repeats-too-often",
        f"The event repeats more than {_A_DAY_MAX} times a day: give it a coarser RRULE.",
    )


def _unreadable(what: str) -> EntryError:
    return EntryError("unreadable-rule", f"The RRULE cannot be read ({what}): correct it.")


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) == 0:
        raise _unreadable(f"{name} is {text[:20]!r}, not a number from 1")
    return int(text)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    low, high = _RANGES[name]
    numbers: set[int] = set()
    for part in text.split(","):
        if not re.fullmatch(r"[+-]?[0-9]{1,3}", part) or not low <= int(part) <= high:
            raise _unreadable(f"{name} has {part[:20]!r}")
        if int(part) == 0 and name in _SIGNED:
            raise _unreadable(f"{name} has 0")
        numbers.add(int(part))
    return tuple(sorted(numbers))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for part in filter(None, text.split(",")):
        match = _BY_DAY.fullmatch(part.strip())
        if match is None:
            raise _unreadable(f"BYDAY has {part[:20]!r}")
        found.append((int(match[1] or 0), _WEEKDAYS.index(match[2])))
    return tuple(dict.fromkeys(found))


def occurrences(rule: Rule, start: datetime, last: datetime, budget: Budget) -> list[datetime]:
    """The rule's wall-clock times from `start` to `last` at most, both naive, in order.

    An UNTIL that ends before `last` must be applied by the caller, who knows its zone.
    """
    whole = _completed(rule, start)
    walk = _hourly if rule.frequency == "HOURLY" else _by_period
    times = (moment for moment in walk(whole, start, last, budget) if start <= moment <= last)
    found = list(islice(times, min(rule.count or _RULE_MAX, _RULE_MAX)))
    if len(found) == _RULE_MAX and rule.count != _RULE_MAX:
        raise EntryError(
            "too-many-repeats",
            f"The event repeats more than {_RULE_MAX} times: give it a later start or an end.",
        )
    return found


def _completed(rule: Rule, start: datetime) -> Rule:
    """With what the rule leaves out taken from the start (RFC 5545, 3.3.10)."""
    parts = dict(rule.parts)
    if rule.weekdays or parts.keys() & {"BYMONTHDAY", "BYYEARDAY"}:
        return rule
    if rule.frequency == "WEEKLY" or "BYWEEKNO" in parts:
        return replace(rule, weekdays=((0, start.weekday()),))
    if rule.frequency in {"YEARLY", "MONTHLY"}:
        parts["BYMONTHDAY"] = (start.day,)
    if rule.frequency == "YEARLY":
        parts.setdefault("BYMONTH", (start.month,))
    return replace(rule, parts=parts)


def until(rule: Rule, localised: Callable[[datetime], datetime]) -> datetime | None:
    """UNTIL as a wall-clock time, inclusive; `localised` turns UTC into the event's wall clock."""
    if rule.until is None:
        return None
    found = iso(rule.until)
    if found is None:
        raise _unreadable(f"UNTIL is {rule.until[:20]!r}")
    if found.all_day:
        return datetime.combine(found.local.date(), time.max)
    return localised(found.local) if found.tz is not None else found.local


def _hourly(rule: Rule, start: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    step = timedelta(hours=rule.interval)
    minutes = rule.parts.get("BYMINUTE", (start.minute,))
    seconds = rule.parts.get("BYSECOND", (start.second,))
    hours = rule.parts.get("BYHOUR", range(24))
    matches = _day_filter(rule)
    position = start.replace(minute=0, second=0)
    while position <= last:
        budget.spend(1)
        if position.hour in hours and matches(position.date()):
            for minute, second in product(minutes, seconds):
                yield position.replace(minute=minute, second=min(second, 59))
        try:
            position += step
        except OverflowError:
            return


def _by_period(rule: Rule, start: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    clock = [
        time(hour, minute, min(second, 59))
        for hour, minute, second in product(
            rule.parts.get("BYHOUR", (start.hour,)),
            rule.parts.get("BYMINUTE", (start.minute,)),
            rule.parts.get("BYSECOND", (start.second,)),
        )
    ]
    matches = _day_filter(rule)
    positions = rule.parts.get("BYSETPOS")
    for first, length in _periods(rule, start.date(), last.date()):
        days = _days(rule, first, length)
        budget.spend(len(days) * len(clock))
        found = [datetime.combine(day, at) for day in days if matches(day) for at in clock]
        if positions:
            size = len(found)
            wanted = {p - 1 if p > 0 else size + p for p in positions}
            found = [moment for index, moment in enumerate(found) if index in wanted]
        yield from found


def _days(rule: Rule, first: date, length: int) -> list[date]:
    """The days of a period worth a look: of a week its weekdays, of a year its months and days."""
    if rule.frequency == "WEEKLY":
        offsets = sorted({(weekday - rule.week_start) % 7 for _, weekday in rule.weekdays})
        return [first + n * _DAY for n in offsets or range(length)]
    months, numbers = rule.parts.get("BYMONTH"), rule.parts.get("BYMONTHDAY")
    if not (months or numbers) or "BYWEEKNO" in rule.parts or length < _SHORTEST_MONTH:
        return [first + n * _DAY for n in range(length)]
    found: list[date] = []
    of_year = range(1, 13) if length > _LONGEST_MONTH else (first.month,)
    for month in of_year if months is None else [m for m in of_year if m in months]:
        begin = first.replace(month=month, day=1)
        size = _month_days(begin)
        wanted = range(1, size + 1)
        if numbers:
            wanted = sorted({n if n > 0 else size + 1 + n for n in numbers})
        found.extend(begin.replace(day=day) for day in wanted if 1 <= day <= size)
    return found


def _periods(rule: Rule, start: date, last: date) -> Iterator[tuple[date, int]]:
    """The first day and the length of each year, month, week or day that the rule looks at."""
    if rule.frequency == "YEARLY":
        for year in range(start.year, last.year + 1, rule.interval):
            yield _year(rule, year)
    elif rule.frequency == "MONTHLY":
        end = last.year * 12 + last.month
        for month in range(start.year * 12 + start.month - 1, end, rule.interval):
            first = date(month // 12, month % 12 + 1, 1)
            yield first, _month_days(first)
    else:
        days = 7 if rule.frequency == "WEEKLY" else 1
        back = (start.weekday() - rule.week_start) % 7 if days > 1 else 0
        for ordinal in range(start.toordinal() - back, last.toordinal() + 1, days * rule.interval):
            yield date.fromordinal(ordinal), days


def _year(rule: Rule, year: int) -> tuple[date, int]:
    """The calendar year; with BYWEEKNO the year of whole weeks, as weeks belong to one year."""
    if "BYWEEKNO" not in rule.parts:
        return date(year, 1, 1), _year_days(year)
    first = _first_week(year, rule.week_start)
    return first, (_first_week(year + 1, rule.week_start) - first).days


def _first_week(year: int, week_start: int) -> date:
    """The first day of the week with at least four days in the year (RFC 5545, 3.3.10)."""
    fourth = date(year, 1, 4)
    return fourth - ((fourth.weekday() - week_start) % 7) * _DAY


def _year_days(year: int) -> int:
    return (date(year, 12, 31) - date(year, 1, 1)).days + 1


def _month_days(day: date) -> int:
    later = day.replace(day=28) + 4 * _DAY
    return (later - later.day * _DAY).day


def _day_filter(rule: Rule) -> Callable[[date], bool]:
    """Whether a day fits a completed rule."""
    parts, weekdays = rule.parts, rule.weekdays
    wanted = [(parts[name], check) for name, check in _CHECKS.items() if name in parts]
    if "BYWEEKNO" in parts:
        wanted.append((parts["BYWEEKNO"], _week_numbers(rule.week_start)))
    within_month = rule.frequency == "MONTHLY" or "BYMONTH" in parts
    ordinals = rule.frequency in {"YEARLY", "MONTHLY"}

    def matches(day: date) -> bool:
        if any(not check(day).intersection(numbers) for numbers, check in wanted):
            return False
        return not weekdays or any(
            weekday == day.weekday()
            and (not ordinal or not ordinals or _is_nth(day, ordinal, within_month))
            for ordinal, weekday in weekdays
        )

    return matches


def _is_nth(day: date, ordinal: int, within_month: bool) -> bool:
    """Whether the day is the n-th of its weekday in its month or year, from the end if negative."""
    position, length = (
        (day.day, _month_days(day))
        if within_month
        else (day.timetuple().tm_yday, _year_days(day.year))
    )
    return ordinal == (position - 1) // 7 + 1 or ordinal == -((length - position) // 7 + 1)


def _week_numbers(week_start: int) -> Callable[[date], set[int]]:
    def numbers(day: date) -> set[int]:
        week = day - ((day.weekday() - week_start) % 7) * _DAY
        year = (week + 3 * _DAY).year
        first, following = _first_week(year, week_start), _first_week(year + 1, week_start)
        return {(week - first).days // 7 + 1, -((following - week).days // 7)}

    return numbers


_CHECKS: dict[str, Callable[[date], set[int]]] = {
    "BYMONTH": lambda day: {day.month},
    "BYMONTHDAY": lambda day: {day.day, day.day - _month_days(day) - 1},
    "BYYEARDAY": lambda day: {
        day.timetuple().tm_yday,
        day.timetuple().tm_yday - _year_days(day.year) - 1,
    },
}
