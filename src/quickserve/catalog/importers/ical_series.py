"""The dates of one iCalendar event: its rule, its extra and missing dates, its moved ones."""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from quickserve.catalog.importers import recurrence
from quickserve.catalog.importers.draft import Context, bounded
from quickserve.catalog.importers.ical_lines import Component, Property
from quickserve.catalog.importers.ical_zones import CalendarZones
from quickserve.catalog.importers.model import (
    DATES_MAX,
    ONLY_DATE,
    YEARS_AHEAD,
    DateState,
    EntryError,
    ImportedDate,
    Note,
)
from quickserve.catalog.importers.text import optional_line
from quickserve.catalog.importers.times import Written, dated, iso, iso_duration, shifted

_DAY = timedelta(days=1)
_DATE_Z = 9
_KEPT = 2 * DATES_MAX
_SHIFTS_MAX = 20
_LISTED_MAX = 5_000  # values of RDATE or EXDATE of one event


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When it takes place; `original` is when the series had it."""

    original: Written
    start: Written
    length: timedelta
    state: DateState = "scheduled"
    room: str | None = None


@dataclass(slots=True)
class Series:
    """Occurrences by source key: `20240203T093000Z`, or `20240203` of a whole day."""

    clock: "Clock"
    found: dict[str, Occurrence] = field(default_factory=dict[str, Occurrence])
    days: dict[date, list[str]] = field(default_factory=dict[date, list[str]])
    notes: list[Note] = field(default_factory=list[Note])
    shifts: int = 0

    def add(self, start: Written, length: timedelta) -> None:
        key = self.clock.key(start)
        if key not in self.found:
            self.found[key] = Occurrence(start, start, length)
            self.days.setdefault(start.local.date(), []).append(key)

    def keys_of(self, moment: Written) -> list[str]:
        """The occurrence that is named by its start, or loosely those of its day."""
        key = self.clock.key(moment)
        if key not in self.found and moment.all_day:
            return [k for k in self.days.get(moment.local.date(), ()) if k in self.found]
        return [key] if key in self.found else []

    def remove(self, moment: Written) -> None:
        for key in self.keys_of(moment):
            del self.found[key]


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the moments of one calendar."""

    zones: CalendarZones
    context: Context

    def moment(self, prop: Property, text: str | None = None) -> Written | None:
        """A DATE or DATE-TIME value in the zone its TZID names."""
        value = prop.value if text is None else text
        # Google writes RDATE;VALUE=DATE:20131210Z.
        found = iso(value[:8] if len(value) == _DATE_Z and value[-1] in "Zz" else value)
        if found is None or found.all_day:
            return found
        if found.tz is not None:
            zone = self.zones.calendar_zone
            if zone is None or not 1 < found.local.year < MAXYEAR:
                return found
            # Exports in UTC repeat by the wall clock that X-WR-TIMEZONE names.
            there = found.local.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
            return Written(there.replace(tzinfo=None), ZoneInfo(zone))
        tzid = prop.parameters.get("TZID")
        if not tzid:
            return found
        return Written(found.local, ZoneInfo(self.zones.named(tzid, found.local.year)))

    def key(self, moment: Written) -> str:
        if moment.all_day:
            return moment.local.strftime("%Y%m%d")
        return moment.instant(self.zones.floating).strftime("%Y%m%dT%H%M%SZ")

    def span(self, component: Component) -> tuple[Written, timedelta | None]:
        """Start and length (None where no end is given). Raises EntryError."""
        prop = component.first("DTSTART")
        if prop is None or not prop.value.strip():
            raise EntryError("missing-start", "The event has no DTSTART: give it one.")
        start = self.moment(prop)
        if start is None:
            raise EntryError(
                "invalid-start", f"DTSTART {prop.value[:40]!r} is no date: write 20260318T203000."
            )
        return start, self._length(component, start)

    def _length(self, component: Component, start: Written) -> timedelta | None:
        zone = self.zones.floating
        if (prop := component.first("DTEND")) and prop.value.strip():
            end = self.moment(prop)
            if end is None:
                raise EntryError(
                    "invalid-end", f"DTEND {prop.value[:40]!r} is no date: write 20260318T233000."
                )
            if start.all_day and end.all_day:
                # Many programs end a day on itself where the standard says the day after.
                return end.local - start.local or _DAY
            return end.instant(zone) - start.instant(zone)
        if prop := component.first("DURATION"):
            length = iso_duration(prop.value)
            if length is None:
                raise EntryError(
                    "invalid-end", f"DURATION {prop.value[:40]!r} is no duration: write PT2H."
                )
            if length % _DAY and not start.all_day:
                return length
            return shifted(start, length).instant(zone) - start.instant(zone)
        return None

    def dated(self, key: str, occurrence: Occurrence, *, cancelled: bool) -> ImportedDate:
        start, zone = occurrence.start, self.zones.floating
        if start.all_day:
            end = shifted(start, occurrence.length)
        else:
            start_utc = Written(start.instant(zone).replace(tzinfo=None), UTC)
            end = shifted(start_utc, occurrence.length)
        state = "cancelled" if cancelled else occurrence.state
        shown_in = start.zone(zone)
        return dated(start, end, zone=shown_in, key=key, state=state, room=occurrence.room)


def dates(
    master: Component | None, overrides: list[Component], clock: Clock, *, cancelled: bool
) -> tuple[tuple[ImportedDate, ...], list[Note], list[tuple[Component, EntryError]]]:
    """The event's dates in order, notes, and the overrides that could not be read.

    Raises EntryError where the event has no date that can be read.
    """
    series = Series(clock)
    failed: list[tuple[Component, EntryError]] = []
    repeats = bool(overrides)
    if master is not None:
        repeats = _expand(master, series) or repeats
    for override in overrides:
        try:
            _apply(override, master, series)
        except EntryError as error:
            failed.append((override, error))
    if not series.found:
        if failed:
            raise failed[0][1]
        raise EntryError(
            "no-dates", "Every date of the event is excluded: correct its EXDATE or UNTIL."
        )
    if not repeats:
        (only,) = series.found.values()
        return (clock.dated(ONLY_DATE, only, cancelled=cancelled),), series.notes, failed
    every = sorted(
        (
            clock.dated(key, occurrence, cancelled=cancelled)
            for key, occurrence in series.found.items()
        ),
        key=lambda when: (when.starts_at, when.source_key),
    )
    return bounded(every, clock.context.now, series.notes), series.notes, failed


def _expand(master: Component, series: Series) -> bool:
    """Fill in what the event itself says; whether it repeats at all."""
    clock = series.clock
    start, length = clock.span(master)
    length = length if length is not None else (_DAY if start.all_day else timedelta())
    series.add(start, length)
    for prop in master.properties.get("RRULE", ())[:10]:
        for moment in _repeated(prop.value, start, series):
            series.add(moment, length)
    for prop, text in _listed(master, "RDATE"):
        extra = _extra(prop, text, start, length, clock)
        if extra is None:
            series.notes.append(Note("date-ignored", f"RDATE {text[:40]!r} is no date."))
        else:
            series.add(*extra)
    for prop in master.properties.get("EXRULE", ())[:10]:
        for moment in _repeated(prop.value, start, series):
            series.remove(moment)
    for prop, text in _listed(master, "EXDATE"):
        moment = clock.moment(prop, text)
        if moment is None:
            series.notes.append(Note("date-ignored", f"EXDATE {text[:40]!r} is no date."))
        else:
            series.remove(_like(moment, start))
    return "RRULE" in master.properties or "RDATE" in master.properties


def _listed(master: Component, name: str) -> Iterator[tuple[Property, str]]:
    for count, item in enumerate(master.every(name)):
        if count >= _LISTED_MAX:
            raise EntryError("too-many-repeats", f"The event has too many {name}: shorten it.")
        yield item


def _like(moment: Written, start: Written) -> Written:
    """As the series writes it: a day where it has days, in its zone where none is named."""
    if start.all_day and not moment.all_day:
        return Written(datetime.combine(moment.local.date(), time()), all_day=True)
    if moment.tz is None and not moment.all_day:
        return replace(moment, tz=start.tz)
    return moment


def _repeated(text: str, start: Written, series: Series) -> list[Written]:
    """The start times of a rule, cut YEARS_AHEAD years from now."""
    clock = series.clock
    place = start.tz or ZoneInfo(clock.zones.floating)
    start.instant(clock.zones.floating)  # refuses years that no zone can convert

    def localised(moment: datetime) -> datetime:
        if not 1 < moment.year < MAXYEAR:
            return moment
        return moment.replace(tzinfo=UTC).astimezone(place).replace(tzinfo=None)

    rule = recurrence.parse(text)
    now = clock.context.now
    last = localised((now + YEARS_AHEAD * 365 * _DAY).astimezone(UTC).replace(tzinfo=None))
    until = recurrence.until(rule, localised)
    if until is not None and until < last:
        last = until
    elif rule.endless:
        series.notes.append(
            Note(
                "endless", f"The event repeats without end: dates until {last:%Y-%m-%d} were taken."
            )
        )
    if until is not None and until < start.local:
        series.remove(start)  # so programs write a series that was cut before its first date
    times = recurrence.occurrences(rule, start.local, last, clock.context.budget)
    # Far more than `bounded` takes are not worth the zone conversions.
    coming = bisect(times, localised(now.astimezone(UTC).replace(tzinfo=None)))
    times = times[max(coming - _KEPT, 0) : coming + _KEPT]
    return [replace(start, local=moment) for moment in times]


def _extra(
    prop: Property, text: str, start: Written, length: timedelta, clock: Clock
) -> tuple[Written, timedelta] | None:
    """One RDATE: a date, a time, or a period with its own end or duration."""
    first, _, rest = text.partition("/")
    moment = clock.moment(prop, first)
    if moment is None:
        return None
    moment = _like(moment, start)
    if not rest:
        return moment, length
    if (lasting := iso_duration(rest)) is not None:
        return moment, lasting
    end = clock.moment(prop, rest)
    zone = clock.zones.floating
    return (moment, end.instant(zone) - moment.instant(zone)) if end else None


def _apply(override: Component, master: Component | None, series: Series) -> None:
    """Put one RECURRENCE-ID in the place of the occurrence that it names."""
    clock = series.clock
    prop = override.first("RECURRENCE-ID")
    assert prop is not None, "an override has a RECURRENCE-ID"
    named = clock.moment(prop)
    if named is None:
        raise EntryError(
            "invalid-start", f"RECURRENCE-ID {prop.value[:40]!r} is no date: correct it."
        )
    start, length = clock.span(override) if override.first("DTSTART") else (named, None)
    if named.tz is None and not named.all_day:
        named = replace(named, tz=start.tz)
    key = next(iter(series.keys_of(named)), "")
    before = series.found.get(key)
    if before is None:
        if master is not None and override.sequence < master.sequence:
            return  # a newer version of the series no longer has this date
        if start.all_day and not named.all_day:
            named = _like(named, start)
        key = clock.key(named)
        before = Occurrence(named, named, _DAY if named.all_day else timedelta())
    length = before.length if length is None else length
    room = optional_line(override.text("LOCATION"), 200)
    if master is not None and room == optional_line(master.text("LOCATION"), 200):
        room = None
    if prop.parameters.get("RANGE", "").upper() == "THISANDFUTURE":
        _move_following(series, before, start, length)
    series.found[key] = Occurrence(
        before.original, start, length, _state(override, before, start, length, clock), room
    )


def _state(
    override: Component, before: Occurrence, start: Written, length: timedelta, clock: Clock
) -> DateState:
    if (override.text("STATUS") or "").strip().upper() == "CANCELLED":
        return "cancelled"
    zone = clock.zones.floating
    same = before.original.instant(zone) == start.instant(zone) and before.length == length
    return "scheduled" if same else "moved"


def _move_following(series: Series, before: Occurrence, start: Written, length: timedelta) -> None:
    """RANGE=THISANDFUTURE: the later ones shift by as much (RFC 5545, 3.2.13)."""
    series.shifts += 1
    if series.shifts > _SHIFTS_MAX:
        raise EntryError("too-many-repeats", "The event is shifted too often: split it.")
    by = start.local - before.original.local
    state: DateState = "moved" if by or length != before.length else "scheduled"
    for key, later in series.found.items():
        if later.original.local > before.original.local and later.state != "cancelled":
            moved = shifted(replace(later.original, all_day=start.all_day), by)
            series.found[key] = replace(later, start=moved, length=length, state=state)
