"""A stand with a grill and a bar, and the people who order there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from quickserve.app import load
from quickserve.contracts.menus import (
    Menu,
    MenuItem,
    MenuItemId,
    MenuSection,
    Modifier,
    ModifierGroup,
    ModifierGroupId,
    ModifierId,
    SectionId,
    SoldOutChanged,
    StandDate,
    StandDraft,
    StandId,
    StandSaved,
    Station,
)
from quickserve.contracts.ordering import (
    BasketId,
    BasketLineId,
    BasketView,
    ChosenModifier,
    Destination,
    NewBasket,
    NewLine,
    NewOrder,
    OrderAccepted,
    OrderContact,
    OrderId,
    OrderMoved,
    OrderRejected,
    OrderState,
    OrderView,
    Payment,
)
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.bus.port import Route
from quickserve.kernel.db import open_connection
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import Issuer, each, test_settings
from tests.shape import World, running

LEA = OrderContact(name="Léa", email="lea@example.org")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@dataclass
class Counter:
    """The service, as a test reaches it."""

    world: World
    issuer: Issuer
    database_url: str
    http: httpx.AsyncClient
    saga: OrderingClient
    visitor: OrderingClient
    told: list[Message] = field(default_factory=list[Message])

    async def deliver(self, event: DomainEvent, source: str = "catalog") -> None:
        message = Message(
            id=MessageId(new_uuid()), source=source, type=event.TYPE, subject=event.subject,
            time=datetime.now(UTC), data=json.loads(event.dump()),
        )  # fmt: skip
        await self.world.deliver("ordering", message)

    async def sql(self, statement: Any, params: Any = ()) -> list[tuple[Any, ...]]:
        """As the administrator, in the service's schema."""
        async with await open_connection(self.database_url) as connection:
            await connection.execute("SET search_path = ordering")
            cursor = await connection.execute(statement, params)
            return list(await cursor.fetchall()) if cursor.description else []


@dataclass
class Stall:
    """Burgers from the grill (90 s each), beer from the bar (30 s), and crisps from the shelf."""

    counter: Counter
    saved: StandSaved
    menu: Menu

    @property
    def id(self) -> StandId:
        return self.saved.stand_id

    @property
    def organiser_id(self) -> OrganiserId:
        return self.saved.stand.organiser_id

    @property
    def cook(self) -> str:
        return self.counter.issuer.token({self.organiser_id: [Role.KITCHEN]})

    @property
    def organiser(self) -> str:
        return self.counter.issuer.token({self.organiser_id: [Role.ORGANISER]})

    def item(self, name: str) -> MenuItem:
        return next(i for s in self.menu.sections for i in s.items if i.name == name)

    def modifier(self, name: str) -> ModifierId:
        return next(m.id for g in self.menu.groups for m in g.modifiers if m.name == name)

    def line(self, name: str, quantity: int = 1, *modifiers: str, guest: str = "") -> NewLine:
        chosen = [ChosenModifier(modifier_id=self.modifier(one)) for one in modifiers]
        return NewLine(
            id=BasketLineId(new_uuid()), item_id=self.item(name).id, quantity=quantity,
            modifiers=chosen, guest=guest,
        )  # fmt: skip

    async def fill(
        self, *lines: NewLine, basket_id: BasketId | None = None, **settings: Any
    ) -> BasketView:
        settings.setdefault("destination", Destination(fulfilment="pickup"))
        new = NewBasket(stand_id=self.id, lines=list(lines), **settings)
        return await self.counter.visitor.put_basket(basket_id or BasketId(new_uuid()), new)

    async def reserve(
        self, basket: BasketView, *, order_id: OrderId | None = None, payment: Payment = "card"
    ) -> OrderView:
        """As the saga does it."""
        new = NewOrder(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=LEA, payment=payment,
        )  # fmt: skip
        return await self.counter.saga.reserve(order_id or OrderId(new_uuid()), new)

    async def order(self, *lines: NewLine, **settings: Any) -> OrderView:
        """Ordered, paid and accepted."""
        order = await self.reserve(await self.fill(*lines, **settings))
        await self.counter.saga.offer(order.id)
        return await self.counter.saga.confirm(order.id)

    async def move(self, order: OrderView, *states: OrderState) -> OrderView:
        for state in states:
            order = await self.counter.visitor.move(order.id, state, self.cook)
        return order

    async def reserved(self, station: str) -> int:
        rows = await self.counter.sql(
            "SELECT coalesce(sum(reserved_s), 0) FROM station_slots"
            " WHERE stand_id = %s AND station = %s",
            (self.id, station),
        )
        return int(rows[0][0])

    async def save(self, **changes: Any) -> None:
        """Catalog's next version of the stand."""
        draft = self.saved.stand.model_copy(update=changes)
        self.saved = replace(self.saved, version=self.saved.version + 1, stand=draft)
        await self.counter.deliver(self.saved)

    async def sell_out(self, *ids: UUID, version: int = 1) -> None:
        await self.counter.deliver(SoldOutChanged(self.id, version, list(ids)))


def some_menu(stand_id: StandId) -> Menu:
    cooking = ModifierGroup(
        id=ModifierGroupId(new_uuid()), name="Cooking", min=1, max=1,
        modifiers=[
            Modifier(id=ModifierId(new_uuid()), name="Rare", price=eur(0), default=True),
            Modifier(id=ModifierId(new_uuid()), name="Well done", price=eur(0), ready_seconds=30),
        ],
    )  # fmt: skip
    extras = ModifierGroup(
        id=ModifierGroupId(new_uuid()), name="Extras", min=0, max=2,
        modifiers=[
            Modifier(id=ModifierId(new_uuid()), name="Cheese", price=eur(100), allergens=["milk"]),
            Modifier(id=ModifierId(new_uuid()), name="Bacon", price=eur(150)),
            Modifier(id=ModifierId(new_uuid()), name="Egg", price=eur(120), allergens=["eggs"]),
        ],
    )  # fmt: skip
    burger = MenuItem(
        id=MenuItemId(new_uuid()), name="Burger", price=eur(950), tax_rate_bp=1000,
        tax_rates_bp={"delivery": 550}, station="grill", ready_seconds=90, allergens=["gluten"],
        groups=[cooking.id, extras.id],
    )  # fmt: skip
    beer = MenuItem(
        id=MenuItemId(new_uuid()), name="Beer", price=eur(600), tax_rate_bp=2000, station="bar",
        ready_seconds=30, age_min=18,
    )  # fmt: skip
    crisps = MenuItem(
        id=MenuItemId(new_uuid()), name="Crisps", price=eur(250), tax_rate_bp=550,
        diets=["vegan"],
    )  # fmt: skip
    section = MenuSection(id=SectionId(new_uuid()), name="All", items=[burger, beer, crisps])
    return Menu(
        sections=[section], groups=[cooking, extras], stand_id=stand_id, version=1, currency="EUR"
    )


async def set_up(
    counter: Counter, *, dates: list[StandDate] | None = None, **changes: Any
) -> Stall:
    """A stand that is known and has its menu."""
    settings: dict[str, Any] = {
        "organiser_id": OrganiserId(new_uuid()), "name": "Grill & Co",
        "fulfilments": ["pickup", "seat", "table"], "tabs": True,
        "stations": [Station(key="grill", name="Grill", cooks=2),
                     Station(key="bar", name="Bar", cooks=1)],
        **changes,
    }  # fmt: skip
    stand_id = StandId(new_uuid())
    saved = StandSaved(stand_id, 1, StandDraft(**settings), "grill-co", 1, dates or [])
    await counter.deliver(saved)
    menu = some_menu(stand_id)
    await counter.sql(
        "INSERT INTO menus (stand_id, version, document) VALUES (%s, 1, %s::jsonb)",
        (stand_id, menu.model_dump_json()),
    )
    return Stall(counter, saved, menu)


@asynccontextmanager
async def open_counter(database_url: str) -> AsyncIterator[Counter]:
    # Printers of these tests are on this machine, which is no place for printers otherwise.
    settings = test_settings(
        database_url, printer_networks="127.0.0.0/8", printer_ports="1024-65535"
    )
    issuer = Issuer(settings)
    told: list[Message] = []

    async def listen(message: Message) -> None:
        told.append(message)

    spy = Route("test", (OrderAccepted, OrderRejected, OrderMoved), each(listen))
    async with running(settings, [load("ordering")], spy, fetch_keys=issuer.keys) as world:
        transport = world.transport("ordering")
        async with httpx.AsyncClient(transport=transport, base_url="http://ordering") as http:
            yield Counter(
                world, issuer, database_url, http,
                OrderingClient(world.client("ordering", "checkout")),
                OrderingClient(world.client("ordering", "web")), told,
            )  # fmt: skip


@pytest.fixture(scope="session")
async def counter(database_url: str) -> AsyncIterator[Counter]:
    async with open_counter(database_url) as counter:
        yield counter


@pytest.fixture
async def stall(counter: Counter) -> Stall:
    return await set_up(counter)
