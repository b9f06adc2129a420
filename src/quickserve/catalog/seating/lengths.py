"""Names and numbers that are longer than a plan can have them: cut, and told.

What differs only after the cut stays apart, or two categories would become one of one price.
"""

from collections.abc import Iterable

from quickserve.catalog.seating.loose import LoosePlan, LooseRow, LooseSection
from quickserve.catalog.seating.names import free
from quickserve.catalog.seating.numbers import NUMBER_MAX
from quickserve.contracts.seating import NAME_MAX, PLAN_NAME_MAX

_SHOWN = 40  # of the long text


class _Short:
    """What the long texts among some become: the same ones the same, others what nobody has."""

    def __init__(self, texts: Iterable[str], limit: int = NAME_MAX) -> None:
        given = dict.fromkeys(texts)
        taken = {text for text in given if len(text) <= limit}
        self._long = {text: free(text, taken, limit) for text in given if len(text) > limit}
        self._shown = min(_SHOWN, limit)

    def __bool__(self) -> bool:
        return bool(self._long)

    def of(self, text: str) -> str:
        return self._long.get(text, text)

    def told(self, plan: LoosePlan, text: str, at: str, *where: str) -> str:
        """The same, and a finding where it was cut."""
        short = self.of(text)
        if short != text:
            plan.find("text-cut", at, *where, text=text[: self._shown], proposed=short)
        return short


def repair_lengths(plan: LoosePlan) -> None:
    plan.name = _Short([plan.name], PLAN_NAME_MAX).told(plan, plan.name, "name")
    _categories(plan)
    sections = _Short(section.name for section in plan.sections)
    for section in plan.sections:
        section.name = sections.told(plan, section.name, section.at, sections.of(section.name))
        _rows(plan, section)


def _categories(plan: LoosePlan) -> None:
    defined = [name for name, _ in plan.categories or []]
    short = _Short([*defined, *(seat.category for _, _, seat in plan.seats())])
    if not short:
        return
    if plan.categories is None:
        places: dict[str, str] = {}
        for _, _, seat in plan.seats():
            places.setdefault(seat.category, seat.at)
        for name, at in places.items():
            short.told(plan, name, at)
    else:
        plan.categories = [
            (short.told(plan, name, f"categories.{at}"), color)
            for at, (name, color) in enumerate(plan.categories)
        ]
    for _, _, seat in plan.seats():
        seat.category = short.of(seat.category)


def _rows(plan: LoosePlan, section: LooseSection) -> None:
    names = _Short(row.name for row in section.rows)
    parts: dict[str, list[LooseRow]] = {}  # rows of one name are one row with an aisle
    for row in section.rows:
        row.name = names.told(plan, row.name, row.at, section.name, names.of(row.name))
        parts.setdefault(row.name, []).append(row)
    for rows in parts.values():
        numbers = _Short((seat.number for row in rows for seat in row.seats), NUMBER_MAX)
        for row in rows if numbers else ():
            for seat in row.seats:
                where = (section.name, row.name, numbers.of(seat.number))
                seat.number = numbers.told(plan, seat.number, seat.at, *where)
