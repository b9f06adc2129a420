"""Layouts of other programs, by their shape: venues, rows with coordinates, matrices, seat lists.

None of them is specified anywhere, so names are read loosely; what is not free is blocked.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from quickserve.catalog.model import fold
from quickserve.catalog.seating.loose import (
    LoosePlan,
    LooseRow,
    LooseSeat,
    LooseSection,
    Refused,
    line,
    number,
)
from quickserve.catalog.seating.names import letters

FREE = {
    "", "available", "free", "vacant", "open", "active", "unsold", "on sale", "onsale", "bookable",
    "libre", "disponible", "en vente", "ouvert", "1", "true", "yes", "oui", "enabled", "ok",
}  # fmt: skip
_NO_SEAT = {"void", "aisle", "gap", "space", "none", "allee", "couloir", "vide", "hidden", "blank"}
_CODE = re.compile(r"\s*(.*?)[\s\-_.:/]*([0-9]{1,6}[A-Za-z]?)\s*")
_CODE_MAX = 200
_MAIN = "Main"
_DEPTH_MAX = 4  # of wrappers around what is looked for


def read(value: Any, name: str) -> LoosePlan:
    """Raises Refused where the shape is none that is known."""
    for found, title in _unwrapped(value, name, 0):
        if isinstance(found, dict):
            if isinstance(found.get("sections"), list):
                return _venue(found, title)
        elif all(isinstance(row, list) for row in found):
            return _matrix(found, title)
        elif rows := [row for row in found if isinstance(row, dict)]:
            if any(isinstance(row.get("seats"), list) for row in rows):
                return _rows_of_seats(rows, title)
            if any(isinstance(row.get("seat"), list) for row in rows):
                return _seat_lists(rows, title)
            if any("section" in row or "row" in row for row in rows):
                return _flat(rows, title)
    raise Refused(
        "unknown-format",
        "The JSON is no plan that is known: pretix's zones, a venue's sections, rows of seats"
        " or a matrix. Choose another file, or a table (.csv).",
    )


def _unwrapped(value: Any, name: str, depth: int) -> Iterator[tuple[Any, str]]:
    """The value itself and what it wraps: {"data": {"seatmap": [...]}}."""
    if isinstance(value, list) and value:
        yield value, name
    if not isinstance(value, dict) or depth > _DEPTH_MAX:
        return
    title = line(_any(value, "name", "title", "nom")) or name
    yield value, title
    for inner in value.values():
        if isinstance(inner, dict | list) and inner:
            yield from _unwrapped(inner, title, depth + 1)


def _parts(code: str) -> re.Match[str] | None:
    """Of A-12: A and 12. A long text is no code, and would be long to look through."""
    return _CODE.fullmatch(code) if len(code) <= _CODE_MAX else None


def _any(value: dict[str, Any], *names: str) -> Any:
    for name in names:
        if value.get(name) is not None:
            return value[name]
    return None


def _note_status(plan: LoosePlan, section: str, row: str, seat: LooseSeat, status: Any) -> None:
    """What is not free is blocked, and told."""
    text = line("true" if status is True else "false" if status is False else status)[:40]
    if fold(text).replace("_", " ").replace("-", " ") not in FREE:
        seat.blocked = True
        plan.find("status-blocked", seat.at, section, row, seat.number, status=text)


def _status(seat: dict[str, Any]) -> Any:
    for name in ("status", "state", "availability", "statut", "etat"):
        if seat.get(name) is not None:
            return seat[name]
    for name in ("available", "isAvailable", "is_available", "enabled"):
        if seat.get(name) is False:
            return name + ": false"
    for name in ("sold", "reserved", "blocked", "taken", "booked", "disabled", "isReserved"):
        if seat.get(name) is True:
            return name
    return None


def _kind(seat: dict[str, Any]) -> str:
    for name in ("accessible", "wheelchair", "isAccessible", "handicap", "pmr"):
        if seat.get(name) is True:
            return "accessible"
    if seat.get("companion") is True:
        return "companion"
    found = _any(seat, "kind", "seatType", "type")
    return line(found)[:40] or "standard"


def _category(seat: dict[str, Any]) -> str:
    return line(
        _any(seat, "category", "categorie", "priceCategory", "priceTier", "price_tier", "tier",
             "class", "zone", "price")
    )  # fmt: skip


# -- Venues: sections with rows of seats, each with a column and a price tier ---------------------


def _venue(value: dict[str, Any], name: str) -> LoosePlan:
    plan = LoosePlan(name, [], format="venue")
    size = next((value[k] for k in ("map", "size", "canvas") if isinstance(value.get(k), dict)), {})
    plan.width, plan.height = number(size.get("width")), number(size.get("height"))
    for at, section in enumerate(value["sections"]):
        if isinstance(section, dict):
            _venue_section(plan, section, f"sections.{at}")
    return plan


def _venue_section(plan: LoosePlan, value: dict[str, Any], at: str) -> None:
    name = line(_any(value, "label", "name", "title", "id"))
    found = LooseSection(name, [], id=line(value.get("id")), at=at)
    transform = value.get("transform")
    transform = transform if isinstance(transform, dict) else {}
    dx, dy = number(transform.get("x")) or 0.0, number(transform.get("y")) or 0.0
    scale = number(_any(transform, "scale", "k")) or 1.0
    rows = value.get("rows")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict):
            continue
        label = line(_any(row, "label", "name", "index", "row", "id", "number"))
        seats: list[LooseSeat] = []
        given = row.get("seats")
        for position, seat in enumerate(given if isinstance(given, list) else []):
            place = f"{at}.rows.{index}.seats.{position}"
            if not isinstance(seat, dict):
                plan.find("seat-unreadable", place, name, label)
                continue
            x, y = _place(seat)
            made = LooseSeat(
                line(_any(seat, "label", "number", "col", "column", "seat", "seatNumber")),
                line(_any(seat, "id", "seatId", "guid")), _category(seat) or _category(row),
                None if x is None else dx + x * scale, None if y is None else dy + y * scale,
                _kind(seat), at=place,
            )  # fmt: skip
            _note_status(plan, name, label, made, _status(seat))
            seats.append(made)
        found.rows.append(LooseRow(label, seats, at=f"{at}.rows.{index}"))
    plan.sections.append(found)


def _place(seat: dict[str, Any]) -> tuple[float | None, float | None]:
    for name in ("coordinates", "position", "coords", "center", "centerPoint"):
        inner = seat.get(name)
        if isinstance(inner, dict):
            return number(inner.get("x")), number(inner.get("y"))
    return number(_any(seat, "x", "cx", "left")), number(_any(seat, "y", "cy", "top"))


# -- Rows with seats and their coordinates, without sections --------------------------------------


def _rows_of_seats(rows: list[dict[str, Any]], name: str) -> LoosePlan:
    plan = LoosePlan(name, [], format="seat-layout")
    sections: dict[str, LooseSection] = {}
    for at, row in enumerate(rows):
        area = line(_any(row, "section", "block", "zone", "area")) or _MAIN
        section = sections.setdefault(area, LooseSection(area, [], at="rows"))
        label = line(_any(row, "row", "label", "name", "rowName", "index"))
        seats: list[LooseSeat] = []
        given = row.get("seats")
        for index, seat in enumerate(given if isinstance(given, list) else []):
            place = f"{at}.seats.{index}"
            if not isinstance(seat, dict):
                if text := line(seat):
                    seats.append(LooseSeat(text, at=place))
                else:
                    plan.find("seat-unreadable", place, area, label)
                continue
            own = _any(seat, "number", "seatNumber", "col", "label", "no")
            code = line(_any(seat, "name", "id", "code", "guid"))
            if own is None and (parts := _parts(code)):
                own = parts[2]
            x, y = _place(seat)
            made = LooseSeat(
                line(own), code, _category(seat) or _category(row), x, y, _kind(seat), at=place
            )
            _note_status(plan, area, label, made, _status(seat))
            seats.append(made)
        section.rows.append(LooseRow(label, seats, at=str(at)))
    plan.sections = list(sections.values())
    return plan


# -- A matrix of codes: rows of cells, some of them no seat ---------------------------------------


def _matrix(rows: list[list[Any]], name: str) -> LoosePlan:
    plan = LoosePlan(name, [], format="matrix")
    section = LooseSection(_MAIN, [], at="rows")
    names: set[str] = set()
    for at, cells in enumerate(rows):
        label = _row_label(cells, names) or letters(at + 1)
        names.add(label)
        row = LooseRow(label, [], set(), at=str(at))
        assert row.gaps is not None
        for index, cell in enumerate(cells):
            seat = _cell(plan, cell, label, f"{at}.{index}", (index, at))
            if seat is not None:
                row.seats.append(seat)
            elif row.seats:
                row.gaps.add(len(row.seats) - 1)
        row.gaps.discard(len(row.seats) - 1)
        section.rows.append(row)
    if any(row.seats for row in section.rows):  # a row of nothing is an aisle across
        section.rows = [row for row in section.rows if row.seats]
    plan.sections = [section]
    return plan


def _cell(
    plan: LoosePlan, cell: Any, row: str, at: str, place: tuple[int, int]
) -> LooseSeat | None:
    """None where there is no seat."""
    if not isinstance(cell, dict):
        code = line(cell)
        cell = {"code": code}
    code = line(_any(cell, "code", "id", "seat", "label", "name", "number"))
    status = _status(cell)
    if (not code and status is None) or fold(line(status)[:40]) in _NO_SEAT:
        return None
    if "code" in cell and len(cell) == 1 and fold(code) in _NO_SEAT | {"_", "0", "x", "-"}:
        return None
    parts = _parts(code)
    seat = LooseSeat(
        parts[2] if parts else code, code, _category(cell),
        50.0 + 25.0 * place[0], 50.0 + 30.0 * place[1], _kind(cell), at=at,
    )  # fmt: skip
    _note_status(plan, _MAIN, row, seat, status)
    return seat


def _row_label(cells: list[Any], taken: set[str]) -> str:
    """What most codes of the row begin with."""
    found: Counter[str] = Counter()
    for cell in cells:
        code = _any(cell, "code", "id", "seat", "label", "name") if isinstance(cell, dict) else cell
        if parts := _parts(line(code)):
            found[parts[1]] += 1
    best = found.most_common(1)
    label = best[0][0].strip() if best else ""
    return "" if label in taken else label


# -- Lists of seat numbers, by row ----------------------------------------------------------------


def _seat_lists(rows: list[dict[str, Any]], name: str) -> LoosePlan:
    plan = LoosePlan(name, [], format="seat-lists")
    sections: dict[str, LooseSection] = {}
    for at, row in enumerate(rows):
        area = line(_any(row, "section", "block", "zone", "area")) or _MAIN
        section = sections.setdefault(area, LooseSection(area, [], at="rows"))
        label = line(_any(row, "name", "row", "label"))
        category, seats = _category(row), list[LooseSeat]()
        given = row.get("seat")
        for index, seat in enumerate(given if isinstance(given, list) else []):
            inner = seat if isinstance(seat, dict) else {"number": seat}
            made = LooseSeat(
                line(_any(inner, "number", "seat", "label", "name", "id")),
                category=_category(inner) or category, kind=_kind(inner), at=f"{at}.seat.{index}",
            )  # fmt: skip
            _note_status(plan, area, label, made, _status(inner))
            seats.append(made)
        section.rows.append(LooseRow(label, seats, at=str(at)))
    plan.sections = list(sections.values())
    return plan


# -- One object a seat ----------------------------------------------------------------------------


def _flat(seats: list[dict[str, Any]], name: str) -> LoosePlan:
    plan = LoosePlan(name, [], format="seats", lines_are_seats=True)
    sections: dict[str, LooseSection] = {}
    rows: dict[tuple[str, str], LooseRow] = {}
    for at, seat in enumerate(seats):
        area = line(_any(seat, "section", "block", "zone", "area")) or _MAIN
        label = line(_any(seat, "row", "rowName", "rang"))
        x, y = _place(seat)
        made = LooseSeat(
            line(_any(seat, "seat", "number", "seatNumber", "label", "name")),
            line(_any(seat, "id", "guid", "code", "seatId")), _category(seat), x, y,
            _kind(seat), at=str(at),
        )  # fmt: skip
        _note_status(plan, area, label, made, _status(seat))
        section = sections.setdefault(area, LooseSection(area, [], at="sections"))
        if (area, label) not in rows:
            rows[area, label] = LooseRow(label, [], at=str(at))
            section.rows.append(rows[area, label])
        rows[area, label].seats.append(made)
    plan.sections = list(sections.values())
    return plan
