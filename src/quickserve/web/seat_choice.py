"""What somebody wants at a date with seats: how many of which ticket, and which seats they chose.

It lives in the address and in the form, so that every page works without JavaScript:
`q-<ticket type>=2`, `seat=<id>` for each seat, `as-<seat>=<ticket type>`, `accessible=1`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from quickserve.contracts.booking import CODES_MAX, Item
from quickserve.contracts.catalog import TicketTypeId, TicketTypeView
from quickserve.contracts.seating import SeatId
from quickserve.kernel.money import Money
from quickserve.web.forms import parse_id
from quickserve.web.house_plan import HousePlan
from quickserve.web.offers import QUANTITY

SEAT: Final = "seat"
AS: Final = "as-"  # with a seat's id: the ticket that it is bought as
ACCESSIBLE: Final = "accessible"
_SEATS_MAX: Final = 100
FREE_CHOICE_MAX: Final = 10  # of who did not say how many


@dataclass(frozen=True, slots=True)
class Choice:
    """`seats` is None while nobody chose any: then the best are proposed.

    `kinds`: the tickets of seats, as chosen one by one.
    """

    quantities: dict[TicketTypeId, int]
    kinds: dict[SeatId, TicketTypeId]
    seats: list[SeatId] | None
    accessible: bool
    codes: list[str]

    def replace(self, lost: SeatId, found: SeatId) -> None:
        """The seat that is taken instead is the same ticket."""
        if lost in self.kinds:
            self.kinds[found] = self.kinds[lost]

    def query(self, seats: Sequence[SeatId], **more: object) -> str:
        pairs: list[tuple[str, object]] = list(more.items())
        pairs += [(f"{QUANTITY}{kind}", count) for kind, count in self.quantities.items()]
        pairs += [(ACCESSIBLE, 1)] if self.accessible else []
        pairs += [("code", code) for code in self.codes]
        pairs += [(f"{AS}{seat}", self.kinds[seat]) for seat in seats if seat in self.kinds]
        return urlencode([*pairs, *((SEAT, seat) for seat in seats)])


def choice(pairs: Iterable[tuple[str, str]], *, sent: bool = False) -> Choice:
    """Of an address or a form. `sent`: a form without a seat means none."""
    pairs = list(pairs)
    quantities: dict[TicketTypeId, int] = {}
    kinds: dict[SeatId, TicketTypeId] = {}
    for name, value in pairs:
        kind = parse_id(name.removeprefix(QUANTITY)) if name.startswith(QUANTITY) else None
        if kind and value.isascii() and value.isdigit() and 0 < int(value[:4]) <= _SEATS_MAX:
            quantities[TicketTypeId(kind)] = int(value[:4])
        chosen_kind = parse_id(value) if name.startswith(AS) else None
        if chosen_kind:
            kinds[name.removeprefix(AS)] = TicketTypeId(chosen_kind)
    chosen = dict.fromkeys(value[:60] for name, value in pairs if name == SEAT and value)
    seats = list(chosen)[:_SEATS_MAX]
    codes = [value[:60] for name, value in pairs if name == "code" and value][:CODES_MAX]
    return Choice(quantities, kinds, seats if seats or sent else None, _ticked(pairs), codes)


def _ticked(pairs: list[tuple[str, str]]) -> bool:
    return any(name == ACCESSIBLE and value for name, value in pairs)


@dataclass(frozen=True, slots=True)
class Sold:
    """A category of the plan as it is sold at this date: the tickets for its seats, first first."""

    category: str
    kinds: list[TicketTypeView]
    wanted: list[tuple[TicketTypeView, int]]

    @property
    def offered(self) -> list[TicketTypeView]:
        """The tickets to choose from for each seat: none where numbers were chosen before."""
        return self.kinds if len(self.kinds) > 1 and not self.wanted else []

    def kind(self, position: int, chosen: TicketTypeId | None = None) -> TicketTypeView:
        """The ticket of the seat that was chosen there: the one chosen for it, or wanted ones."""
        for kind in self.offered:
            if kind.id == chosen:
                return kind
        for kind, count in self.wanted:
            if position < count:
                return kind
            position -= count
        return self.wanted[0][0] if self.wanted else self.kinds[0]


def sold(plan: HousePlan, kinds: Sequence[TicketTypeView], choice: Choice) -> dict[str, Sold]:
    """By category; those without a ticket that is on sale are missing."""
    found: dict[str, Sold] = {}
    for category in plan.categories:
        its_kinds = [kind for kind in kinds if kind.seat_category == category]
        wanted = [(k, choice.quantities[k.id]) for k in its_kinds if k.id in choice.quantities]
        if its_kinds:
            found[category] = Sold(category, its_kinds, wanted)
    return found


def tickets(
    plan: HousePlan, sold: dict[str, Sold], choice: Choice, seats: Sequence[SeatId]
) -> list[tuple[SeatId, TicketTypeView]]:
    """Each seat with the ticket it is bought as; seats that are not sold are left out."""
    counts: dict[str, int] = {}
    made: list[tuple[SeatId, TicketTypeView]] = []
    for seat_id in seats:
        placed = plan.seats.get(seat_id)
        if placed is None or placed.seat.category not in sold:
            continue
        category = placed.seat.category
        position = counts.get(category, 0)
        made.append((seat_id, sold[category].kind(position, choice.kinds.get(seat_id))))
        counts[category] = position + 1
    return made


def items(given: Sequence[tuple[SeatId, TicketTypeView]]) -> list[Item]:
    by_kind: dict[TicketTypeId, list[SeatId]] = {}
    for seat_id, kind in given:
        by_kind.setdefault(kind.id, []).append(seat_id)
    return [
        Item(ticket_type_id=kind, quantity=len(seats), seats=seats)
        for kind, seats in by_kind.items()
    ]


def extras(kinds: Sequence[TicketTypeView], choice: Choice) -> list[Item]:
    """What is wanted beside seats."""
    return [
        Item(ticket_type_id=kind.id, quantity=choice.quantities[kind.id])
        for kind in kinds
        if kind.seat_category is None and kind.id in choice.quantities
    ]


def total(given: Sequence[tuple[SeatId, TicketTypeView]]) -> Money | None:
    prices = [kind.price for _, kind in given]
    if not prices:
        return None
    return Money(sum(price.minor for price in prices), prices[0].currency)
