"""Menus in JSON of no standard: whatever has a name and a list of dishes is a section."""

from typing import Any

from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.menus.model import DEPTH_MAX, Price, RawItem, RawMenu, RawSection
from quickserve.catalog.importers.menus.values import (
    first,
    line_of,
    listed,
    prose,
    text_of,
    texts,
)
from quickserve.catalog.importers.model import ImportRefused

_NAME = ("name", "title", "nom", "titre", "label", "dish", "plat", "item", "product", "item_name")
_PRICE = ("price", "prix", "amount", "tarif", "cost", "unit_price", "preis", "item_price")
_TEXT = ("description", "desc", "details", "descriptif", "composition")
_NOTE = ("note", "notes", "remark", "info")
_ALLERGENS = ("allergens", "allergenes", "allergènes", "allergen")
_DIETS = ("diets", "diet", "tags", "regimes", "labels")
_BREAK = ("subTitle", "subtitle", "sub_title", "heading", "sousTitre")
_SECTION = ("section", "category", "categorie", "catégorie", "rubrique")


def read(root: Any) -> RawMenu:
    """Raises ImportRefused where nothing in it has a price."""
    menu = RawMenu("json")
    waiting: list[tuple[Any, str, int]] = [(root, "", 0)]
    while waiting:
        value, name, depth = waiting.pop()
        if depth > DEPTH_MAX * 2:
            raise ImportRefused("too-deep", "The JSON is nested too deeply: flatten it.")
        if isinstance(value, list):
            if any(_is_item(one) for one in value):
                _dishes(value, name, menu)
            else:
                waiting.extend((one, name, depth + 1) for one in reversed(value))
        elif isinstance(value, Node):
            own = text_of(first(value, *_NAME)) or name
            waiting.extend(
                (one, own if _is_list_word(key) else key, depth + 1)
                for key, one in reversed(value.items())
                if isinstance(one, Node | list)
            )
    if not menu.sections:
        raise ImportRefused("no-menu", "Nothing in the file has a name and a price.")
    return menu


def _is_list_word(key: str) -> bool:
    return key.lower() in {
        "items", "dishes", "products", "plats", "entries", "menu", "menus", "sections", "data",
        "categories", "menujson", "results", "children", "carte", "articles", "produits",
    }  # fmt: skip


def _is_item(value: Any) -> bool:
    return isinstance(value, Node) and any(word in value for word in _PRICE)


def _dishes(values: list[Any], name: str, menu: RawMenu) -> None:
    sections: dict[str, RawSection] = {}
    current = name
    for value in values:
        if not isinstance(value, Node):
            continue
        if heading := text_of(first(value, *_BREAK)):
            current = heading
        if not _is_item(value):
            if not heading and (said := text_of(first(value, *_NAME))):
                menu.sections.append(RawSection(current, current, line_of(value)))
                menu.sections[-1].items.append(RawItem(f"{current}/{said}", said, line_of(value)))
            continue
        at = text_of(first(value, *_SECTION)) or current
        if at not in sections:
            sections[at] = RawSection(f"{name}/{at}", at, line_of(value))
            menu.sections.append(sections[at])
        sections[at].items.append(_dish(value, f"{name}/{at}"))


def _dish(value: Node, path: str) -> RawItem:
    name = text_of(first(value, *_NAME))
    price = first(value, *_PRICE)
    if isinstance(price, Node):
        price = first(price, "amount", "value", "price")
    currency = first(value, "currency", "priceCurrency", "devise")
    return RawItem(
        key=text_of(first(value, "id", "uid", "sku")) or f"{path}/{name}",
        name=name,
        line=line_of(value),
        description=prose(first(value, *_TEXT)),
        price=None if price is None else Price(price, currency, line=line_of(value)),
        allergens=texts(first(value, *_ALLERGENS)),
        diets=tuple(text_of(one) for one in listed(first(value, *_DIETS))),
        note=prose(first(value, *_NOTE)),
        station=text_of(first(value, "station")),
        seconds=first(value, "ready_seconds", "seconds"),
        age=first(value, "age_min"),
        tax=first(value, "tax", "vat", "tva"),
    )
