"""What the engine must agree with: places, holds, bookings and tickets, kept by hand."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import TicketTypeId

Basket = dict[TicketTypeId, int]


@dataclass
class Quota:
    capacity: int
    types: frozenset[TicketTypeId]

    def needs(self, basket: Basket) -> int:
        return sum(count for kind, count in basket.items() if kind in self.types)


@dataclass
class Hold:
    """none, active, overdue (its time is over, nobody took it back yet), ended, used"""

    basket: Basket
    state: str


@dataclass
class Booking:
    """none, pending, confirmed, withdrawn, cancelled, tombstone"""

    basket: Basket
    state: str
    key: str = ""
    tickets: dict[TicketId, "Ticket"] = field(default_factory=dict)

    def of_state(self, *states: str) -> list[TicketId]:
        return [i for i, ticket in self.tickets.items() if ticket.state in states]


@dataclass
class Ticket:
    """valid, changing, returned, cancelled"""

    kind: TicketTypeId
    state: str = "valid"


@dataclass
class Amendment:
    """none, open, sold, done, dropped"""

    booking_id: UUID
    kind: str
    state: str
    ticket_ids: list[TicketId]


@dataclass
class Model:
    quotas: dict[UUID, Quota]
    holds: dict[UUID, Hold] = field(default_factory=dict)
    bookings: dict[UUID, Booking] = field(default_factory=dict)
    amendments: dict[UUID, Amendment] = field(default_factory=dict)

    def held(self, quota: Quota, *, overdue: bool = True) -> int:
        """`overdue`: with those that nobody took back yet."""
        states = {"active", "overdue"} if overdue else {"active"}
        holds = [hold.basket for hold in self.holds.values() if hold.state in states]
        pending = [b.basket for b in self.bookings.values() if b.state == "pending"]
        return sum(quota.needs(basket) for basket in holds + pending)

    def sold(self, quota: Quota) -> int:
        """Tickets that have a place: a returned one's is on sale again."""
        kinds = Counter(
            ticket.kind
            for booking in self.bookings.values()
            if booking.state == "confirmed"
            for ticket in booking.tickets.values()
            if ticket.state in {"valid", "changing"}
        )
        return quota.needs(kinds)

    def room(self, basket: Basket, *, overdue: bool) -> int:
        """How many times the basket still fits; `overdue`: what is overdue counts as held."""
        fits: list[int] = []
        for quota in self.quotas.values():
            if needed := quota.needs(basket):
                left = quota.capacity - self.sold(quota) - self.held(quota, overdue=overdue)
                fits.append(max(0, left) // needed)
        return min(fits, default=0)

    def winners(self, buyers: int, basket: Basket) -> range:
        """How many of so many get it. Who asks while another process takes back what is overdue
        may be refused: it is not free before that one commits.
        """
        least, most = (min(buyers, self.room(basket, overdue=o)) for o in (True, False))
        return range(least, most + 1)

    def sell(self, booking_id: UUID, basket: Basket, key: str, tickets: Iterable[TicketId]) -> None:
        """`tickets` in the order of the basket."""
        kinds = [kind for kind, count in basket.items() for _ in range(count)]
        made = {i: Ticket(kind) for i, kind in zip(tickets, kinds, strict=True)}
        self.bookings[booking_id] = Booking(basket, "confirmed", key, made)

    def cancel(self, booking_id: UUID) -> None:
        """As a whole: what was open for resale is no longer."""
        booking = self.bookings[booking_id]
        booking.state = "cancelled"
        for ticket in booking.tickets.values():
            ticket.state = "cancelled"
        for row in self.amendments.values():
            if (row.booking_id, row.kind, row.state) == (booking_id, "resale", "open"):
                row.state = "dropped"
