"""`ordering` as the others see it: baskets, orders, what the kitchen can make, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, NewType
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
)

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import (
    Allergen,
    Fulfilment,
    Line,
    MenuItemId,
    ModifierId,
    Note,
    StandId,
    StationKey,
)
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

BasketId = NewType("BasketId", UUID)
BasketLineId = NewType("BasketLineId", UUID)
OrderId = NewType("OrderId", UUID)
TabId = NewType("TabId", UUID)

LINES_MAX = 50  # of one basket
QUANTITY_MAX = 50  # of one line
TIP_MAX_MINOR = 1_000_000
ANSWER_SECONDS = 600  # a stand that takes orders by hand has so long

# `pending`: its saga has reserved and not yet offered it; `submitted`: the stand is asked.
OrderState = Literal[
    "pending", "submitted", "accepted", "preparing", "ready", "on-the-way", "delivered",
    "picked-up", "rejected", "cancelled", "withdrawn",
]  # fmt: skip
ENDED: frozenset[OrderState] = frozenset(
    {"delivered", "picked-up", "rejected", "cancelled", "withdrawn"}
)
RejectReason = Literal[
    "too-busy", "sold-out", "closed", "out-of-reach", "not-answered", "event-cancelled", "other"
]
# How it is paid: by a saga, with others of the tab, or there is nothing to pay.
Payment = Literal["card", "tab", "free"]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- Baskets ---------------------------------------------------------------------------------------


class ChosenModifier(Request):
    modifier_id: ModifierId
    quantity: int = Field(default=1, ge=1, le=QUANTITY_MAX, strict=True)


class LineDraft(Request):
    """`guest`: who of a group wants it; groups share the basket by its link."""

    item_id: MenuItemId
    quantity: int = Field(default=1, ge=1, le=QUANTITY_MAX, strict=True)
    modifiers: list[ChosenModifier] = Field(default=[], max_length=100)
    note: Note = Field(default="", max_length=200)
    guest: Line = Field(default="", max_length=60)


class NewLine(LineDraft):
    id: BasketLineId


class Address(Request):
    """`latitude` and `longitude` are WGS 84 degrees."""

    text: Line = Field(min_length=3, max_length=300)
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    instructions: Note = Field(default="", max_length=300)


class Destination(Request):
    """Where to: the seat and the table in words, as people read them."""

    fulfilment: Fulfilment = "pickup"
    seat: Line = Field(default="", max_length=100)
    table: Line = Field(default="", max_length=40)
    address: Address | None = None


TypedCode = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
]


def _a_gift(tip: Money) -> Money:
    if not 0 <= tip.minor <= TIP_MAX_MINOR:
        raise ValueError(f"give 0 to {TIP_MAX_MINOR} minor units")
    return tip


def _on_calendars(at: datetime) -> datetime:
    if not 2000 <= at.year < 2200:  # noqa: PLR2004 - days are counted from it, in both directions
        raise ValueError("give a year from 2000 to 2199")
    return at


class BasketDraft(Request):
    """A basket as its people set it. `slot`: the time wanted, None is as soon as possible."""

    stand_id: StandId
    destination: Destination = Destination()
    slot: Annotated[AwareDatetime, AfterValidator(_on_calendars)] | None = None
    tip: Annotated[Money, AfterValidator(_a_gift)] | None = None
    codes: list[TypedCode] = Field(default=[], max_length=5)


def _each_once(lines: list[NewLine]) -> list[NewLine]:
    if len({line.id for line in lines}) != len(lines):
        raise ValueError("give each line an id of its own")
    return lines


class NewBasket(BasketDraft):
    """`lines` replace those that are there; None keeps them.

    `ticket`: its QR's text or its code; what it includes costs nothing, and it opens a tab.
    """

    lines: Annotated[list[NewLine], AfterValidator(_each_once)] | None = Field(
        default=None, max_length=LINES_MAX
    )
    ticket: str | None = Field(default=None, max_length=1000)


class TicketBasket(Request):
    """The basket of a ticket at a stand: the same one on all its devices."""

    stand_id: StandId
    ticket: str = Field(max_length=1000)


class PricedModifier(BaseModel):
    modifier_id: ModifierId
    name: str
    quantity: int
    price: Money


class LineProblem(BaseModel):
    """Why a line cannot be ordered: a problem's code, and its words in English."""

    code: str
    detail: str


class PricedLine(BaseModel):
    """`total` is what is paid: quantity × (price + modifiers) less `reduced`.

    `included`: how many of the quantity the ticket pays for.
    """

    id: BasketLineId
    item_id: MenuItemId
    name: str
    quantity: int
    modifiers: list[PricedModifier]
    note: str
    guest: str
    unit_price: Money
    included: int
    reduced: Money
    total: Money
    tax_rate_bp: int
    allergens: list[Allergen]
    age_min: int | None
    station: StationKey | None
    ready_seconds: int
    problems: list[LineProblem] = []
    cancelled: bool = False


class TaxLine(BaseModel):
    """`tax` is contained in `gross`."""

    rate_bp: int
    gross: Money
    tax: Money


class Totals(BaseModel):
    """`total` = items + fee + tip − reduced."""

    items: Money
    reduced: Money
    fee: Money
    tip: Money
    total: Money
    taxes: list[TaxLine]


class Promise(BaseModel):
    """When it will be ready for the shelf, or there with the person: a range, honestly wide."""

    earliest: datetime
    latest: datetime


class Slot(BaseModel):
    """A time to choose; `label` names an interval of the programme ("half-time").

    `kind`: before the start, an interval, the last call, or just a time.
    """

    starts_at: datetime
    kind: Literal["time", "start", "break", "last-call"]
    label: str | None
    free: bool


class SlotList(BaseModel):
    """`asap` is None while the stand takes no orders; `reason` tells why: closed, paused, full."""

    asap: Promise | None
    reason: str | None
    opens_at: datetime | None
    slots: list[Slot]


class BasketView(BaseModel):
    """`version` grows with each change; `promise` is what would be promised now.

    `on_tab`: it may be ordered on the ticket's tab, which `tab_id` names once it is open.
    """

    id: BasketId
    version: int
    organiser_id: OrganiserId
    draft: BasketDraft
    lines: list[PricedLine]
    totals: Totals
    promise: Promise | None
    problems: list[LineProblem]
    included: list[str]
    on_tab: bool
    tab_id: TabId | None
    order_id: OrderId | None


# -- Orders ----------------------------------------------------------------------------------------


class OrderContact(Request):
    """Who is called; `email` is needed where something is paid."""

    name: Line = Field(min_length=1, max_length=100)
    email: EmailStr | None = None
    phone: Line = Field(default="", max_length=30)
    language: Literal["fr", "en"] = "fr"


class NewOrder(Request):
    """Out of a basket at this version: what was seen is what is ordered."""

    basket_id: BasketId
    basket_version: int = Field(ge=1)
    total: Money
    contact: OrderContact
    payment: Payment = "card"


class OrderStep(BaseModel):
    """`by`: buyer, stand, runner, clock or saga; `reason` where one was given."""

    state: OrderState
    at: datetime
    by: str
    reason: str | None


class OrderView(BaseModel):
    """`key` opens the order's page; `number` is what is called out.

    `answer_by`: until then the stand is asked; `ready_by`: when the kitchen is to be done.
    """

    id: OrderId
    key: str
    number: str
    stand_id: StandId
    stand_name: str
    organiser_id: OrganiserId
    event_id: EventId | None
    ticket_id: TicketId | None
    state: OrderState
    payment: Payment
    name: str
    language: str
    destination: Destination
    lines: list[PricedLine]
    totals: Totals
    refunded: Money
    promise: Promise
    steps: list[OrderStep]
    tab_id: TabId | None
    answer_by: datetime | None = None
    ready_by: datetime | None = None
    placed_at: datetime
    server_now: datetime


class OrderList(BaseModel):
    orders: list[OrderView]
    next: str | None = None


class OrderMove(Request):
    """By who works at the stand. `reason`: a RejectReason where it is rejected, else words.

    `id`: the same move again changes nothing, whatever became of the order since.
    `seen`: the state that the person saw; from any other the order is not moved.
    """

    state: OrderState
    reason: Line | None = Field(default=None, max_length=200)
    id: UUID | None = None
    seen: OrderState | None = None


class LineCancellation(Request):
    """These lines only; without any, the whole order."""

    lines: list[BasketLineId] = Field(default=[], max_length=LINES_MAX)
    words: Line = Field(default="", max_length=200)


# -- Stands, as the kitchen runs them --------------------------------------------------------------


class Cap(Request):
    """At most so many orders, and so much value, in 300 seconds; None is without bound."""

    orders: int | None = Field(default=None, ge=0, le=10_000)
    value_minor: int | None = Field(default=None, ge=0, le=10**9)


class Pacing(Request):
    """How a stand takes orders: caps by fulfilment; whoever would wait longer chooses a time."""

    caps: dict[Fulfilment, Cap] = {}
    wait_max_minutes: int = Field(default=90, ge=5, le=480)


class Pause(Request):
    """No new orders for so long; 0 minutes ends it."""

    minutes: int = Field(ge=0, le=1440)


class StationLoad(BaseModel):
    """Make-seconds of the next half hour; `behind_s` is what should have been made already."""

    station: StationKey
    name: str
    cooks: int
    capacity_s: int
    reserved_s: int
    behind_s: int


class PromiseFigures(BaseModel):
    """Of the last orders: seconds that they were later than promised first (negative: earlier)."""

    orders: int
    p50_s: int
    p90_s: int


class StandStatus(BaseModel):
    """`intake_percent` and `widened_s` follow the measured error."""

    stand_id: StandId
    paused_until: datetime | None
    intake_percent: int
    widened_s: int
    pacing: Pacing
    stations: list[StationLoad]
    figures: PromiseFigures
    open_orders: int


# -- Events ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderAccepted(DomainEvent):
    """The stand makes it; whoever carries it learns where to. `seat`, `table` in words."""

    TYPE: ClassVar[str] = "quickserve.ordering.order-accepted.v1"
    order_id: OrderId
    stand_id: StandId
    organiser_id: OrganiserId
    event_id: EventId | None
    number: str
    stand_name: str
    fulfilment: Fulfilment
    seat: str
    table: str
    latitude: float | None
    longitude: float | None
    from_latitude: float | None
    from_longitude: float | None
    items: int
    age_min: int | None
    ready_at: datetime


@dataclass(frozen=True)
class OrderRejected(DomainEvent):
    TYPE: ClassVar[str] = "quickserve.ordering.order-rejected.v1"
    order_id: OrderId
    stand_id: StandId
    reason: str


@dataclass(frozen=True)
class OrderMoved(DomainEvent):
    """It came into this state: preparing, ready, on-the-way, delivered, picked-up, …"""

    TYPE: ClassVar[str] = "quickserve.ordering.order-moved.v1"
    order_id: OrderId
    stand_id: StandId
    state: OrderState
    at: datetime


@dataclass(frozen=True)
class LinesCancelled(DomainEvent):
    """What is given back of it; `whole` when nothing is left of the order."""

    TYPE: ClassVar[str] = "quickserve.ordering.lines-cancelled.v1"
    order_id: OrderId
    stand_id: StandId
    amount: Money
    whole: bool
