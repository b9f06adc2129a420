"""Files of seating plans: bytes in, a loose plan out. The content tells the format."""

import json
from typing import Any

from quickserve.catalog.importers.model import ImportRefused
from quickserve.catalog.importers.text import decode
from quickserve.catalog.seating.formats import layouts, pretix, table
from quickserve.catalog.seating.loose import LoosePlan, Refused

_VALUES_MAX = 1_500_000


def read_plan(content: bytes, filename: str) -> LoosePlan:
    """Raises Refused where the file as a whole is no plan."""
    try:
        text = decode(content)
    except ImportRefused as refused:
        raise Refused(refused.code, refused.sentence) from None
    name = filename.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    stripped = text.lstrip("\ufeff \t\r\n")
    plan = _json(stripped, name) if stripped[:1] in ("{", "[") else table.read(text, name)
    if not any(True for _ in plan.seats()):
        raise Refused("no-seats", "The file holds no seat: choose another one.")
    return plan


def _json(text: str, name: str) -> LoosePlan:
    value = _parsed(text)
    if isinstance(value, dict) and isinstance(value.get("zones"), list):
        return pretix.read(value, name)
    return layouts.read(value, name)


def _parsed(text: str) -> Any:
    if text.count("{") + text.count("[") + text.count(",") > 10 * _VALUES_MAX:
        raise Refused("too-many-entries", "The JSON holds too many values: split the file.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(
            "malformed-json",
            f"The JSON breaks off at line {error.lineno} ({error.msg}): correct it.",
        ) from None
    except RecursionError:
        raise Refused("too-deep", "The JSON is nested too deeply: flatten it.") from None
    except ValueError:  # a number of five thousand digits
        raise Refused(
            "malformed-json", "The JSON holds a number that cannot be read: correct it."
        ) from None
