"""From the values that a format gives for one entry to an event that can be trusted."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from quickserve.catalog.importers import text
from quickserve.catalog.importers.model import (
    DATES_MAX,
    DESCRIPTION_MAX,
    TITLE_MAX,
    EntryError,
    EventState,
    ImportedDate,
    ImportedEvent,
    ImportedOffer,
    ImportedVenue,
    Note,
    Outcome,
    Skipped,
)
from quickserve.catalog.importers.recurrence import Budget
from quickserve.kernel.money import AmountError, Money, known_currency

_UID_MAX = 255
_NAME_MAX = 200
_ADDRESS_MAX = 500
_OFFERS_MAX = 100
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₣": "CHF", "₹": "INR"}
_FREE = frozenset(("free", "gratuit", "gratuite", "entree_libre", "gratis", "kostenlos"))
_AMOUNT = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class Context:
    """What a reading is done with. The budget is the file's and is spent by its rules."""

    default_zone: str
    now: datetime
    budget: Budget = field(default_factory=Budget)


@dataclass(slots=True)
class Draft:
    """One entry's raw values: `Any` where a format may hand over something else than text."""

    line: int
    title: Any
    dates: tuple[ImportedDate, ...]
    uid: str | None = None
    description: str = ""
    url: Any = None
    language: Any = None
    category: Any = None
    venue: ImportedVenue | None = None
    state: EventState = "scheduled"
    offers: list[ImportedOffer] = field(default_factory=list[ImportedOffer])
    notes: list[Note] = field(default_factory=list[Note])

    def event(self) -> ImportedEvent:
        """The event. Raises EntryError where it has no title."""
        title = title_of(self.title)
        if title is None:
            raise EntryError("missing-title", "The entry has no title: give it one.")
        assert self.dates, "a format gives at least one date, or an EntryError"
        if isinstance(self.title, str) and len(title) == TITLE_MAX and title.endswith("…"):
            self.notes.append(Note("text-cut", f"The title was cut to {TITLE_MAX} characters."))
        description = text.plain(self.description, DESCRIPTION_MAX)
        if len(description) == DESCRIPTION_MAX and description.endswith("…"):
            self.notes.append(
                Note("text-cut", f"The description was cut to {DESCRIPTION_MAX} characters.")
            )
        event = ImportedEvent(
            source_uid="",
            line=self.line,
            title=title,
            description=description,
            url=text.web_address(self.url),
            language=text.language(self.language),
            category=text.optional_line(self.category, 100),
            venue=self.venue,
            dates=self.dates,
            state=self.state,
            offers=tuple(self.offers[:_OFFERS_MAX]),
            notes=tuple(self.notes),
        )
        return replace(event, source_uid=uid_of(self.uid) or _derived_uid(event))


def title_of(value: Any) -> str | None:
    return text.optional_line(value, TITLE_MAX)


def uid_of(value: str | None) -> str | None:
    """The source's own id, kept whole up to a limit and as a hash beyond it."""
    clean = text.one_line(value, 10_000) if value else ""
    if len(clean) > _UID_MAX:
        return f"sha256:{sha256(clean.encode()).hexdigest()}"
    return clean or None


def _derived_uid(event: ImportedEvent) -> str:
    """Same title, start, place: same event, in this file and in the next one."""
    first = event.dates[0]
    place = event.venue.name if event.venue else ""
    parts = [event.title, first.starts_at.isoformat(), place, first.room or ""]
    return f"derived:{sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


def venue_of(
    name: Any,
    address: Any = None,
    city: Any = None,
    country: Any = None,
    position: tuple[float, float] | None = None,
    postal_code: Any = None,
) -> ImportedVenue | None:
    """The venue, named after its street or city where it has no name of its own."""
    street = text.optional_line(address, _ADDRESS_MAX)
    city = text.optional_line(city, _NAME_MAX)
    named = text.optional_line(name, _NAME_MAX) or text.cut(street or city or "", _NAME_MAX)
    if not named:
        return None
    address = ", ".join(filter(None, (street, text.optional_line(postal_code, 20)))) or None
    latitude, longitude = position or (None, None)
    return ImportedVenue(
        named, address, city, text.optional_line(country, 100), latitude, longitude
    )


def offer_of(name: Any, price: str, currency: str | None) -> ImportedOffer | Note:
    """A price as written, or a note that it cannot be read. An unknown currency is an EntryError.

    The currency is a code of ISO 4217, or else a sign or code beside the amount.
    """
    amount = "".join(price.split())
    sign = next((char for char in _SIGNS if char in amount), None)
    if sign:
        amount = amount.replace(sign, "")
        currency = currency or _SIGNS[sign]
    elif match := re.fullmatch(r"(?:([A-Za-z]{3})([0-9.,]+)|([0-9.,]+)([A-Za-z]{3}))", amount):
        amount, currency = match[2] or match[3], currency or match[1] or match[4]
    if text.folded(price) in _FREE:
        amount = "0"
    if not currency or not currency.strip():
        return Note("offer-unreadable", f"The price {price[:40]!r} has no currency: give one.")
    code = currency.strip().upper()
    amount = amount.strip("$")  # a dozen currencies share it; the code tells which
    if not known_currency(code):
        raise EntryError(
            "unknown-currency",
            f"The currency {currency[:20]!r} is none of ISO 4217: write EUR, CHF or the like.",
        )
    unreadable = Note("offer-unreadable", f"The price {price[:40]!r} is no amount of {code}.")
    if not _AMOUNT.fullmatch(amount):
        return unreadable
    try:
        minor = Money.parse(_trimmed(amount), code).minor
    except AmountError:
        return unreadable
    return ImportedOffer(text.optional_line(name, _NAME_MAX) or "Ticket", minor, code)


def _trimmed(amount: str) -> str:
    """`40.00` is an amount of a currency without decimals, too."""
    amount = amount.replace(",", ".")
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


def skipped(error: EntryError, line: int, uid: str | None, title: Any) -> Skipped:
    return Skipped(line, uid_of(uid), title_of(title), error.sentence, error.code)


def without_duplicates(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The first event of each uid; each further one is skipped."""
    lines: dict[str, int] = {}
    for outcome in outcomes:
        if not isinstance(outcome, ImportedEvent):
            yield outcome
        elif outcome.source_uid in lines:
            error = duplicate(lines[outcome.source_uid])
            yield skipped(error, outcome.line, outcome.source_uid, outcome.title)
        else:
            lines[outcome.source_uid] = outcome.line
            yield outcome


def duplicate(line: int) -> EntryError:
    return EntryError(
        "duplicate",
        f"The same event stands at line {line}: give each its own id or remove one.",
    )


def bounded(
    every: list[ImportedDate], now: datetime, notes: list[Note]
) -> tuple[ImportedDate, ...]:
    """At most DATES_MAX of dates in order: the coming ones first, then the latest of the past."""
    if len(every) <= DATES_MAX:
        return tuple(every)
    coming = next((i for i, date in enumerate(every) if date.starts_at >= now), len(every))
    first = min(coming, len(every) - DATES_MAX)
    notes.append(
        Note(
            "dates-cut",
            f"The event has too many dates: {DATES_MAX} were taken, the coming ones first.",
        )
    )
    return tuple(every[first : first + DATES_MAX])
