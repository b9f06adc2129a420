"""From the fields of a stand's form to a draft; what is wrong is told beside its field."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Final, get_args

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import (
    FULFILMENTS,
    Break,
    DayHours,
    DeliveryArea,
    Hours,
    StandDraft,
    StandKind,
    StandState,
    Station,
    WithProgramme,
)
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money, known_currency
from quickserve.web.forms import parse_id
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser import drafts, local_times
from quickserve.web.pages.organiser.numbers import amount, amount_rule, count, count_rule
from quickserve.web.pages.organiser.stands import opening_hours
from quickserve.web.pages.organiser.stands.stand_fields import DAYS, Fields, day

NAMES: Final = {
    "name": "name", "description": "description", "place": "place", "zone": "zone",
    "currency": "currency", "latitude": "latitude", "longitude": "longitude",
    "event_id": "event", "delivery": "radius", "delivery.fee": "fee", "programme": "programme",
    "delivery.order_min": "order_min", "fulfilments": "ways", "stations": "s0-name",
}  # fmt: skip
_NAME_MAX: Final = 200
_MINUTES_MAX: Final = 1440
_RADIUS_M: Final = (100, 100_000)
_LATITUDE, _LONGITUDE = 90, 180
_NOT_IN_KEYS: Final = re.compile(r"[^a-z0-9]+")


def digest(draft: StandDraft) -> str:
    """To tell whether a stand is still as it was when its form was made."""
    return sha256(draft.model_dump_json().encode()).hexdigest()[:16]


def draft(
    fields: Fields, organiser_id: OrganiserId, locale: Locale, before: StandDraft | None
) -> StandDraft:
    """What the form has no field for stays as it was `before`. Raises Mistakes or Malformed."""
    reading = _Reading(fields, locale)
    values = fields.values
    programme = reading.programme()
    made = {
        "event_id": reading.event(), "kind": reading.one_of("kind", get_args(StandKind)),
        "state": reading.one_of("state", get_args(StandState)), "zone": reading.zone(),
        "currency": reading.currency(),
        "accepts": reading.one_of("accepts", ("itself", "by-hand")),
        "latitude": reading.degrees("latitude", _LATITUDE),
        "longitude": reading.degrees("longitude", _LONGITUDE), "fulfilments": reading.ways(),
        "hours": reading.weekly(), "exceptions": reading.exceptions(),
        "tabs": fields.tabs, "programme": programme,
        "stations": reading.stations(), "delivery": reading.delivery(),
    }  # fmt: skip
    if not values["name"]:
        reading.found["name"] = locale.gettext("Fill this in.")
    if reading.found:
        raise drafts.Mistakes(reading.found)
    kept = before.model_dump() if before else {}
    texts = {name: values[name] for name in ("name", "place", "description")}
    return drafts.made(StandDraft, **(kept | texts | made | {"organiser_id": organiser_id}))


class _Reading:
    """`found`: what is wrong, by field."""

    def __init__(self, fields: Fields, locale: Locale) -> None:
        self.fields = fields
        self.values = fields.values
        self.locale = locale
        self.found: dict[str, str] = {}

    def one_of(self, name: str, known: tuple[str, ...]) -> str:
        if self.values[name] not in known:
            self.found[name] = self.locale.gettext("Choose one of the list.")
        return self.values[name]

    def zone(self) -> str:
        return self.one_of("zone", tuple(local_times.zones()))

    def currency(self) -> str:
        if not known_currency(self.values["currency"]):
            self.found["currency"] = self.locale.gettext("Choose one of the list.")
        return self.values["currency"]

    def event(self) -> EventId | None:
        text = self.values["event"]
        found = parse_id(text)
        if text and found is None:
            self.found["event"] = self.locale.gettext("Choose one of the list.")
        return EventId(found) if found else None

    def ways(self) -> list[str]:
        wanted = [way for way in FULFILMENTS if way in self.fields.ways]
        if not wanted:
            self.found["ways"] = self.locale.gettext("Choose at least one.")
        return wanted

    def degrees(self, name: str, most: int) -> float | None:
        text = self.values[name].replace(",", ".")
        if not text:
            if "delivery" in self.fields.ways:
                self.found[name] = self.locale.gettext(
                    "A stand that delivers has a position: enter it."
                )
            return None
        figure = _decimal(text)
        if figure is None or abs(figure) > most:
            rule = self.locale.gettext("Enter degrees between %(least)s and %(most)s.")
            self.found[name] = rule % {"least": -most, "most": most}
            return None
        return float(figure)

    # -- When it is open

    def weekly(self) -> list[Hours]:
        return [
            drafts.made(Hours, weekday=weekday, opens=opens, until=until)
            for weekday, name in enumerate(DAYS)
            for opens, until in self._spans(name, self.values[name])
        ]

    def exceptions(self) -> list[DayHours]:
        made: list[DayHours] = []
        for row in self.fields.rows["x"]:
            if not row.kept("day") and not (row.values["hours"] and not row.gone):
                continue
            moment = day(row.values["day"])
            spans = self._spans(f"{row.key}-hours", row.values["hours"])
            if moment is None:
                self.found[f"{row.key}-day"] = self.locale.gettext("Enter a day.")
            elif any(one.day == moment for one in made):
                self.found[f"{row.key}-day"] = self.locale.gettext("This day is there twice.")
            else:
                made.append(drafts.made(DayHours, day=moment, hours=spans))
        return sorted(made, key=lambda one: one.day)

    def _spans(self, name: str, text: str) -> list[opening_hours.Span]:
        spans = opening_hours.parse(text)
        if spans is None:
            self.found[name] = self.locale.gettext(
                "Write hours such as 11:30–14:30, 18:00–22:00, that do not overlap."
            )
        return spans or []

    def programme(self) -> WithProgramme | None:
        if not self.fields.programme:
            return None
        if not self.values["event"]:
            self.found["programme"] = self.locale.gettext(
                "Choose its event above: only a stand of an event follows a programme."
            )
        breaks = [
            drafts.made(
                Break, label=self._name(f"{row.key}-label", row.values["label"]) or "-",
                minutes_after_start=self._count(f"{row.key}-from", row.values["from"], 0, 1440),
                minutes=self._count(f"{row.key}-minutes", row.values["minutes"], 1, 240),
            )
            for row in self.fields.rows["b"]
            if row.kept("label") or (row.values["from"] and not row.gone)
        ]  # fmt: skip
        return drafts.made(
            WithProgramme, breaks=breaks,
            minutes_before=self._count("before", self.values["before"], 0, _MINUTES_MAX),
            minutes_after=self._count("after", self.values["after"], 0, _MINUTES_MAX),
            last_call_minutes=self._count("last_call", self.values["last_call"], 0, 240),
        )  # fmt: skip

    # -- Who makes it, how far it is brought

    def stations(self) -> list[Station]:
        made: list[Station] = []
        rows = [row for row in self.fields.rows["s"] if row.kept("name")]
        keys = {row.values["key"] for row in rows if row.known}
        for row in rows:
            name = self._name(f"{row.key}-name", row.values["name"])
            cooks = self._count(f"{row.key}-cooks", row.values["cooks"], 1, 100)
            key = row.values["key"] or _new_key(name, keys)
            keys.add(key)
            if any(one.name.casefold() == name.casefold() for one in made):
                self.found[f"{row.key}-name"] = self.locale.gettext(
                    "Another station has this name."
                )
            made.append(drafts.made(Station, key=key, name=name or "-", cooks=cooks))
        return made

    def delivery(self) -> DeliveryArea | None:
        if "delivery" not in self.fields.ways:
            return None
        least, most = _RADIUS_M
        kilometres = _decimal(self.values["radius"].replace(",", "."))
        radius = int(kilometres * 1000) if kilometres is not None else 0
        if not least <= radius <= most:
            self.found["radius"] = self.locale.gettext(
                "Enter kilometres between 0.1 and 100, such as 3.5."
            )
        fee, order_min = self._amount("fee"), self._amount("order_min")
        if fee is None or order_min is None or "radius" in self.found:
            return None
        return drafts.made(DeliveryArea, radius_m=radius, fee=fee, order_min=order_min)

    def _amount(self, name: str) -> Money | None:
        currency = self.values["currency"]
        if not known_currency(currency):
            return None
        found = amount(self.values[name] or "0", currency)
        if found is None:
            self.found[name] = amount_rule(currency, self.locale)
        return found

    def _count(self, name: str, text: str, least: int, most: int) -> int:
        found = count(text, least, most)
        if found is None:
            self.found[name] = count_rule(least, most, self.locale)
        return least if found is None else found

    def _name(self, name: str, text: str) -> str:
        if not text:
            self.found[name] = self.locale.gettext("Fill this in.")
        elif len(text) > _NAME_MAX:
            self.found[name] = self.locale.gettext("This is too long: shorten it.")
        return text[:_NAME_MAX]


def _decimal(text: str) -> Decimal | None:
    if not text.isascii() or len(text) > len("-179.123456789"):
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _new_key(name: str, taken: set[str]) -> str:
    """What items call the station: it stays the same when the station is renamed."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = _NOT_IN_KEYS.sub("-", plain).strip("-")[:30].strip("-") or "station"
    numbered = (f"{stem}-{n}" for n in range(2, 100))
    return stem if stem not in taken else next(one for one in numbered if one not in taken)
