"""What orders are and how they may move. No I/O."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.contracts.menus import (
    Menu,
    MenuItem,
    MenuItemId,
    Modifier,
    ModifierGroup,
    ModifierId,
    StandDate,
    StandDraft,
    StandId,
)
from quickserve.contracts.ordering import (
    BasketDraft,
    BasketId,
    Destination,
    NewLine,
    OrderContact,
    OrderId,
    OrderState,
    OrderStep,
    Pacing,
    Payment,
    PricedLine,
    Promise,
    TabId,
    Totals,
)
from quickserve.contracts.ordering_problems import IllegalTransition
from quickserve.kernel.errors import Conflict
from quickserve.kernel.ids import OrganiserId, PersonId

By = Literal["buyer", "stand", "runner", "clock", "saga"]

# From where to where, and who may. `ready` is never said by a clock. A saga withdraws what is
# being made only when the money that was set aside for it could not be taken. Whoever carries it
# has it in their hands, whether or not the kitchen said that it is ready.
TRANSITIONS: Mapping[tuple[OrderState, OrderState], frozenset[By]] = {
    ("pending", "submitted"): frozenset({"saga"}),
    ("pending", "accepted"): frozenset({"saga"}),
    ("pending", "withdrawn"): frozenset({"saga"}),
    ("submitted", "accepted"): frozenset({"stand"}),
    ("submitted", "rejected"): frozenset({"stand", "clock"}),
    ("submitted", "withdrawn"): frozenset({"saga", "buyer"}),
    ("submitted", "cancelled"): frozenset({"stand", "saga"}),
    ("accepted", "preparing"): frozenset({"stand"}),
    ("accepted", "ready"): frozenset({"stand"}),
    ("accepted", "on-the-way"): frozenset({"runner"}),
    ("accepted", "cancelled"): frozenset({"stand", "saga", "buyer"}),
    ("accepted", "withdrawn"): frozenset({"saga"}),
    ("preparing", "withdrawn"): frozenset({"saga"}),
    ("preparing", "accepted"): frozenset({"stand"}),
    ("preparing", "ready"): frozenset({"stand"}),
    ("preparing", "on-the-way"): frozenset({"runner"}),
    ("preparing", "cancelled"): frozenset({"stand", "saga"}),
    ("ready", "withdrawn"): frozenset({"saga"}),
    ("ready", "preparing"): frozenset({"stand"}),
    ("ready", "picked-up"): frozenset({"stand"}),
    ("ready", "on-the-way"): frozenset({"stand", "runner"}),
    ("ready", "delivered"): frozenset({"stand"}),
    ("ready", "cancelled"): frozenset({"stand", "saga"}),
    ("on-the-way", "ready"): frozenset({"stand", "runner"}),
    ("on-the-way", "delivered"): frozenset({"stand", "runner"}),
    ("on-the-way", "withdrawn"): frozenset({"saga"}),
    ("on-the-way", "cancelled"): frozenset({"saga"}),
    ("picked-up", "ready"): frozenset({"stand"}),
}

# The work of these is not made any more, or made already.
WITHOUT_WORK: frozenset[OrderState] = frozenset(
    {
        "ready",
        "on-the-way",
        "delivered",
        "picked-up",
        "rejected",
        "cancelled",
        "withdrawn",
    }
)


class Overtaken(Conflict):
    """Somebody, or this very request, was faster: look again."""

    code = "overtaken"


def check_move(state: OrderState, to: OrderState, by: By, payment: Payment) -> None:
    """Raises IllegalTransition."""
    if not may_move(state, to, by, payment):
        allowed = sorted(
            there
            for here, there in TRANSITIONS
            if here == state and may_move(here, there, by, payment)
        )
        raise IllegalTransition(
            f"An order that is {state} cannot become {to}.", state=state, to=to, allowed=allowed
        )


def may_move(state: OrderState, to: OrderState, by: By, payment: Payment) -> bool:
    """What is paid by card is called off by checkout's saga, which gives the money back."""
    unpaid = payment != "card" or state == "submitted"  # then the saga waits, and charges nothing
    if (to, by) == ("cancelled", "stand") and not unpaid:
        return False
    return by in TRANSITIONS.get((state, to), frozenset())


def fingerprint(*parts: object) -> bytes:
    text = json.dumps(parts, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def order_key(order_id: OrderId, secret: bytes) -> str:
    """What opens the order's page."""
    return hmac.digest(secret, order_id.bytes, "sha256")[:16].hex()


# -- Stands ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """An item or a modifier as it is found by its id."""

    item: MenuItem
    groups: tuple[ModifierGroup, ...]
    by_modifier: Mapping[ModifierId, tuple[ModifierGroup, Modifier]]


@dataclass(frozen=True, slots=True)
class MenuIndex:
    menu: Menu
    items: Mapping[MenuItemId, Choice]

    @classmethod
    def of(cls, menu: Menu) -> "MenuIndex":
        groups = {group.id: group for group in menu.groups}
        items: dict[MenuItemId, Choice] = {}
        for section in menu.sections:
            for item in section.items:
                own = tuple(groups[one] for one in item.groups if one in groups)
                found = {mod.id: (group, mod) for group in own for mod in group.modifiers}
                items[item.id] = Choice(item, own, found)
        return cls(menu, items)


@dataclass(frozen=True, slots=True)
class Gate:
    """How the stand takes orders now."""

    paused_until: datetime | None
    intake_percent: int
    widened_s: int
    pacing: Pacing


@dataclass(frozen=True, slots=True)
class Stand:
    """All that decides about an order but how busy the kitchen is."""

    id: StandId
    version: int
    out_version: int
    organiser_id: OrganiserId
    event_id: EventId | None
    slug: str
    draft: StandDraft
    dates: tuple[StandDate, ...]
    out: frozenset[UUID]
    gate: Gate
    menu: MenuIndex | None
    now: datetime


# -- Tickets ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entitlement:
    """`left`: how many the ticket may still take."""

    id: UUID
    name: str
    item_ids: frozenset[MenuItemId]
    left: int
    most: int


@dataclass(frozen=True, slots=True)
class TicketFacts:
    ticket_id: TicketId
    event_id: EventId
    ticket_type_id: TicketTypeId
    seat: str


# -- Baskets and orders ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Basket:
    id: BasketId
    version: int
    draft: BasketDraft
    lines: list[NewLine]
    ticket: TicketFacts | None
    order_id: OrderId | None


@dataclass(frozen=True, slots=True)
class Voucher:
    code: str
    percent: int | None
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Included:
    entitlement_id: UUID
    quantity: int
    most: int


@dataclass(frozen=True, slots=True)
class Priced:
    """What a basket costs, and what it takes of ticket and vouchers.

    `names` says what the ticket gives; `problems` are of the whole: code and detail.
    """

    lines: list[PricedLine]
    totals: Totals
    included: list[Included]
    names: list[str]
    codes: list[str]
    problems: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Make-seconds of a station in one slot."""

    station: str
    starts_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class Plan:
    """When the kitchen makes an order; `intake_percent` is what it was planned with."""

    pieces: tuple[Piece, ...]
    ready_by: datetime
    intake_percent: int = 100


@dataclass(frozen=True, slots=True)
class NewOrderRow:
    """An order that asks for its place in the kitchen."""

    id: OrderId
    basket_id: BasketId
    basket_version: int
    stand: Stand
    ticket: TicketFacts | None
    payment: Payment
    contact: OrderContact
    destination: Destination
    slot: datetime | None
    priced: Priced
    work: Mapping[str, int]
    longest_s: int
    content: bytes
    trace: str


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of it."""

    number: str
    state: OrderState
    ready_by: datetime
    promise: Promise
    placed_at: datetime
    tab_id: TabId | None


@dataclass(frozen=True, slots=True)
class Order:
    id: OrderId
    basket_id: BasketId
    stand_id: StandId
    organiser_id: OrganiserId
    event_id: EventId | None
    ticket_id: TicketId | None
    tab_id: TabId | None
    number: str
    state: OrderState
    payment: Payment
    paid_at: datetime | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None
    language: str
    destination: Destination
    lines: list[PricedLine]
    totals: Totals
    refunded_minor: int
    slot: datetime | None
    ready_by: datetime
    promise: Promise
    answer_by: datetime | None
    ready_at: datetime | None
    content: bytes
    placed_at: datetime
    stand_name: str
    now: datetime


def order_of(row: NewOrderRow, placed: Placed) -> Order:
    """As it was just placed."""
    contact = row.contact
    return Order(
        row.id, row.basket_id, row.stand.id, row.stand.organiser_id, row.stand.event_id,
        row.ticket.ticket_id if row.ticket else None, placed.tab_id, placed.number, placed.state,
        row.payment, None, contact.name, contact.email, contact.phone, contact.language,
        row.destination, row.priced.lines, row.priced.totals, 0, row.slot, placed.ready_by,
        placed.promise, None, None, row.content, placed.placed_at, row.stand.draft.name,
        placed.placed_at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    by: By
    person: PersonId | None = None
    reason: str | None = None
    move_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Whose an order is."""

    stand_id: StandId
    organiser_id: OrganiserId


@dataclass(frozen=True, slots=True)
class Moving:
    """An order that somebody of its stand moves on."""

    order_id: OrderId
    stand: Stand
    to: OrderState
    actor: Actor
    trace: str
    seen: OrderState | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    order: Order
    steps: list[OrderStep]


def live_lines(lines: Sequence[PricedLine]) -> list[PricedLine]:
    return [line for line in lines if not line.cancelled]
