"""`catalog` as the others see it: organisers, venues, events and their dates, ticket types."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, NewType
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from quickserve.contracts.seating import PlanId, SeatingPlan
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

EventId = NewType("EventId", UUID)
DateId = NewType("DateId", UUID)
VenueId = NewType("VenueId", UUID)
TicketTypeId = NewType("TicketTypeId", UUID)
ImportId = NewType("ImportId", UUID)

EventState = Literal["draft", "published", "cancelled"]
DateState = Literal["scheduled", "moved", "cancelled"]


class When(StrEnum):
    """The day chips of the home page; `all` is everything that has not ended."""

    ALL = "all"
    TODAY = "today"
    WEEKEND = "weekend"
    WEEK = "week"
    PAST = "past"


# -- Views ----------------------------------------------------------------------------------------


class OrganiserProfile(BaseModel):
    id: OrganiserId
    name: str
    slug: str


class VenueView(BaseModel):
    id: VenueId
    name: str
    address: str | None
    city: str | None
    country: str | None
    latitude: float | None
    longitude: float | None


class DateView(BaseModel):
    id: DateId
    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool
    state: DateState
    room: str | None
    venue: VenueView | None
    plan_id: PlanId | None = None
    plan_version: int | None = None


class TicketTypeView(BaseModel):
    """`tax_rate_bp` in basis points (5.5 % is 550), contained in the price.

    With a `seat_category` it is sold for the seats of that category of the date's plan.
    """

    id: TicketTypeId
    event_id: EventId
    name: str
    description: str
    price: Money
    tax_rate_bp: int
    sale_from: datetime | None
    sale_until: datetime | None
    min_per_booking: int
    max_per_booking: int
    position: int
    seat_category: str | None = None


class EventView(BaseModel):
    id: EventId
    organiser: OrganiserProfile
    title: str
    description: str
    refund_rule: str
    access: str
    language: str | None
    url: str | None
    category: str | None
    state: EventState
    imported: bool
    dates: list[DateView]
    ticket_types: list[TicketTypeView]


class EventCard(BaseModel):
    """One date of an event, as a ticket card shows it. `price_from` is None without tickets;
    where `prices_vary`, others cost more.
    """

    event_id: EventId
    date_id: DateId
    title: str
    category: str | None
    state: EventState
    date_state: DateState
    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool
    venue_name: str | None
    city: str | None
    price_from: Money | None
    prices_vary: bool


class CardPage(BaseModel):
    cards: list[EventCard]
    next: str | None = Field(description="Pass as `after` for the next page.")


class EventSummary(BaseModel):
    """A line of the organiser's list."""

    id: EventId
    title: str
    state: EventState
    category: str | None
    first_starts_at: datetime | None
    zone: str | None
    dates: int
    venue_name: str | None
    price_from: Money | None
    ticket_types: int


class EventList(BaseModel):
    events: list[EventSummary]
    next: str | None
    counts: dict[EventState, int]


# -- Changes --------------------------------------------------------------------------------------


class VenueDraft(BaseModel):
    name: str = Field(min_length=1, max_length=300)
    address: str | None = Field(default=None, max_length=500)
    city: str | None = Field(default=None, max_length=200)
    country: str | None = Field(default=None, max_length=100)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class DateDraft(BaseModel):
    id: DateId
    starts_at: AwareDatetime
    ends_at: AwareDatetime = Field(description="The start again where nobody knows the end.")
    zone: str = Field(description="IANA name, e.g. Europe/Paris.", max_length=64)
    all_day: bool = False
    room: str | None = Field(default=None, max_length=200)
    venue: VenueDraft | None = None


class EventDraft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    organiser_id: OrganiserId
    title: str = Field(min_length=1, max_length=300)
    description: str = Field(default="", max_length=20_000)
    refund_rule: str = Field(default="", max_length=1000)
    access: str = Field(default="", max_length=1000)
    language: str | None = Field(default=None, max_length=35)
    url: str | None = Field(default=None, max_length=2000)
    category: str | None = Field(default=None, max_length=100)
    dates: list[DateDraft] = Field(min_length=1, max_length=1000)


class TicketTypeDraft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    description: str = Field(default="", max_length=1000)
    price: Money
    tax_rate_bp: int = Field(default=0, ge=0, le=10_000)
    sale_from: AwareDatetime | None = None
    sale_until: AwareDatetime | None = None
    min_per_booking: int = Field(default=1, ge=1, le=100)
    max_per_booking: int = Field(default=10, ge=1, le=100)
    position: int = Field(default=0, ge=0, le=1000)


class DateSeating(BaseModel):
    date_id: DateId
    plan_id: PlanId
    plan_version: int = Field(ge=1)


class TicketTypeSeating(BaseModel):
    ticket_type_id: TicketTypeId
    seat_category: str = Field(min_length=1, max_length=60)


class EventSeating(BaseModel):
    """The whole: dates that are left out have no plan, ticket types no category."""

    model_config = ConfigDict(extra="forbid")

    dates: list[DateSeating] = Field(max_length=1000)
    ticket_types: list[TicketTypeSeating] = Field(max_length=100)
    lose_seats: bool = Field(
        default=False, description="Also where somebody has seats that the new plan does not."
    )


class BulkOffer(BaseModel):
    """One ticket type for many events at once, and whether to publish them."""

    event_ids: list[EventId] = Field(min_length=1, max_length=2000)
    ticket_type: TicketTypeDraft
    publish: bool = True


class Offered(BaseModel):
    """What was made for one event: its new ticket type and the dates that need a quota."""

    event_id: EventId
    ticket_type_id: TicketTypeId
    date_ids: list[DateId]


class OfferedList(BaseModel):
    offers: list[Offered]


# -- Imports --------------------------------------------------------------------------------------


class ImportLine(BaseModel):
    """Of the report: `line` is where the entry begins in the file, `reason` what is the matter."""

    line: int
    title: str | None
    code: str
    reason: str


class ImportView(BaseModel):
    """An import and how far it is. `total` is None until the file is read.

    `noted` counts what was lost or assumed of entries that were taken. Of the lines the first
    thousand of each kind are kept.
    """

    id: ImportId
    organiser_id: OrganiserId
    filename: str
    format: str | None
    state: Literal["waiting", "running", "done", "refused"]
    refusal: str | None
    refusal_code: str | None
    total: int | None
    created: int
    updated: int
    unchanged: int
    skipped: int
    noted: int
    skipped_entries: list[ImportLine]
    notes: list[ImportLine]
    created_at: datetime
    finished_at: datetime | None


class ImportList(BaseModel):
    imports: list[ImportView]


# -- Events ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OfferedDate:
    id: DateId
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: DateState
    venue_name: str | None
    city: str | None
    room: str | None
    plan_id: PlanId | None = None
    plan_version: int | None = None


@dataclass(frozen=True)
class OfferedTicketType:
    """With a `seat_category` it is sold for the seats of that category of the date's plan."""

    id: TicketTypeId
    name: str
    price: Money
    tax_rate_bp: int
    sale_from: datetime | None
    sale_until: datetime | None
    min_per_booking: int
    max_per_booking: int
    seat_category: str | None = None


@dataclass(frozen=True)
class EventOffered(DomainEvent):
    """The whole sellable state of an event after a change; `version` grows with each.

    Whoever keeps a copy replaces it when the version is newer, so order does not matter.
    """

    TYPE: ClassVar[str] = "quickserve.catalog.event-offered.v1"
    event_id: EventId
    version: int
    organiser_id: OrganiserId
    title: str
    state: EventState
    dates: list[OfferedDate]
    ticket_types: list[OfferedTicketType]


# -- Errors ---------------------------------------------------------------------------------------


class EndBeforeStart(Problem):
    status = 422
    code = "end-before-start"
    title = "A date ends before it starts"


class UnknownZone(Problem):
    status = 422
    code = "unknown-zone"
    title = "The time zone is no IANA name such as Europe/Paris"


class NothingToSell(Problem):
    status = 409
    code = "nothing-to-sell"
    title = "Add a ticket type before publishing"


class EventCancelledError(Problem):
    status = 409
    code = "event-cancelled"
    title = "A cancelled event cannot be changed"


class SeatsWouldBeLost(Problem):
    """`extra`: `seats`, the first labels, and `count` of all that are held or sold."""

    status = 409
    code = "seats-would-be-lost"
    title = "Somebody has seats that the new plan does not have"


class TicketTypeInUse(Problem):
    status = 409
    code = "ticket-type-in-use"
    title = "The last ticket type of a published event cannot be removed"


class ImportRefusedError(Problem):
    status = 422
    code = "import-refused"
    title = "This file cannot be imported"


# -- Client ---------------------------------------------------------------------------------------


class CatalogClient:
    """`token` is the acting person's access token; without one the calling service acts."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def cards(
        self, *, when: When = When.ALL, text: str = "", free: bool = False,
        zone: str = "Europe/Paris", after: str | None = None, limit: int = 24,
    ) -> CardPage:  # fmt: skip
        query: dict[str, str | int | bool] = {
            "when": when, "text": text, "free": free, "zone": zone, "limit": limit,
        }  # fmt: skip
        if after:
            query["after"] = after
        return await self._client.get(CardPage, "/cards", query=query)

    async def event(self, event_id: EventId, token: str | None = None) -> EventView:
        """Drafts are shown to their organiser only. Raises NotFound."""
        return await self._client.get(EventView, f"/events/{event_id}", token=token)

    async def events(
        self, organiser_id: OrganiserId, token: str | None = None, *,
        state: EventState | None = None, text: str = "", after: str | None = None, limit: int = 50,
    ) -> EventList:  # fmt: skip
        query: dict[str, str | int] = {"text": text, "limit": limit}
        if state:
            query["state"] = state
        if after:
            query["after"] = after
        return await self._client.get(
            EventList, f"/organisers/{organiser_id}/events", query=query, token=token
        )

    async def put_event(
        self, event_id: EventId, draft: EventDraft, token: str | None = None
    ) -> EventView:
        return await self._client.put(EventView, f"/events/{event_id}", draft, token=token)

    async def publish(self, event_id: EventId, token: str | None = None) -> EventView:
        path = f"/events/{event_id}/publication"
        return await self._client.put(EventView, path, None, token=token)

    async def cancel(self, event_id: EventId, token: str | None = None) -> EventView:
        path = f"/events/{event_id}/cancellation"
        return await self._client.put(EventView, path, None, token=token)

    async def put_ticket_type(
        self,
        event_id: EventId,
        ticket_type_id: TicketTypeId,
        draft: TicketTypeDraft,
        token: str | None = None,
    ) -> TicketTypeView:
        path = f"/events/{event_id}/ticket-types/{ticket_type_id}"
        return await self._client.put(TicketTypeView, path, draft, token=token)

    async def seating_plan(self, plan_id: PlanId, version: int) -> SeatingPlan:
        """A version never changes, so whoever has it keeps it. Raises NotFound."""
        path = f"/seating-plans/{plan_id}/versions/{version}"
        return await self._client.get(SeatingPlan, path)

    async def put_seating(
        self, event_id: EventId, seating: EventSeating, token: str | None = None
    ) -> EventView:
        """Which plan each date has, and which seats each ticket type is for."""
        return await self._client.put(
            EventView, f"/events/{event_id}/seating", seating, token=token
        )

    async def remove_ticket_type(
        self, event_id: EventId, ticket_type_id: TicketTypeId, token: str
    ) -> None:
        path = f"/events/{event_id}/ticket-types/{ticket_type_id}"
        await self._client.call("DELETE", path, token=token)

    async def offer_in_bulk(
        self, organiser_id: OrganiserId, offer: BulkOffer, token: str | None = None
    ) -> OfferedList:
        """What is offered already is changed in place, so a repetition adds nothing."""
        path = f"/organisers/{organiser_id}/offers"
        return await self._client.post(OfferedList, path, offer, token=token, repeatable=True)

    async def put_import(
        self, import_id: ImportId, *, organiser_id: OrganiserId, filename: str, zone: str,
        content: bytes, token: str | None = None,
    ) -> ImportView:  # fmt: skip
        body = await self._client.call(
            "PUT",
            f"/imports/{import_id}",
            query={"organiser_id": str(organiser_id), "filename": filename, "zone": zone},
            content=content,
            content_type="application/octet-stream",
            token=token,
        )
        return ImportView.model_validate_json(body)

    async def import_(self, import_id: ImportId, token: str | None = None) -> ImportView:
        return await self._client.get(ImportView, f"/imports/{import_id}", token=token)

    async def imports(self, organiser_id: OrganiserId, token: str) -> ImportList:
        path = f"/organisers/{organiser_id}/imports"
        return await self._client.get(ImportList, path, token=token)
