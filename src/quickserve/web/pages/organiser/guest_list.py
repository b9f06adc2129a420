"""A list of guests as a table in a file: who, how many, of which ticket."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from quickserve.contracts.box_office import NAME_MAX, DeskContact
from quickserve.contracts.catalog import TicketTypeId
from quickserve.web.forms import clean
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser.numbers import count

LINES_MAX: Final = 500
_QUANTITY_MAX: Final = 100
_COLUMNS: Final = {
    "name": ("name", "nom", "guest", "invité", "invite"),
    "email": ("email", "e-mail", "mail", "courriel", "adresse e-mail", "e-mail address"),
    "ticket": ("ticket", "billet", "tarif", "type"),
    "accessible": ("wheelchair", "accessible", "fauteuil", "fauteuil roulant", "pmr"),
    "quantity": ("quantity", "quantité", "quantite", "nombre", "places", "number"),
}
_YES_OR_NO: Final = {
    **dict.fromkeys(("yes", "oui", "y", "o", "x", "1", "true", "vrai"), True),
    **dict.fromkeys(("", "no", "non", "n", "0", "false", "faux"), False),
}


@dataclass(frozen=True, slots=True)
class Guest:
    line: int
    contact: DeskContact
    ticket: str
    ticket_type_id: TicketTypeId
    quantity: int
    accessible: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """`link` leads to the tickets, `told` is why there is none or since when there is."""

    guest: Guest
    number: str = ""
    link: str = ""
    told: str = ""

    @property
    def comes(self) -> bool:
        return bool(self.number)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a list, for its page; and what that sends with it again."""

    list_id: UUID | None = None
    date: str = ""
    again: bool = False
    faults: Sequence[str] = ()
    outcomes: Sequence[Outcome] = ()
    file: str = ""

    @property
    def missing(self) -> int:
        return sum(not one.comes for one in self.outcomes)


@dataclass(frozen=True, slots=True)
class GuestList:
    """`faults` say what to mend, line by line; then nobody is booked."""

    guests: list[Guest]
    faults: list[str]


def read(content: bytes, tickets: Mapping[str, TicketTypeId], locale: Locale) -> GuestList:
    """`tickets`: by name. Commas, semicolons or tabs; headings in French or English, in any order.

    Without a column of tickets all come with the first one, without a quantity one each.
    """
    gettext = locale.gettext
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = next(iter(text.splitlines()), "")
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, ""), delimiter=separator))[: LINES_MAX + 2]
    except csv.Error:
        return GuestList([], [gettext("This is no table: save it as .csv once more.")])
    heads = [_column(cell) for cell in rows[0]] if rows else []
    if "name" not in heads:
        return GuestList([], [gettext("The first line names the columns: at least “name”.")])
    if len(rows) > LINES_MAX + 1:
        told = gettext("At most %(count)s guests at once: split the file.") % {"count": LINES_MAX}
        return GuestList([], [told])
    guests: list[Guest] = []
    faults: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        cells = {
            head: " ".join(clean(cell).split())
            for head, cell in zip(heads, row, strict=False) if head
        }  # fmt: skip
        if not any(cells.values()):
            continue
        found = _guest(number, cells, tickets, locale)
        if isinstance(found, str):
            faults.append(gettext("Line %(line)s: %(fault)s") % {"line": number, "fault": found})
        else:
            guests.append(found)
    if not guests and not faults:
        faults.append(gettext("There is nobody on the list."))
    return GuestList(guests, faults)


def _column(head: str) -> str:
    plain = head.strip().casefold()
    return next((name for name, words in _COLUMNS.items() if plain in words), "")


def _guest(
    line: int, cells: Mapping[str, str], tickets: Mapping[str, TicketTypeId], locale: Locale
) -> Guest | str:
    """Or what is wrong with the line."""
    gettext = locale.gettext
    wanted = cells.get("ticket", "") or next(iter(tickets), "")
    ticket = next((name for name in tickets if name.casefold() == wanted.casefold()), None)
    if ticket is None:
        return gettext("there is no ticket “%(name)s”.") % {"name": wanted[:60]}
    quantity = count(cells.get("quantity", "") or "1", 1, _QUANTITY_MAX)
    if quantity is None:
        return gettext("the number of tickets is from 1 to 100.")
    accessible = _YES_OR_NO.get(cells.get("accessible", "").casefold())
    if accessible is None:
        return gettext("write yes or no for a wheelchair place.")
    contact = _contact(cells, locale)
    if isinstance(contact, str):
        return contact
    return Guest(line, contact, ticket, tickets[ticket], quantity, accessible)


def _contact(cells: Mapping[str, str], locale: Locale) -> DeskContact | str:
    gettext = locale.gettext
    name = cells.get("name", "")
    if not name:
        return gettext("the name is missing.")
    if len(name) > NAME_MAX:
        text = gettext("the name is longer than %(count)s letters: shorten it.")
        return text % {"count": NAME_MAX}
    try:
        return DeskContact(name=name, email=cells.get("email") or None, language=locale.code)
    except ValidationError:
        return gettext("this is no e-mail address.")
