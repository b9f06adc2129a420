"""Plain text of strangers as safe markup: paragraphs, line breaks, and links that are http(s)."""

import re
from typing import Final

from markupsafe import Markup, escape

# An address ends before the punctuation of the sentence around it.
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'()]{1,500}[^\s<>\"'().,;:!?]")


def prose(text: str) -> Markup:
    """`<p>` for what blank lines divide; whatever else looks like markup stays visible text."""
    paragraphs = re.split(r"\n[ \t]*\n\s*", text.strip())
    return Markup("\n").join(
        Markup("<p>{}</p>").format(_linked(paragraph)) for paragraph in paragraphs if paragraph
    )


def opening(text: str, length: int = 160) -> str:
    """The first words on one line, at most `length` characters, for previews."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _linked(text: str) -> Markup:
    made = Markup()
    end = 0
    for found in _ADDRESS.finditer(text):
        made += _broken(text[end : found.start()])
        made += Markup('<a href="{0}" rel="nofollow noopener noreferrer">{0}</a>').format(found[0])
        end = found.end()
    return made + _broken(text[end:])


def _broken(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
