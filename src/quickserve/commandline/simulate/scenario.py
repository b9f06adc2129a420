"""What is simulated: the match, the stands, the menu, how people, cooks and runners are.

Every number is an assumption that docs/simulate.md gives its reason for. Times are seconds from
kick-off; half-time is its minute 45 to 60.
"""

from dataclasses import dataclass
from typing import Final

HALF_TIME_S: Final = 45 * 60
HALF_TIME_MINUTES: Final = 15
MATCH_S: Final = 105 * 60


@dataclass(frozen=True, slots=True)
class Item:
    """`seconds` one cook at `station` needs by the menu; without a station it is only handed out.

    `weight`: its share of all items that are ordered.
    """

    name: str
    station: str | None
    seconds: int
    cents: int
    weight: float


MENU: Final = (
    Item("Beer", "bar", 20, 600, 0.29),
    Item("Soft drink", "bar", 10, 400, 0.16),
    Item("Fries", "fryer", 45, 500, 0.14),
    Item("Hot dog", "grill", 40, 650, 0.12),
    Item("Burger", "grill", 75, 950, 0.11),
    Item("Crisps", None, 0, 300, 0.07),
    Item("Water", None, 0, 300, 0.06),
    Item("Coffee", "bar", 25, 300, 0.05),
)
# Cooks at each station of a stand.
STATIONS: Final = {"grill": 4, "fryer": 2, "bar": 3}
# Of orders: how many have one item, two, …
SIZES: Final = (0.28, 0.33, 0.20, 0.11, 0.05, 0.03)

# Of a match's orders, the share between two moments, and the shape in between.
# Before half-time some order ahead for it; the rest look for food while the teams rest.
ARRIVALS: Final = (
    # share, from minute, to minute, most at minute
    (0.19, -45, 5, -8),  # before the kick-off, until the seats are taken
    (0.09, 0, 43, 12),  # during the first half
    (0.39, 41, 62, 46),  # half-time
    (0.13, 60, 100, 66),  # during the second half
)
AHEAD_SHARE: Final = 0.20  # ordered for half-time during the first half
AHEAD: Final = (15, 43, 38)  # from minute, to minute, most at minute

SEAT_SHARE: Final = 0.35  # wants it brought to the seat
PATIENCE_MEDIAN_S: Final = 14 * 60  # who would wait longer does not order
PATIENCE_SIGMA: Final = 0.45
SECOND_TRY: Final = 0.7  # looks at the next stand then
HOLD_MIN_S: Final = 4 * 60  # what is due so soon is begun by whoever is free
HOLD_MAX_S: Final = 15 * 60  # nothing is begun that is due later than this
COMES_S: Final = (20, 120)  # from "ready" until somebody stands at the shelf
WALK_S: Final = (45, 110)  # from the stand to a block
HANDOVER_S: Final = (10, 25)
RUNNER_CARRIES: Final = 3
PACKING_S: Final = 10  # of an order that nothing is cooked for


@dataclass(frozen=True, slots=True)
class Scenario:
    """`take`: orders a seat during the whole match. `slowness`: of cooks, 1 is as the menu says."""

    seats: int = 20_000
    stands: int = 40
    take: float = 0.4
    runners: int = 4
    slowness: float = 1.0
    spread: float = 0.3
    first_minute: int = 0
    last_minute: int = 75
    seed: int = 1

    @property
    def orders(self) -> int:
        return round(self.seats * self.take)
