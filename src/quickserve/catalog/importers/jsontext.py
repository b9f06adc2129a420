"""JSON whose objects know the line they begin on, for reports that a person can follow."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from quickserve.catalog.importers.model import ImportRefused

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\n]', re.DOTALL)


_VALUES_MAX = 1_000_000


class Node(dict[str, Any]):
    """A JSON object; `line` counts from 1."""

    __slots__ = ("line",)
    line: int


def parse(text: str, first_line: int = 1) -> Any:
    """The value, its objects as `Node`, its fractions as Decimal. Raises ImportRefused."""
    if text.count("{") + text.count("[") > _VALUES_MAX:
        raise ImportRefused("too-many-entries", "The JSON holds too many objects: split the file.")
    nodes: list[Node] = []

    def node(pairs: list[tuple[str, Any]]) -> Node:
        nodes.append(Node(pairs))
        return nodes[-1]

    try:
        value = json.loads(
            text, object_pairs_hook=node, parse_float=Decimal, parse_constant=_not_json
        )
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise ImportRefused(
            "malformed-json", f"The JSON breaks off at line {line} ({error.msg}): correct it."
        ) from None
    except RecursionError:
        raise ImportRefused(
            "too-deep", "The JSON is nested too deeply: flatten it or choose another file."
        ) from None
    except (ValueError, ArithmeticError):  # NaN, a number of five thousand digits
        raise ImportRefused(
            "malformed-json", "The JSON holds a number that cannot be read: correct it."
        ) from None
    # The decoder finishes objects in the order of their closing braces.
    for found, line in zip(nodes, _object_lines(text, first_line), strict=True):
        found.line = line
    return value


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _object_lines(text: str, line: int) -> list[int]:
    """Of valid JSON, the line of each object's opening brace, in the order of the closing ones."""
    found: list[int] = []
    open_at: list[int] = []
    for match in _TOKEN.finditer(text):
        sign = match[0]
        if sign == "{":
            open_at.append(line)
        elif sign == "}":
            found.append(open_at.pop())
        else:
            line += sign.count("\n")
    return found
