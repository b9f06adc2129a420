"""The waiting list: who waits for what is sold out, and places that come back are offered to."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, Field

from quickserve.contracts.booking import Contact, DateFacts, HoldId, Request
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent

EntryId = NewType("EntryId", UUID)

# `served`: it became a purchase; `lapsed`: an offer was not taken in time; `closed`: nothing came
# back before the date.
EntryState = Literal["waiting", "offered", "served", "lapsed", "left", "closed"]


class ListRules(Request):
    """`lottery`: places go by lot, not first come. `offer_hours`: how long an offer stands."""

    open: bool = True
    lottery: bool = False
    offer_hours: int = Field(default=24, ge=1, le=168)


class NewEntry(Request):
    """So many places of any one of these ticket types, all together or none."""

    date_id: DateId
    ticket_type_ids: list[TicketTypeId] = Field(min_length=1, max_length=20)
    quantity: int = Field(ge=1, le=100, strict=True)
    contact: Contact


class EntryView(BaseModel):
    """`key` opens the entry's page. `ahead`: people before this one, `places_ahead` their places.

    Once offered, `hold_id` holds the places until `offered_until`.
    """

    id: EntryId
    key: str
    state: EntryState
    date: DateFacts
    ticket_types: list[str]
    quantity: int
    name: str
    ahead: int
    places_ahead: int
    lottery: bool
    hold_id: HoldId | None
    offered_until: datetime | None
    created_at: datetime


class EntryLine(BaseModel):
    """As the organiser sees it. `kept`: how many places are kept until `gathers_until` because it
    wants more; several who wait may gather the same ones.
    """

    id: EntryId
    date_id: DateId
    name: str
    email: str
    ticket_types: list[str]
    quantity: int
    state: EntryState
    offered_until: datetime | None
    created_at: datetime
    kept: int = 0
    gathers_until: datetime | None = None


class EntryList(BaseModel):
    """`waiting` counts people, `places` what they wait for."""

    rules: ListRules
    waiting: int
    places: int
    entries: list[EntryLine]


class EntryKey(Request):
    key: str = Field(min_length=8, max_length=100)


@dataclass(frozen=True)
class PlacesOffered(DomainEvent):
    """Somebody on the waiting list is to be told; to whom, only booking knows."""

    TYPE: ClassVar[str] = "quickserve.booking.places-offered.v1"
    entry_id: EntryId
    date_id: DateId
    quantity: int
    until: datetime


class PlacesLeft(Problem):
    status = 409
    code = "places-left"
    title = "There are places left: book them instead"


class ListClosed(Problem):
    status = 409
    code = "list-closed"
    title = "There is no waiting list for this date"


class AlreadyWaiting(Problem):
    status = 409
    code = "already-waiting"
    title = "This address is on the list already"


class NeverSoMany(Problem):
    """`extra.most`: how many there could be."""

    status = 409
    code = "never-so-many"
    title = "So many places could never come back"


class NoOffer(Problem):
    status = 409
    code = "no-offer"
    title = "There is no offer that could be taken"


class WaitingListClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def join(self, entry_id: EntryId, entry: NewEntry) -> EntryView:
        """The caller mints the id. Raises PlacesLeft, ListClosed, NeverSoMany."""
        return await self._client.put(EntryView, f"/waiting-list/{entry_id}", entry)

    async def entry(self, entry_id: EntryId, key: str) -> EntryView:
        path = f"/waiting-list/{entry_id}"
        return await self._client.get(EntryView, path, query={"key": key})

    async def accept(self, entry_id: EntryId, key: str) -> EntryView:
        """Its hold is the buyer's from now on, for the checkout. Raises NoOffer."""
        path = f"/waiting-list/{entry_id}/acceptance"
        return await self._client.put(EntryView, path, EntryKey(key=key))

    async def leave(self, entry_id: EntryId, key: str) -> EntryView:
        """An offer is declined with it, and goes to the next."""
        path = f"/waiting-list/{entry_id}/leaving"
        return await self._client.put(EntryView, path, EntryKey(key=key))

    async def put_first(self, entry_id: EntryId, token: str) -> None:
        """The next places that fit are offered to this one, whoever came before."""
        path = f"/waiting-list/{entry_id}/precedence"
        await self._client.call("PUT", path, token=token)

    async def stop_gathering(self, entry_id: EntryId, token: str) -> None:
        """What is kept for this one goes on sale; it waits on, for enough places at once."""
        await self._client.call("PUT", f"/waiting-list/{entry_id}/gathering-end", token=token)

    async def entries(self, event_id: EventId, token: str) -> EntryList:
        return await self._client.get(EntryList, f"/events/{event_id}/waiting-list", token=token)

    async def put_rules(
        self, event_id: EventId, rules: ListRules, token: str | None = None
    ) -> ListRules:
        path = f"/events/{event_id}/waiting-list"
        return await self._client.put(ListRules, path, rules, token=token)
