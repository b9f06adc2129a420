"""Who orders when, what, and how long they would wait: drawn from the scenario. No I/O."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from quickserve.commandline.simulate.scenario import (
    AHEAD,
    AHEAD_SHARE,
    ARRIVALS,
    MENU,
    PATIENCE_MEDIAN_S,
    PATIENCE_SIGMA,
    SEAT_SHARE,
    SIZES,
    Item,
    Scenario,
)

Contents = tuple[tuple[Item, int], ...]
_ORDER_COLUMNS = ("order_id", "order", "transaction")
_QUANTITY_COLUMNS = ("quantity", "qty")
_LINES_MAX = 8


class CannotRead(Exception):  # noqa: N818 - a sentence for who typed the name of the file
    """Names what is missing."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Comes at `at` (seconds from kick-off) to the stand nearest to the seat."""

    number: int
    at: float
    stand: int
    contents: Contents
    to_seat: bool
    ahead: bool
    patience_s: float

    @property
    def cents(self) -> int:
        return sum(item.cents * count for item, count in self.contents)


def visitors(scenario: Scenario, sizes: Sequence[Sequence[int]] = ()) -> list[Visitor]:
    """In the order in which they come. `sizes`: quantities of the lines of real orders."""
    rng = Random(scenario.seed)  # noqa: S311 - to be drawn again
    first, last = scenario.first_minute * 60, scenario.last_minute * 60
    found: list[Visitor] = []
    for number in range(scenario.orders):
        at, ahead = _moment(rng)
        visitor = Visitor(
            number, at, rng.randrange(scenario.stands), _contents(rng, sizes),
            rng.random() < SEAT_SHARE, ahead,
            PATIENCE_MEDIAN_S * rng.lognormvariate(0, PATIENCE_SIGMA),
        )  # fmt: skip
        if first <= at < last:
            found.append(visitor)
    return sorted(found, key=lambda one: (one.at, one.number))


def _moment(rng: Random) -> tuple[float, bool]:
    draw = rng.random()
    if draw < AHEAD_SHARE:
        return _between(rng, *AHEAD), True
    draw -= AHEAD_SHARE
    for share, begin, end, most in ARRIVALS:
        if draw < share:
            return _between(rng, begin, end, most), False
        draw -= share
    _, begin, end, most = ARRIVALS[-1]
    return _between(rng, begin, end, most), False


def _between(rng: Random, begin: int, end: int, most: int) -> float:
    return rng.triangular(begin, end, most) * 60


def _contents(rng: Random, sizes: Sequence[Sequence[int]]) -> Contents:
    quantities = rng.choice(sizes) if sizes else ()
    if not quantities:
        count = rng.choices(range(1, len(SIZES) + 1), SIZES)[0]
        drawn = Counter(rng.choices(range(len(MENU)), [item.weight for item in MENU], k=count))
    else:
        drawn = Counter[int]()
        for quantity in quantities:
            drawn[rng.choices(range(len(MENU)), [item.weight for item in MENU])[0]] += quantity
    return tuple((MENU[index], count) for index, count in sorted(drawn.items()))


def read_sizes(file: Path) -> list[tuple[int, ...]]:
    """Of real orders: for each, the quantities of its lines. Raises CannotRead.

    A CSV or TSV with a row a line and a column that names the order, as tills export them.
    """
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRead(f"{file} cannot be read: {error}.") from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter="\t" if "\t" in head else ",")
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    order = next((names[one] for one in _ORDER_COLUMNS if one in names), None)
    quantity = next((names[one] for one in _QUANTITY_COLUMNS if one in names), None)
    if order is None:
        raise CannotRead(f"{file} has no column {', '.join(_ORDER_COLUMNS)}.")
    lines: dict[str, list[int]] = {}
    for row in reader:
        text = (row[quantity] or "") if quantity else "1"
        count = int(text) if text.isdecimal() and 0 < int(text) <= _LINES_MAX else 1
        lines.setdefault(row[order] or "", []).append(count)
    sizes = [tuple(counts[:_LINES_MAX]) for counts in lines.values()]
    if not sizes:
        raise CannotRead(f"{file} has no orders.")
    return sizes
