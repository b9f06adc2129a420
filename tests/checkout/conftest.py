"""Booking, payment and checkout in one house with a database, and so events, of its own."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest

from quickserve.app import load
from quickserve.checkout import model
from quickserve.contracts.booking import (
    Contact,
    HoldId,
    HoldView,
    Item,
    NewHold,
    QuotaChange,
    QuotaChanges,
    QuotaId,
)
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.catalog import (
    DateId,
    EventId,
    EventOffered,
    OfferedDate,
    OfferedTicketType,
    TicketTypeId,
)
from quickserve.contracts.checkout import (
    CheckoutClient,
    CheckoutId,
    CheckoutView,
    NewCheckout,
)
from quickserve.contracts.order_checkout import (
    NewOrderCheckout,
    OrderCheckoutClient,
    OrderCheckoutId,
    OrderCheckoutView,
)
from quickserve.contracts.ordering import BasketView
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.payment import IntentId, PaymentClient
from quickserve.kernel.auth import Role
from quickserve.kernel.db import open_connection
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.saga_worker import Sagas
from quickserve.kernel.service import Runtime, Service
from quickserve.kernel.testing import Issuer, test_settings
from tests.ordering.conftest import LEA, Counter, Stall, set_up
from tests.shape import World, running

AMINA = Contact(email="amina@example.org", name="Amina Diallo", language="fr")


@dataclass
class House:
    platform: World
    issuer: Issuer
    admin_url: str
    checkouts: CheckoutClient
    booking: BookingClient
    payment: PaymentClient

    @property
    def runtime(self) -> Runtime:
        return self.platform.runtimes["checkout"]

    def http(self, token: str | None = None) -> httpx.AsyncClient:
        transport = self.platform.transport("checkout")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=transport, base_url="http://checkout", headers=headers)

    async def rows(self, statement: Any, params: Any = ()) -> list[Any]:
        """As the administrator."""
        async with await open_connection(self.admin_url) as connection:
            cursor = await connection.execute(statement, params)
            return await cursor.fetchall() if cursor.description else []

    async def deliver_twice(self, event: DomainEvent) -> None:
        """To checkout, as if payment had told it."""
        message = Message(
            id=MessageId(new_uuid()), source="payment", type=event.TYPE,
            subject=event.subject, time=datetime.now(UTC), data=json.loads(event.dump()),
        )  # fmt: skip
        for _ in range(2):
            await self.platform.deliver("checkout", message)

    async def gala(self, price: int = 1800, capacity: int = 100) -> "Gala":
        event = some_event(price)
        message = Message(
            id=MessageId(new_uuid()), source="catalog", type=EventOffered.TYPE,
            subject=event.subject, time=datetime.now(UTC), data=json.loads(event.dump()),
        )  # fmt: skip
        await self.platform.deliver("booking", message)
        gala = Gala(self, event, QuotaId(new_uuid()))
        change = QuotaChange(
            id=gala.quota_id, organiser_id=event.organiser_id, date_id=event.dates[0].id,
            capacity=capacity, ticket_type_ids=[event.ticket_types[0].id],
        )  # fmt: skip
        changes = QuotaChanges(quotas=[change])
        await self.booking.put_quotas(event.organiser_id, changes, gala.token)
        return gala

    def ids(self, checkout_id: CheckoutId) -> model.Ids:
        return model.ids_of(checkout_id, self.platform.settings)

    async def ended(self, checkout_id: CheckoutId) -> CheckoutView:
        return await self.checkouts.checkout(checkout_id, wait_ms=8000)

    async def left_by(self, checkout_id: CheckoutId) -> tuple[str | None, int, str | None]:
        """(the booking's state, its valid tickets, what the bank did)"""
        ids = self.ids(checkout_id)
        bookings = await self.rows(
            "SELECT state FROM booking.bookings WHERE id = %s", (ids.booking,)
        )
        tickets = await self.rows(
            "SELECT count(*) FROM booking.tickets WHERE booking_id = %s", (ids.booking,)
        )
        charges = await self.rows(
            "SELECT state FROM payment.sandbox_charges WHERE key = %s",
            (ids.intent,),
        )
        return (
            bookings[0][0] if bookings else None,
            tickets[0][0],
            charges[0][0] if charges else None,
        )


@dataclass
class Gala:
    """An event with one date, one ticket type and one quota."""

    house: House
    event: EventOffered
    quota_id: QuotaId

    @property
    def organiser_id(self) -> OrganiserId:
        return self.event.organiser_id

    @property
    def token(self) -> str:
        return self.house.issuer.token({self.organiser_id: [Role.ORGANISER]})

    async def hold(self, quantity: int = 2) -> HoldView:
        items = [Item(ticket_type_id=self.event.ticket_types[0].id, quantity=quantity)]
        new = NewHold(date_id=self.event.dates[0].id, items=items)
        return await self.house.booking.put_hold(HoldId(new_uuid()), new)

    async def start(self, card: str | None = "success", quantity: int = 2) -> CheckoutView:
        """Holds two places and starts to buy them."""
        hold = await self.hold(quantity)
        return await self.house.checkouts.put_checkout(new_id(), order(hold, card))

    async def buy(self, card: str | None = "success", quantity: int = 2) -> CheckoutView:
        return await self.house.ended((await self.start(card, quantity)).id)

    async def stock(self) -> tuple[int, int]:
        """(held, sold)"""
        rows = await self.house.rows(
            "SELECT held, sold FROM booking.quotas WHERE id = %s", (self.quota_id,)
        )
        return rows[0]


def new_id() -> CheckoutId:
    return CheckoutId(new_uuid())


def order(hold: HoldView, card: str | None = "success") -> NewCheckout:
    return NewCheckout(hold_id=hold.id, contact=AMINA, method=card and f"sandbox-{card}")


def some_event(price: int) -> EventOffered:
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    date = OfferedDate(
        id=DateId(new_uuid()), starts_at=starts, ends_at=starts + timedelta(hours=3),
        zone="Europe/Paris", state="scheduled", venue_name="Le Trabendo", city="Paris", room=None,
    )  # fmt: skip
    seat = OfferedTicketType(
        id=TicketTypeId(new_uuid()), name="Seat", price=Money(price, "EUR"), tax_rate_bp=550,
        sale_from=None, sale_until=None, min_per_booking=1, max_per_booking=10,
    )  # fmt: skip
    return EventOffered(
        event_id=EventId(new_uuid()), version=1, organiser_id=OrganiserId(new_uuid()),
        title="Gala", state="published", dates=[date], ticket_types=[seat],
    )  # fmt: skip


@asynccontextmanager
async def a_house(
    database_url: str, name: str, services: Sequence[Service], **settings: Any
) -> AsyncIterator[House]:
    async with await open_connection(database_url) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    admin_url = f"{database_url.rpartition('/')[0]}/{name}"
    configured = test_settings(
        admin_url,
        **{"provider_timeout_ms": 500, "sandbox_delay_ms": 150, "pool_max": 8, **settings},
    )
    issuer = Issuer(configured)
    async with running(configured, services, fetch_keys=issuer.keys) as world:
        clients = world.clients_for("checkout")
        yield House(
            world, issuer, admin_url, CheckoutClient(clients["checkout"]),
            BookingClient(clients["booking"]), PaymentClient(clients["payment"]),
        )  # fmt: skip


@pytest.fixture(scope="session")
async def house(database_url: str) -> AsyncIterator[House]:
    services = [load(name) for name in ("booking", "payment", "checkout")]
    async with a_house(database_url, "house", services, payment_wait_seconds=3) as house:
        yield house


@pytest.fixture
async def gala(house: House) -> Gala:
    return await house.gala()


@pytest.fixture(scope="session")
async def lab_house(database_url):
    """A house whose checkout has no workers: the lab brings them."""

    def idle(runtime):
        return Sagas(SagaQueue("checkout", ()), runtime, workers=0)

    checkout = replace(load("checkout"), resources=idle)
    services = [load("booking"), load("payment"), checkout]
    async with a_house(database_url, "lab", services, payment_wait_seconds=2) as house:
        yield house


# -- Orders ----------------------------------------------------------------------------------------


@asynccontextmanager
async def a_counter(
    database_url: str, name: str, checkout: Service, *also: str, **settings: Any
) -> AsyncIterator["Till"]:
    """All that has a part in orders, and in the tickets of their event."""
    services = [load(one) for one in ("booking", "ordering", "payment", *also)] + [checkout]
    async with a_house(database_url, name, services, **settings) as house:
        transport = house.platform.transport("ordering")
        async with httpx.AsyncClient(transport=transport, base_url="http://ordering") as http:
            counter = Counter(
                house.platform, house.issuer, house.admin_url, http,
                OrderingClient(house.platform.client("ordering", "checkout")),
                OrderingClient(house.platform.client("ordering", "web")),
            )  # fmt: skip
            yield Till(house, counter, OrderCheckoutClient(house.checkouts._client))


@dataclass
class Till:
    """Where orders are paid."""

    house: House
    counter: Counter
    orders: OrderCheckoutClient

    def ids(self, checkout_id: OrderCheckoutId) -> model.OrderIds:
        return model.order_ids_of(checkout_id, self.house.platform.settings)

    async def stall(self, **changes: Any) -> Stall:
        return await set_up(self.counter, **changes)

    async def order(
        self, basket: BasketView, card: str | None = "success", wait_ms: int = 8000,
        checkout_id: OrderCheckoutId | None = None,
    ) -> OrderCheckoutView:  # fmt: skip
        new = NewOrderCheckout(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=LEA, method=card and f"sandbox-{card}",
        )  # fmt: skip
        checkout_id = checkout_id or OrderCheckoutId(new_uuid())
        return await self.orders.put(checkout_id, new, wait_ms=wait_ms)

    async def charge(self, intent_id: IntentId) -> tuple[str | None, int]:
        """What the bank did, and gave back."""
        rows = await self.house.rows(
            "SELECT state, refunded_minor FROM payment.sandbox_charges WHERE key = %s", (intent_id,)
        )
        return rows[0] if rows else (None, 0)

    async def left_by(self, checkout_id: OrderCheckoutId) -> tuple[str | None, bool, str | None]:
        """(the order's state, whether it is paid, what the bank did)"""
        ids = self.ids(checkout_id)
        rows = await self.counter.sql(
            "SELECT state, paid_at IS NOT NULL FROM orders WHERE id = %s", (ids.order,)
        )
        state, paid = rows[0] if rows else (None, False)
        return state, paid, (await self.charge(ids.intent))[0]

    async def balanced(self) -> None:
        check = await self.house.payment.check_ledger()
        assert check.balanced, check.findings


@pytest.fixture(scope="session")
async def till(database_url: str) -> AsyncIterator[Till]:
    async with a_counter(database_url, "till", load("checkout"), payment_wait_seconds=3) as till:
        yield till


@pytest.fixture(scope="session")
async def lab_till(database_url: str) -> AsyncIterator[Till]:
    """Its checkout has no workers: the lab brings them."""

    def idle(runtime: Runtime) -> Sagas:
        return Sagas(SagaQueue("checkout", ()), runtime, workers=0)

    checkout = replace(load("checkout"), resources=idle)
    async with a_counter(database_url, "till_lab", checkout, payment_wait_seconds=2) as till:
        yield till
