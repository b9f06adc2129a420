"""Importers of menus: bytes in, a menu and what is said of it out. Pure; see docs/import.md."""

import re

from quickserve.catalog.importers import jsontext
from quickserve.catalog.importers.menus import loose, schemaorg, square, table, tastyigniter
from quickserve.catalog.importers.menus.build import Built, Target, build
from quickserve.catalog.importers.menus.model import BYTES_MAX, RawMenu
from quickserve.catalog.importers.model import ImportRefused
from quickserve.catalog.importers.text import decode

__all__ = ["Built", "Target", "read"]

_SCHEMA_ORG = re.compile(r'"@(?:type|graph|context)"\s*:')
_SQUARE = re.compile(r'"(?:item|category|modifier_?list)_?data"\s*:', re.IGNORECASE)
_TASTY = re.compile(r'"(?:menu_name|option_name)"\s*:')


def read(content: bytes, target: Target) -> Built:
    """Raises ImportRefused where the file as a whole is no menu."""
    if len(content) > BYTES_MAX:
        raise ImportRefused(
            "too-large",
            f"The file has more than {BYTES_MAX // 2**20} MiB: split it.",
        )
    return build(_raw(decode(content)), target)


def _raw(text: str) -> RawMenu:
    head = text.lstrip()[:1]
    if head == "<":
        return schemaorg.read(text)
    if head not in ("{", "["):
        return table.read(text)
    if _SQUARE.search(text):
        return square.read(jsontext.parse(text))
    if _TASTY.search(text):
        return tastyigniter.read(jsontext.parse(text))
    if _SCHEMA_ORG.search(text):
        return schemaorg.read(text)
    return loose.read(jsontext.parse(text))
