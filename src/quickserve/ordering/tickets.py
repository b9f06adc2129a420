"""A kitchen ticket as an ESC/POS printer takes it: the few bytes that are needed. No I/O.

Epson's commands, which all makes understand: ESC @ begins, ESC t chooses the code page, ESC E is
bold, GS ! the size, ESC a the alignment, GS V cuts. What people typed never holds a control byte:
a note cannot command the printer.
"""

import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from quickserve.contracts.menus import Allergen
from quickserve.contracts.ordering import Destination, PricedLine
from quickserve.contracts.printing import CodePage, PrinterDraft

Kind = Literal["order", "again", "cancelled", "test"]

_PAGES: Final[Mapping[CodePage, bytes]] = {
    "cp437": b"\x00", "cp850": b"\x02", "cp858": b"\x13", "cp1252": b"\x10", "ascii": b"\x00",
}  # fmt: skip
_BEGIN: Final = b"\x1b@"
_BOLD, _PLAIN = b"\x1bE\x01", b"\x1bE\x00"
_LARGE, _TALL, _NORMAL = b"\x1d!\x11", b"\x1d!\x01", b"\x1d!\x00"
_CENTRE, _LEFT = b"\x1ba\x01", b"\x1ba\x00"
_CUT: Final = b"\n\n\n\x1dVB\x00"
_SPELLED: Final = str.maketrans({
    "€": "EUR", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O",
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
    "•": "*", "·": "-", "×": "x", "\u00a0": " ", "\u202f": " ", "ł": "l", "Ł": "L", "đ": "d",
})  # fmt: skip

# A ticket has the language of its printer, which is the kitchen's and no page's.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "pickup": "À RETIRER", "seat": "PLACE", "table": "TABLE", "delivery": "LIVRAISON",
        "for": "pour", "reprint": "RÉIMPRESSION", "cancelled": "ANNULÉE", "contains": "ALLERGÈNES",
        "elsewhere": "autre poste", "test": "ESSAI : é è ê ë à â ç ô ù û ï œ €",
        "age": "PIÈCE D’IDENTITÉ : {} ans",
    },
    "en": {
        "pickup": "PICKUP", "seat": "SEAT", "table": "TABLE", "delivery": "DELIVERY",
        "for": "for", "reprint": "REPRINT", "cancelled": "CANCELLED", "contains": "ALLERGENS",
        "elsewhere": "other station", "test": "TEST: é è ê ë à â ç ô ù û ï œ €",
        "age": "ASK FOR ID: {} years",
    },
}  # fmt: skip
_ALLERGENS: Final[Mapping[Allergen, str]] = {
    "gluten": "gluten", "crustaceans": "crustacés", "eggs": "œufs", "fish": "poisson",
    "peanuts": "arachide", "soy": "soja", "milk": "lait", "nuts": "fruits à coque",
    "celery": "céleri", "mustard": "moutarde", "sesame": "sésame", "sulphites": "sulfites",
    "lupin": "lupin", "molluscs": "mollusques",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is printed. `again`: it may be on paper already."""

    kind: Kind
    stand: str
    zone: str
    number: str
    name: str
    destination: Destination
    lines: list[PricedLine]
    placed_at: datetime
    due: datetime
    again: bool


def is_for(printer: PrinterDraft, lines: list[PricedLine]) -> bool:
    """Whether there is anything for it to print."""
    live = [line for line in lines if not line.cancelled]
    return printer.station is None or any(line.station == printer.station for line in live)


def written(ticket: Ticket, printer: PrinterDraft) -> bytes:
    paper = _Paper(printer)
    words = _WORDS[printer.language]
    if ticket.again or ticket.kind == "again":
        paper.line(f"*** {words['reprint']} ***", _BOLD, _CENTRE)
    if ticket.kind == "cancelled":
        paper.line(f"*** {words['cancelled']} ***", _LARGE, _CENTRE)
    paper.line(ticket.number, _LARGE, _BOLD, _CENTRE)
    paper.line(_way(ticket.destination, words), _TALL, _BOLD, _CENTRE)
    paper.line(" - ".join(part for part in (ticket.name, ticket.stand) if part), _CENTRE)
    zone = ZoneInfo(ticket.zone)
    due = f"{ticket.due.astimezone(zone):%H:%M}"
    paper.line(f"{ticket.placed_at.astimezone(zone):%H:%M}  {words['for']} {due}", _CENTRE)
    paper.rule()
    for line in _own_first(ticket.lines, printer):
        _print_line(paper, line, printer, words)
    paper.rule()
    _print_warnings(paper, ticket, printer, words)
    return paper.cut()


def test_page(printer: PrinterDraft) -> bytes:
    paper = _Paper(printer)
    paper.line(printer.name, _LARGE, _BOLD, _CENTRE)
    paper.line(_WORDS[printer.language]["test"])
    paper.line(("1234567890" * 5)[: printer.width])
    return paper.cut()


def _way(destination: Destination, words: Mapping[str, str]) -> str:
    where = destination.seat or destination.table
    told = words[destination.fulfilment]
    return f"{told} {where}" if destination.fulfilment in ("seat", "table") and where else told


def _own_first(lines: list[PricedLine], printer: PrinterDraft) -> list[PricedLine]:
    live = [line for line in lines if not line.cancelled]
    return sorted(live, key=lambda line: printer.station not in (None, line.station))


def _print_line(
    paper: "_Paper", line: PricedLine, printer: PrinterDraft, words: Mapping[str, str]
) -> None:
    head = f"{line.quantity} x "
    if printer.station not in (None, line.station):
        paper.line(f"{head}{line.name} ({words['elsewhere']})", indent=len(head))
        return
    paper.line(f"{head}{line.name}", _TALL, _BOLD, indent=len(head))
    for mod in line.modifiers:
        often = f" x{mod.quantity}" if mod.quantity > 1 else ""
        paper.line(f"    + {mod.name}{often}", indent=6)
    if line.note:
        paper.line(f"    !! {line.note}", _BOLD, indent=7)
    if line.guest:
        paper.line(f"    ({line.guest})", indent=5)


def _print_warnings(
    paper: "_Paper", ticket: Ticket, printer: PrinterDraft, words: Mapping[str, str]
) -> None:
    live = [line for line in ticket.lines if not line.cancelled]
    names: set[Allergen] = {name for line in live for name in line.allergens}
    found = sorted(names, key=str)
    if found:
        told = [_ALLERGENS[one] if printer.language == "fr" else one for one in found]
        paper.line(f"{words['contains']}: {', '.join(told)}", _BOLD)
    ages = [line.age_min for line in live if line.age_min]
    if ages:
        paper.line(words["age"].format(max(ages)), _BOLD)


class _Paper:
    def __init__(self, printer: PrinterDraft) -> None:
        self._page: CodePage = printer.code_page
        self._width = printer.width
        self._bytes = bytearray(_BEGIN + b"\x1bt" + _PAGES[self._page])

    def line(self, text: str, *looks: bytes, indent: int = 0) -> None:
        """In lines of the paper's width; large letters are twice as wide."""
        width = self._width // 2 if _LARGE in looks else self._width
        plain = printable(text, self._page)
        lines = textwrap.wrap(plain, width, subsequent_indent=" " * min(indent, width // 2)) or [""]
        self._bytes += b"".join(looks)
        for one in lines:
            self._bytes += one.encode("ascii" if self._page == "ascii" else self._page) + b"\n"
        self._bytes += _NORMAL + _PLAIN + _LEFT

    def rule(self) -> None:
        self._bytes += b"-" * self._width + b"\n"

    def cut(self) -> bytes:
        return bytes(self._bytes + _CUT)


def printable(text: str, page: CodePage) -> str:
    """What the code page has; else the letters without accents, else `?`. No control characters."""
    fine: list[str] = []
    for letter in unicodedata.normalize("NFC", text):
        if unicodedata.category(letter).startswith("C") or letter in "\u2028\u2029":
            fine.append(" ")
            continue
        fine.append(_spelled(letter, page))
    return " ".join("".join(fine).split(" "))


def _spelled(letter: str, page: CodePage) -> str:
    codec = "ascii" if page == "ascii" else page
    if _fits(letter, codec):
        return letter
    plain = unicodedata.normalize("NFKD", letter.translate(_SPELLED))
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return kept if kept and _fits(kept, codec) else "?"


def _fits(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
