"""Menus as CSV with any usual separator, one dish a row; see `COLUMNS`."""

import csv
import io
import re
from collections.abc import Iterator

from quickserve.catalog.importers.menus.model import (
    Finding,
    Price,
    RawChoice,
    RawGroup,
    RawItem,
    RawMenu,
    RawSection,
)
from quickserve.catalog.importers.menus.words import parts
from quickserve.catalog.importers.model import ImportRefused
from quickserve.catalog.importers.text import folded, one_line, plain

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "sku", "code", "reference", "ref", "item_id", "token"),
    "section": (
        "section", "category", "categorie", "rubrique", "menu_section", "group", "kategorie",
        "reporting_category", "famille", "type",
    ),
    "name": (
        "name", "item", "item_name", "dish", "plat", "nom", "article", "produit", "product",
        "title", "titre", "libelle", "intitule", "designation", "menu_name",
    ),
    "description": ("description", "descriptif", "details", "composition", "menu_description"),
    "price": (
        "price", "prix", "tarif", "amount", "unit_price", "price_eur", "prix_ttc", "preis",
        "prix_eur", "prix_en_euros", "menu_price", "item_price", "cost",
    ),
    "currency": ("currency", "devise", "price_currency", "monnaie"),
    "allergens": ("allergens", "allergenes", "allergen", "allergene", "allergies"),
    "diets": ("diets", "diet", "regime", "regimes", "labels", "tags"),
    "station": ("station", "poste", "made_at"),
    "seconds": ("ready_seconds", "seconds", "secondes", "make_seconds", "duree_s"),
    "minutes": ("ready_minutes", "minutes", "make_minutes", "temps_min", "duree_min"),
    "age": ("age_min", "age", "min_age", "age_minimum"),
    "tax": ("tax", "tva", "vat", "tax_rate", "taux_tva", "taux_de_tva"),
    "choices": ("choices", "choix", "options", "modifiers", "supplements"),
}  # fmt: skip
_SEPARATORS = ";,\t|"
_ROWS_MAX = 20_000
_LIMITS = re.compile(r"(.*?)[\s(\[]*([0-9]{1,3})\s*(?:-|–|\.\.|à|to)\s*([0-9]{1,3})[)\]\s]*$")
_ADDED = re.compile(r"(.*?)\s*([+-]\s*(?:[€$£]\s*)?[0-9][0-9.,]*\s*(?:€|\$|£|[A-Z]{3})?)$")


def read(text: str) -> RawMenu:
    """Raises ImportRefused where it has no column of names or of prices."""
    separator, places = _header(text)
    for needed in ("name", "price"):
        if needed not in places:
            known = ", ".join(COLUMNS[needed][:4])
            raise ImportRefused(
                "missing-column",
                f"The table has no column “{needed}”: name one of its columns so ({known}, …).",
            )
    menu = RawMenu("csv")
    sections: dict[str, RawSection] = {}
    current = ""
    for line, row in _rows(text, separator, menu):
        cells = {role: row[at].strip() for role, at in places.items() if at < len(row)}
        if len(row) <= max(places["name"], places["price"]):
            detail = f"The row has {len(row)} cells; the header has more."
            menu.findings.append(Finding("broken-row", detail, "Check its separators.", line))
            continue
        current = one_line(cells.get("section", ""), 200) or current
        if "section" not in places and cells["name"] and len(row) > 1 and not any(row[1:]):
            current = one_line(cells["name"], 200)  # a heading between the dishes
            continue
        section = sections.setdefault(folded(current), RawSection(current, current, line))
        section.items.append(_item(line, cells, current))
    menu.sections = list(sections.values())
    return menu


def _header(text: str) -> tuple[str, dict[str, int]]:
    best: tuple[str, dict[str, int]] = (",", {})
    for separator in _SEPARATORS:
        try:
            header = next(_reader(text[:100_000], separator), [])
        except csv.Error:
            continue
        names = [folded(one) for one in header]
        found = {
            role: min(names.index(word) for word in words if word in names)
            for role, words in COLUMNS.items()
            if any(word in names for word in words)
        }
        if len(found) > len(best[1]):
            best = separator, found
    return best


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text.lstrip("\ufeff\r\n"), newline=""), delimiter=separator)


def _rows(text: str, separator: str, menu: RawMenu) -> Iterator[tuple[int, list[str]]]:
    above = len(text) - len(text.lstrip("\ufeff\r\n"))
    reader = csv.reader(io.StringIO(text[above:], newline=""), delimiter=separator)
    before = text[:above].count("\n") + 1
    next(reader, None)
    for _ in range(_ROWS_MAX):
        line = reader.line_num + before
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            menu.findings.append(
                Finding("broken-row", f"It cannot be read: {error}.", "Check its quotes.", line)
            )
            continue
        if any(cell.strip() for cell in row):
            yield line, row
    raise ImportRefused("too-many-entries", f"The file has more than {_ROWS_MAX} rows: split it.")


def _item(line: int, cells: dict[str, str], section: str) -> RawItem:
    name = one_line(cells["name"], 4000)
    key = one_line(cells.get("id", ""), 200) or f"{folded(section)}/{name}"
    item = RawItem(
        key=key, name=name, line=line, description=plain(cells.get("description", ""), 4000),
        price=Price(cells["price"], cells.get("currency"), line=line),
        allergens=parts(cells.get("allergens", "")), diets=parts(cells.get("diets", "")),
        station=one_line(cells.get("station", ""), 100), tax=cells.get("tax") or None,
        age=cells.get("age") or None, seconds=cells.get("seconds") or None,
    )  # fmt: skip
    minutes = cells.get("minutes", "").replace(",", ".")
    if item.seconds is None and minutes:
        known = re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,2})?", minutes)
        item.seconds = round(float(minutes) * 60) if known else minutes
    for at, said in enumerate(cells.get("choices", "").split(";")):
        if said.strip():
            item.groups.append(_group(said, f"{key}/choices/{at}", line))
    return item


def _group(said: str, key: str, line: int) -> RawGroup:
    """`Size 1-1: S | M | L +2`."""
    head, colon, rest = said.partition(":")
    if not colon:
        head, rest = "+", said
    head = one_line(head, 200)
    group = RawGroup(key, head, line)
    if match := _LIMITS.match(head):
        group.name, group.least, group.most = match[1].strip(), int(match[2]), int(match[3])
    for one in re.split(r"[|/]", rest):
        name, price = one_line(one, 200), None
        if match := _ADDED.match(name):
            name, price = match[1], Price(re.sub(r"^\+\s*", "", match[2]), line=line)
        if name:
            group.choices.append(RawChoice(f"{key}/{name}", name, price))
    return group
