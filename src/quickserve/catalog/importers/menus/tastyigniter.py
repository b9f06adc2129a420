"""TastyIgniter: its API's answers (JSON:API), an export of its tables, or its data files.

Its data files are three; together they are one document: `{"menus": […], "menu_options": […],
"categories": […]}`.
"""

from collections.abc import Iterator
from typing import Any

from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.menus.model import (
    Price,
    RawChoice,
    RawGroup,
    RawItem,
    RawMenu,
    RawSection,
)
from quickserve.catalog.importers.menus.values import (
    false,
    first,
    line_of,
    node,
    nodes,
    prose,
    text_of,
    texts,
    true,
)
from quickserve.catalog.importers.model import ImportRefused

_ONE_OF = frozenset(("radio", "select", "dropdown"))
_MANY = 99
_WAYS = {"delivery": "delivery", "collection": "pickup", "pickup": "pickup", "dine_in": "table"}


class _Tables:
    def __init__(self) -> None:
        self.menu = RawMenu("tastyigniter")
        self.items: list[Node] = []
        self.options: dict[str, Node] = {}
        self.categories: dict[str, Node] = {}
        self.by_ref: dict[tuple[str, str], Node] = {}


def read(root: Any) -> RawMenu:
    """Raises ImportRefused where it holds no menu item."""
    tables = _Tables()
    for value in _objects(root):
        _sort(value, tables)
    if not tables.items:
        raise ImportRefused("no-menu", "The file holds no menu item: export the menus, too.")
    sections: dict[str, RawSection] = {}
    for value in sorted(tables.items, key=lambda one: _rank(one, "menu_priority")):
        item = _item(value, tables)
        if item is not None:
            key, name = _section(value, tables)
            sections.setdefault(key, RawSection(key, name, line_of(value))).items.append(item)
    order = [key for key, _ in sorted(
        tables.categories.items(), key=lambda pair: _rank(pair[1], "priority")
    )]  # fmt: skip
    place = {key: at for at, key in enumerate(order)}
    tables.menu.sections = sorted(sections.values(), key=lambda one: place.get(one.key, len(place)))
    return tables.menu


def _objects(root: Any) -> Iterator[Node]:
    """Tables and JSON:API resources, not what is inside a menu item."""
    waiting: list[Any] = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, Node):
            flat = _flat(value)
            known = {"menu_name", "option_name", "menu_price", "attributes"} & {*flat}
            if known or _is_category(flat):
                yield flat
            else:
                waiting.extend(reversed(value.values()))


def _flat(value: Node) -> Node:
    """A resource of JSON:API with its attributes beside its id."""
    attributes = value.get("attributes")
    if not isinstance(attributes, Node):
        return value
    flat = Node({**value, **attributes})
    flat.line = value.line
    return flat


def _is_category(value: Node) -> bool:
    return "permalink_slug" in value or ("category_id" in value and "name" in value)


def _sort(value: Node, tables: _Tables) -> None:
    kind, key = text_of(value.get("type")), text_of(value.get("id"))
    if kind and key:
        tables.by_ref.setdefault((kind, key), value)
    if "menu_name" in value:
        tables.items.append(value)
    elif "option_name" in value:
        for name in (first(value, "option_id", "id"), value.get("option_name")):
            tables.options.setdefault(text_of(name), value)
    elif _is_category(value) or kind == "categories":
        tables.categories.setdefault(
            text_of(first(value, "category_id", "id", "name")) or "?", value
        )


def _rank(value: Node, name: str) -> int:
    said = value.get(name)
    return said if isinstance(said, int) and abs(said) < 10**9 else 0


def _related(value: Node, name: str, tables: _Tables) -> list[Any]:
    """What stands there itself, or what its references name."""
    own = value.get(name)
    if own is not None:
        return own if isinstance(own, list) else [own]
    linked = node(node(value.get("relationships")).get(name)).get("data")
    pairs = [(text_of(one.get("type")), text_of(one.get("id"))) for one in nodes(linked)]
    return [tables.by_ref[pair] for pair in pairs if pair in tables.by_ref]


def _section(value: Node, tables: _Tables) -> tuple[str, str]:
    for one in [*_related(value, "categories", tables), *_related(value, "category", tables),
                value.get("category_id"), value.get("category_name")]:  # fmt: skip
        if isinstance(one, Node):
            data = _flat(one)
            name = text_of(data.get("name"))
            return text_of(first(data, "category_id", "id")) or name, name
        said = text_of(one)
        for key, known in tables.categories.items():
            if said and said in (key, text_of(known.get("name"))):
                return key, text_of(known.get("name"))
        if said and not said.isdigit():
            return said, said
    return "", ""


def _item(value: Node, tables: _Tables) -> RawItem | None:
    name = text_of(value.get("menu_name"))
    key = text_of(first(value, "menu_id", "id")) or name
    price = value.get("menu_price")
    item = RawItem(
        key=key, name=name, line=line_of(value), description=prose(value.get("menu_description")),
        price=None if price is None else Price(price, value.get("currency"), line=line_of(value)),
    )  # fmt: skip
    if false(value.get("menu_status", True)):
        tables.menu.told(
            "not-for-sale", "It is switched off: left out.", "Switch it on to have it.",
            line=item.line, item=name, field="menu_status",
        )  # fmt: skip
        return None
    least = value.get("minimum_qty")
    if isinstance(least, int) and least > 1:
        tables.menu.told(
            "minimum-ignored", f"At least {least} are sold there; here one may be.",
            "Nothing, or say it in the name.", line=item.line, item=name, field="minimum_qty",
        )  # fmt: skip
    item.allergens = tuple(_allergens(value, tables))
    ways = texts(value.get("order_restriction"))
    item.fulfilments = tuple(_WAYS[one] for one in ways if one in _WAYS)
    times = [_flat(one) for one in _related(value, "mealtimes", tables) if isinstance(one, Node)]
    if len(times) == 1:
        item.served = (text_of(times[0].get("start_time")), text_of(times[0].get("end_time")))
    options = _related(value, "menu_options", tables) or _related(value, "options", tables)
    for option in options:
        if group := _group(option, item, tables):
            item.groups.append(group)
    return item


def _allergens(value: Node, tables: _Tables) -> Iterator[str]:
    for name in ("allergens", "ingredients"):
        for one in _related(value, name, tables):
            data = _flat(one) if isinstance(one, Node) else Node(name=one)
            off = false(data.get("is_allergen", name == "allergens"))
            if not off and not false(data.get("status", True)):
                yield text_of(data.get("name"))


def _group(option: Any, item: RawItem, tables: _Tables) -> RawGroup | None:
    own = _flat(option) if isinstance(option, Node) else Node()
    named = text_of(first(own, "option_id", "option_name")) if own else text_of(option)
    base = node(own.get("option")) if own else node(None)
    base = _flat(base) or tables.options.get(named) or node(None)
    name = text_of(first(own, "option_name")) or text_of(base.get("option_name")) or named
    values: list[Any] = next((found for owner in (own, base) for key in (
        "menu_option_values", "option_values", "values"
    ) if (found := _related(owner, key, tables))), [])  # fmt: skip
    if not values:
        tables.menu.told(
            "choices-unknown", f"The choices of {name[:40]} are not in the file: left out.",
            "Give its options, too.", line=item.line, item=item.name, field="menu_options",
        )  # fmt: skip
        return None
    line = line_of(own) or line_of(base) or item.line
    group = RawGroup(text_of(first(own, "menu_option_id", "id")) or f"option/{named}", name, line)
    for one in sorted(nodes(values), key=lambda one: _rank(_flat(one), "priority")):
        group.choices.append(_choice(_flat(one)))
    display = text_of(first(own, "display_type") or base.get("display_type")).lower()
    required = true(first(own, "required", "is_required") or base.get("is_required"))
    least, most = (
        first(own, key) or first(base, key) or 0 for key in ("min_selected", "max_selected")
    )
    group.least = max(least, int(required)) if isinstance(least, int) else least
    group.most = most or (1 if display in _ONE_OF else None)
    group.repeat = _MANY if display == "quantity" else 1
    return group


def _choice(value: Node) -> RawChoice:
    base = _flat(node(value.get("option_value")))
    name = text_of(first(value, "name", "value")) or text_of(first(base, "name", "value"))
    price = first(value, "override_price", "new_price", "price")
    price = base.get("price") if price is None else price
    return RawChoice(
        text_of(first(value, "menu_option_value_id", "option_value_id", "id")) or name, name,
        None if price is None else Price(price, line=line_of(value)), true(value.get("is_default")),
    )  # fmt: skip
