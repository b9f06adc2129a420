"""Importers: bytes in, events out. Pure: no files, network or database; see docs/import.md."""

from collections.abc import Iterator
from datetime import datetime

from quickserve.catalog.importers import ical, jsonld, pentabarf, table, zones
from quickserve.catalog.importers.detect import detect
from quickserve.catalog.importers.draft import Context, without_duplicates
from quickserve.catalog.importers.model import (
    Format,
    ImportedDate,
    ImportedEvent,
    ImportedOffer,
    ImportedVenue,
    ImportRefused,
    Note,
    Outcome,
    Skipped,
)
from quickserve.catalog.importers.text import decode

__all__ = [
    "Format",
    "ImportRefused",
    "ImportedDate",
    "ImportedEvent",
    "ImportedOffer",
    "ImportedVenue",
    "Note",
    "Outcome",
    "Skipped",
    "detect",
    "read",
]


def read(
    content: bytes,
    *,
    filename: str,
    default_zone: str,
    now: datetime,
    fmt: Format | None = None,
) -> Iterator[Outcome]:
    """The file's events and, for each entry not taken, why.

    `default_zone` is the IANA zone of times that come without one; `now` (aware) is from where an
    endless recurrence is followed. Raises ImportRefused before the first outcome, never later.
    """
    assert now.tzinfo is not None, "`now` is aware"
    zone = zones.resolve(default_zone)
    if zone is None:
        raise ImportRefused(
            "unknown-zone", f"The time zone {default_zone[:60]!r} is unknown: name one of IANA."
        )
    context = Context(zone, now)
    match fmt or detect(filename, content):
        case Format.ICAL:
            outcomes = ical.read(decode(content), context)
        case Format.PENTABARF:
            outcomes = pentabarf.read(content, context)
        case Format.JSONLD:
            outcomes = jsonld.read(decode(content), context)
        case Format.TABLE:
            outcomes = table.read(decode(content), context)
    return without_duplicates(outcomes)
