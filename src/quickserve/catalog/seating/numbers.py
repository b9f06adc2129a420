"""Numbers and identifiers of seats: missing, wrong, repeated."""

import re
from collections import Counter

from quickserve.catalog.seating.loose import LoosePlan, LooseRow, LooseSeat, LooseSection
from quickserve.catalog.seating.names import following, slug

ID_MAX = 60
NUMBER_MAX = 20
_MISSING = {"", "none", "null", "nan", "n/a", "na", "undefined", "?", "-", "--", "."}
_NUMBER = re.compile(r"[0-9]{1,6}")
_LAST_NUMBER = re.compile(r"([0-9]{1,6})$")


def repair_numbers(plan: LoosePlan) -> None:
    for section in plan.sections:
        for row in section.rows:
            _without_copies(plan, section, row)
            _Numbering(plan, section, row).repair()
        section.rows = [row for row in section.rows if row.seats]


def _without_copies(plan: LoosePlan, section: LooseSection, row: LooseRow) -> None:
    """The same seat told twice: same number, same place, and no identifier of its own."""
    seen: set[tuple[object, ...]] = set()
    kept: list[LooseSeat] = []
    for seat in row.seats:
        key = (seat.number, seat.id, seat.x, seat.y)
        told = seat.x is not None or plan.lines_are_seats
        if told and seat.number and key in seen:
            plan.find("seat-repeated", seat.at, section.name, row.name, seat.number)
            continue
        seen.add(key)
        kept.append(seat)
    if len(kept) < len(row.seats):
        row.seats, row.gaps = kept, None


class _Numbering:
    """One row's numbers. Most rows are right and cost one look."""

    def __init__(self, plan: LoosePlan, section: LooseSection, row: LooseRow) -> None:
        self._plan, self._section, self._row = plan, section, row
        self._seats = row.seats
        self._values = [_value(seat.number) for seat in row.seats]
        steps = Counter(
            b - a
            for a, b in zip(self._values, self._values[1:], strict=False)
            if a is not None and b is not None and abs(b - a) in (1, 2)
        )
        self._step = self._from_end_to_end() or (steps.most_common(1)[0][0] if steps else 1)
        self._used = Counter(seat.number for seat in row.seats)

    def _from_end_to_end(self) -> int:
        """1 or 2 apart, upwards or down, where the ends say so; else 0."""
        first, last, count = self._values[0], self._values[-1], len(self._values) - 1
        if first is None or last is None or count < 1 or (last - first) % count:
            return 0
        step = (last - first) // count
        return step if abs(step) in (1, 2) else 0

    def repair(self) -> None:
        for at, seat in enumerate(self._seats):
            text = seat.number.lower()
            if text in _MISSING or (text.startswith("-") and _NUMBER.fullmatch(text[1:])):
                code = "number-missing" if text in _MISSING else "number-wrong"
                self._give(at, code, self._expected(at))
        if len(self._used) < len(self._seats):
            self._repeated()
        if len(self._seats) > 2:  # noqa: PLR2004 - with two neighbours
            for at in range(len(self._seats)):
                self._wrong(at)

    def _repeated(self) -> None:
        groups: dict[str, list[int]] = {}
        for at, seat in enumerate(self._seats):
            groups.setdefault(seat.number, []).append(at)
        for group in groups.values():
            if len(group) > 1:
                keeper = max(group, key=lambda at: (self._fits(at), at == group[0]))
                for at in group:
                    if at != keeper:
                        self._give(at, "number-repeated", self._expected(at))

    def _fits(self, at: int) -> int:
        """How many neighbours it stands well beside."""
        own = self._values[at]
        if own is None:
            return 0
        before = self._values[at - 1] if at else None
        after = self._values[at + 1] if at + 1 < len(self._values) else None
        return (before is not None and own - before == self._step) + (
            after is not None and after - own == self._step
        )

    def _wrong(self, at: int) -> None:
        """One between two that leave room for exactly one other; at an end, what its id says."""
        own, values = self._values[at], self._values
        if own is None:
            return
        if 0 < at < len(values) - 1:
            before, after = values[at - 1], values[at + 1]
            if before is None or after is None or after - before != 2 * self._step:
                return
            middle = before + self._step
            if own != middle and not self._used[str(middle)]:
                self._give(at, "number-wrong", str(middle))
            return
        beside = values[1] if at == 0 else values[-2]
        hint = _LAST_NUMBER.search(self._seats[at].id)
        if beside is None or hint is None:
            return
        middle = beside - self._step if at == 0 else beside + self._step
        if own != middle and int(hint[1]) == middle and not self._used[str(middle)]:
            self._give(at, "number-wrong", str(middle))

    def _expected(self, at: int) -> str:
        """What the neighbours leave for it, else the next number that is free."""
        before = self._values[at - 1] if at else None
        after = self._values[at + 1] if at + 1 < len(self._values) else None
        wanted: list[int] = []
        if before is not None:
            wanted.append(before + self._step)
        if after is not None:
            wanted.append(after - self._step)
        for number in wanted:
            if number > 0 and not self._used[str(number)]:
                return str(number)
        numbers = [value for value in self._values if value is not None]
        if numbers:
            return self._free(str(max(numbers) + 1))
        if at and 0 < len(self._seats[at - 1].number) < NUMBER_MAX:
            return self._free(following(self._seats[at - 1].number))
        return self._free(str(at + 1))

    def _free(self, text: str) -> str:
        while self._used[text]:
            text = following(text)
            if len(text) > NUMBER_MAX:  # no name that goes on: the row's next plain number
                text = str(len(self._seats) + 1)
        return text

    def _give(self, at: int, code: str, proposed: str) -> None:
        seat = self._seats[at]
        self._plan.find(
            code, seat.at, self._section.name, self._row.name, seat.number, number=seat.number,
            proposed=proposed,
        )  # fmt: skip
        self._used[seat.number] -= 1
        self._used[proposed] += 1
        seat.number = proposed
        self._values[at] = _value(proposed)


def _value(text: str) -> int | None:
    return int(text) if text.isascii() and _NUMBER.fullmatch(text) else None


# -- Identifiers ----------------------------------------------------------------------------------


def repair_ids(plan: LoosePlan) -> None:
    """Where no seat has one they are made without a word; one that is lost or repeated is told."""
    given = any(seat.id for _, _, seat in plan.seats())
    taken: set[str] = {seat.id for _, _, seat in plan.seats()}
    seen: set[str] = set()
    for section, row, seat in plan.seats():
        old = seat.id
        if old and old not in seen and len(old) <= ID_MAX:
            seen.add(old)
            continue
        seat.id = _new_id(section, row, seat, taken)
        seen.add(seat.id)
        if given:
            code = "id-missing" if not old else "id-repeated" if old in seen else "id-too-long"
            plan.find(
                code, seat.at, section.name, row.name, seat.number, id=old[:ID_MAX],
                proposed=seat.id,
            )  # fmt: skip


def _new_id(section: LooseSection, row: LooseRow, seat: LooseSeat, taken: set[str]) -> str:
    parts = (section.id[:24], row.name[:16], seat.number[:10])
    base = "-".join(part.replace(" ", "") for part in parts) or slug(section.name) or "seat"
    name, at = base, 2
    while name in taken:
        name, at = f"{base}-{at}", at + 1
    taken.add(name)
    return name
