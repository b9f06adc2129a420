"""The catalog by itself: over HTTP, with a token issuer that stands in for `identity`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import psycopg
import pytest

from quickserve.app import load
from quickserve.contracts.catalog import (
    CatalogClient,
    DateDraft,
    DateId,
    EventDraft,
    EventId,
    EventOffered,
    EventView,
    TicketTypeDraft,
    TicketTypeId,
    TicketTypeView,
    VenueDraft,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.bus.port import Route
from quickserve.kernel.events import Message
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import Issuer, each, test_settings
from tests.shape import World, running

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


@dataclass
class Catalog:
    """The running service and what a test does with it."""

    platform: World
    settings: Settings
    issuer: Issuer
    client: CatalogClient
    http: httpx.AsyncClient
    offered: list[EventOffered] = field(default_factory=list)

    def organiser(self) -> "Organiser":
        organiser_id = OrganiserId(new_uuid())
        return Organiser(self, organiser_id, self.issuer.token({organiser_id: [Role.ORGANISER]}))

    async def told(self, event_id: EventId, version: int) -> EventOffered:
        """What the others are told of that version, as soon as the relay has brought it."""
        async with asyncio.timeout(10):
            while True:
                for event in self.offered:
                    if (event.event_id, event.version) == (event_id, version):
                        return event
                await asyncio.sleep(0.02)

    def versions(self, event_id: EventId) -> list[int]:
        return sorted(event.version for event in self.offered if event.event_id == event_id)

    async def call(self, method: str, path: str, token: str = "", **options: Any):
        """A bare request: for what the contract's client cannot send."""
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        return await self.http.request(method, path, headers=headers, **options)

    async def sql(self, statement: str, *params: Any) -> list[Any]:
        """As the administrator, beside the service."""
        connection = await psycopg.AsyncConnection.connect(
            self.settings.database_url, autocommit=True
        )
        async with connection:
            await connection.execute("SET search_path = catalog, public")
            cursor = await connection.execute(statement, params)
            return await cursor.fetchall() if cursor.description else []


@dataclass
class Organiser:
    """Somebody with an organisation of their own."""

    catalog: Catalog
    id: OrganiserId
    token: str

    def draft(self, title: str = "Bal de printemps", **changes: Any) -> EventDraft:
        values: dict[str, Any] = {
            "organiser_id": self.id, "title": title, "dates": [a_date()], **changes,
        }  # fmt: skip
        return EventDraft(**values)

    async def writes(self, title: str = "Bal de printemps", **changes: Any) -> EventView:
        draft = self.draft(title, **changes)
        return await self.catalog.client.put_event(EventId(new_uuid()), draft, self.token)

    async def sells(
        self, event: EventView, name: str = "Plein tarif", **changes: Any
    ) -> TicketTypeView:
        return await self.catalog.client.put_ticket_type(
            event.id, TicketTypeId(new_uuid()), a_ticket_type(name, **changes), self.token
        )

    async def publishes(self, title: str, *, price: int = 1800, **changes: Any) -> EventView:
        event = await self.writes(title, **changes)
        await self.sells(event, price=Money(price, "EUR"))
        return await self.catalog.client.publish(event.id, self.token)


def a_date(starts_at: datetime = SOON, hours: float = 3, **changes: Any) -> DateDraft:
    values: dict[str, Any] = {
        "id": DateId(new_uuid()),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=hours),
        "zone": "Europe/Paris",
        "venue": VenueDraft(name="Le Trianon", city="Paris"),
        **changes,
    }
    return DateDraft(**values)


def a_ticket_type(name: str = "Plein tarif", **changes: Any) -> TicketTypeDraft:
    values: dict[str, Any] = {"name": name, "price": Money(1800, "EUR"), **changes}
    return TicketTypeDraft(**values)


@pytest.fixture(scope="session")
async def catalog(database_url: str) -> AsyncIterator[Catalog]:
    settings = test_settings(database_url)
    issuer = Issuer(settings)
    offered: list[EventOffered] = []

    async def note(message: Message) -> None:
        offered.append(EventOffered.load(message.data))

    spy = Route("test", (EventOffered,), each(note))
    async with running(settings, [load("catalog")], spy, fetch_keys=issuer.keys) as world:
        client = CatalogClient(world.client("catalog", "web"))
        transport = world.transport("catalog")
        async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as http:
            yield Catalog(world, settings, issuer, client, http, offered)


@pytest.fixture
def organiser(catalog: Catalog) -> Organiser:
    return catalog.organiser()
