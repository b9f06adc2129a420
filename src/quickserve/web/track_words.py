"""What is said of who carries an order: where, how old that is, when they will be there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from quickserve.contracts.tracking import STALE_SECONDS, Place, Position, Spot, TrackStep, TrackView
from quickserve.web.house_plan import HousePlan
from quickserve.web.i18n import Locale
from quickserve.web.track_maps import (
    Degrees,
    MarkKind,
    StreetMap,
    VenueMap,
    street_map,
    venue_map,
)

_SILENT_SECONDS: Final = 180  # of who is not heard of any more nobody says when they come
_FRESH_SECONDS: Final = 10
_ROUND_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Following:
    """What the page shows of a track at a moment. `age`: how old the position is, in words."""

    view: TrackView
    zone: str
    arrives: str
    between: tuple[datetime, datetime] | None
    age: str
    stale: bool
    place: str
    streets: StreetMap | None
    venue: VenueMap | None
    seen: str

    @property
    def said(self) -> str:
        """What screen readers are told when it changes."""
        return self.seen if self.view.near else ""


def following(
    view: TrackView, zone: str, plan: HousePlan | None, now: datetime, locale: Locale
) -> Following:
    age = (now - view.position.at).total_seconds() if view.position else None
    silent = age is not None and age > _SILENT_SECONDS
    arrival = None if silent and view.to.latitude is not None else view.arrival
    between = None
    if arrival:
        earliest = max(arrival.earliest, now)
        between = earliest, max(arrival.latest, earliest + timedelta(minutes=1))
    runner = view.runner or locale.gettext("The runner")
    return Following(
        view, zone, _arrives(between, now, locale) if between else "", between,
        "" if age is None else age_words(age, locale), age is not None and age > STALE_SECONDS,
        _place(view.position, locale), _streets(view, locale), _venue(view, plan, locale),
        locale.gettext("%(runner)s is nearby.") % {"runner": runner},
    )  # fmt: skip


def steps(locale: Locale) -> dict[TrackStep, str]:
    gettext = locale.gettext
    return {
        "waiting": gettext("Being made"), "assigned": gettext("Somebody will bring it"),
        "picked-up": gettext("On its way"), "nearby": gettext("Nearby"),
        "handed-over": gettext("Handed over"), "dropped": gettext("Not brought"),
    }  # fmt: skip


def _arrives(between: tuple[datetime, datetime], now: datetime, locale: Locale) -> str:
    low = int((between[0] - now).total_seconds() // 60)
    high = -int(-(between[1] - now).total_seconds() // 60)
    if low < 1:
        told = locale.ngettext("There within a minute", "There within %(high)s minutes", high)
    else:
        told = locale.gettext("There in %(low)s to %(high)s minutes")
    return told % {"low": low, "high": high}


def age_words(seconds: float, locale: Locale) -> str:
    """In steps, so that a page that nothing happens on is not sent every second."""
    if seconds <= _FRESH_SECONDS:
        return locale.gettext("Position of just now")
    if seconds <= STALE_SECONDS:
        told = locale.gettext("Position of %(count)s seconds ago")
        return told % {"count": int(seconds // _ROUND_SECONDS * _ROUND_SECONDS)}
    if seconds < 60:  # noqa: PLR2004
        told = locale.gettext("This position is old: nothing was heard for %(count)s seconds.")
        return told % {"count": int(seconds // _ROUND_SECONDS * _ROUND_SECONDS)}
    minutes = int(seconds // 60)
    told = locale.ngettext(
        "This position is old: nothing was heard for a minute.",
        "This position is old: nothing was heard for %(count)s minutes.", minutes,
    )  # fmt: skip
    return told % {"count": minutes}


def place_words(section: str, row: str, locale: Locale) -> str:
    if not row:
        return section
    return locale.gettext("%(section)s, row %(row)s") % {"section": section, "row": row}


def _place(position: Position | None, locale: Locale) -> str:
    place = position.place if position else None
    return place_words(place.section, place.row, locale) if place else ""


def _streets(view: TrackView, locale: Locale) -> StreetMap | None:
    """While somebody is seen on the way: before and afterwards there is nothing to see."""
    at = view.position
    if at is None or at.latitude is None or at.longitude is None:
        return None
    runner = view.runner or locale.gettext("The runner")
    places: list[tuple[MarkKind, str, Degrees]] = [("runner", runner, (at.latitude, at.longitude))]
    words: tuple[tuple[MarkKind, str, Spot], ...] = (
        ("to", locale.pgettext("map", "You"), view.to),
        ("stand", locale.pgettext("map", "Stand"), view.stand),
    )
    for kind, word, spot in words:
        if spot.latitude is not None and spot.longitude is not None:
            places.append((kind, word, (spot.latitude, spot.longitude)))
    return street_map(places)


def _venue(view: TrackView, plan: HousePlan | None, locale: Locale) -> VenueMap | None:
    if plan is None or view.state != "carried":
        return None
    place = view.position.place if view.position else None
    you = locale.pgettext("map", "You")
    places: list[tuple[MarkKind, str, Place | None, str]] = [("to", you, None, view.to.seat)]
    if place:
        places.insert(0, ("runner", view.runner or locale.gettext("The runner"), place, ""))
    return venue_map(plan, places)
