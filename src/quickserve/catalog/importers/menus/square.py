"""Square's catalogue: `CatalogObject`s in a list, in `objects`, or by name; snake or camel case."""

import re
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
    true,
)
from quickserve.catalog.importers.model import ImportRefused
from quickserve.contracts.menus import MODIFIERS_MAX

_REPEAT = 10  # of one choice, where a group may repeat it and says no number

_KINDS = {
    "item_data": "ITEM", "category_data": "CATEGORY", "modifier_list_data": "MODIFIER_LIST",
    "modifier_data": "MODIFIER", "item_variation_data": "ITEM_VARIATION",
}  # fmt: skip


class _Catalogue:
    def __init__(self) -> None:
        self.menu = RawMenu("square")
        self.of_kind: dict[str, dict[str, Node]] = {kind: {} for kind in _KINDS.values()}
        self.items: list[tuple[Node, Node]] = []


def read(root: Any) -> RawMenu:
    """Raises ImportRefused where it holds no item."""
    catalogue = _Catalogue()
    _collect(root, catalogue)
    if not catalogue.items:
        raise ImportRefused("no-menu", "The catalogue holds no ITEM: export the items, too.")
    sections: dict[str, RawSection] = {}
    for key, value in catalogue.of_kind["CATEGORY"].items():
        data = _data(value, "category_data")
        sections[key] = RawSection(key, text_of(data.get("name")), line_of(value))
    for value, data in catalogue.items:
        item = _item(value, data, catalogue)
        if item is None:
            continue
        at = _category(data, sections, item, catalogue)
        sections.setdefault(at, RawSection("", "", 0)).items.append(item)
    catalogue.menu.sections = [one for one in sections.values() if one.items]
    return catalogue.menu


def _collect(root: Any, catalogue: _Catalogue) -> None:
    """Objects wherever they stand, in order, each as snake case; nesting is a stranger's choice."""
    waiting: list[Any] = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
            continue
        if not isinstance(value, Node):
            continue
        kind = next((kind for key, kind in _KINDS.items() if key in value or _camel(key) in value),
                    None)  # fmt: skip
        if kind is None:
            waiting.extend(reversed(value.values()))
            continue
        key = text_of(value.get("id"))
        if kind == "ITEM":
            data = _data(value, "item_data")
            catalogue.items.append((value, data))
            waiting.extend(one for one in (data.get("category"), data.get("modifier_lists")) if one)
        elif kind == "MODIFIER_LIST":
            data = _data(value, "modifier_list_data")
            waiting.extend(reversed(nodes(data.get("modifiers"))))
        catalogue.of_kind[kind].setdefault(key, value)


def _category(
    data: Node, sections: dict[str, RawSection], item: RawItem, catalogue: _Catalogue
) -> str:
    """The first that is known; an item stands once in a menu."""
    named = [
        text_of(data.get("category_id")), text_of(node(data.get("reporting_category")).get("id")),
        *(text_of(one.get("id")) for one in nodes(data.get("categories"))),
    ]  # fmt: skip
    known = [one for one in dict.fromkeys(named) if one and one in sections]
    if len(known) > 1:
        others = ", ".join(sections[one].name for one in known[1:])
        catalogue.menu.told(
            "in-one-section", f"It is in {sections[known[0]].name} only, not in {others}.",
            "Nothing, or copy it in the menu's editor.", line=item.line, item=item.name,
            field="categories",
        )  # fmt: skip
    return known[0] if known else ""


def _item(value: Node, data: Node, catalogue: _Catalogue) -> RawItem | None:
    name = text_of(data.get("name"))
    item = RawItem(
        key=text_of(value.get("id")) or name, name=name, line=line_of(value),
        description=prose(first(data, "description_plaintext", "description", "description_html")),
    )  # fmt: skip

    def left_out(code: str, detail: str) -> None:
        catalogue.menu.told(
            code, detail, "Give it a fixed price in Square to sell it here.", line=item.line,
            item=name, field="variations",
        )  # fmt: skip

    if true(first(value, "is_deleted")) or true(data.get("is_archived")):
        left_out("not-for-sale", "It is deleted or archived: left out.")
        return None
    _of_food(item, data)
    variations = [
        one for one in nodes(data.get("variations")) if not true(_snake(one).get("is_deleted"))
    ]
    if not variations:
        left_out("not-for-sale", "It has no variation, so no price: left out.")
        return None
    choices = [_variation(one) for one in variations]
    fixed = [one for one in choices if one is not None]
    if len(fixed) < len(choices):
        which = "all are" if not fixed else f"{len(choices) - len(fixed)} of its variations are"
        left_out("price-open", f"Its price is asked at the till: {which} left out.")
    if not fixed:
        return None
    if len(fixed) == 1:
        item.price = fixed[0].price
    else:
        item.groups.append(
            RawGroup(f"{item.key}/variations", name, item.line, fixed, 1, 1, absolute=True)
        )
    for info in nodes(data.get("modifier_list_info")):
        if not false(info.get("enabled")) and (group := _group(_snake(info), item, catalogue)):
            item.groups.append(group)
    return item


def _of_food(item: RawItem, data: Node) -> None:
    food = _snake(node(data.get("food_and_beverage_details")))
    for preference in map(_snake, nodes(food.get("dietary_preferences"))):
        said = text_of(first(preference, "standard_name", "custom_name"))
        item.diets = (*item.diets, said.replace("_", " ")) if said else item.diets
    for ingredient in map(_snake, nodes(food.get("ingredients"))):
        said = text_of(ingredient.get("standard_name")).replace("_", " ")
        item.allergens = (*item.allergens, said) if said else item.allergens


def _variation(value: Node) -> RawChoice | None:
    data = _data(value, "item_variation_data")
    name = text_of(data.get("name")) or "Regular"
    if text_of(data.get("pricing_type")).upper().startswith("VARIABLE"):
        return None
    price = data.get("price_money")
    return RawChoice(text_of(value.get("id")) or name, name, _money(price, line_of(value)))


def _money(value: Any, line: int) -> Price | None:
    if not isinstance(value, Node):
        return None
    amount = value.get("amount")
    if isinstance(amount, str) and re.fullmatch(r"-?[0-9]{1,15}", amount.strip()):
        amount = int(amount)  # 64-bit numbers as texts
    return Price(amount, value.get("currency"), minor=True, line=line)


def _group(info: Node, item: RawItem, catalogue: _Catalogue) -> RawGroup | None:
    list_id = text_of(info.get("modifier_list_id"))
    value = catalogue.of_kind["MODIFIER_LIST"].get(list_id)
    if value is None:
        catalogue.menu.told(
            "choices-unknown", f"The modifier list {list_id[:40]} is not in the file: left out.",
            "Export the modifier lists, too.", line=line_of(info), item=item.name,
            field="modifier_list_info",
        )  # fmt: skip
        return None
    data = _data(value, "modifier_list_data")
    single = text_of(data.get("selection_type")).upper() == "SINGLE"
    least = _limit(info, data, "min_selected_modifiers")
    most = _limit(info, data, "max_selected_modifiers")
    overrides = {
        text_of(one.get("modifier_id")): one
        for one in map(_snake, nodes(info.get("modifier_overrides")))
    }
    group = RawGroup(list_id, text_of(data.get("name")), line_of(value))
    group.least = 0 if least is None else least
    group.most = 1 if most is None and single else most
    quantities = first(info, "allow_quantities")
    if true(data.get("allow_quantities") if quantities is None else quantities):
        bounded = isinstance(group.most, int) and 0 < group.most < MODIFIERS_MAX
        group.repeat = group.most if bounded else _REPEAT
    for one in nodes(data.get("modifiers")):
        modifier = _data(one, "modifier_data")
        key = text_of(one.get("id"))
        on = first(overrides.get(key, info), "on_by_default") or modifier.get("on_by_default")
        if not true(_snake(one).get("is_deleted")):
            group.choices.append(
                RawChoice(key or text_of(modifier.get("name")), text_of(modifier.get("name")),
                          _money(modifier.get("price_money"), line_of(one)), true(on))
            )  # fmt: skip
    defaults = ",".join(one.key for one in group.choices if one.default)
    if (least, most) != (None, None) or overrides:
        group.key = f"{list_id}/{group.least}/{group.most}/{defaults}"
    return group


def _limit(info: Node, data: Node, name: str) -> Any:
    """The item's own, else the list's; -1 is none."""
    for owner in (info, data):
        value = owner.get(name)
        if value is not None and value != -1:
            return value
    return None


def _data(value: Node, key: str) -> Node:
    return _snake(node(first(value, key, _camel(key))))


def _snake(value: Node) -> Node:
    """Square's libraries write `priceMoney` where its API has `price_money`."""
    made = Node({re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower(): v for key, v in value.items()})
    made.line = value.line
    return made


def _camel(key: str) -> str:
    head, *tail = key.split("_")
    return head + "".join(word.capitalize() for word in tail)
