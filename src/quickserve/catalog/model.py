"""The words of the catalog: rows, what a change writes, text folding, day windows, cursors."""

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel

from quickserve.contracts.catalog import (
    DateId,
    DateState,
    EventId,
    EventState,
    ImportId,
    ImportLine,
    TicketTypeDraft,
    TicketTypeId,
    VenueId,
    When,
)
from quickserve.contracts.seating import PlanId
from quickserve.kernel.errors import FieldError, Malformed
from quickserve.kernel.ids import OrganiserId

ImportState = Literal["waiting", "running", "done", "refused"]

WORDS_MAX = 8
SATURDAY = 5

# -- Kept copies: what ends them when it changes --------------------------------------------------

CARDS_TAG = "catalog:cards"


def event_tag(event_id: EventId) -> str:
    return f"catalog:event:{event_id}"


# -- Rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventHead:
    """What a command decides on, read with the row locked."""

    id: EventId
    organiser_id: OrganiserId
    state: EventState
    source_uid: str | None
    source_hash: bytes | None
    draft_hash: bytes | None


@dataclass(frozen=True, slots=True)
class EventRow:
    id: EventId
    organiser_id: OrganiserId
    organiser_name: str
    organiser_slug: str
    title: str
    description: str
    refund_rule: str
    access: str
    language: str | None
    url: str | None
    category: str | None
    state: EventState
    was_published: bool
    imported: bool


@dataclass(frozen=True, slots=True)
class DateRow:
    id: DateId
    event_id: EventId
    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool
    state: DateState
    room: str | None
    venue_id: VenueId | None
    venue_name: str | None
    address: str | None
    city: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    plan_id: PlanId | None
    plan_version: int | None


@dataclass(frozen=True, slots=True)
class TicketTypeRow:
    id: TicketTypeId
    event_id: EventId
    name: str
    description: str
    price_minor: int
    currency: str
    tax_rate_bp: int
    sale_from: datetime | None
    sale_until: datetime | None
    min_per_booking: int
    max_per_booking: int
    position: int
    seat_category: str | None

    @classmethod
    def of(
        cls, id_: TicketTypeId, event_id: EventId, draft: TicketTypeDraft,
        seat_category: str | None = None,
    ) -> "TicketTypeRow":  # fmt: skip
        return cls(
            id=id_, event_id=event_id, name=draft.name.strip(), description=draft.description,
            price_minor=draft.price.minor, currency=draft.price.currency,
            tax_rate_bp=draft.tax_rate_bp, sale_from=draft.sale_from, sale_until=draft.sale_until,
            min_per_booking=draft.min_per_booking, max_per_booking=draft.max_per_booking,
            position=draft.position, seat_category=seat_category,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class VenueRef:
    id: VenueId
    name: str
    city: str | None


@dataclass(frozen=True, slots=True)
class DateKey:
    """A date of an imported event, by the key it has in the file."""

    id: DateId
    event_id: EventId
    source_key: str


@dataclass(frozen=True, slots=True)
class OfferedRow:
    """An event's line in EventOffered, before its dates and ticket types are added."""

    id: EventId
    version: int
    organiser_id: OrganiserId
    title: str
    state: EventState


@dataclass(frozen=True, slots=True)
class CardRow:
    event_id: EventId
    date_id: DateId
    title: str
    category: str | None
    state: EventState
    date_state: DateState
    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool
    venue_name: str | None
    city: str | None
    price_from_minor: int | None
    price_from_currency: str | None
    prices_vary: bool


@dataclass(frozen=True, slots=True)
class SummaryRow:
    id: EventId
    title: str
    state: EventState
    category: str | None
    first_starts_at: datetime
    zone: str | None
    dates: int
    venue_name: str | None
    price_from_minor: int | None
    price_from_currency: str | None
    ticket_types: int


@dataclass(frozen=True, slots=True)
class StateCount:
    state: EventState
    events: int


@dataclass(frozen=True, slots=True)
class ImportRow:
    id: ImportId
    organiser_id: OrganiserId
    filename: str
    zone: str
    content_hash: bytes
    format: str | None
    state: ImportState
    refusal: str | None
    refusal_code: str | None
    total: int | None
    created: int
    updated: int
    unchanged: int
    skipped: int
    noted: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class StartedImport:
    id: ImportId
    organiser_id: OrganiserId
    filename: str
    zone: str
    content: bytes
    content_hash: bytes
    format: str


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """An import that this run may write, by the claim it holds."""

    id: ImportId
    claim: UUID
    organiser_id: OrganiserId
    filename: str
    zone: str
    content: bytes
    position: int
    attempts: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What one batch adds to an import's figures."""

    position: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    noted: int = 0


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line of an import's report: of which entry, and which of that entry's."""

    position: int
    number: int
    line: ImportLine


# -- What a change writes -------------------------------------------------------------------------

VenueKey = tuple[str, str | None]  # name and city


@dataclass(frozen=True, slots=True)
class SavedVenue:
    id: VenueId
    organiser_id: OrganiserId
    name: str
    city: str | None
    address: str | None
    country: str | None
    latitude: float | None
    longitude: float | None

    @property
    def key(self) -> VenueKey:
        return self.name, self.city


@dataclass(frozen=True, slots=True)
class SavedEvent:
    """`state` is written when the event is new, or to cancel it; otherwise it stays. So do
    `refund_rule` and `access` where they are None: a file tells neither.
    """

    id: EventId
    organiser_id: OrganiserId
    title: str
    description: str
    refund_rule: str | None
    access: str | None
    language: str | None
    url: str | None
    category: str | None
    state: EventState
    source_uid: str | None
    source_hash: str | None
    draft_hash: str | None
    search_text: str


@dataclass(frozen=True, slots=True)
class SavedDate:
    """`source_state` is what an imported file says; None when a person writes the date."""

    id: DateId
    event_id: EventId
    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool
    state: DateState
    room: str | None
    venue_id: VenueId | None
    source_key: str | None
    source_state: DateState | None


def body_hash(body: BaseModel) -> bytes:
    return sha256(body.model_dump_json().encode()).digest()


# -- Text -----------------------------------------------------------------------------------------

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'"})


def fold(text: str) -> str:
    """Lower case, without accents or doubled spaces: "Cœur de  L'ÉTÉ" is "coeur de l'ete"."""
    # Twice: the plain letter of "𝑨" is a capital again.
    plain = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", plain)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.translate(_LIGATURES).split())


def search_text(title: str, category: str | None, places: list[str | None]) -> str:
    """What a search looks through; each place once."""
    return fold(" ".join(dict.fromkeys(filter(None, (title, category, *places)))))


def patterns(text: str) -> list[str]:
    """The LIKE pattern of each searched word, the longest first: that one drives the index."""
    words = dict.fromkeys(fold(text.replace("\0", " ")).split()[:WORDS_MAX])
    escaped = (re.sub(r"([\\%_])", r"\\\1", word) for word in words)
    return sorted((f"%{word}%" for word in escaped), key=len, reverse=True)


# -- Days -----------------------------------------------------------------------------------------


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(zone: str) -> bool:
    return zone in _zones()


@dataclass(frozen=True, slots=True)
class Window:
    """From, inclusive, to until, exclusive; both UTC."""

    since: datetime
    until: datetime


def window(when: When, zone: str, now: datetime) -> Window:
    """Whole local days: today, the coming or present Saturday and Sunday, or seven days."""
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    first, days = today, 1
    if when is When.WEEK:
        days = 7
    elif when is When.WEEKEND:
        first, days = today + timedelta(days=SATURDAY - today.weekday()), 2

    def midnight(offset: int) -> datetime:
        day = first + timedelta(days=offset)
        return datetime.combine(day, time.min, tzinfo=local).astimezone(UTC)

    return Window(midnight(0), midnight(days))


# -- Cursors --------------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BODY_BYTES, _MAC_BYTES = 8 + 16, 8


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last line of a page: where the next page goes on."""

    at: datetime
    id: UUID

    def seal(self, key: bytes, view: str) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        body = micros.to_bytes(8, "big", signed=True) + self.id.bytes
        return urlsafe_b64encode(body + _mac(key, view, body)).decode().rstrip("=")

    @classmethod
    def open(cls, key: bytes, view: str, text: str) -> "Cursor":
        """Raises Malformed for what `seal` did not make for this view."""
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (ValueError, Base64Error):
            raw = b""
        body, mac = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        if len(body) != _BODY_BYTES or not compare_digest(mac, _mac(key, view, body)):
            raise Malformed(
                errors=[
                    FieldError(
                        field="after", code="unknown-cursor",
                        message="Pass the `next` of the page before, with the same filters.",
                    )
                ]
            )  # fmt: skip
        micros = int.from_bytes(body[:8], "big", signed=True)
        return cls(_EPOCH + timedelta(microseconds=micros), UUID(bytes=body[8:]))


def _mac(key: bytes, view: str, body: bytes) -> bytes:
    return digest(key, view.encode() + b"\0" + body, sha256)[:_MAC_BYTES]
