"""A menu of ours out of what a file holds: every defect told with its place and its repair."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID, uuid5

from quickserve.catalog.importers.menus import words
from quickserve.catalog.importers.menus.model import (
    Finding,
    Price,
    RawChoice,
    RawGroup,
    RawItem,
    RawMenu,
    RawSection,
)
from quickserve.catalog.importers.menus.prices import money
from quickserve.catalog.importers.model import EntryError, ImportRefused
from quickserve.catalog.importers.text import cut, folded
from quickserve.contracts.menus import (
    GROUPS_MAX,
    ITEMS_MAX,
    MODIFIERS_MAX,
    SECTIONS_MAX,
    Allergen,
    Diet,
    Fulfilment,
    MenuDraft,
    MenuItem,
    MenuItemId,
    MenuSection,
    Modifier,
    ModifierGroup,
    ModifierGroupId,
    ModifierId,
    SectionId,
    Served,
    StandDraft,
    StandId,
)
from quickserve.kernel.money import Money

_NAME_MAX, _TEXT_MAX, _SECTION_TEXT_MAX, _ITEM_GROUPS_MAX = 200, 2000, 1000, 20
_SECONDS_MAX, _AGE_MAX, _PERCENT = 4 * 3600, 21, 100
_REPAIRS = {
    "missing-price": "Give it one; 0 where it is free.",
    "wrong-currency": "Give its price in the stand's currency.",
    "unknown-currency": "Use a code of ISO 4217, such as EUR.",
    "price-unreadable": "Write it like 12.50.",
    "price-too-large": "Correct the price.",
    "price-too-fine": "Round it to the currency's smallest unit.",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The stand that gets the menu. `before`: what it has, whose work and taxes are kept."""

    stand_id: StandId
    stand: StandDraft
    before: MenuDraft | None = None
    tax_rate_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """What can be taken, and all that is to be said of the rest."""

    format: str
    menu: MenuDraft
    findings: list[Finding]


@dataclass(slots=True)
class _Build:
    target: Target
    findings: list[Finding]
    tax: int
    before: dict[UUID, MenuItem]
    groups: dict[UUID, ModifierGroup] = field(default_factory=dict[UUID, ModifierGroup])
    items: set[UUID] = field(default_factory=set[UUID])
    lines: dict[UUID, int] = field(default_factory=dict[UUID, int])
    assumed: Counter[tuple[str, str, int]] = field(default_factory=Counter[tuple[str, str, int]])

    def id_(self, *parts: str) -> UUID:
        """Of the stand and the source's own key: the same file again has the same ids."""
        name = "\n".join(parts).encode("utf-8", "backslashreplace").decode()
        return uuid5(self.target.stand_id, name)

    def tell(self, code: str, detail: str, repair: str, *, defect: bool = True, **at: Any) -> None:
        self.findings.append(Finding(code, detail, repair, defect=defect, **at))

    @property
    def currency(self) -> str:
        return self.target.stand.currency


def build(raw: RawMenu, target: Target) -> Built:
    """Raises ImportRefused where nothing is left, or it is too much for one menu."""
    before: dict[UUID, MenuItem] = {
        one.id: one for s in (target.before.sections if target.before else []) for one in s.items
    }
    rates = Counter(one.tax_rate_bp for one in before.values())
    usual = rates.most_common(1)[0][0] if rates else (1000 if target.stand.currency == "EUR" else 0)
    tax = usual if target.tax_rate_bp is None else target.tax_rate_bp
    made = _Build(target, list(raw.findings), tax, before)
    sections = _sections(raw, made)
    items = sum(len(one.items) for one in sections)
    for what, count, most in (
        ("sections", len(sections), SECTIONS_MAX), ("items", items, ITEMS_MAX),
        ("groups of choices", len(made.groups), GROUPS_MAX),
    ):  # fmt: skip
        if count > most:
            raise ImportRefused(
                "too-many-entries", f"The file has {count} {what}, a menu at most {most}: split it."
            )
    if not items and not any(one.defect for one in made.findings):
        raise ImportRefused("no-menu", "Nothing in the file can be ordered.")
    _assumed(made)
    return Built(raw.format, MenuDraft(sections=sections, groups=list(made.groups.values())),
                 made.findings)  # fmt: skip


def _sections(raw: RawMenu, made: _Build) -> list[MenuSection]:
    found: dict[UUID, MenuSection] = {}
    for section in raw.sections:
        name = cut(section.name, _NAME_MAX)
        if not name:
            name = "Menu"
            made.tell("section-named", "A section without a name is called “Menu”.",
                      "Name it.", defect=False, line=section.line)  # fmt: skip
        key = made.id_("section", section.key or name)
        ours = found.setdefault(
            key,
            MenuSection(id=SectionId(key), name=name,
                        description=cut(section.description, _SECTION_TEXT_MAX)),
        )  # fmt: skip
        for raw_item in section.items:
            if (item := _item(section, name, raw_item, made)) is not None:
                ours.items.append(item)
        if len(ours.items) > ITEMS_MAX:
            raise ImportRefused("too-many-entries", f"A menu has at most {ITEMS_MAX} items.")
    return [one for one in found.values() if one.items]


def _item(section: RawSection, in_section: str, raw: RawItem, made: _Build) -> MenuItem | None:
    at: dict[str, Any] = {"line": raw.line, "section": in_section, "item": cut(raw.name, 80)}
    if not raw.name:
        made.tell("missing-name", "It has no name.", "Give it one.", field="name", **at)
        return None
    key = made.id_("item", raw.key)
    if key in made.items:
        made.tell("duplicate", f"It stands in the file twice, first at line {made.lines[key]}.",
                  "Remove one of them.", field="id", **at)  # fmt: skip
        return None
    groups = [group for one in raw.groups if (group := _group(one, raw, at, made)) is not None]
    price = _price(raw, at, made)
    if price is None:
        return None
    if len(groups) > _ITEM_GROUPS_MAX:
        made.tell("too-many-groups", f"It asks {len(groups)} choices.",
                  f"At most {_ITEM_GROUPS_MAX}.", field="groups", **at)  # fmt: skip
    made.items.add(key)
    made.lines[key] = raw.line
    for group in groups:
        made.groups.setdefault(group.id, group)
    known = made.before.get(key)
    allergens, description = _allergens(raw, at, made)
    station, seconds = _work(raw, section, known, at, made)
    rate = _tax(raw, known, at, made)
    return MenuItem(
        id=MenuItemId(key), name=cut(raw.name, _NAME_MAX), description=cut(description, _TEXT_MAX),
        price=price, tax_rate_bp=rate,
        tax_rates_bp=known.tax_rates_bp if known and raw.tax is None else {},
        station=station, ready_seconds=seconds, allergens=allergens, diets=_diets(raw, at, made),
        age_min=_whole(raw.age, "age", 1, _AGE_MAX, at, made) or (known.age_min if known else None),
        picture=known.picture if known else None,
        groups=list(dict.fromkeys(group.id for group in groups))[:_ITEM_GROUPS_MAX],
        served=_served(raw, at, made), fulfilments=_ways(raw, made),
    )  # fmt: skip


def _price(raw: RawItem, at: dict[str, Any], made: _Build) -> Money | None:
    """Its own, or the smallest of those it can be had for."""
    absolute = [choice.price for group in raw.groups if group.absolute for choice in group.choices]
    found: list[Money] = []
    for price in absolute or [raw.price]:
        try:
            found.append(_paid(price, made.currency))
        except EntryError as error:
            if not absolute:  # of a choice it was told with the group
                made.tell(error.code, error.sentence, _REPAIRS[error.code], field="price", **at)
    least = min(found, key=lambda one: one.minor, default=None)
    if least is not None and least.minor < 0:
        made.tell("negative-price", f"It costs {least}.", "0 or more.", field="price", **at)
        return None
    return least


def _paid(price: Price | None, currency: str) -> Money:
    if price is None or price.value is None:
        raise EntryError("missing-price", "It has no price.")
    return money(price, currency)


def _group(raw: RawGroup, item: RawItem, at: dict[str, Any], made: _Build) -> ModifierGroup | None:
    key = made.id_("group", raw.key)
    if key in made.groups:
        return made.groups[key]
    name = cut(raw.name, _NAME_MAX) or "+"
    where: dict[str, Any] = {**at, "field": f"choices: {cut(name, 60)}"}
    chosen = _choices(raw, where, made)
    if len(chosen) > MODIFIERS_MAX:
        made.tell("too-many-choices", f"It has {len(chosen)} choices.",
                  f"At most {MODIFIERS_MAX}.", **where)  # fmt: skip
        chosen = chosen[:MODIFIERS_MAX]
    if not chosen:
        if not raw.absolute:
            made.tell("no-choices", "Nothing can be chosen: left out.", "Give its choices.",
                      defect=False, **where)  # fmt: skip
        return None
    repeat = min(max(raw.repeat, 1), MODIFIERS_MAX)
    could = min(len(chosen) * repeat, MODIFIERS_MAX)
    least = _limit(raw.least, 0, could, "min", where, made)
    most = _limit(raw.most, max(least, 1), could, "max", where, made)
    if raw.absolute:
        cheapest = min(one.price.minor for one in chosen)
        chosen = [
            one.model_copy(update={
                "price": Money(one.price.minor - cheapest, made.currency), "default": n == 0,
            })
            for n, one in enumerate(chosen)
        ]  # fmt: skip
    elif sum(one.default for one in chosen) > most:
        made.tell("too-many-defaults", "More are chosen at first than may be.",
                  f"At most {most}.", **where)  # fmt: skip
        chosen = [one.model_copy(update={"default": False}) for one in chosen]
    return ModifierGroup(
        id=ModifierGroupId(key), name=cut(item.name if raw.absolute else name, _NAME_MAX),
        min=least, max=most, repeat_max=repeat, modifiers=chosen,
    )  # fmt: skip


def _choices(raw: RawGroup, at: dict[str, Any], made: _Build) -> list[Modifier]:
    found: dict[UUID, Modifier] = {}
    for one in raw.choices:
        choice = _choice(one, raw, at, made)
        if choice is not None and choice.id in found:
            made.tell("duplicate", f"{cut(one.name, 60)} can be chosen twice.",
                      "Remove one of them.", **at)  # fmt: skip
        elif choice is not None:
            found[choice.id] = choice
    return list(found.values())


def _choice(raw: RawChoice, group: RawGroup, at: dict[str, Any], made: _Build) -> Modifier | None:
    if not raw.name:
        made.tell("missing-name", "A choice has no name.", "Give it one.", **at)
        return None
    try:
        unpriced = raw.price is None or raw.price.value in (None, "")
        free = unpriced and not group.absolute
        price = Money.zero(made.currency) if free else _paid(raw.price, made.currency)
    except EntryError as error:
        made.tell(error.code, f"{cut(raw.name, 60)}: {error.sentence}", _REPAIRS[error.code], **at)
        return None
    return Modifier(
        id=ModifierId(made.id_("choice", group.key, raw.key)), name=cut(raw.name, _NAME_MAX),
        price=price, default=raw.default,
    )  # fmt: skip


def _limit(said: Any, least: int, most: int, name: str, at: dict[str, Any], made: _Build) -> int:
    """Between these two; nothing said is no minimum, and as many as there are."""
    if said is None or said == "":
        return most if name == "max" else least
    whole = int(said) if isinstance(said, str) and re.fullmatch(r"[0-9]{1,4}", said) else said
    if isinstance(whole, int) and not isinstance(whole, bool):
        if least <= whole <= most:
            return whole
        if name == "max" and whole > most:
            return most  # as many as there are, and no harm done
        if name == "max" and whole == 0:
            return most  # 0 is how some say without limit
    fits = min(max(whole, least), most) if isinstance(whole, int) else least
    made.tell(f"{name}-impossible", f"{str(said)[:20]} cannot be met.",
              f"A number from {least} to {most}: {fits}.", **at)  # fmt: skip
    return fits


def _allergens(raw: RawItem, at: dict[str, Any], made: _Build) -> tuple[list[Allergen], str]:
    """And the description, with a note's words that are no allergens."""
    found: dict[Allergen, None] = {}
    said = [part for one in raw.allergens for part in words.parts(one)]
    for word in said:
        name = words.allergen(word)
        if name is not None:
            found[name] = None
        elif not words.is_none(word):
            known = ", ".join(get_args(Allergen))
            made.tell("unknown-allergen", f"{word[:40]!r} is none of the 14 of the EU.",
                      f"One of: {known}.", field="allergens", **at)  # fmt: skip
    noted: list[Allergen | None] = [words.allergen(one) for one in words.parts(raw.note)]
    found.update({one: None for one in noted if one is not None})
    if all(one is not None for one in noted):
        return list(found), raw.description
    if any(one is not None for one in noted):
        made.tell("note-kept", f"Of its note {raw.note[:60]!r} only a part are allergens.",
                  "Check its allergens.", defect=False, field="note", **at)  # fmt: skip
    return list(found), "\n".join(filter(None, (raw.description, raw.note)))


def _diets(raw: RawItem, at: dict[str, Any], made: _Build) -> list[Diet]:
    found: dict[Diet, None] = {}
    for word in raw.diets:
        if (name := words.diet(word)) is not None:
            found[name] = None
        elif word:
            made.tell(
                "diet-ignored", f"{word[:60]!r} is no diet that is known here: left out.",
                "Nothing, or say it in the description.", defect=False, field="diets", **at,
            )  # fmt: skip
    return list(found)


def _work(
    raw: RawItem, section: RawSection, known: MenuItem | None, at: dict[str, Any], made: _Build
) -> tuple[str | None, int]:
    stations = made.target.stand.stations
    keys = {folded(name): one.key for one in stations for name in (one.key, one.name)}
    station, seconds = words.work(section.name, raw.name, stations)
    guessed = known is None
    if known is not None and (known.station is None or known.station in keys.values()):
        station, seconds = known.station, known.ready_seconds
    if raw.station:
        if folded(raw.station) in keys:
            station = keys[folded(raw.station)]
        else:
            there = ", ".join(one.key for one in stations) or "none"
            made.tell("station-unknown", f"The stand has no station {raw.station[:40]!r}.",
                      f"One of: {there}.", field="station", **at)  # fmt: skip
    told = _whole(raw.seconds, "ready_seconds", 0, _SECONDS_MAX, at, made)
    if guessed and (told is None or not raw.station):
        shown = seconds if told is None else told
        made.assumed[(at["section"], station or "", shown)] += 1
    return station, seconds if told is None else told


def _tax(raw: RawItem, known: MenuItem | None, at: dict[str, Any], made: _Build) -> int:
    if raw.tax is None:
        return known.tax_rate_bp if known else made.tax
    said = str(raw.tax).replace("%", "").replace(",", ".").strip()
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,4})?", said) and Decimal(said) <= _PERCENT:
        rate = Decimal(said) * _PERCENT
        return int(rate)
    made.tell("tax-unreadable", f"{str(raw.tax)[:20]!r} is no rate.", "Percent, like 10 or 5.5.",
              field="tax", **at)  # fmt: skip
    return made.tax


def _whole(
    said: Any, name: str, least: int, most: int, at: dict[str, Any], made: _Build
) -> int | None:
    if said is None or said == "":
        return None
    text = str(said)[:20].strip() if not isinstance(said, int) or abs(said) < 10**9 else "…"
    if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most:
        return int(text)
    made.tell(f"{name.replace('_', '-')}-not-allowed", f"{text!r} cannot be.",
              f"A whole number from {least} to {most}.", field=name, **at)  # fmt: skip
    return None


def _served(raw: RawItem, at: dict[str, Any], made: _Build) -> Served | None:
    if raw.served is None:
        return None
    try:
        opens, until = (time.fromisoformat(one) for one in raw.served)
        if opens != until:
            return Served(opens=opens.replace(tzinfo=None), until=until.replace(tzinfo=None))
    except ValueError:
        pass
    made.tell("times-ignored", "The times it is served at cannot be read: it always is.",
              "Set them in the menu's editor.", defect=False, field="served", **at)  # fmt: skip
    return None


def _ways(raw: RawItem, made: _Build) -> list[Fulfilment] | None:
    ways: list[Fulfilment] = [
        one for one in made.target.stand.fulfilments if one in raw.fulfilments
    ]
    return ways or None


def _assumed(made: _Build) -> None:
    """One line a section: what was taken for granted of its work, and of the taxes."""
    for (section, station, seconds), count in made.assumed.items():
        there = f"{station}, {seconds} s each" if station else "nothing is made (no stations)"
        made.tell("work-assumed", f"{count} × {there}: assumed.",
                  "Correct it in the menu's editor, or give station and ready_seconds in the file.",
                  defect=False, section=section, field="station")  # fmt: skip
    if made.items - made.before.keys():
        made.tell("tax-assumed", f"Where the file names no tax it is {Decimal(made.tax) / 100} %.",
                  "Correct it in the menu's editor, or say another rate with the import.",
                  defect=False, field="tax")  # fmt: skip
