"""Two languages: English message ids in the code, French in `translations/fr.po`.

A page's language stands in its path (`/fr/…`, `/en/…`), so a link shared is a link read in the
same language. Code asks the `Locale` of the request: `locale.gettext("Sold out")`; templates have
`gettext`, `ngettext`, `pgettext` and `{% trans %}`. `python tools/messages.py` prints what the
French file misses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from babel import Locale as BabelLocale
from babel.messages.pofile import read_po

Code = Literal["fr", "en"]
TRANSLATIONS: Final = Path(__file__).parent / "translations"
_ACCEPT_LANGUAGE_MAX = 256  # characters read of a header that a stranger wrote

_Words = Mapping[tuple[str | None, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Locale:
    """A language that people read: its words, and Babel's rules for its dates and figures."""

    code: Code
    name: str
    babel: BabelLocale
    _words: _Words = field(default_factory=dict, repr=False)

    @property
    def prefix(self) -> str:
        return f"/{self.code}"

    @property
    def other(self) -> "Locale":
        return ENGLISH if self is FRENCH else FRENCH

    def path(self, path: str) -> str:
        """`/events/x` → `/fr/events/x`. The path is absolute and carries no prefix yet."""
        assert path.startswith("/"), path
        return self.prefix + path

    def gettext(self, message: str) -> str:
        return self._words.get((None, message), (message,))[0]

    def pgettext(self, context: str, message: str) -> str:
        return self._words.get((context, message), (message,))[0]

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self._plural(None, singular, plural, number)

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        return self._plural(context, singular, plural, number)

    def _plural(self, context: str | None, singular: str, plural: str, number: int) -> str:
        one, other = self._words.get((context, singular), (singular, plural))
        return one if self.babel.plural_form(number) == "one" else other


def _read(code: str) -> _Words:
    """The translated messages of `<code>.po`, plural ones with two forms; fuzzy ones left out."""
    with (TRANSLATIONS / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code, abort_invalid=True)
    words: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for message in catalog:
        text: Any = message.string
        forms: tuple[str, ...] = (text,) if isinstance(text, str) else tuple(text)
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key and all(forms) and not message.fuzzy:
            words[message.context, key] = forms
    return words


FRENCH: Final = Locale("fr", "Français", BabelLocale("fr"), _read("fr"))
# British English: the events are in Europe, so 18:00 and 14 December, not 6 PM and December 14.
ENGLISH: Final = Locale("en", "English", BabelLocale("en", "GB"))
LOCALES: Final[Mapping[str, Locale]] = {"fr": FRENCH, "en": ENGLISH}
DEFAULT: Final = FRENCH


def split_path(path: str) -> tuple[Locale | None, str]:
    """`/en/events/x` → (ENGLISH, `/events/x`); without a known prefix (None, path)."""
    head, slash, tail = path.removeprefix("/").partition("/")
    locale = LOCALES.get(head)
    return (locale, slash + tail) if locale else (None, path)


def negotiate(cookie: str | None, accept_language: str | None) -> Locale:
    """What somebody chose before, else what the browser asks for, else French."""
    if cookie in LOCALES:
        return LOCALES[cookie]
    best, best_quality = DEFAULT, 0.0
    for part in (accept_language or "")[:_ACCEPT_LANGUAGE_MAX].split(","):
        tag, _, parameter = part.strip().partition(";")
        locale = LOCALES.get(tag.strip().lower().partition("-")[0])
        quality = _quality(parameter)
        if locale and quality > best_quality:
            best, best_quality = locale, quality
    return best


def _quality(parameter: str) -> float:
    text = parameter.strip().removeprefix("q=")
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
