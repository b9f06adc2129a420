"""What a draft must be before anything is written: every finding names its field and the fix."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from quickserve.catalog.model import TicketTypeRow, known_zone
from quickserve.contracts.catalog import (
    DateDraft,
    EndBeforeStart,
    EventDraft,
    TicketTypeDraft,
    UnknownZone,
    VenueDraft,
)
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.errors import FieldError, Malformed, Problem

YEAR_FIRST, YEAR_LAST = 1970, 2100
TICKET_TYPES_MAX = 100  # of one event

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROLS_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_URL_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\"<>\\^`{|}]")

# The kinds that a program may want to tell apart; everything else is Malformed.
_KINDS: dict[str, type[Problem]] = {
    EndBeforeStart.code: EndBeforeStart,
    UnknownZone.code: UnknownZone,
}


def check_event(draft: EventDraft) -> None:
    """Raises EndBeforeStart, UnknownZone or Malformed, with all findings in `errors`."""
    _raise([*_event_texts(draft), *_dates(draft.dates)])


def check_ticket_type(draft: TicketTypeDraft, prefix: str = "") -> None:
    """Raises Malformed. `prefix` leads the field names, e.g. `ticket_type.`."""
    _raise(list(_ticket_type(draft, prefix)))


def check_line(field: str, value: str) -> None:
    """A single line of text that is not blank. Raises Malformed."""
    _raise(list(_line(field, value)))


def check_zone(zone: str) -> None:
    """Raises UnknownZone."""
    _raise(list(_zone("zone", zone)))


def refuse(field: str, code: str, message: str) -> Malformed:
    """The problem of one wrong field."""
    return Malformed(
        f"{field}: {message}", errors=[FieldError(field=field, code=code, message=message)]
    )


def _raise(findings: list[FieldError]) -> None:
    if not findings:
        return
    codes = {finding.code for finding in findings}
    kind = _KINDS.get(findings[0].code, Malformed) if len(codes) == 1 else Malformed
    detail = "; ".join(f"{f.field}: {f.message}" for f in findings[:3])
    raise kind(detail, errors=findings[:50])


def _event_texts(draft: EventDraft) -> Iterator[FieldError]:
    yield from _line("title", draft.title)
    yield from _optional_line("language", draft.language)
    yield from _optional_line("category", draft.category)
    yield from _lines("description", draft.description)
    yield from _lines("refund_rule", draft.refund_rule)
    yield from _lines("access", draft.access)
    if draft.url is not None and not _web_address(draft.url):
        yield FieldError(
            field="url", code="not-a-web-address",
            message="Give a whole address that begins with https:// or http://, or none.",
        )  # fmt: skip


def _dates(dates: list[DateDraft]) -> Iterator[FieldError]:
    seen: set[object] = set()
    for index, date in enumerate(dates):
        at = f"dates.{index}"
        if date.id in seen:
            yield FieldError(
                field=f"{at}.id", code="repeated", message="Every date needs an id of its own."
            )
        seen.add(date.id)
        yield from _zone(f"{at}.zone", date.zone)
        off = [*_moment(f"{at}.starts_at", date.starts_at), *_moment(f"{at}.ends_at", date.ends_at)]
        yield from off
        if not off and date.ends_at < date.starts_at:
            yield FieldError(
                field=f"{at}.ends_at", code=EndBeforeStart.code,
                message="Give an end that is not before the start.",
            )  # fmt: skip
        yield from _optional_line(f"{at}.room", date.room)
        if date.venue:
            yield from _venue(f"{at}.venue", date.venue)


def _venue(at: str, venue: VenueDraft) -> Iterator[FieldError]:
    yield from _line(f"{at}.name", venue.name)
    yield from _lines(f"{at}.address", venue.address or "")
    yield from _optional_line(f"{at}.city", venue.city)
    yield from _optional_line(f"{at}.country", venue.country)


def _ticket_type(draft: TicketTypeDraft, prefix: str) -> Iterator[FieldError]:
    yield from _line(f"{prefix}name", draft.name)
    yield from _lines(f"{prefix}description", draft.description)
    if draft.price.minor < 0:
        yield FieldError(
            field=f"{prefix}price.minor", code="negative-price",
            message="Give a price of zero or more.",
        )  # fmt: skip
    if draft.price.minor > PAYMENT_MAX_MINOR:
        yield FieldError(
            field=f"{prefix}price.minor", code="too-dear",
            message=f"Give at most {PAYMENT_MAX_MINOR} minor units: no payment is larger.",
        )  # fmt: skip
    if draft.max_per_booking < draft.min_per_booking:
        yield FieldError(
            field=f"{prefix}max_per_booking", code="below-minimum",
            message="Give a maximum that is not below the minimum.",
        )  # fmt: skip
    off: list[FieldError] = []
    if draft.sale_from:
        off += _moment(f"{prefix}sale_from", draft.sale_from)
    if draft.sale_until:
        off += _moment(f"{prefix}sale_until", draft.sale_until)
    yield from off
    if not off and draft.sale_from and draft.sale_until and draft.sale_until <= draft.sale_from:
        yield FieldError(
            field=f"{prefix}sale_until", code="ends-before-start",
            message="Let the sale end after it begins.",
        )  # fmt: skip


def _zone(field: str, zone: str) -> Iterator[FieldError]:
    if not known_zone(zone):
        yield FieldError(
            field=field, code=UnknownZone.code, message="Give an IANA name such as Europe/Paris."
        )


def _moment(field: str, moment: datetime) -> Iterator[FieldError]:
    if not YEAR_FIRST <= moment.year < YEAR_LAST:
        yield FieldError(
            field=field, code="absurd-year",
            message=f"Give a year from {YEAR_FIRST} to {YEAR_LAST - 1}.",
        )  # fmt: skip


def _line(field: str, value: str) -> Iterator[FieldError]:
    if not value.strip():
        yield FieldError(field=field, code="blank", message="Write something here.")
    yield from _optional_line(field, value)


def _optional_line(field: str, value: str | None) -> Iterator[FieldError]:
    if value and _CONTROLS.search(value):
        yield FieldError(
            field=field, code="control-character",
            message="Write one line without control characters.",
        )  # fmt: skip


def _lines(field: str, value: str) -> Iterator[FieldError]:
    if _CONTROLS_BUT_LINES.search(value):
        yield FieldError(
            field=field, code="control-character", message="Remove the control characters."
        )


def _web_address(url: str) -> bool:
    if _URL_FORBIDDEN.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def check_beside(row: TicketTypeRow, others: list[TicketTypeRow], prefix: str = "") -> None:
    """A ticket type beside the others of its event: one currency, a name of its own, a bound.

    Raises Malformed.
    """
    if len(others) >= TICKET_TYPES_MAX:
        raise refuse(
            f"{prefix}name", "too-many", f"An event has at most {TICKET_TYPES_MAX} ticket types."
        )
    if any(other.name == row.name for other in others):
        raise refuse(f"{prefix}name", "repeated", "Another ticket type of this event has the name.")
    foreign = next((other for other in others if other.currency != row.currency), None)
    if foreign:
        raise refuse(
            f"{prefix}price.currency", "other-currency",
            f"All ticket types of an event share one currency: {foreign.currency}.",
        )  # fmt: skip
