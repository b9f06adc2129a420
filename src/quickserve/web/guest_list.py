"""A list of guests as a table in a file: who, how many, of which ticket."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from quickserve.contracts.box_office import DeskContact
from quickserve.contracts.catalog import TicketTypeId
from quickserve.web.i18n import Locale

LINES_MAX: Final = 500
_QUANTITY_MAX: Final = 100
_COLUMNS: Final = {
    "name": ("name", "nom", "guest", "invité", "invite"),
    "email": ("email", "e-mail", "mail", "courriel", "adresse e-mail", "e-mail address"),
    "ticket": ("ticket", "billet", "tarif", "type"),
    "quantity": ("quantity", "quantité", "quantite", "nombre", "places", "number"),
}


@dataclass(frozen=True, slots=True)
class Guest:
    line: int
    contact: DeskContact
    ticket_type_id: TicketTypeId
    quantity: int


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
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))[: LINES_MAX + 2]
    heads = [_column(cell) for cell in rows[0]] if rows else []
    if "name" not in heads:
        return GuestList([], [gettext("The first line names the columns: at least “name”.")])
    if len(rows) > LINES_MAX + 1:
        told = gettext("At most %(count)s guests at once: split the file.") % {"count": LINES_MAX}
        return GuestList([], [told])
    guests: list[Guest] = []
    faults: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        cells = {head: cell.strip() for head, cell in zip(heads, row, strict=False) if head}
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
    known = {name.casefold(): type_id for name, type_id in tickets.items()}
    wanted = cells.get("ticket", "")
    type_id = known.get(wanted.casefold()) if wanted else next(iter(tickets.values()), None)
    if type_id is None:
        return gettext("there is no ticket “%(name)s”.") % {"name": wanted[:60]}
    quantity = cells.get("quantity", "") or "1"
    whole = quantity.isascii() and quantity.isdigit() and 0 < int(quantity[:4]) <= _QUANTITY_MAX
    if not whole:
        return gettext("the number of tickets is from 1 to 100.")
    try:
        contact = DeskContact(
            name=cells.get("name", ""), email=cells.get("email") or None, language=locale.code
        )
    except ValidationError as error:
        email = any(found["loc"][0] == "email" for found in error.errors())
        return gettext("this is no e-mail address.") if email else gettext("the name is missing.")
    return Guest(line, contact, type_id, int(quantity))
