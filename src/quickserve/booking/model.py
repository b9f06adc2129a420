"""What may be booked, and the rules. No I/O: everything here is told what it needs to know."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, Self

from pydantic import TypeAdapter

from quickserve.booking.pricing import NO_RULES, Rules
from quickserve.contracts.booking import (
    BookingId,
    BookingState,
    Contact,
    DateFacts,
    HeldItem,
    HoldId,
    HoldState,
    Item,
    NotOnSale,
    QuantityNotAllowed,
    QuotaId,
    TicketId,
    TicketState,
    VoucherId,
)  # fmt: skip
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.contracts.seating import PlanId, SeatId
from quickserve.kernel.errors import Conflict, FieldError, Malformed, NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

QUOTAS_MAX = 100  # of one date
PLACES_MAX = 500  # of one booking: bounds what one request makes us insert and sign


class Outrun(Conflict):
    """Somebody, or this very request, was faster, or a drawn code was taken: look again."""

    code = "outrun"


@dataclass(frozen=True, slots=True)
class OfferedType:
    """A ticket type as offered; `sale_until` is known: the end of the date where none is set."""

    id: TicketTypeId
    name: str
    price_minor: int
    currency: str
    tax_rate_bp: int
    min_per_booking: int
    max_per_booking: int
    sale_from: datetime | None
    sale_until: datetime | None
    available: int
    seat_category: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A date with its ticket types, and the quotas that these take places of.

    `looked_at` by the database's clock, which was `began` by this process's.
    """

    looked_at: datetime
    began: float
    date: DateFacts
    event_state: str
    date_state: str
    offered: bool
    types: dict[TicketTypeId, OfferedType]
    links: list[tuple[QuotaId, TicketTypeId]]
    available: dict[QuotaId, int]
    plan_id: PlanId | None = None
    plan_version: int | None = None
    rules: Rules = NO_RULES
    chosen: dict[tuple[tuple[TicketTypeId, int], ...], "Basket"] = field(
        default_factory=dict[tuple[tuple[TicketTypeId, int], ...], "Basket"]
    )

    def now(self) -> datetime:
        """By the database's clock."""
        return self.looked_at + timedelta(seconds=time.monotonic() - self.began)


@dataclass(frozen=True, slots=True)
class Basket:
    """Wanted places with their names and prices, and the stock they take.

    `draws`: so many of them come out of what is set aside for a voucher, as far as that goes.
    """

    items: list[HeldItem]
    total: Money
    quota_ids: list[QuotaId]
    quota_places: list[int]
    draws: dict[VoucherId, int] = field(default_factory=dict[VoucherId, int])

    @property
    def places(self) -> int:
        return sum(item.quantity for item in self.items)

    @property
    def seat_ids(self) -> list[SeatId]:
        return [seat.id for item in self.items for seat in item.seats]


@dataclass(frozen=True, slots=True)
class PersonLimit:
    """`most` of a ticket type by one e-mail address, of a date or of its whole event."""

    ticket_type_id: TicketTypeId
    name: str
    quantity: int
    most: int
    scope: Literal["date", "event"]


@dataclass(frozen=True, slots=True)
class Buyer:
    email: str
    name: str
    language: str

    @classmethod
    def of(cls, contact: Contact) -> Self:
        return cls(contact.email, contact.name, contact.language)


@dataclass(frozen=True, slots=True)
class Hold:
    """`state` counts the database's clock in: an active hold past its time is `expired`."""

    id: HoldId
    state: HoldState
    expires_at: datetime
    server_now: datetime
    date: DateFacts
    items: list[HeldItem]
    total: Money
    quota_ids: list[QuotaId]
    quota_places: list[int]
    cancelled: bool

    @property
    def basket(self) -> Basket:
        return Basket(self.items, self.total, self.quota_ids, self.quota_places)


@dataclass(frozen=True, slots=True)
class Ticket:
    """`code` without its dash; `passed_on`: it is another person's than the booking's buyer.

    `link_with`: who is shown its address until that person has opened it.
    """

    id: TicketId
    ticket_type_id: TicketTypeId
    ticket_type: str
    price_minor: int
    code: str
    state: TicketState
    holder_name: str
    key_id: str
    admitted_at: datetime | None = None
    admitted_gate: str | None = None
    passed_on: bool = False
    link_with: Literal["buyer", "holder"] | None = None
    seat_id: SeatId | None = None
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """`tickets` are at hand where the command just made them."""

    id: BookingId
    state: BookingState
    buyer: Buyer
    date: DateFacts
    items: list[HeldItem]
    total: Money
    quota_ids: list[QuotaId]
    quota_places: list[int]
    body_hash: bytes
    created_at: datetime
    tickets: list[Ticket] = field(default_factory=list[Ticket])

    @property
    def places(self) -> int:
        return sum(item.quantity for item in self.items)


@dataclass(frozen=True, slots=True)
class Sale:
    """A confirmed booking to be recorded, out of a hold or not; `trace` is the request's."""

    booking: Booking
    hold_id: HoldId | None
    trace: str = ""
    draws: dict[VoucherId, int] = field(default_factory=dict[VoucherId, int])
    limits: tuple[PersonLimit, ...] = ()

    @property
    def seated(self) -> bool:
        return any(item.seats for item in self.booking.items)


@dataclass(frozen=True, slots=True)
class SeatWish:
    """Which seats go with the items of a basket: for each, its category and the chosen ones.

    A category of None is an item without seats; where none are chosen, the best are.
    """

    items: tuple[tuple[str | None, tuple[SeatId, ...]], ...]
    accessible: bool


@dataclass(frozen=True, slots=True)
class NewHoldRow:
    id: HoldId
    date_id: DateId
    basket: Basket
    body_hash: bytes
    wish: SeatWish | None = None
    purpose: Literal["sale", "offer", "block", "reservation"] = "sale"
    until: datetime | None = None
    staff: bool = False


@dataclass(frozen=True, slots=True)
class HoldTimes:
    """Of a hold that was made; `basket` has its seats, where it has any."""

    expires_at: datetime
    server_now: datetime
    basket: Basket


_items = TypeAdapter(list[HeldItem])


def load_items(stored: Any) -> list[HeldItem]:
    return _items.validate_python(stored)


def dump_items(items: list[HeldItem]) -> str:
    return _items.dump_json(items, exclude_defaults=True).decode()


def plain_items(items: list[HeldItem]) -> Any:
    """As `dump_items`, for a larger JSON document."""
    return _items.dump_python(items, mode="json", exclude_defaults=True)


def fingerprint(*parts: object) -> bytes:
    """Tells whether a repeated id brings the same request."""
    return sha256(repr(parts).encode()).digest()


def wanted(items: Sequence[Item]) -> dict[TicketTypeId, int]:
    """Quantities by ticket type; the same type named twice counts together."""
    quantities: dict[TicketTypeId, int] = {}
    for item in items:
        quantities[item.ticket_type_id] = quantities.get(item.ticket_type_id, 0) + item.quantity
    if sum(quantities.values()) > PLACES_MAX:
        raise QuantityNotAllowed(
            f"At most {PLACES_MAX} places can be booked at once.", min=1, max=PLACES_MAX, name=""
        )
    return quantities


def require_sellable(offer: Offer) -> None:
    if not offer.offered:
        raise NotFound("There is no such date.")
    if "cancelled" in (offer.event_state, offer.date_state):
        raise NotOnSale("The event is cancelled.", reason="cancelled")
    if offer.event_state != "published":
        raise NotOnSale("The event is not published.", reason="unpublished")


@dataclass(frozen=True, slots=True)
class Pool:
    """A quota as one part of a date's stock: `size` is its capacity, its places left, …"""

    size: int
    ticket_type_ids: frozenset[TicketTypeId]


def places_together(pools: Collection[Pool]) -> int:
    """What overlapping quotas allow together: exact where one contains the other or is apart.

    The largest quotas are left out as long as the others still cover every ticket type: a house of
    100 with 10 seats in the box allows 100, not 110.
    """
    covered = Counter(type_id for pool in pools for type_id in pool.ticket_type_ids)
    places = 0
    for pool in sorted(pools, key=lambda pool: pool.size, reverse=True):
        if all(covered[type_id] > 1 for type_id in pool.ticket_type_ids):
            covered.subtract(pool.ticket_type_ids)
        else:
            places += pool.size
    return places


@dataclass(frozen=True, slots=True)
class OfferedDateRow:
    """What a command needs to know of a date it is asked about."""

    date_id: DateId
    event_id: EventId
    organiser_id: OrganiserId
    cancelled: bool


def field_problem(field: str, code: str, fix: str) -> Malformed:
    """A 422 that names one field and its remedy."""
    return Malformed(fix, errors=[FieldError(field=field, code=code, message=fix)])
