"""What an event's page offers for one of its dates: which date, which tickets, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from quickserve.contracts.booking import Availability
from quickserve.contracts.booking_rules import Terms
from quickserve.contracts.catalog import DateId, DateView, EventView, TicketTypeView, VenueView
from quickserve.kernel.money import Money
from quickserve.web import format, rule_words  # noqa: A004 - the module's name says what it does
from quickserve.web.i18n import Locale
from quickserve.web.prose import opening

QUANTITY: Final = "q-"  # with a ticket type's id: the name of its field
_DATES_SHOWN_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket type. `closed` says why it cannot be taken now, "" when it can.

    `usual`: what it costs without the code or discount that makes it cheaper.
    """

    field: str
    name: str
    note: str
    price: Money
    least: int
    most: int
    value: str
    closed: str
    usual: Money | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """The date shown, a handful around it as links, and all of them when there are more."""

    shown: DateView
    near: list[DateView]
    rest: list[DateView]


def choose_date(event: EventView, wanted: DateId | None, now: datetime) -> Dates:
    """The wanted date, else the next one that can still be visited, else the last."""
    dates = sorted(event.dates, key=lambda date: (date.starts_at, date.id))
    assert dates, "an event has at least one date"
    to_come = [date for date in dates if date.ends_at > now]
    scheduled = [date for date in to_come if date.state != "cancelled"]
    shown = next((date for date in dates if date.id == wanted), None) or (
        scheduled[0] if scheduled else to_come[0] if to_come else dates[-1]
    )
    listed = to_come if shown in to_come else [shown, *to_come]
    if len(listed) <= 1:
        return Dates(shown, [], [])
    first = max(0, min(listed.index(shown) - 2, len(listed) - _DATES_SHOWN_MAX))
    near = listed[first : first + _DATES_SHOWN_MAX]
    return Dates(shown, near, listed if len(listed) > len(near) else [])


def rows(
    event: EventView,
    date: DateView,
    known: Availability | None,
    values: Mapping[str, str],
    *,
    now: datetime,
    locale: Locale,
    terms: Terms | None = None,
) -> list[Row]:
    """`known` is None while nobody can tell what is left; `values` are the quantities as typed.

    A ticket that is sold with a code only is shown to whoever has it.
    """
    left = {t.ticket_type_id: t.available for t in known.ticket_types} if known else {}
    told = {one.ticket_type_id: one for one in terms.types} if terms else {}
    names = {kind.id: kind.name for kind in event.ticket_types}
    made: list[Row] = []
    for kind in shown(event, known, terms):
        field = f"{QUANTITY}{kind.id}"
        its = told.get(kind.id)
        places = its.available if its else left.get(kind.id, 0)
        most = min(kind.max_per_booking, (its and its.per_person) or kind.max_per_booking)
        price = (its and its.price) or kind.price
        made.append(
            Row(
                field=field,
                name=kind.name,
                note=" · ".join(
                    part
                    for part in (
                        _note(kind, date, now, locale),
                        rule_words.of_type(its, names, locale) if its else "",
                    )
                    if part
                ),
                price=price,
                usual=kind.price if price != kind.price else None,
                least=kind.min_per_booking,
                most=min(most, max(places, 1)),
                value=values.get(field, "") or "0",
                closed=_closed(event, date, kind, places, now, locale),
            )
        )
    return made


def shown(
    event: EventView, known: Availability | None, terms: Terms | None = None
) -> list[TicketTypeView]:
    """In their order, without what is sold with a code only that nobody gave."""
    hidden = {t.ticket_type_id for t in known.ticket_types if t.hidden} if known else set()
    opened = {one.ticket_type_id for one in terms.types if one.shown} if terms else set()
    kinds = sorted(event.ticket_types, key=lambda kind: (kind.position, kind.name))
    return [kind for kind in kinds if kind.id not in hidden or kind.id in opened]


def _closed(
    event: EventView,
    date: DateView,
    kind: TicketTypeView,
    places: int,
    now: datetime,
    locale: Locale,
) -> str:
    if "cancelled" in (event.state, date.state):
        return locale.pgettext("event", "Cancelled")
    if event.state != "published":
        return locale.gettext("Not on sale")
    if now >= (kind.sale_until or date.ends_at):
        return locale.gettext("Sale ended")
    if kind.sale_from and now < kind.sale_from:
        opens = format.when(kind.sale_from, date.zone, now=now, locale=locale)
        return locale.gettext("On sale from {when}").format(when=opens)
    return "" if places > 0 else locale.pgettext("event", "Sold out")


def _note(kind: TicketTypeView, date: DateView, now: datetime, locale: Locale) -> str:
    parts = [kind.description] if kind.description else []
    if kind.min_per_booking > 1:
        parts.append(locale.gettext("at least {count}").format(count=kind.min_per_booking))
    if kind.sale_until and kind.sale_until < date.starts_at:
        until = format.when(kind.sale_until, date.zone, now=now, locale=locale)
        parts.append(locale.gettext("on sale until {when}").format(when=until))
    return " · ".join(parts)


def map_link(venue: VenueView) -> str:
    """Its place on OpenStreetMap: a link, so nothing is asked of it before it is followed."""
    if venue.latitude is not None and venue.longitude is not None:
        point = {"mlat": venue.latitude, "mlon": venue.longitude}
        return (
            f"https://www.openstreetmap.org/?{urlencode(point)}"
            f"#map=17/{venue.latitude}/{venue.longitude}"
        )
    words = " ".join(part for part in (venue.name, venue.address, venue.city) if part)
    return f"https://www.openstreetmap.org/search?{urlencode({'query': words})}"


def for_machines(
    event: EventView, date: DateView, url: str, kinds: Sequence[TicketTypeView]
) -> dict[str, Any]:
    """schema.org's Event, for search engines; `kinds` are the tickets that everybody sees."""
    states = {"scheduled": "Scheduled", "moved": "Rescheduled", "cancelled": "Cancelled"}
    state = "cancelled" if event.state == "cancelled" else date.state
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "url": url,
        "startDate": format.iso(date.starts_at, date.zone),
        "eventStatus": f"https://schema.org/Event{states[state]}",
        "organizer": {"@type": "Organization", "name": event.organiser.name},
    }
    if date.ends_at != date.starts_at:
        told["endDate"] = format.iso(date.ends_at, date.zone)
    if event.description:
        told["description"] = opening(event.description, 500)
    if date.venue:
        address = ", ".join(p for p in (date.venue.address, date.venue.city) if p)
        told["location"] = {"@type": "Place", "name": date.venue.name, "address": address}
    if kinds:
        told["offers"] = [
            {
                "@type": "Offer",
                "name": kind.name,
                "price": str(kind.price.amount),
                "priceCurrency": kind.price.currency,
                "url": url,
            }
            for kind in kinds
        ]
    return told
