"""Calendars to import: a small one of our own, and real ones moved into the coming weeks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MOMENT = re.compile(r"(?m)^(DT(?:START|END)[^:\n]*:)(\d{8})(T\d{6}Z?)")
_DAYS_AHEAD = 6

_OWN = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//quickserve//journey//FR
BEGIN:VEVENT
UID:bal@journey.example
DTSTART;TZID=Europe/Paris:20250614T203000
DTEND:20250614T220000Z
SUMMARY:Bal des accordéons
LOCATION:Place du marché
END:VEVENT
BEGIN:VEVENT
UID:atelier@journey.example
DTSTART:20250615T080000Z
DTEND:20250615T100000Z
SUMMARY:Atelier de reliure
END:VEVENT
BEGIN:VEVENT
UID:concert@journey.example
DTSTART:20250616T180000Z
DTEND:20250616T193000Z
SUMMARY:Concert sous les halles
LOCATION:Les Halles
END:VEVENT
BEGIN:VEVENT
UID:undated@journey.example
SUMMARY:Sans date
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True)
class Calendar:
    """A file and what it holds: entries, and the one a visitor will look for."""

    file: Path
    entries: int
    title: str


def own(folder: Path) -> Calendar:
    return _written(folder / "saison.ics", _OWN, "Concert sous les halles")


def real(source: Path, folder: Path, title: str) -> Calendar:
    return _written(folder / source.name, source.read_bytes().decode(), title)


def _written(file: Path, text: str, title: str) -> Calendar:
    text = text.replace("\r\n", "\n")
    assert title in text
    file.write_bytes(_moved(text).replace("\n", "\r\n").encode())
    return Calendar(file, text.count("BEGIN:VEVENT"), title)


def _moved(text: str) -> str:
    """By whole days, so that the first entry lies some days ahead and hours stay what they are."""
    by = (datetime.now(UTC) - min(map(_day, _MOMENT.finditer(text)))).days + _DAYS_AHEAD

    def later(found: re.Match[str]) -> str:
        return f"{found[1]}{_day(found) + timedelta(days=by):%Y%m%d}{found[3]}"

    return _MOMENT.sub(later, text)


def _day(found: re.Match[str]) -> datetime:
    return datetime.strptime(found[2], "%Y%m%d").replace(tzinfo=UTC)
