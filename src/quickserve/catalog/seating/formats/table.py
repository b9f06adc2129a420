"""A table (CSV) with a seat a line: any separator, any order of columns, English or French."""

import csv
import io
import re
from itertools import pairwise

from quickserve.catalog.model import fold
from quickserve.catalog.seating.formats.layouts import FREE
from quickserve.catalog.seating.loose import (
    LoosePlan,
    LooseRow,
    LooseSeat,
    LooseSection,
    Refused,
    line,
    number,
)
from quickserve.contracts.seating import SEATS_MAX

_MAIN = "Main"
_COLUMNS = {
    "section": ("section", "zone", "bloc", "block", "tribune", "area", "secteur", "stand", "level",
                "niveau", "etage", "floor", "partie", "espace", "tier name"),
    "row": ("row", "rang", "rangee", "ligne", "row name", "row number", "rang nom", "line", "file"),
    "number": ("seat", "number", "siege", "place", "numero", "n", "no", "num", "seat number",
               "numero de place", "numero de siege", "fauteuil", "seat no", "chair", "col"),
    "id": ("id", "guid", "seat id", "seat guid", "identifiant", "identifier", "code", "uuid"),
    "category": ("category", "categorie", "cat", "price category", "tarif", "tier", "price tier",
                 "price level", "classe", "class", "gamme", "prix", "price"),
    "x": ("x", "pos x", "posx", "x pos", "coord x", "left", "abscisse", "position x", "cx"),
    "y": ("y", "pos y", "posy", "y pos", "coord y", "top", "ordonnee", "position y", "cy"),
    "kind": ("kind", "type", "genre", "nature", "seat type", "type de place", "type de siege"),
    "status": ("status", "statut", "state", "etat", "availability", "disponibilite"),
    "blocked": ("blocked", "bloque", "bloquee", "hors vente", "not for sale"),
    "accessible": ("accessible", "pmr", "wheelchair", "handicap", "fauteuil roulant", "ufr"),
    "companion": ("companion", "accompagnant", "accompagnateur", "carer"),
}  # fmt: skip
_ROLES = {name: role for role, names in _COLUMNS.items() for name in names}
_SEPARATORS = ";\t,|"
_TRUE = {"1", "true", "yes", "oui", "x", "vrai", "y", "o"}
_WORDS = re.compile(r"[^a-z0-9]+")
_LINES_SEEN = 20  # to find the header in


def read(text: str, name: str) -> LoosePlan:
    """Raises Refused without a header that names seats."""
    lines = text.splitlines()
    at, separator, roles = _header(lines)
    plan = LoosePlan(name, [], format="table", lines_are_seats=True)
    sections: dict[str, LooseSection] = {}
    rows: dict[tuple[str, str], LooseRow] = {}
    reader = csv.reader(io.StringIO("\n".join(lines[at + 1 :])), delimiter=separator)
    count = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > SEATS_MAX:
                raise Refused(
                    "too-many-seats", f"The table has more than {SEATS_MAX} seats: split it."
                )
            found = {roles[i]: cell.strip() for i, cell in enumerate(cells) if i in roles}
            place = f"line {at + 1 + reader.line_num}"
            _seat(plan, sections, rows, found, place)
    except csv.Error as error:
        raise Refused(
            "broken-row",
            f"Line {at + 1 + reader.line_num} cannot be read ({error}): check its quotes.",
        ) from None
    plan.sections = list(sections.values())
    _in_order(plan)
    return plan


def _header(lines: list[str]) -> tuple[int, str, dict[int, str]]:
    best: tuple[int, int, str, dict[int, str]] = (0, 0, ",", {})
    for at, text in enumerate(lines[:_LINES_SEEN]):
        for separator in _SEPARATORS:
            try:
                cells = next(csv.reader([text], delimiter=separator), [])
            except csv.Error:
                continue
            roles: dict[int, str] = {}
            for index, cell in enumerate(cells):
                role = _ROLES.get(_WORDS.sub(" ", fold(cell.replace("°", ""))).strip())
                if role and role not in roles.values():
                    roles[index] = role
            if len(roles) > best[0]:
                best = (len(roles), at, separator, roles)
        if best[0] > 1:
            break
    _, at, separator, roles = best
    if "number" not in roles.values() and "id" not in roles.values():
        raise Refused(
            "missing-column",
            "The table needs a first line that names its columns: section, row, seat, and if there"
            " are any category, x, y, kind, status.",
        )
    return at, separator, roles


def _seat(
    plan: LoosePlan, sections: dict[str, LooseSection], rows: dict[tuple[str, str], LooseRow],
    found: dict[str, str], at: str,
) -> None:  # fmt: skip
    area = line(found.get("section")) or _MAIN
    label = line(found.get("row"))
    kind = found.get("kind", "")
    if fold(found.get("accessible", "")) in _TRUE:
        kind = "accessible"
    elif fold(found.get("companion", "")) in _TRUE:
        kind = "companion"
    seat = LooseSeat(
        number=line(found.get("number")), id=line(found.get("id")),
        category=line(found.get("category")),
        x=_coordinate(found, "x"), y=_coordinate(found, "y"), kind=kind, at=at,
    )  # fmt: skip
    status = found.get("status", "")
    if fold(found.get("blocked", "")) in _TRUE:
        seat.blocked = True
    elif fold(status).replace("_", " ").replace("-", " ") not in FREE:
        seat.blocked = True
        plan.find("status-blocked", at, area, label, seat.number, status=line(status)[:40])
    section = sections.setdefault(area, LooseSection(area, [], at=at))
    if (area, label) not in rows:
        rows[area, label] = LooseRow(label, [], at=at)
        section.rows.append(rows[area, label])
    rows[area, label].seats.append(seat)


def _coordinate(found: dict[str, str], axis: str) -> float | None:
    return number(found[axis]) if found.get(axis) else None


def _in_order(plan: LoosePlan) -> None:
    """Lines may come in any order: a row's seats stand by number, with aisles where some lack."""
    for section in plan.sections:
        for row in section.rows:
            values = [int(s.number) for s in row.seats if re.fullmatch(r"[0-9]{1,6}", s.number)]
            if len(values) < len(row.seats):
                continue
            if values != sorted(values) and values != sorted(values, reverse=True):
                row.seats.sort(key=lambda seat: int(seat.number))
                values.sort()
            if all(seat.x is None for seat in row.seats):
                steps = [b - a for a, b in pairwise(values)]
                usual = max(set(steps), key=steps.count) if steps else 1
                row.gaps = {at for at, step in enumerate(steps) if abs(step) > abs(usual) > 0}
