"""What an importer reads: events of strangers' files, in our words, before anything is stored."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

BYTES_MAX = 20 * 1024 * 1024
ENTRIES_MAX = 50_000
DATES_MAX = 1_000  # of one event
YEARS_AHEAD = 2  # how far an endless recurrence is followed from `now`
YEAR_FIRST, YEAR_LAST = 1970, 2100
TITLE_MAX = 300
DESCRIPTION_MAX = 20_000

# The key of the one date of an event that does not repeat: it stays when the date moves.
ONLY_DATE = "only"

EventState = Literal["scheduled", "cancelled"]
DateState = Literal["scheduled", "moved", "cancelled"]


class Format(StrEnum):
    ICAL = "ical"
    PENTABARF = "pentabarf"
    JSONLD = "jsonld"
    TABLE = "table"


class ImportRefused(Exception):  # noqa: N818 - said of a whole file, and caught as such by the API
    """The file as a whole cannot be read. `code` is stable; the sentence names the fix."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class EntryError(Exception):
    """One entry cannot be read; inside the importers only, outside it is a `Skipped`."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Note:
    """Something lost or assumed about an event that was read all the same."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ImportedVenue:
    """Latitude and longitude in degrees (WGS 84), both or neither."""

    name: str
    address: str | None = None
    city: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class ImportedDate:
    """One occurrence: instants in UTC, `zone` an IANA name, `ends_at` exclusive.

    `source_key` names the occurrence within its event and survives a move. A source that gives no
    end yields `ends_at == starts_at`, or the next midnight where the day is all that is given.
    """

    source_key: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool = False
    state: DateState = "scheduled"
    room: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedOffer:
    """`price_minor` in the smallest unit of the ISO 4217 `currency`."""

    name: str
    price_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ImportedEvent:
    """`line` is where the entry begins in the file, from 1. Texts are plain, without markup."""

    source_uid: str
    line: int
    title: str
    description: str
    url: str | None
    language: str | None
    category: str | None
    venue: ImportedVenue | None
    dates: tuple[ImportedDate, ...]
    state: EventState
    offers: tuple[ImportedOffer, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was not taken: `reason` names the field and the fix, `code` is stable."""

    line: int
    source_uid: str | None
    title: str | None
    reason: str
    code: str


Outcome = ImportedEvent | Skipped
