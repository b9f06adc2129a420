"""schema.org `Menu` in JSON-LD: alone, in a restaurant's graph, or in a page's scripts."""

from typing import Any

from quickserve.catalog.importers import jsontext
from quickserve.catalog.importers.jsonld_nodes import bare, scripts, types_of
from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.menus.model import (
    DEPTH_MAX,
    Price,
    RawChoice,
    RawGroup,
    RawItem,
    RawMenu,
    RawSection,
)
from quickserve.catalog.importers.menus.values import (
    first,
    line_of,
    listed,
    nodes,
    prose,
    text_of,
    texts,
)
from quickserve.catalog.importers.model import ImportRefused

_SECTIONS = ("hasMenuSection", "menuSection", "hasSection")
_ITEMS = ("hasMenuItem", "menuItem", "hasItem")


class _Reading:
    def __init__(self) -> None:
        self.menu = RawMenu("schema.org")
        self.by_id: dict[str, Node] = {}
        self.seen: set[int] = set()
        self.menus: list[Node] = []
        self.loose: list[Node] = []
        self.broken: ImportRefused | None = None


def read(text: str) -> RawMenu:
    """All menus of the document, one after the other. Raises ImportRefused."""
    reading = _Reading()
    for root in _roots(text, reading):
        _collect(root, reading)
    roots = reading.menus or reading.loose
    if not roots and reading.broken:
        raise reading.broken
    if not roots:
        raise ImportRefused(
            "no-menu", "The file holds no schema.org Menu in JSON-LD: choose another one."
        )
    for root in roots:
        _walk(root, reading)
    return reading.menu


def _roots(text: str, reading: _Reading) -> list[Any]:
    if text.lstrip()[:1] != "<":
        return [jsontext.parse(text)]
    found: list[Any] = []
    for line, script in scripts(text):
        try:
            found.append(jsontext.parse(bare(script), line))
        except ImportRefused as refused:
            reading.broken = refused
            reading.menu.told(refused.code, refused.sentence, "Correct the script.", line=line)
    return found


def _collect(root: Any, reading: _Reading) -> None:
    """Menus in the document's order; sections that no menu holds only where there is no menu."""
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        value, inside = waiting.pop()
        if isinstance(value, list):
            waiting.extend((one, inside) for one in reversed(value))
        elif isinstance(value, Node):
            identifier = value.get("@id")
            if isinstance(identifier, str) and len(value) > 1:
                reading.by_id.setdefault(identifier, value)
            kinds = types_of(value)
            is_menu = "Menu" in kinds
            if is_menu and not inside and not _only_points(value):
                reading.menus.append(value)
            elif not inside and ({"MenuSection", "MenuItem"} & {*kinds}):
                reading.loose.append(value)
            deeper = inside or is_menu or "MenuSection" in kinds or "MenuItem" in kinds
            waiting.extend((one, deeper) for one in reversed(value.values()))


def _followed(value: Any, reading: _Reading) -> list[Node]:
    found: list[Node] = []
    for one in nodes(value):
        meant = reading.by_id.get(str(one.get("@id")), one) if _only_points(one) else one
        if id(meant) not in reading.seen:  # a circle, or the same again
            reading.seen.add(id(meant))
            found.append(meant)
    return found


def _only_points(node: Node) -> bool:
    """At another one, by its @id."""
    return not set(node) - {"@id", "@type"}


def _walk(root: Node, reading: _Reading) -> None:
    """Depth first: each section that has items of its own becomes one of ours."""
    waiting: list[tuple[Node, str, int]] = [(root, "", 0)]
    while waiting:
        owner, path, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise ImportRefused("too-deep", "Its sections are nested too deeply: flatten them.")
        name = text_of(owner.get("name"))
        alone = "MenuItem" in types_of(owner)
        items = [owner] if alone else [
            one for key in _ITEMS for one in _followed(owner.get(key), reading)
        ]  # fmt: skip
        key = f"{path}/{name}"
        if items:
            section = RawSection(
                key=text_of(owner.get("@id")) or key, name="" if alone else name,
                line=line_of(owner), description=prose(owner.get("description")),
            )  # fmt: skip
            section.items = [_item(one, key, reading) for one in items]
            reading.menu.sections.append(section)
        below = [one for word in _SECTIONS for one in _followed(owner.get(word), reading)]
        waiting.extend((one, key, depth + 1) for one in reversed(below))


def _item(value: Node, path: str, reading: _Reading) -> RawItem:
    name = text_of(value.get("name"))
    key = text_of(first(value, "@id", "identifier")) or f"{path}/{name}"
    item = RawItem(
        key=key, name=name, line=line_of(value), description=prose(value.get("description")),
        diets=texts(value.get("suitableForDiet")),
        allergens=texts(first(value, "allergens", "containsAllergens", "allergen")),
    )  # fmt: skip
    offers = [
        one for offer in nodes(value.get("offers"))
        for one in (nodes(offer.get("offers")) or [offer])
    ]  # fmt: skip
    priced = [(offer, price) for offer in offers if (price := _price(offer)) is not None]
    if len(priced) > 1 and all(text_of(first(o, "name", "description")) for o, _ in priced):
        group = RawGroup(f"{key}/offers", name, line_of(value), least=1, most=1, absolute=True)
        group.choices = [
            RawChoice(f"{key}/{label}", label, price)
            for offer, price in priced
            if (label := text_of(first(offer, "name", "description")))
        ]
        item.groups.append(group)
    elif priced:
        item.price = priced[0][1]
        if len(priced) > 1:
            reading.menu.told(
                "offers-without-names", f"It has {len(priced)} prices: the first is taken.",
                "Name the offers to have them all.", line=item.line, item=name, field="offers",
            )  # fmt: skip
    elif (price := _price(value)) is not None:
        item.price = price
    else:
        plain = next((one for one in listed(value.get("offers")) if isinstance(one, str)), None)
        item.price = Price(plain) if plain and any(char.isdigit() for char in plain) else None
    if addons := _addons(value, reading):
        group = RawGroup(f"{key}/addons", "+", line_of(value))
        group.choices = addons
        item.groups.append(group)
    return item


def _addons(value: Node, reading: _Reading) -> list[RawChoice]:
    found: list[RawChoice] = []
    for one in _followed(value.get("menuAddOn"), reading):
        items = [i for key in _ITEMS for i in _followed(one.get(key), reading)] or [one]
        for addon in items:
            offers = nodes(addon.get("offers"))
            price = next((p for o in offers if (p := _price(o)) is not None), _price(addon))
            name = text_of(addon.get("name"))
            found.append(RawChoice(text_of(addon.get("@id")) or name, name, price))
    return found


def _price(offer: Node) -> Price | None:
    """Of the offer itself, or of its price specification."""
    for owner in (offer, *nodes(offer.get("priceSpecification"))):
        value = first(owner, "price", "lowPrice", "minPrice")
        if isinstance(value, Node):
            value = first(value, "value", "@value", "price")
        if isinstance(value, list):
            value = next(iter(value), None)
        if value is not None:
            currency = first(owner, "priceCurrency", "currency") or offer.get("priceCurrency")
            return Price(value, currency, line=line_of(owner))
    return None
