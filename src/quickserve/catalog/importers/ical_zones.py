"""The time zones of one calendar: its TZIDs mapped to IANA zones, by name or by behaviour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from quickserve.catalog.importers import recurrence, zones
from quickserve.catalog.importers.ical_lines import Component
from quickserve.catalog.importers.model import YEAR_FIRST, YEAR_LAST, EntryError
from quickserve.catalog.importers.times import iso

_SAMPLE_STEP = timedelta(days=5)
_ONSETS_MAX = 400
_ZONES_MAX = 200
_SHORTEST_MONTH = 28


class CalendarZones:
    """`floating` is the zone of times without one: X-WR-TIMEZONE, else the default."""

    def __init__(
        self,
        definitions: list[Component],
        floating: str | None,
        default_zone: str,
        budget: recurrence.Budget,
    ) -> None:
        self.calendar_zone = zones.resolve(floating) if floating else None
        self.floating = self.calendar_zone or default_zone
        self._budget = budget
        self._definitions = {
            (component.text("TZID") or "").strip().strip('"'): component
            for component in definitions[:_ZONES_MAX]
        }
        self._found: dict[tuple[str, int], str | None] = {}

    def named(self, tzid: str, year: int) -> str:
        """The IANA name of a TZID as an event of that year uses it. Raises EntryError."""
        tzid = tzid.strip().strip('"')
        key = (tzid, min(max(year, YEAR_FIRST), YEAR_LAST))
        if key not in self._found:
            self._found[key] = zones.resolve(tzid) or self._defined(*key)
        if zone := self._found[key]:
            return zone
        raise EntryError(
            "unknown-zone",
            f"The time zone {tzid[:60]!r} is unknown: name one of IANA, such as Europe/Paris.",
        )

    def _defined(self, tzid: str, year: int) -> str | None:
        definition = self._definitions.get(tzid)
        if definition is None:
            return None
        place = definition.text("X-LIC-LOCATION")
        if place and (zone := zones.resolve(place)):
            return zone
        onsets = _onsets(definition, year, self._budget)
        if not onsets:
            return None
        samples = [datetime(year, 1, 3, 12, tzinfo=UTC) + n * _SAMPLE_STEP for n in range(72)]
        wanted = [_offset_at(onsets, moment) for moment in samples]
        for zone in (self.floating, *zones.candidates()):
            place = ZoneInfo(zone)
            if all(
                moment.astimezone(place).utcoffset() == offset
                for moment, offset in zip(samples, wanted, strict=True)
            ):
                return zone
        if len(set(wanted)) == 1:
            return zones.of_offset(wanted[0])
        return None


def _onsets(
    definition: Component, year: int, budget: recurrence.Budget
) -> list[tuple[datetime, timedelta]]:
    """When which offset begins, around that year, oldest first."""
    found: list[tuple[datetime, timedelta]] = []
    for part in definition.parts[:_ONSETS_MAX]:
        start = iso(part.text("DTSTART") or "")
        before, after = _offset(part.text("TZOFFSETFROM")), _offset(part.text("TZOFFSETTO"))
        if part.name not in {"STANDARD", "DAYLIGHT"} or not start or after is None:
            continue
        starts = [start.local]
        for prop in part.properties.get("RRULE", ())[:1]:
            starts.extend(_yearly(prop.value, start.local, year, budget))
        starts.extend(
            moment.local for _, text in part.every("RDATE") if (moment := iso(text)) is not None
        )
        utc_less = before if before is not None else after
        found.extend(
            (moment.replace(tzinfo=UTC) - utc_less, after)
            for moment in starts[-_ONSETS_MAX:]
            if 1 < moment.year < YEAR_LAST
        )
    return sorted(found)


def _yearly(text: str, start: datetime, year: int, budget: recurrence.Budget) -> list[datetime]:
    """The rule's onsets in the year and the one before it; its start may lie centuries back."""
    try:
        rule = recurrence.parse(text)
        if rule.frequency != "YEARLY" or rule.interval != 1 or rule.count:
            return []
        last = datetime(year, 12, 31, 23, 59, 59)  # noqa: DTZ001 - a wall clock
        until = recurrence.until(rule, lambda moment: moment)
        if until is not None and until < last:
            last = until
        # Two years back: then both onsets before the year are among what comes out.
        nearer = max(start.year, min(year, last.year) - 2)
        if not rule.weekdays and "BYMONTHDAY" not in rule.parts and start.day > _SHORTEST_MONTH:
            return []
        begin = start.replace(year=nearer, day=min(start.day, _SHORTEST_MONTH))
        return recurrence.occurrences(rule, max(begin, start), last, budget)
    except EntryError:
        return []


def _offset(text: str | None) -> timedelta | None:
    """+0100 or -033000."""
    sign, digits = (text or "").strip()[:1], (text or "").strip()[1:]
    if sign not in {"+", "-"} or not digits.isdecimal() or len(digits) not in {4, 6}:
        return None
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:] or 0))
    return (ahead if sign == "+" else -ahead) if ahead < timedelta(days=1) else None


def _offset_at(onsets: list[tuple[datetime, timedelta]], moment: datetime) -> timedelta:
    current = onsets[0][1]
    for begins, offset in onsets:
        if begins > moment:
            break
        current = offset
    return current
