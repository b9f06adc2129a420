"""The fields of an item of the menu: from an item, from what was sent, to a draft."""

from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID

from quickserve.contracts.menus import (
    FULFILMENTS,
    Allergen,
    Diet,
    Fulfilment,
    MenuItem,
    MenuItemId,
    ModifierGroupId,
    Served,
    StandDraft,
)
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.numbers import (
    amount,
    amount_rule,
    count,
    count_rule,
    rate,
    typed,
)
from quickserve.web.pages.organiser.stands.menu_book import Sheet

_TEXTS: Final = (
    "name", "price", "tax", "station", "seconds", "age", "picture", "opens", "until", "section",
)  # fmt: skip
_TICKS: Final = ("allergens", "diets", "groups", "ways")
SECONDS_MAX, _AGE_MAX = 4 * 3600, 21
# The contract's field → the form's.
NAMES: Final = {
    "name": "name", "description": "description", "picture": "picture", "price": "price",
    "groups": "groups", "station": "station", "served": "opens", "age_min": "age",
    "ready_seconds": "seconds", "allergens": "allergens", "diets": "diets",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fields:
    """`began`: the version of the menu that the form was made from."""

    item_id: MenuItemId
    values: dict[str, str]
    ticks: dict[str, list[str]]
    began: int
    new: bool = False

    def on(self, version: int) -> "Fields":
        return replace(self, began=version)


def blank(section: str, stand: StandDraft, sheet: Sheet) -> Fields:
    """Taxed and made as the last item of the section is."""
    found = sheet.section(parse_id(section))
    like = found.items[-1] if found and found.items else None
    values = dict.fromkeys((*_TEXTS, "description", *_taxes(stand, like)), "")
    values |= {"section": section, "seconds": "60", "tax": "10"}
    if like is not None:
        values |= {"station": like.station or "", "seconds": str(like.ready_seconds)}
        values |= _rates(stand, like)
    elif stand.stations:
        values["station"] = stand.stations[0].key
    ticks: dict[str, list[str]] = {name: [] for name in _TICKS}
    return Fields(MenuItemId(new_uuid()), values, ticks, sheet.version, new=True)


def of_item(item: MenuItem, sheet: Sheet, stand: StandDraft, locale: Locale) -> Fields:
    section = sheet.section_of(item.id)
    values = {
        "name": item.name, "description": item.description,
        "price": typed(item.price.amount, locale), "station": item.station or "",
        "seconds": str(item.ready_seconds), "age": str(item.age_min or ""),
        "picture": item.picture or "", "section": str(section.id) if section else "",
        "opens": f"{item.served.opens:%H:%M}" if item.served else "",
        "until": f"{item.served.until:%H:%M}" if item.served else "",
    }  # fmt: skip
    for name, text in _rates(stand, item).items():
        values[name] = text.replace(".", typed(Decimal("0.5"), locale)[1]) if text else ""
    ticks = {
        "allergens": list[str](item.allergens), "diets": list[str](item.diets),
        "groups": [str(one) for one in item.groups], "ways": list[str](item.fulfilments or []),
    }  # fmt: skip
    return Fields(item.id, values, ticks, sheet.version)


def _taxes(stand: StandDraft, item: MenuItem | None) -> list[str]:
    """`tax-seat`: a rate of its own, where several ways are offered or one has it already."""
    known = set(item.tax_rates_bp) if item else set[Fulfilment]()
    several = len(stand.fulfilments) > 1
    wanted = [w for w in FULFILMENTS if w in known or (several and w in stand.fulfilments)]
    return [f"tax-{way}" for way in wanted]


def _rates(stand: StandDraft, item: MenuItem) -> dict[str, str]:
    rates = {"tax": _percent(item.tax_rate_bp)}
    for name in _taxes(stand, item):
        own = item.tax_rates_bp.get(_way(name))
        rates[name] = "" if own is None else _percent(own)
    return rates


def _way(name: str) -> Fulfilment:
    return next(way for way in FULFILMENTS if name == f"tax-{way}")


def _percent(points: int) -> str:
    return f"{(Decimal(points) / 100).normalize():f}"


def sent(
    form: Form, item: MenuItem | None, stand: StandDraft, item_id: MenuItemId | None
) -> Fields:
    """Of a new item without an id."""
    values = {name: form.text(name) for name in (*_TEXTS, *_taxes(stand, item))}
    values["description"] = form.lines("description")
    known = item_id or MenuItemId(form.minted("item"))
    ticks = {name: form.all(name)[:100] for name in _TICKS}
    return Fields(known, values, ticks, form.whole("began", 0) or 0, new=item_id is None)


# -- To a draft ------------------------------------------------------------------------------------


def draft(fields: Fields, before: MenuItem | None, stand: StandDraft, locale: Locale) -> MenuItem:
    """What the form has no field for stays as it was `before`, and groups keep their order.

    Raises Mistakes or Malformed.
    """
    gettext = locale.gettext
    values, found = fields.values, dict[str, str]()
    price = amount(values["price"], stand.currency)
    if price is None:
        found["price"] = amount_rule(stand.currency, locale)
    if not values["name"]:
        found["name"] = gettext("Fill this in.")
    rates = {name: rate(values[name]) for name in values if name.startswith("tax")}
    for name, points in rates.items():
        if points is None:
            found[name] = gettext("Enter a rate between 0 and 100, such as 5.5.")
    seconds = count(values["seconds"] or "0", 0, SECONDS_MAX)
    if seconds is None:
        found["seconds"] = count_rule(0, SECONDS_MAX, locale)
    age = count(values["age"], 1, _AGE_MAX) if values["age"] else None
    if values["age"] and age is None:
        found["age"] = count_rule(1, _AGE_MAX, locale)
    if values["station"] not in ("", *(one.key for one in stand.stations)):
        found["station"] = gettext("Choose one of the list.")
    if values["picture"] and not values["picture"].startswith(("https://", "/")):
        found["picture"] = gettext("Enter an address that begins with https://.")
    served = _served(values, found, locale)
    if found:
        raise drafts.Mistakes(found)
    own_rates = {_way(n): p for n, p in rates.items() if n != "tax" and values[n]}
    kept = before.model_dump() if before else {}
    made = {
        "id": fields.item_id, "name": values["name"], "description": values["description"],
        "price": price, "tax_rate_bp": rates["tax"] or 0, "tax_rates_bp": own_rates,
        "station": values["station"] or None, "ready_seconds": seconds, "age_min": age,
        "picture": values["picture"] or None, "served": served, "groups": _groups(fields, before),
        "allergens": _known(fields, "allergens", get_args(Allergen)),
        "diets": _known(fields, "diets", get_args(Diet)), "fulfilments": _ways(fields, stand),
    }  # fmt: skip
    return drafts.made(MenuItem, **(kept | made))


def _known(fields: Fields, name: str, known: tuple[Any, ...]) -> list[Any]:
    return [one for one in known if one in fields.ticks[name]]


def _ways(fields: Fields, stand: StandDraft) -> list[Fulfilment] | None:
    """None, so all of the stand's, also of those to come: nothing is ticked, or everything."""
    wanted: list[Fulfilment] = [way for way in FULFILMENTS if way in fields.ticks["ways"]]
    return None if not wanted or set(wanted) >= set(stand.fulfilments) else wanted


def _groups(fields: Fields, before: MenuItem | None) -> list[ModifierGroupId]:
    ticked = [UUID(one) for one in dict.fromkeys(fields.ticks["groups"]) if parse_id(one)]
    old = [one for one in before.groups if one in ticked] if before else []
    return [*old, *(ModifierGroupId(one) for one in ticked if one not in old)]


def _served(values: dict[str, str], found: dict[str, str], locale: Locale) -> Served | None:
    if not values["opens"] and not values["until"]:
        return None
    times: list[time] = []
    for name in ("opens", "until"):
        try:
            times.append(time.fromisoformat(values[name]).replace(second=0, microsecond=0))
        except ValueError:
            found[name] = locale.gettext("Enter a time, or leave both empty.")
    if len(times) < 2:  # noqa: PLR2004 - from and until
        return None
    return drafts.made(Served, opens=times[0], until=times[1])
