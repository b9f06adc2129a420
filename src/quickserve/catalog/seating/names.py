"""Names of sections and rows, categories, kinds: missing, repeated and unknown ones."""

import re
from collections import Counter
from difflib import get_close_matches

from quickserve.catalog.model import fold
from quickserve.catalog.seating.loose import LoosePlan, LooseRow, LooseSection, line
from quickserve.contracts.seating import CATEGORIES_MAX, NAME_MAX

PALETTE = (
    "#0B6B52", "#C2371A", "#2F5DA8", "#8A5A00", "#7A3E9D", "#00727A", "#A8280F", "#4B5F59",
    "#B0477B", "#5B7A12",
)  # fmt: skip
STANDARD = "Standard"
_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_SHORT = re.compile(r"#[0-9a-f]{3}", re.IGNORECASE)
_KINDS = {
    "": "standard", "standard": "standard", "normal": "standard", "seat": "standard",
    "siege": "standard", "regular": "standard", "accessible": "accessible",
    "wheelchair": "accessible", "pmr": "accessible", "ufr": "accessible", "handicap": "accessible",
    "fauteuil": "accessible", "fauteuil roulant": "accessible", "disabled": "accessible",
    "handicape": "accessible", "wheelchair space": "accessible", "companion": "companion",
    "accompagnant": "companion", "accompagnateur": "companion", "carer": "companion",
    "aide": "companion", "standard seat": "standard",
}  # fmt: skip


def color_of(text: str) -> str | None:
    """#RRGGBB in capitals, or None."""
    if _COLOR.fullmatch(text):
        return text.upper()
    if _SHORT.fullmatch(text):
        return "#" + "".join(2 * c for c in text[1:]).upper()
    return None


def repair_names(plan: LoosePlan) -> None:
    if not plan.name:
        plan.name = "Plan"
        plan.find("name-missing", "name", proposed=plan.name)
    for section in plan.sections:
        _without_empty_rows(plan, section)
    for section in [s for s in plan.sections if not s.rows and not s.shapes]:
        plan.find("section-empty", section.at, section.name)
    plan.sections = [s for s in plan.sections if s.rows or s.shapes]
    _section_names(plan)
    for section in plan.sections:
        _row_names(plan, section)


def _without_empty_rows(plan: LoosePlan, section: LooseSection) -> None:
    for row in section.rows:
        if not row.seats:
            plan.find("row-empty", row.at, section.name, row.name)
    section.rows = [row for row in section.rows if row.seats]


def _section_names(plan: LoosePlan) -> None:
    names: set[str] = {section.name for section in plan.sections}
    seen: set[str] = set()
    ids: set[str] = set()
    for at, section in enumerate(plan.sections):
        if not section.name:
            section.name = free(f"Section {at + 1}", names)
            plan.find("section-name-missing", section.at, proposed=section.name)
        elif section.name in seen:
            name, section.name = section.name, free(section.name, names)
            plan.find(
                "section-repeated", section.at, section.name, name=name, proposed=section.name
            )
        seen.add(section.name)
        section.id = free(section.id or slug(section.name) or f"s{at + 1}", ids)


def free(wanted: str, taken: set[str], limit: int = NAME_MAX) -> str:
    """The name, or with the next number that nobody has; no longer than the limit."""
    name, at = wanted[:limit].rstrip(), 2
    while name in taken:
        name, at = f"{wanted[: limit - 6].rstrip()} {at}", at + 1
    taken.add(name)
    return name


def _row_names(plan: LoosePlan, section: LooseSection) -> None:
    """Two rows of one name are one row with an aisle, unless they share a seat's number."""
    names = {row.name for row in section.rows}
    numbers: dict[str, set[str]] = {}
    for at, row in enumerate(section.rows):
        if not row.name:
            row.name = _next_name(section.rows[at - 1].name if at else "", names)
            plan.find("row-name-missing", row.at, section.name, proposed=row.name)
        own = {seat.number for seat in row.seats if seat.number}
        taken = numbers.setdefault(row.name, set())
        if taken & own:
            name, block = row.name, 2
            while f"{name[: NAME_MAX - 5]}/{block}" in names:
                block += 1
            row.name = f"{name[: NAME_MAX - 5]}/{block}"
            names.add(row.name)
            numbers[row.name] = own
            plan.find("row-repeated", row.at, section.name, row.name, name=name, proposed=row.name)
        else:
            taken |= own


def _next_name(before: str, taken: set[str]) -> str:
    """B after A, 13 after 12."""
    name = before
    for _ in range(10_000):
        name = following(name)
        if name not in taken:
            break
    taken.add(name)
    return name


def following(name: str) -> str:
    if re.fullmatch(r"[0-9]{1,9}", name):
        return str(int(name) + 1)
    if re.fullmatch(r"[A-Za-z]{1,3}", name):
        number = 0
        for char in name.upper():
            number = number * 26 + ord(char) - 64
        return letters(number + 1) if name.isupper() else letters(number + 1).lower()
    return "1" if not name else f"{name[:50]}+"


def letters(number: int) -> str:
    """1 is A, 26 is Z, 27 is AA."""
    text = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:40]


# -- Categories and kinds -------------------------------------------------------------------------


def repair_categories(plan: LoosePlan) -> None:
    known = _defined(plan)
    used = Counter(seat.category for _, _, seat in plan.seats())
    if not known and not any(used):
        known[STANDARD] = PALETTE[0]
        plan.find("category-assumed", "categories", proposed=STANDARD)
        for _, _, seat in plan.seats():
            seat.category = STANDARD
    elif plan.categories is None:
        for name in sorted(filter(None, used), key=_natural)[:CATEGORIES_MAX]:
            known[name] = PALETTE[len(known) % len(PALETTE)]
    elif not known:
        known[STANDARD] = PALETTE[0]
    plan.categories = list(known.items())
    close: dict[str, str | None] = {}
    for section in plan.sections:
        for row in section.rows:
            _of_row(plan, section, row, known, close)


def _natural(name: str) -> tuple[int, int, str]:
    """9 before 10, and both before words."""
    return (0, int(name), "") if re.fullmatch(r"[0-9]{1,9}", name) else (1, 0, name)


def _defined(plan: LoosePlan) -> dict[str, str]:
    known: dict[str, str] = {}
    for at, (name, color) in enumerate(plan.categories or []):
        if name in known or not name:
            plan.find("category-repeated", f"categories.{at}", name=name)
            continue
        found = color_of(color) if color else PALETTE[len(known) % len(PALETTE)]
        if found is None:
            found = PALETTE[len(known) % len(PALETTE)]
            plan.find("color-invalid", f"categories.{at}", text=color[:30], proposed=found)
        known[name] = found
    return known


def _of_row(
    plan: LoosePlan, section: LooseSection, row: LooseRow, known: dict[str, str],
    close: dict[str, str | None],
) -> None:  # fmt: skip
    if all(seat.category in known for seat in row.seats):
        return
    usual = Counter(seat.category for seat in row.seats if seat.category in known)
    if not usual:
        usual = Counter(
            s.category for other in section.rows for s in other.seats if s.category in known
        )
    proposed = usual.most_common(1)[0][0] if usual else next(iter(known))
    for seat in row.seats:
        if seat.category in known:
            continue
        name, chosen = seat.category, proposed
        if name:
            if name not in close:
                close[name] = _closest(name, known)
            chosen = close[name] or proposed
        seat.category = chosen
        plan.find(
            "category-unknown" if name else "category-missing", seat.at, section.name, row.name,
            seat.number, name=name, proposed=chosen,
        )  # fmt: skip


def _closest(name: str, known: dict[str, str]) -> str | None:
    folded = {fold(category): category for category in known}
    found = get_close_matches(fold(name), folded, n=1, cutoff=0.75)
    return folded[found[0]] if found else None


def repair_kinds(plan: LoosePlan) -> None:
    for section, row, seat in plan.seats():
        if seat.kind in ("standard", "accessible", "companion"):
            continue
        found = _KINDS.get(fold(seat.kind).replace("_", " ").replace("-", " "))
        if found is None:
            text = line(seat.kind)[:30]
            plan.find("kind-unknown", seat.at, section.name, row.name, seat.number, text=text)
        seat.kind = found or "standard"
