"""A running booking service, an organiser with something to sell, and the people around it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest

from quickserve.app import Platform, load
from quickserve.contracts.booking import (
    Availability,
    BookingConfirmed,
    BookingId,
    BookingView,
    BookingWithdrawn,
    Contact,
    FreeBooking,
    HoldId,
    HoldView,
    Item,
    NewBooking,
    NewHold,
    NewScan,
    QuotaChange,
    QuotaChanges,
    QuotaId,
    ScanId,
    ScanView,
    TicketAdmitted,
    TicketRevoked,
)
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.booking_records import BookingCancelled
from quickserve.contracts.catalog import (
    DateId,
    EventId,
    EventOffered,
    OfferedDate,
    OfferedTicketType,
    TicketTypeId,
)
from quickserve.kernel.auth import Role, ServiceIdentity
from quickserve.kernel.bus.port import Route
from quickserve.kernel.client import Client
from quickserve.kernel.db import open_connection
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import Issuer, each, test_settings
from tests.booking.machines import Door, House
from tests.shape import World, running, until_told_anew

AMINA = Contact(email="amina@example.org", name="Amina Diallo", language="fr")


@dataclass
class Box:
    """The box office: everything a test does to the service, by HTTP."""

    platform: World
    issuer: Issuer
    database_url: str
    http: httpx.AsyncClient
    checkout: BookingClient
    told: list[Message] = field(default_factory=list)

    async def offer(self, event: EventOffered, message_id: MessageId | None = None) -> None:
        """Delivers catalog's news."""
        message = Message(
            id=message_id or MessageId(new_uuid()), source="catalog", type=EventOffered.TYPE,
            subject=event.subject, time=datetime.now(UTC), data=json.loads(event.dump()),
        )  # fmt: skip
        await self.platform.deliver("booking", message)

    async def sql(self, statement: Any, params: Any = ()) -> list[tuple[Any, ...]]:
        """As the administrator, in the service's schema."""
        async with await open_connection(self.database_url) as connection:
            await connection.execute("SET search_path = booking")
            cursor = await connection.execute(statement, params)
            return list(await cursor.fetchall()) if cursor.description else []

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, path, **options)

    def http_to(self, platform: Platform) -> httpx.AsyncClient:
        """Another process's door; the caller closes it."""
        transport = httpx.ASGITransport(platform.apps["booking"])
        return httpx.AsyncClient(transport=transport, base_url="http://booking")

    async def expire(self, hold_id: HoldId) -> None:
        """Time passes for one hold: past its end by the database's clock."""
        await self.sql(
            "UPDATE holds SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = %s",
            (hold_id,),
        )


@dataclass
class Gala:
    """An event with one date and two ticket types of one organiser."""

    box: Box
    organiser_id: OrganiserId
    event: EventOffered

    @property
    def date_id(self) -> DateId:
        return self.event.dates[0].id

    @property
    def seat(self) -> TicketTypeId:
        return self.event.ticket_types[0].id

    @property
    def child(self) -> TicketTypeId:
        return self.event.ticket_types[1].id

    @property
    def token(self) -> str:
        return self.box.issuer.token({self.organiser_id: [Role.ORGANISER]})

    @property
    def door_token(self) -> str:
        return self.box.issuer.token({self.organiser_id: [Role.DOOR]})

    async def availability(self) -> Availability:
        await until_told_anew()
        return (await self.box.checkout.availability([self.date_id])).dates[0]

    async def quota(
        self, capacity: int, *types: TicketTypeId, quota_id: QuotaId | None = None
    ) -> QuotaId:
        quota_id = quota_id or QuotaId(new_uuid())
        change = QuotaChange(
            id=quota_id, organiser_id=self.organiser_id, date_id=self.date_id, name="House",
            capacity=capacity, ticket_type_ids=list(types) or [self.seat],
        )  # fmt: skip
        changes = QuotaChanges(quotas=[change])
        await self.box.checkout.put_quotas(self.organiser_id, changes, self.token)
        return quota_id

    async def hold(
        self, quantity: int = 1, *, kind: TicketTypeId | None = None, hold_id: HoldId | None = None
    ) -> HoldView:
        items = [Item(ticket_type_id=kind or self.seat, quantity=quantity)]
        new = NewHold(date_id=self.date_id, items=items)
        return await self.box.checkout.put_hold(hold_id or HoldId(new_uuid()), new)

    async def pend(self, hold_id: HoldId, booking_id: BookingId | None = None) -> BookingView:
        new = NewBooking(hold_id=hold_id, contact=AMINA)
        return await self.box.checkout.put_booking(booking_id or BookingId(new_uuid()), new)

    async def book(self, quantity: int = 1, *, kind: TicketTypeId | None = None) -> BookingView:
        """A whole booking, money aside."""
        pending = await self.pend((await self.hold(quantity, kind=kind)).id)
        return await self.box.checkout.confirm(pending.id)

    async def book_free(
        self, quantity: int = 1, *, booking_id: BookingId | None = None,
        kind: TicketTypeId | None = None,
    ) -> BookingView:  # fmt: skip
        items = [Item(ticket_type_id=kind or self.seat, quantity=quantity)]
        new = FreeBooking(date_id=self.date_id, items=items, contact=AMINA)
        return await self.box.checkout.book_free(booking_id or BookingId(new_uuid()), new)

    async def scan(
        self, code: str, *, gate: str = "A", scan_id: ScanId | None = None,
        date_id: DateId | None = None, token: str | None = None,
    ) -> ScanView:  # fmt: skip
        new = NewScan(date_id=date_id or self.date_id, code=code, gate=gate)
        scan_id = scan_id or ScanId(new_uuid())
        return await self.box.checkout.put_scan(scan_id, new, token or self.door_token)

    async def stock(self, quota_id: QuotaId) -> tuple[int, int]:
        """(held, sold)"""
        rows = await self.box.sql("SELECT held, sold FROM quotas WHERE id = %s", (quota_id,))
        return rows[0][0], rows[0][1]

    async def news(self, kind: type[DomainEvent], count: int) -> list[Any]:
        """The events of this date, once `count` of them came over the bus."""
        for _ in range(200):
            told = [
                message for message in self.box.told
                if message.type == kind.TYPE and message.data["date_id"] == str(self.date_id)
            ]  # fmt: skip
            if len(told) >= count:
                break
            await asyncio.sleep(0.02)
        return [kind.load(message.data) for message in told]


def some_event(organiser_id: OrganiserId | None = None, *, price: int = 1800) -> EventOffered:
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    date = OfferedDate(
        id=DateId(new_uuid()), starts_at=starts, ends_at=starts + timedelta(hours=3),
        zone="Europe/Paris", state="scheduled", venue_name="Le Trabendo", city="Paris", room=None,
    )  # fmt: skip
    types = [
        OfferedTicketType(
            id=TicketTypeId(new_uuid()), name=name, price=Money(minor, "EUR"), tax_rate_bp=550,
            sale_from=None, sale_until=None, min_per_booking=1, max_per_booking=10,
        )
        for name, minor in (("Seat", price), ("Child", price // 2))
    ]  # fmt: skip
    return EventOffered(
        event_id=EventId(new_uuid()), version=1,
        organiser_id=organiser_id or OrganiserId(new_uuid()), title="Gala", state="published",
        dates=[date], ticket_types=types,
    )  # fmt: skip


@asynccontextmanager
async def open_box(database_url: str) -> AsyncIterator[Box]:
    """The service on this database."""
    settings = test_settings(database_url)
    issuer = Issuer(settings)
    told: list[Message] = []

    async def listen(message: Message) -> None:
        told.append(message)

    kinds = (BookingConfirmed, BookingWithdrawn, BookingCancelled, TicketAdmitted, TicketRevoked)
    spy = Route("test", kinds, each(listen))
    async with running(settings, [load("booking")], spy, fetch_keys=issuer.keys) as world:
        client = BookingClient(world.client("booking", "checkout"))
        transport = world.transport("booking")
        async with httpx.AsyncClient(transport=transport, base_url="http://booking") as http:
            yield Box(world, issuer, database_url, http, client, told)


@pytest.fixture(scope="session")
async def box(database_url: str) -> AsyncIterator[Box]:
    async with open_box(database_url) as box:
        yield box


@pytest.fixture
def anna(gala: "Gala") -> str:
    """The token of somebody who organises something else."""
    return gala.box.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})


@pytest.fixture
async def gala(box: Box) -> Gala:
    return await put_on(box)


@pytest.fixture
async def free_gala(box: Box) -> Gala:
    return await put_on(box, price=0)


async def put_on(box: Box, *, price: int = 1800) -> Gala:
    event = some_event(price=price)
    await box.offer(event)
    return Gala(box, event.organiser_id, event)


async def replace_event(gala: Gala, **changes: Any) -> None:
    """Catalog's next version of the event."""
    await gala.box.offer(replace(gala.event, version=2, **changes))


@pytest.fixture(scope="session")
async def two_processes(box: Box) -> AsyncIterator[House]:
    """The service twice on one database, for machines."""
    settings = box.platform.settings
    other = Platform(settings, [load("booking")], fetch_keys=box.issuer.keys)
    async with other.running():
        transport = httpx.ASGITransport(other.apps["booking"], raise_app_exceptions=False)
        token = ServiceIdentity(settings, "checkout").token
        doors = [
            Door.of(box.platform.client("booking", "checkout")),
            Door.of(Client("booking", "http://booking", transport, token)),
        ]
        yield House(box, doors, asyncio.get_running_loop())
