"""iCalendar (RFC 5545): every VEVENT of a file, one event for all that share a UID."""

from collections.abc import Iterator

from quickserve.catalog.importers import ical_lines
from quickserve.catalog.importers.draft import (
    Context,
    Draft,
    duplicate,
    skipped,
    uid_of,
    venue_of,
)
from quickserve.catalog.importers.ical_lines import Component, Property, Stream
from quickserve.catalog.importers.ical_series import Clock, dates
from quickserve.catalog.importers.ical_zones import CalendarZones
from quickserve.catalog.importers.model import EntryError, ImportedVenue, ImportRefused, Outcome
from quickserve.catalog.importers.text import degrees


def read(text: str, context: Context) -> Iterator[Outcome]:
    """The calendar's events. Raises ImportRefused at once where it is none or holds none."""
    stream = ical_lines.split(text)
    if not stream.events and not stream.skipped:
        raise ImportRefused("no-events", "The calendar holds no VEVENT: choose another file.")
    return _outcomes(stream, context)


def _outcomes(stream: Stream, context: Context) -> Iterator[Outcome]:
    yield from stream.skipped
    calendar = stream.calendar
    zones = CalendarZones(
        stream.zones, calendar.text("X-WR-TIMEZONE"), context.default_zone, context.budget
    )
    clock = Clock(zones, context)
    withdrawn = (calendar.text("METHOD") or "").strip().upper() == "CANCEL"
    by_uid: dict[str, list[Component]] = {}
    for event in stream.events:
        # Without a UID nothing says that two belong together.
        key = uid_of(event.text("UID")) or f"line {event.line}"
        by_uid.setdefault(key, []).append(event)
    for members in by_uid.values():
        yield from _event(members, clock, withdrawn=withdrawn)


def _event(members: list[Component], clock: Clock, *, withdrawn: bool) -> Iterator[Outcome]:
    """One UID: the event, its overrides, and what newer versions have replaced."""
    newest: dict[str, Component] = {}
    for member in sorted(members, key=_version):
        prop = member.first("RECURRENCE-ID")
        # The zone belongs to the name of an occurrence; different spellings meet later, by instant.
        named = f"{prop.value} {prop.parameters.get('TZID', '')}" if prop else ""
        if older := newest.get(named):
            yield _skipped(duplicate(member.line), older)
        newest[named] = member
    master = newest.pop("", None)
    overrides = sorted(newest.values(), key=lambda o: o.first("RECURRENCE-ID").value)  # pyright: ignore[reportOptionalMemberAccess] - only members with one are left
    base = master or overrides[0]
    cancelled = withdrawn or (master is not None and _cancelled(master))
    try:
        when, notes, failed = dates(master, overrides, clock, cancelled=cancelled)
        draft = _details(base)
        draft.dates, draft.state = when, "cancelled" if cancelled else "scheduled"
        draft.notes.extend(notes)
        yield draft.event()
    except EntryError as error:
        yield _skipped(error, base)
        return
    for component, error in failed:
        yield _skipped(error, component)


def _version(component: Component) -> tuple[int, str, str, int]:
    """What is newer sorts later: SEQUENCE, then LAST-MODIFIED, DTSTAMP, place in the file."""
    modified, stamped = component.text("LAST-MODIFIED"), component.text("DTSTAMP")
    return component.sequence, modified or "", stamped or "", component.line


def _cancelled(component: Component) -> bool:
    return (component.text("STATUS") or "").strip().upper() == "CANCELLED"


def _skipped(error: EntryError, component: Component) -> Outcome:
    return skipped(error, component.line, component.text("UID"), component.text("SUMMARY"))


def _details(component: Component) -> Draft:
    summary = component.first("SUMMARY")
    category = next((Property("", text) for _, text in component.every("CATEGORIES")), None)
    return Draft(
        line=component.line,
        uid=component.text("UID"),
        title=summary.text if summary else None,
        description=component.text("DESCRIPTION") or "",
        url=component.text("URL"),
        language=summary.parameters.get("LANGUAGE") if summary else None,
        category=category.text if category else None,
        venue=_venue(component),
        dates=(),
    )


def _venue(component: Component) -> ImportedVenue | None:
    """LOCATION is one text: the first line, or the first of three parts or more, is the name."""
    location = (component.text("LOCATION") or "").strip()
    geo = (component.text("GEO") or "").replace(",", ";").split(";")
    position = degrees(*geo) if len(geo) == 2 else None  # noqa: PLR2004 - latitude and longitude
    name, separator, rest = location.partition("\n")
    if not separator and location.count(",") > 1:
        name, _, rest = location.partition(",")
    if name[:1].isdigit():  # a house number: the text is an address and nothing else
        name, rest = location, location
    return venue_of(name, rest, position=position)
