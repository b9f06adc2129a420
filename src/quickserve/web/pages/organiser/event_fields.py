"""The fields of an event's form: from an event, from what was sent, to a draft."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from quickserve.contracts.catalog import (
    DateDraft,
    DateId,
    DateView,
    EventDraft,
    EventId,
    EventView,
    VenueDraft,
    VenueView,
)
from quickserve.kernel.errors import Malformed
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.web.forms import Form
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser import drafts, local_times
from quickserve.web.problems import field_errors

DATES_MAX: Final = 1000
_TEXTS: Final = ("title", "category", "url", "language", "zone", "venue", "address", "city")
_COUNTRY: Final = "country"
_PARAGRAPHS: Final = ("description", "refund_rule", "access")
TONGUES: Final = ("fr", "en", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One date's fields; `key` is what their names begin with."""

    key: str
    id: DateId
    starts: str = ""
    ends: str = ""
    room: str = ""
    gone: bool = False
    known: DateView | None = None

    @property
    def blank(self) -> bool:
        return not (self.starts or self.ends)


@dataclass(frozen=True, slots=True)
class Fields:
    """`places` and `zones` of the event as it is: with several, each date keeps its own. `tongue`
    is its language, which may be none of the list.
    """

    event_id: EventId
    values: dict[str, str]
    rows: list[Row]
    places: int = 1
    zones: int = 1
    tongue: str = ""
    known: dict[DateId, DateView] = field(default_factory=dict[DateId, DateView])

    def with_another_date(self) -> "Fields":
        taken = {row.key for row in self.rows}
        key = next(f"d{n}" for n in range(len(taken) + 1) if f"d{n}" not in taken)
        if len(self.rows) < DATES_MAX:
            self.rows.append(Row(key, DateId(new_uuid())))
        return self


def blank(locale: Locale) -> Fields:
    values: dict[str, str] = dict.fromkeys((*_TEXTS, _COUNTRY, *_PARAGRAPHS), "")
    values |= {"zone": "Europe/Paris", "language": locale.code}
    return Fields(EventId(new_uuid()), values, [Row("d0", DateId(new_uuid()))])


def of_event(event: EventView, zone: str) -> Fields:
    dates = _open_dates(event)
    venue = dates[0].venue if dates else None
    values = {
        "title": event.title, "description": event.description,
        "refund_rule": event.refund_rule, "access": event.access, "category": event.category or "",
        "url": event.url or "", "language": event.language or "", "zone": zone,
        "venue": venue.name if venue else "", "address": (venue and venue.address) or "",
        "city": (venue and venue.city) or "", "country": (venue and venue.country) or "",
    }  # fmt: skip
    rows = [
        Row(
            f"d{n}", date.id, local_times.typed(date.starts_at, date.zone),
            local_times.typed(date.ends_at, date.zone), date.room or "", known=date,
        )
        for n, date in enumerate(dates)
    ]  # fmt: skip
    return _beside(event, Fields(event.id, values, rows))


def sent(form: Form, event: EventView | None) -> Fields:
    """`event`: the one that is changed; None for a new one."""
    values = {name: form.text(name) for name in (*_TEXTS, _COUNTRY)}
    values |= {name: form.lines(name) for name in _PARAGRAPHS}
    known = {date.id: date for date in _open_dates(event)} if event else {}
    rows: list[Row] = []
    for key in form.keys("d", "-id")[:DATES_MAX]:
        date_id = DateId(form.minted(f"{key}-id"))
        starts, ends = form.text(f"{key}-starts"), form.text(f"{key}-ends")
        room, gone = form.text(f"{key}-room"), form.ticked(f"{key}-gone")
        rows.append(Row(key, date_id, starts, ends, room, gone, known.get(date_id)))
    event_id = event.id if event else EventId(form.minted("event"))
    fields = Fields(event_id, values, rows)
    return _beside(event, fields) if event else fields


def _beside(event: EventView, fields: Fields) -> Fields:
    dates = _open_dates(event)
    return Fields(
        fields.event_id, fields.values, fields.rows,
        places=len({date.venue.id if date.venue else None for date in dates}),
        zones=len({date.zone for date in dates}),
        tongue=event.language or "",
        known={date.id: date for date in dates},
    )  # fmt: skip


def _open_dates(event: EventView) -> list[DateView]:
    return [date for date in event.dates if date.state != "cancelled"]


def draft(fields: Fields, organiser_id: OrganiserId, locale: Locale) -> EventDraft:
    """Raises Mistakes or Malformed."""
    found: dict[str, str] = {}
    values = fields.values
    zones = {date.zone for date in fields.known.values()}
    if values["zone"] not in zones and values["zone"] not in local_times.zones():
        raise drafts.Mistakes({"zone": locale.gettext("Choose one of the list.")})
    if values["language"] not in (*TONGUES, fields.tongue):
        found["language"] = locale.gettext("Choose one of the list.")
    if not values["title"]:
        found["title"] = locale.gettext("Fill this in.")
    dates: list[DateDraft] = []
    for row in kept(fields):
        date = _date(row, fields, found, locale)
        dates += [date] if date else []
    if not kept(fields):
        name = f"{fields.rows[0].key}-starts" if fields.rows else "title"
        found[name] = locale.gettext("An event has at least one date.")
    if found:
        raise drafts.Mistakes(found)
    return drafts.made(
        EventDraft, organiser_id=organiser_id, title=values["title"],
        description=values["description"], refund_rule=values["refund_rule"],
        access=values["access"], language=values["language"] or None,
        url=values["url"] or None, category=values["category"] or None, dates=dates,
    )  # fmt: skip


def kept(fields: Fields) -> Sequence[Row]:
    """The rows that become dates, in this order. A known date is removed by its tick only."""
    return [row for row in fields.rows if not row.gone and not (row.blank and not row.known)]


def _date(row: Row, fields: Fields, found: dict[str, str], locale: Locale) -> DateDraft | None:
    """None with something in `found`."""
    several = fields.zones > 1 and row.known
    zone = row.known.zone if several and row.known else fields.values["zone"]
    same_zone = row.known is not None and row.known.zone == zone
    known = row.known if same_zone else None
    starts = local_times.same_or(row.starts, zone, known and known.starts_at)
    ends = local_times.same_or(row.ends, zone, known and known.ends_at)
    for name, moment in (("starts", starts), ("ends", ends)):
        if moment is None:
            found[f"{row.key}-{name}"] = locale.gettext(
                "Enter a date and a time that the clocks there show."
            )
    if starts is None or ends is None:
        return None
    if ends < starts:
        found[f"{row.key}-ends"] = locale.gettext("Put the end after the start.")
        return None
    venue = _venue(row, fields)
    try:
        return drafts.made(
            DateDraft, id=row.id, starts_at=starts, ends_at=ends, zone=zone,
            all_day=bool(row.known and row.known.all_day), room=row.room or None, venue=venue,
        )  # fmt: skip
    except Malformed as problem:
        found.update(field_errors(problem, locale, {"room": f"{row.key}-room"}))
        return None


def _venue(row: Row, fields: Fields) -> VenueDraft | None:
    """As typed, or as the date has it where dates are in several places."""
    known = row.known.venue if row.known else None
    if fields.places > 1 and row.known:
        return _same(known) if known else None
    values = fields.values
    if not values["venue"]:
        return None
    moved = known is None or (known.name, known.city or "") != (values["venue"], values["city"])
    return drafts.made(
        VenueDraft, name=values["venue"], address=values["address"] or None,
        city=values["city"] or None, country=values[_COUNTRY] or None,
        latitude=None if moved or known is None else known.latitude,
        longitude=None if moved or known is None else known.longitude,
    )  # fmt: skip


def _same(venue: VenueView) -> VenueDraft:
    return drafts.made(VenueDraft, **venue.model_dump(exclude={"id"}))


def names(fields: Fields) -> dict[str, str]:
    """A service's field → this form's."""
    told = {name: name for name in ("title", *_PARAGRAPHS, "category", "url", "language")}
    for index, row in enumerate(kept(fields)):
        at = f"dates.{index}"
        told |= {
            f"{at}.starts_at": f"{row.key}-starts", f"{at}.ends_at": f"{row.key}-ends",
            f"{at}.room": f"{row.key}-room", f"{at}.zone": "zone",
        }  # fmt: skip
        if fields.places <= 1:
            told |= {
                f"{at}.venue.name": "venue", f"{at}.venue.address": "address",
                f"{at}.venue.city": "city", f"{at}.venue.country": "country",
            }  # fmt: skip
    return told | {
        "name": "venue", "address": "address", "city": "city", "country": "country",
    }  # fmt: skip
