"""Print what `translations/fr.po` misses, as entries to fill in and append to it.

    python tools/messages.py

Messages are English texts given to gettext, ngettext or pgettext in the Python files and templates
of `src/quickserve/web`. Ends with status 1 where one is missing, incomplete or no longer used; a
test of `tests/tidy` asks the same.
"""

import io
import sys
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parents[1] / "src/quickserve/web"
FRENCH = WEB / "translations/fr.po"
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}


def extracted() -> Catalog:
    """Every message of the sources, each where it stands first."""
    catalog = Catalog(locale="fr")
    for path, line, ids, _comments, context in extract_from_dir(WEB, _METHODS, _OPTIONS):
        catalog.add(ids, locations=[(path, line)], context=context)
    return catalog


def translated() -> Catalog:
    with FRENCH.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def missing() -> list[Message]:
    """Messages of the sources without a whole French text."""
    have = translated()
    return [message for message in extracted() if message.id and not _whole(have, message)]


def unused() -> list[Message]:
    """French texts whose message no source has any more."""
    known = extracted()
    return [m for m in translated() if m.id and known.get(_key(m), m.context) is None]


def _whole(have: Catalog, message: Message) -> bool:
    found = have.get(_key(message), message.context)
    if found is None or found.fuzzy or found.pluralizable != message.pluralizable:
        return False
    return all(found.string) if isinstance(found.string, tuple) else bool(found.string)


def _key(message: Message) -> str:
    ids: Any = message.id
    return ids if isinstance(ids, str) else ids[0]


def main() -> None:
    rest = Catalog(locale="fr")
    for message in missing():
        rest.add(message.id, locations=message.locations, context=message.context)
    if len(rest):
        text = io.BytesIO()
        write_po(text, rest, omit_header=True, width=100)
        print(text.getvalue().decode())
    for message in unused():
        print(f"no longer used: {_key(message)!r}", file=sys.stderr)
    sys.exit(bool(len(rest) or unused()))


if __name__ == "__main__":
    main()
