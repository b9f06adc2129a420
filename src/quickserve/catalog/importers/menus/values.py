"""Values of strangers' JSON made plain: a text may be a number, a list, or in several languages."""

from decimal import Decimal
from typing import Any

from quickserve.catalog.importers.jsontext import Node
from quickserve.catalog.importers.text import one_line, plain

_TEXT_MAX = 4000
_DEEP = 4


def text_of(value: Any, deep: int = 0) -> str:
    """In one line; "" where it is none."""
    if isinstance(value, str):
        return one_line(value[: 2 * _TEXT_MAX], _TEXT_MAX)
    if isinstance(value, bool) or value is None or deep > _DEEP:
        return ""
    if isinstance(value, int | Decimal):
        return str(value)[:40] if abs(value) < 10**30 else ""
    if isinstance(value, list):
        return next((found for one in value[:20] if (found := text_of(one, deep + 1))), "")
    if isinstance(value, Node):
        for key in ("@value", "value", "fr", "en", "name", "text"):
            if found := text_of(value.get(key), deep + 1):
                return found
    return ""


def prose(value: Any) -> str:
    """With its paragraphs."""
    return plain(value, _TEXT_MAX) if isinstance(value, str) else text_of(value)


def listed(value: Any) -> list[Any]:
    """One or many."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def nodes(value: Any) -> list[Node]:
    return [one for one in listed(value) if isinstance(one, Node)]


def node(value: Any) -> Node:
    """An empty one where it is none."""
    if isinstance(value, Node):
        return value
    empty = Node()
    empty.line = 0
    return empty


def line_of(value: Any) -> int:
    return getattr(value, "line", 0)


def texts(value: Any) -> tuple[str, ...]:
    return tuple(found for one in listed(value)[:200] if (found := text_of(one)))


def first(owner: Node, *names: str) -> Any:
    """The first of these that is there."""
    return next((owner[name] for name in names if owner.get(name) is not None), None)


def true(value: Any) -> bool:
    return value is True or value == 1 or str(value).lower() in {"true", "yes", "1", "on"}


def false(value: Any) -> bool:
    return value is False or value == 0 or str(value).lower() in {"false", "no", "0", "off"}
