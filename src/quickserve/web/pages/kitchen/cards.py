"""Orders as cards of a board: whose turn it is, how late it is, what this station makes of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from quickserve.contracts.kitchen import KitchenBoard
from quickserve.contracts.menus import Allergen, Fulfilment, StationKey
from quickserve.contracts.ordering import OrderState, OrderView, PricedLine

Age = Literal["new", "soon", "late"]
SOON: Final = timedelta(minutes=2)
_AT_LEAST: Final = timedelta(minutes=3)  # what is made in no time is still carried over
_MAKING: Final[frozenset[OrderState]] = frozenset({"submitted", "accepted", "preparing"})


@dataclass(frozen=True, slots=True)
class CardLine:
    """`here`: this station makes it; `station` is named where another one does."""

    line: PricedLine
    here: bool
    station: str


@dataclass(frozen=True, slots=True)
class Card:
    """`due`: when the kitchen is to be done. `whole`: other stations make a part of it, too."""

    order: OrderView
    lines: list[CardLine]
    allergens: list[Allergen]
    age: Age
    due: datetime
    whole: bool

    @property
    def way(self) -> Fulfilment:
        return self.order.destination.fulfilment


@dataclass(frozen=True, slots=True)
class Count:
    """Of the day's dishes: how many of it are to be made for all who wait."""

    name: str
    quantity: int
    choice: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the board shows. `asked` wait for an answer, `ready` for somebody to take them."""

    board: KitchenBoard
    station: StationKey | None
    asked: list[Card]
    making: list[Card]
    ready: list[Card]
    counts: list[Count]
    oldest: datetime | None

    @property
    def waiting(self) -> int:
        return len(self.asked) + len(self.making)


def sheet(board: KitchenBoard, station: StationKey | None) -> Sheet:
    """`station` shows its orders only; one that the stand does not have shows all."""
    names = {one.key: one.name for one in board.stations}
    chosen = station if station in names else None
    cards = [
        card
        for order in board.orders
        if (card := _card(order, chosen, names, board.server_now)) is not None
    ]
    asked = [one for one in cards if one.order.state == "submitted"]
    making = [one for one in cards if one.order.state in ("accepted", "preparing")]
    ready = [one for one in cards if one.order.state in ("ready", "on-the-way")]
    waiting = [one.order.placed_at for one in (*asked, *making)]
    return Sheet(
        board, chosen, asked, making, ready, _counts([*asked, *making]),
        min(waiting) if waiting else None,
    )  # fmt: skip


def _card(
    order: OrderView, station: StationKey | None, names: Mapping[str, str], now: datetime
) -> Card | None:
    """None where the station makes nothing of it."""
    live = [line for line in order.lines if not line.cancelled]
    if station and all(line.station != station for line in live):
        return None
    lines = [
        CardLine(
            line, station in (None, line.station),
            names.get(line.station or "", "") if station not in (None, line.station) else "",
        )
        for line in order.lines
    ]  # fmt: skip
    lines.sort(key=lambda one: not one.here)
    found: set[Allergen] = {name for line in live for name in line.allergens}
    due = max(order.ready_by or order.promise.earliest, order.placed_at + _AT_LEAST)
    return Card(
        order, lines, sorted(found, key=str), _age(order, due, now), due,
        bool(station) and any(line.station not in (None, station) for line in live),
    )  # fmt: skip


def _age(order: OrderView, due: datetime, now: datetime) -> Age:
    if order.state not in _MAKING:
        return "new"
    return "late" if now >= due else "soon" if now >= due - SOON else "new"


def _counts(cards: Sequence[Card]) -> list[Count]:
    """Most first: dishes, then what is chosen with them."""
    dishes, choices = Counter[str](), Counter[str]()
    for card in cards:
        for one in card.lines:
            if not one.here or one.line.cancelled:
                continue
            dishes[one.line.name] += one.line.quantity
            for mod in one.line.modifiers:
                choices[mod.name] += one.line.quantity * mod.quantity
    return [Count(name, number) for name, number in dishes.most_common()] + [
        Count(name, number, choice=True) for name, number in choices.most_common()
    ]


def elapsed(seconds: float) -> str:
    """`7:55`, `1:02:10`; as board.js goes on counting."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
