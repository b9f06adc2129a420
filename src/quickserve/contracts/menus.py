"""Stands and menus as `catalog` keeps them: what may be ordered where; never how much is left."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, ClassVar, Literal, NewType, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

StandId = NewType("StandId", UUID)
SectionId = NewType("SectionId", UUID)
MenuItemId = NewType("MenuItemId", UUID)
ModifierGroupId = NewType("ModifierGroupId", UUID)
ModifierId = NewType("ModifierId", UUID)

SECTIONS_MAX = 100  # of one menu
ITEMS_MAX = 2_000  # of one menu
GROUPS_MAX = 500
MODIFIERS_MAX = 100  # of one group
STATIONS_MAX = 20

StandKind = Literal["stand", "restaurant", "shop"]
StandState = Literal["open", "hidden"]
# To a shelf, to the person's seat, to a table, to a street address.
Fulfilment = Literal["pickup", "seat", "table", "delivery"]
FULFILMENTS: tuple[Fulfilment, ...] = ("pickup", "seat", "table", "delivery")
# EU regulation 1169/2011, annex II.
Allergen = Literal[
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk", "nuts", "celery", "mustard",
    "sesame", "sulphites", "lupin", "molluscs",
]  # fmt: skip
Diet = Literal["vegetarian", "vegan", "halal", "kosher", "gluten-free", "lactose-free"]

Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")]
# What a station is called by the items made there: "grill", "bar".
StationKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- Stands ----------------------------------------------------------------------------------------


class Hours(Draft):
    """Of one weekday, 0 is Monday; several a day where they are split.

    `until` is at or before `opens` where the stand closes after midnight.
    """

    weekday: int = Field(ge=0, le=6, strict=True)
    opens: time
    until: time


class DayHours(Draft):
    """Instead of the weekly ones on this day; without any the stand is closed."""

    day: date
    hours: list[tuple[time, time]] = Field(default=[], max_length=10)


class Break(Draft):
    """Of each date: an interval, half-time; orders for it are ready when it begins."""

    label: Name
    minutes_after_start: int = Field(ge=0, le=1440)
    minutes: int = Field(default=15, ge=1, le=240)


class WithProgramme(Draft):
    """Open from so long before a date of the event begins until so long after it ends.

    `last_call_minutes`: so long before the end the last orders are taken.
    """

    minutes_before: int = Field(default=60, ge=0, le=1440)
    minutes_after: int = Field(default=60, ge=0, le=1440)
    breaks: list[Break] = Field(default=[], max_length=10)
    last_call_minutes: int = Field(default=0, ge=0, le=240)


class Station(Draft):
    """A place where items are made; `cooks` work there at once."""

    key: StationKey
    name: Name
    cooks: int = Field(default=1, ge=1, le=100)


class DeliveryArea(Draft):
    """To addresses so far away as the crow flies, for a fee."""

    radius_m: int = Field(ge=100, le=100_000)
    fee: Money
    order_min: Money


class StandDraft(Draft):
    """The whole. A stand of an event names it; a restaurant or shop is open by its hours alone.

    `latitude` and `longitude` are WGS 84 degrees; a stand that delivers has them.
    `accepts`: whether a person takes each order, or all are taken while there is capacity.
    `tabs`: whoever has a ticket may order several times and pay once; the stand trusts them.
    """

    organiser_id: OrganiserId
    name: Name
    kind: StandKind = "stand"
    state: StandState = "open"
    event_id: EventId | None = None
    description: Note = Field(default="", max_length=2000)
    place: Line = Field(default="", max_length=200)
    zone: str = Field(default="Europe/Paris", max_length=64)
    currency: str = Field(default="EUR", min_length=3, max_length=3)
    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    fulfilments: list[Fulfilment] = Field(default=["pickup"], min_length=1, max_length=4)
    accepts: Literal["itself", "by-hand"] = "itself"
    tabs: bool = False
    hours: list[Hours] = Field(default=[], max_length=70)
    exceptions: list[DayHours] = Field(default=[], max_length=400)
    programme: WithProgramme | None = None
    stations: list[Station] = Field(default=[], max_length=STATIONS_MAX)
    delivery: DeliveryArea | None = None


class StandView(BaseModel):
    id: StandId
    slug: str
    version: int
    draft: StandDraft
    organiser_name: str
    menu_version: int | None
    items: int
    sold_out: int


class StandList(BaseModel):
    stands: list[StandView]


# -- Menus -----------------------------------------------------------------------------------------


class Modifier(Draft):
    """`price` is added to the item's. `ready_seconds` are added to its make-time."""

    id: ModifierId
    name: Name
    price: Money
    default: bool = False
    allergens: list[Allergen] = []
    ready_seconds: int = Field(default=0, ge=0, le=3600)


class ModifierGroup(Draft):
    """So many of these are chosen; `repeat_max` is how often the same one may be."""

    id: ModifierGroupId
    name: Name
    min: int = Field(default=0, ge=0, le=MODIFIERS_MAX)
    max: int = Field(default=1, ge=1, le=MODIFIERS_MAX)
    repeat_max: int = Field(default=1, ge=1, le=MODIFIERS_MAX)
    modifiers: list[Modifier] = Field(min_length=1, max_length=MODIFIERS_MAX)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.min > self.max:
            raise ValueError("min must not be above max")
        if self.min > len(self.modifiers) * self.repeat_max:
            raise ValueError("min asks for more than the group's modifiers allow")
        if sum(one.default for one in self.modifiers) > self.max:
            raise ValueError("more modifiers are chosen by default than max allows")
        return self


class Served(Draft):
    """Only between these times of the day, the stand's zone; past midnight as `Hours`."""

    opens: time
    until: time


class MenuItem(Draft):
    """`tax_rates_bp` in basis points contained in the price, by fulfilment; else `tax_rate_bp`.

    `ready_seconds`: how long one cook at `station` makes one; without a station nothing is made.
    `age_min` in years: a person shows a paper at the handover.
    """

    id: MenuItemId
    name: Name
    description: Note = Field(default="", max_length=2000)
    price: Money
    tax_rate_bp: int = Field(default=0, ge=0, le=10_000)
    tax_rates_bp: dict[Fulfilment, Annotated[int, Field(ge=0, le=10_000)]] = {}
    station: StationKey | None = None
    ready_seconds: int = Field(default=0, ge=0, le=4 * 3600)
    allergens: list[Allergen] = []
    diets: list[Diet] = []
    age_min: int | None = Field(default=None, ge=1, le=21)
    picture: str | None = Field(default=None, max_length=2000)
    groups: list[ModifierGroupId] = Field(default=[], max_length=20)
    served: Served | None = None
    fulfilments: list[Fulfilment] | None = Field(default=None, description="None: the stand's.")


class MenuSection(Draft):
    id: SectionId
    name: Name
    description: Note = Field(default="", max_length=1000)
    items: list[MenuItem] = Field(default=[], max_length=ITEMS_MAX)


class MenuDraft(Draft):
    """The whole menu of a stand, in the stand's currency. Defects are told by `MenuHasDefects`."""

    sections: list[MenuSection] = Field(max_length=SECTIONS_MAX)
    groups: list[ModifierGroup] = Field(default=[], max_length=GROUPS_MAX)


class NewMenu(MenuDraft):
    """`base_version`: what it was made from; None replaces whatever is there."""

    base_version: int | None = Field(default=None, ge=0)


class MenuDefect(BaseModel):
    """What is wrong where; `repair` says what would be right. `line` is of a file, from 1."""

    code: str
    section: str
    item: str
    field: str
    detail: str
    repair: str
    line: int = 0


class MenuImport(BaseModel):
    """What was read in a file. `version` of the menu it became; None where it was only looked at.

    `defects` were left out or mended; `notes` tell what was assumed, or cannot be had here.
    """

    filename: str
    format: str
    version: int | None
    sections: int
    items: int
    groups: int
    modifiers: int
    defects: list[MenuDefect]
    notes: list[MenuDefect]


class Menu(MenuDraft):
    """A version never changes."""

    stand_id: StandId
    version: int
    currency: str


class SoldOutChange(Draft):
    """86: an item or a modifier is out, until a time or until it is put back."""

    out: bool
    until: AwareDatetime | None = None


class SoldOutEntry(BaseModel):
    id: UUID
    until: datetime | None


class SoldOutList(BaseModel):
    """What is out at the stand now."""

    version: int
    entries: list[SoldOutEntry]


# -- Events ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StandDate:
    """A date of the stand's event, for hours that follow the programme."""

    id: DateId
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class StandSaved(DomainEvent):
    """The whole stand after a change; `version` grows with each, of its menu and its event too.

    Whoever keeps a copy replaces it when the version is newer; the menu is fetched by its version.
    """

    TYPE: ClassVar[str] = "quickserve.catalog.stand-saved.v1"
    stand_id: StandId
    version: int
    stand: StandDraft
    slug: str
    menu_version: int | None
    dates: list[StandDate]


@dataclass(frozen=True)
class SoldOutChanged(DomainEvent):
    """All that is out at the stand now, items and modifiers; the newest version counts."""

    TYPE: ClassVar[str] = "quickserve.catalog.sold-out-changed.v1"
    stand_id: StandId
    version: int
    ids: list[UUID]


# -- Errors ----------------------------------------------------------------------------------------


class MenuHasDefects(Problem):
    """`extra.defects`: code, where (section, item, field), and a proposed repair, line by line.

    Of a file also its lines, and `extra.notes`, as in `MenuImport`.
    """

    status = 422
    code = "menu-has-defects"
    title = "This menu cannot be saved as it is"


class StandChanged(Problem):
    status = 409
    code = "stand-changed"
    title = "Somebody else changed this stand in the meantime"


class MenuRefused(Problem):
    """`extra` has the `reason`, a code."""

    status = 422
    code = "menu-refused"
    title = "This file is no menu that can be read here"
