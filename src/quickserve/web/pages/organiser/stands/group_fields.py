"""The fields of a group of choices: from a group, from what was sent, to a draft."""

from dataclasses import dataclass, replace
from typing import Final, get_args

from quickserve.contracts.menus import (
    MODIFIERS_MAX,
    Allergen,
    Modifier,
    ModifierGroup,
    ModifierGroupId,
    ModifierId,
)
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import AmountError, Money
from quickserve.web.forms import Form
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.numbers import count, count_rule, typed

_TEXTS: Final = ("name", "min", "max", "repeat")
_SECONDS_MAX: Final = 3600
_NAME_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One modifier's fields; `key` is what their names begin with."""

    key: str
    id: ModifierId
    values: dict[str, str]
    allergens: list[str]
    default: bool = False
    gone: bool = False
    known: bool = False

    @property
    def kept(self) -> bool:
        return not self.gone and (self.known or bool(self.values["name"] or self.values["price"]))


@dataclass(frozen=True, slots=True)
class Fields:
    group_id: ModifierGroupId
    values: dict[str, str]
    rows: list[Row]
    began: int

    def on(self, version: int) -> "Fields":
        return replace(self, began=version)

    def with_more(self, wanted: int = 1) -> "Fields":
        rows = list(self.rows)
        for _ in range(wanted):
            if len(rows) < MODIFIERS_MAX:
                taken = {row.key for row in rows}
                key = next(f"m{n}" for n in range(len(taken) + 1) if f"m{n}" not in taken)
                blank = {"name": "", "price": "", "seconds": "0"}
                rows.append(Row(key, ModifierId(new_uuid()), blank, []))
        return replace(self, rows=rows)


def blank(version: int) -> Fields:
    values = {"name": "", "min": "0", "max": "1", "repeat": "1"}
    return Fields(ModifierGroupId(new_uuid()), values, [], version).with_more(3)


def of_group(group: ModifierGroup, version: int, locale: Locale) -> Fields:
    values = {
        "name": group.name, "min": str(group.min), "max": str(group.max),
        "repeat": str(group.repeat_max),
    }  # fmt: skip
    rows = [
        Row(
            f"m{n}", one.id,
            {
                "name": one.name, "price": typed(one.price.amount, locale),
                "seconds": str(one.ready_seconds),
            },
            list[str](one.allergens), one.default, known=True,
        )
        for n, one in enumerate(group.modifiers)
    ]  # fmt: skip
    return Fields(group.id, values, rows, version)


def sent(form: Form, group: ModifierGroup | None, group_id: ModifierGroupId | None) -> Fields:
    """Of new ones without an id."""
    known = {one.id for one in group.modifiers} if group else set[ModifierId]()
    rows: list[Row] = []
    for key in form.keys("m", "-id")[:MODIFIERS_MAX]:
        modifier_id = ModifierId(form.minted(f"{key}-id"))
        values = {name: form.text(f"{key}-{name}") for name in ("name", "price", "seconds")}
        rows.append(
            Row(
                key, modifier_id, values, form.all(f"{key}-allergens")[:20],
                form.ticked(f"{key}-default"), form.ticked(f"{key}-gone"), modifier_id in known,
            )
        )  # fmt: skip
    values = {name: form.text(name) for name in _TEXTS}
    known_as = group_id or ModifierGroupId(form.minted("group"))
    return Fields(known_as, values, rows, form.whole("began", 0) or 0)


def draft(
    fields: Fields, before: ModifierGroup | None, currency: str, locale: Locale
) -> ModifierGroup:
    """What the form has no field for stays as it was `before`. Raises Mistakes or Malformed."""
    found: dict[str, str] = {}
    values, gettext = fields.values, locale.gettext
    if not values["name"]:
        found["name"] = gettext("Fill this in.")
    figures = {
        name: count(values[name], least, MODIFIERS_MAX)
        for name, least in (("min", 0), ("max", 1), ("repeat", 1))
    }
    for name, figure in figures.items():
        if figure is None:
            found[name] = count_rule(0 if name == "min" else 1, MODIFIERS_MAX, locale)
    kept = [row for row in fields.rows if row.kept]
    old = {one.id: one for one in before.modifiers} if before else {}
    modifiers = [_modifier(row, old.get(row.id), currency, found, locale) for row in kept]
    if not kept:
        name = f"{fields.rows[0].key}-name" if fields.rows else "name"
        found[name] = gettext("Name at least one choice.")
    least, most, repeat = (figures[name] or 0 for name in ("min", "max", "repeat"))
    if "min" not in found and "max" not in found:
        defaults = sum(row.default for row in kept)
        if least > most:
            found["max"] = gettext("Enter at least the minimum.")
        elif kept and least > len(kept) * repeat:
            found["min"] = gettext("There are not so many choices: enter less, or add some.")
        elif defaults > most:
            found["max"] = gettext("More are chosen beforehand than that: enter more.")
    if found:
        raise drafts.Mistakes(found)
    made = {
        "id": fields.group_id, "name": values["name"], "min": least, "max": most,
        "repeat_max": repeat, "modifiers": [one for one in modifiers if one],
    }  # fmt: skip
    return drafts.made(ModifierGroup, **((before.model_dump() if before else {}) | made))


def _modifier(
    row: Row, before: Modifier | None, currency: str, found: dict[str, str], locale: Locale
) -> Modifier | None:
    """None with something in `found`."""
    price = _signed(row.values["price"] or "0", currency)
    seconds = count(row.values["seconds"] or "0", 0, _SECONDS_MAX)
    wrong = {
        "name": _name_wrong(row.values["name"], locale),
        "price": price is None and locale.gettext("Enter a price such as 1.50, or -1 for less."),
        "seconds": seconds is None and count_rule(0, _SECONDS_MAX, locale),
    }  # fmt: skip
    mistakes = {f"{row.key}-{name}": str(text) for name, text in wrong.items() if text}
    found.update(mistakes)
    if mistakes:
        return None
    made = {
        "id": row.id, "name": row.values["name"], "price": price, "default": row.default,
        "allergens": [one for one in get_args(Allergen) if one in row.allergens],
        "ready_seconds": seconds,
    }  # fmt: skip
    return drafts.made(Modifier, **((before.model_dump() if before else {}) | made))


def _name_wrong(name: str, locale: Locale) -> str:
    if not name:
        return locale.gettext("Fill this in.")
    return locale.gettext("This is too long: shorten it.") if len(name) > _NAME_MAX else ""


def _signed(text: str, currency: str) -> Money | None:
    try:
        found = Money.parse(text.replace("−", "-").replace("- ", "-"), currency)
    except AmountError:
        return None
    return found if abs(found.minor) <= PAYMENT_MAX_MINOR else None
