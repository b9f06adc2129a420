"""Conference schedules of frab, pentabarf and pretalx: schedule.xml and schedule.json.

<https://c3voc.de/wiki/schedule>. Some write `<entry>` straight into the day.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from quickserve.catalog.importers import jsontext, schedule_xml, zones
from quickserve.catalog.importers.draft import Context, Draft, skipped, venue_of
from quickserve.catalog.importers.model import (
    ENTRIES_MAX,
    EntryError,
    ImportedDate,
    ImportedVenue,
    ImportRefused,
    Outcome,
)
from quickserve.catalog.importers.schedule_model import Schedule, Talk
from quickserve.catalog.importers.text import decode, one_line, optional_line
from quickserve.catalog.importers.times import Written, clock, dated, iso, shifted

_PAIR, _TRIPLE = 2, 3


def read(content: bytes, context: Context) -> Iterator[Outcome]:
    """The schedule's talks. Raises ImportRefused at once where it is none or holds none."""
    text = decode(content)
    schedule = _from_json(text) if text.lstrip()[:1] == "{" else schedule_xml.parse(content)
    if not schedule.talks:
        raise ImportRefused("no-events", "The schedule holds no event: choose another file.")
    named = schedule.conference.get("time_zone_name", "")
    zone = zones.resolve(named) if named else None
    if named and zone is None:
        raise ImportRefused(
            "unknown-zone", f"The time_zone_name {named[:60]!r} is unknown: name one of IANA."
        )
    return _outcomes(schedule, zone, context)


def _outcomes(schedule: Schedule, zone: str | None, context: Context) -> Iterator[Outcome]:
    conference = schedule.conference
    venue = venue_of(
        conference.get("venue") or conference.get("title"), city=conference.get("city")
    )
    for talk in schedule.talks:
        uid = _uid(talk, conference)
        try:
            when = _date(talk, conference, zone, context)
            yield _draft(talk, uid, venue, when).event()
        except EntryError as error:
            yield skipped(error, talk.line, uid, talk.values.get("title"))


def _uid(talk: Talk, conference: dict[str, str]) -> str | None:
    values = talk.values
    if guid := values.get("@guid") or values.get("guid"):
        return guid
    own = values.get("@id") or values.get("id") or values.get("@code") or values.get("code")
    acronym = conference.get("acronym") or one_line(conference.get("title", ""), 100)
    return f"{acronym}-{own}" if own and acronym else None


def _draft(
    talk: Talk,
    uid: str | None,
    venue: ImportedVenue | None,
    when: ImportedDate,
) -> Draft:
    values = talk.values
    parts = (values.get(name, "") for name in ("subtitle", "abstract", "description"))
    return Draft(
        line=talk.line,
        uid=uid,
        title=values.get("title"),
        description="\n\n".join(dict.fromkeys(part for part in parts if part)),
        url=values.get("url") or values.get("origin_url"),
        language=values.get("language"),
        category=values.get("track") or values.get("category") or values.get("type"),
        venue=venue,
        dates=(when,),
    )


def _date(
    talk: Talk, conference: dict[str, str], zone: str | None, context: Context
) -> ImportedDate:
    start = _start(talk, conference)
    length = _length(talk.values.get("duration", ""))
    if length is None:
        raise EntryError(
            "invalid-end",
            f"The duration {talk.values.get('duration', '')[:20]!r} cannot be read: write 00:30.",
        )
    shown_in = zone or start.zone(context.default_zone)
    room = talk.room or talk.values.get("room", "")
    end = shifted(start, length)
    return dated(start, end, zone=shown_in, room=optional_line(room, 200))


def _start(talk: Talk, conference: dict[str, str]) -> Written:
    """From the full `date`, else the day's date and the `start`; nights belong to the day before.

    Raises EntryError.
    """
    values = talk.values
    start = values.get("start", "")
    full = iso(values.get("date", ""))
    if full is not None and not full.all_day:
        return full
    day = full or iso(talk.day.get("date", ""))
    at = clock(start)
    if day is None or at is None:
        if not start and not values.get("date"):
            raise EntryError("missing-start", "The event has no date and start: give them.")
        raise EntryError(
            "invalid-start",
            f"The start {start[:40]!r} cannot be read: give a date 2026-03-18 and a start 20:30.",
        )
    after_midnight = timedelta(days=1) if full is None and at < _day_change(conference) else None
    local = datetime.combine(day.local.date(), at)
    if after_midnight and day.local.date() < date.max:
        local += after_midnight
    return Written(local)


def _day_change(conference: dict[str, str]) -> time:
    text = conference.get("day_change", "")
    return (clock(text) if text else None) or time()


def _length(text: str) -> timedelta | None:
    """HH:MM or D:HH:MM as the format has it; minutes where there is no colon."""
    parts = text.strip().split(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):  # noqa: PLR2004 - digits
        return None
    numbers = [int(part) for part in parts]
    if len(numbers) == _TRIPLE:
        return timedelta(days=numbers[0], hours=numbers[1], minutes=numbers[2])
    if len(numbers) == _PAIR:
        return timedelta(hours=numbers[0], minutes=numbers[1])
    return timedelta(minutes=numbers[0]) if len(numbers) == 1 else None


def _from_json(text: str) -> Schedule:
    value = jsontext.parse(text)
    schedule = value.get("schedule") if isinstance(value, dict) else None
    conference = schedule.get("conference") if isinstance(schedule, dict) else None
    days = conference.get("days") if isinstance(conference, dict) else None
    if not isinstance(conference, dict) or not isinstance(days, list):
        raise ImportRefused(
            "not-pentabarf", "This JSON is no conference schedule: it has no conference days."
        )
    found = Schedule(_texts(conference))
    for day in (day for day in days if isinstance(day, dict)):
        rooms = day.get("rooms")
        for room, talks in rooms.items() if isinstance(rooms, dict) else ():
            for talk in talks if isinstance(talks, list) else ():
                if isinstance(talk, jsontext.Node):
                    found.talks.append(Talk(talk.line, _texts(day), str(room), _texts(talk)))
    if len(found.talks) > ENTRIES_MAX:
        raise ImportRefused(
            "too-many-entries", f"The file has more than {ENTRIES_MAX} events: split it."
        )
    return found


def _texts(node: Any) -> dict[str, str]:
    """The values that are texts or numbers, as the XML form has them."""
    if not isinstance(node, dict):
        return {}
    return {
        str(key): str(value)
        for key, value in node.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
