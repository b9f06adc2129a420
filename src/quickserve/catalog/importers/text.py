"""Strangers' text made plain: decoded, without markup, control characters or excess."""

import html
import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from quickserve.catalog.importers.model import BYTES_MAX, ImportRefused

_MAGIC = (b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0")
_TAG = re.compile(r"<!--[^<>]*-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:[\s/][^<>]*)?>")
_BLOCKS = frozenset((
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr",
    "ul",
))  # fmt: skip
_INLINE = frozenset((
    "a", "abbr", "b", "body", "big", "cite", "code", "del", "em", "figcaption", "figure",
    "font", "head", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "main",
    "mark", "meta", "nav", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "tbody", "td", "tfoot", "th", "thead", "time", "title", "tt", "u", "var", "video",
    "wbr",
))  # fmt: skip
_SILENT = frozenset(("script", "style", "template", "noscript"))
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n{3,}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_BARE_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?:[/?#:]|$)", re.IGNORECASE)
_URL_MAX = 2_000
_RAW_MAX = 400_000  # markup beyond this is not even looked at


def decode(content: bytes) -> str:
    """The file's text: by its BOM, else UTF-8, else Windows-1252 or Latin-1.

    Raises ImportRefused where the file is empty, too large or no text.
    """
    if len(content) > BYTES_MAX:
        raise ImportRefused(
            "too-large", f"The file has more than {BYTES_MAX // 2**20} MiB: split it."
        )
    if not content.strip():
        raise ImportRefused("empty", "The file is empty: choose another one.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if content.startswith(_MAGIC) or b"\0" in content:
        raise ImportRefused(
            "binary", "The file is no text: save a spreadsheet as CSV, unpack an archive."
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def plain(text: str, limit: int) -> str:
    """Paragraphs of plain text: markup and control characters gone, cut to `limit` characters."""
    stripped = html.unescape(_without_tags(text[:_RAW_MAX]))
    stripped = stripped.replace("\r\n", "\n").replace("\r", "\n")
    printable = stripped if stripped.isascii() and stripped.isprintable() else _printable(stripped)
    lines = [_SPACES.sub(" ", line).strip() for line in printable.split("\n")]
    return cut(_GAPS.sub("\n\n", "\n".join(lines)).strip(), limit)


def one_line(text: str, limit: int) -> str:
    """The same in a single line."""
    return cut(" ".join(plain(text, _RAW_MAX).split()), limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def optional_line(text: Any, limit: int) -> str | None:
    """`one_line` of a value that may be missing or no text at all."""
    return (one_line(text, limit) or None) if isinstance(text, str) else None


def web_address(text: Any) -> str | None:
    """An absolute http(s) address, or nothing: scripts and other schemes never pass."""
    if not isinstance(text, str):
        return None
    candidate = text.strip()
    if not _HTTP.match(candidate) and _BARE_HOST.match(candidate):
        candidate = f"https://{candidate}"
    if len(candidate) > _URL_MAX or not _HTTP.match(candidate):
        return None
    if not candidate.isprintable() or any(char in candidate for char in ' "<>\\^`{|}'):
        return None
    try:
        parts = urlsplit(candidate)
        usable = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        candidate.encode()
    except ValueError:  # an invalid port or IPv6 host, a lone surrogate
        return None
    return candidate if usable else None


def language(text: Any) -> str | None:
    """The language part of a BCP 47 tag, in lower case."""
    match = _LANGUAGE.fullmatch(text.strip()) if isinstance(text, str) else None
    return match[1].lower() if match else None


def degrees(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """A position on Earth, or nothing."""
    try:
        pair = float(latitude), float(longitude)
    except (TypeError, ValueError, OverflowError):
        return None
    return pair if abs(pair[0]) <= 90 and abs(pair[1]) <= 180 else None  # noqa: PLR2004 - degrees


def folded(text: str) -> str:
    """For comparing words: lower case, without accents, other signs than letters and digits `_`."""
    base = unicodedata.normalize("NFKD", text.casefold())
    return "_".join(re.findall(r"[a-z0-9]+", "".join(c for c in base if ord(c) < 128)))  # noqa: PLR2004 - ASCII


def _without_tags(text: str) -> str:
    """Only known HTML elements are markup: `<Untitled>` is a title, `<3` a heart."""
    if "<" not in text:
        return text
    kept: list[str] = []
    at, silent = 0, ""
    for match in _TAG.finditer(text):
        name = (match[2] or "").lower()
        if name and name not in _BLOCKS | _INLINE | _SILENT:
            continue
        if not silent:
            kept.append(text[at : match.start()])
            kept.append("\n" if name in _BLOCKS else "")
        at = match.end()
        if name in _SILENT:
            silent = "" if match[1] else (silent or name)
    return "".join([*kept, "" if silent else text[at:]])


def _printable(text: str) -> str:
    """Without control characters, lone surrogates, and marks that turn the reading direction."""
    return "".join(
        char
        for char in text.replace("\t", " ")
        if char == "\n"
        or (
            unicodedata.category(char) not in {"Cc", "Cs", "Cn", "Co"}
            and not "\u202a" <= char <= "\u202e"
            and not "\u2066" <= char <= "\u2069"
        )
    )
