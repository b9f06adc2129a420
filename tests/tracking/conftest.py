"""A running tracking service, an organiser with runners, and orders to carry."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest

from quickserve.app import load
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderAccepted, OrderId, OrderMoved
from quickserve.contracts.tracking import (
    DeviceId,
    DeviceView,
    Fix,
    Fixes,
    FixesTaken,
    HandoverId,
    JobId,
    JobView,
    NewHandover,
    NewShift,
    OrderHandedOver,
    OrderPickedUp,
    PickUp,
    RunnerNearby,
    ShiftId,
    ShiftView,
    TrackView,
)
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.bus.port import Route
from quickserve.kernel.db import open_connection
from quickserve.kernel.events import DomainEvent, Message
from quickserve.kernel.ids import MessageId, OrganiserId, PersonId, new_uuid
from quickserve.kernel.testing import Issuer, each, test_settings
from tests.shape import World, running

STAND = 48.8920, 2.3936  # Parc de la Villette
HOME = 48.8860, 2.3800  # a good kilometre away


def north(of: tuple[float, float], metres: float) -> tuple[float, float]:
    return of[0] + metres / 111_195, of[1]


def fix(at: datetime, place: tuple[float, float], accuracy_m: float | None = 5) -> Fix:
    return Fix(at=at, latitude=place[0], longitude=place[1], accuracy_m=accuracy_m)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Depot:
    """What a test does to the service, by HTTP."""

    platform: World
    issuer: Issuer
    database_url: str
    http: httpx.AsyncClient
    web: TrackingClient
    told: list[Message] = field(default_factory=list)

    async def sql(self, statement: Any, params: Any = ()) -> list[tuple[Any, ...]]:
        """As the administrator, in the service's schema."""
        async with await open_connection(self.database_url) as connection:
            await connection.execute("SET search_path = tracking")
            cursor = await connection.execute(statement, params)
            return list(await cursor.fetchall()) if cursor.description else []

    async def tell(self, event: DomainEvent) -> None:
        """Ordering's news."""
        message = Message(
            id=MessageId(new_uuid()), source="ordering", type=event.TYPE, subject=event.subject,
            time=now(), data=json.loads(event.dump()),
        )  # fmt: skip
        await self.platform.deliver("tracking", message)

    async def news(self, kind: type[DomainEvent], order_id: OrderId, count: int = 1) -> list[Any]:
        """The events of this order, once `count` of them came over the bus."""
        told: list[Message] = []
        for _ in range(200):
            told = [m for m in self.told if m.type == kind.TYPE and m.subject == str(order_id)]
            if len(told) >= count:
                break
            await asyncio.sleep(0.02)
        return [kind.load(message.data) for message in told]

    async def job(self, order_id: OrderId, *states: str) -> JobView:
        """Once it is in one of these states."""
        for _ in range(200):
            found = await self.web.job(JobId(order_id))
            if not states or found.state in states:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"the job is {found.state}")


@dataclass
class Runner:
    depot: Depot
    token: str
    shift: ShiftView
    device: DeviceView

    @property
    def id(self) -> ShiftId:
        return self.shift.id

    async def be(self, *fixes: Fix) -> FixesTaken:
        body = Fixes(key=self.device.key, fixes=list(fixes))
        return await self.depot.web.put_fixes(self.device.id, body)

    async def on_shift_since(self, minutes: float) -> None:
        """As if it had begun then."""
        await self.depot.sql(
            "UPDATE shifts SET began_at = clock_timestamp() - %s * interval '1 minute'"
            " WHERE id = %s",
            (minutes, self.id),
        )

    async def pick_up(self, order_id: OrderId, at: datetime | None = None) -> JobView:
        return await self.depot.web.pick_up(JobId(order_id), PickUp(at=at or now()), self.token)

    async def carrying_since(self, order_id: OrderId, minutes: float) -> None:
        """Picked up, as if it had been then."""
        await self.pick_up(order_id)
        await self.depot.sql(
            "UPDATE jobs SET picked_up_at = clock_timestamp() - %s * interval '1 minute'"
            " WHERE id = %s",
            (minutes, order_id),
        )

    async def hand_over(
        self, order_id: OrderId, pin: str = "", *, handover_id: HandoverId | None = None,
        at: datetime | None = None, **more: Any,
    ) -> JobView:  # fmt: skip
        new = NewHandover(job_id=JobId(order_id), at=at or now(), pin=pin, **more)
        handover_id = handover_id or HandoverId(new_uuid())
        return await self.depot.web.hand_over(handover_id, new, self.token)

    async def end(self) -> ShiftView:
        return await self.depot.web.end_shift(self.id, self.token)


@dataclass
class Crew:
    """An organiser's; every order is of the same stand unless it says otherwise."""

    depot: Depot
    organiser_id: OrganiserId
    stand_id: StandId

    @property
    def token(self) -> str:
        return self.depot.issuer.token({self.organiser_id: [Role.ORGANISER]})

    async def runner(self, name: str = "Amina", **changes: Any) -> Runner:
        token = self.depot.issuer.token(
            {self.organiser_id: [Role.RUNNER]}, person_id=PersonId(new_uuid())
        )
        new = NewShift(organiser_id=self.organiser_id, name=name, **changes)
        shift = await self.depot.web.put_shift(ShiftId(new_uuid()), new, token)
        device = await self.depot.web.put_device(shift.id, DeviceId(new_uuid()), token)
        return Runner(self.depot, token, shift, device)

    async def order(self, *, ready: bool = True, **changes: Any) -> OrderId:
        """Accepted; by default it is ready, at an address."""
        order_id = OrderId(new_uuid())
        facts: dict[str, Any] = {
            "order_id": order_id, "stand_id": self.stand_id, "organiser_id": self.organiser_id,
            "event_id": None, "number": "A17", "stand_name": "Chez Fatou",
            "fulfilment": "delivery", "seat": "", "table": "", "latitude": HOME[0],
            "longitude": HOME[1], "from_latitude": STAND[0], "from_longitude": STAND[1],
            "items": 2, "age_min": None,
            "ready_at": now() if ready else now() + timedelta(hours=1),
        }  # fmt: skip
        await self.depot.tell(OrderAccepted(**(facts | changes)))
        return order_id

    async def order_to_seat(self, seat: str, **changes: Any) -> OrderId:
        nowhere = dict.fromkeys(("latitude", "longitude", "from_latitude", "from_longitude"))
        return await self.order(fulfilment="seat", seat=seat, **(nowhere | changes))

    async def moves(self, order_id: OrderId, state: Any) -> None:
        await self.depot.tell(OrderMoved(order_id, self.stand_id, state, now()))

    async def carried(self, **changes: Any) -> tuple[Runner, OrderId]:
        """Somebody has been on the way with an order for ten minutes."""
        runner = await self.runner(moves="bike")
        await runner.on_shift_since(30)
        order_id = await self.order(**changes)
        await self.depot.job(order_id, "assigned")
        await runner.carrying_since(order_id, 10)
        return runner, order_id

    async def track(self, order_id: OrderId) -> TrackView:
        return await self.depot.web.track(order_id)


@pytest.fixture(scope="session")
async def depot(database_url: str) -> AsyncIterator[Depot]:
    settings = test_settings(database_url)
    issuer = Issuer(settings)
    told: list[Message] = []

    async def listen(message: Message) -> None:
        told.append(message)

    spy = Route("test", (OrderPickedUp, OrderHandedOver, RunnerNearby), each(listen))
    async with running(settings, [load("tracking")], spy, fetch_keys=issuer.keys) as world:
        client = TrackingClient(world.client("tracking", "web"))
        transport = world.transport("tracking")
        async with httpx.AsyncClient(transport=transport, base_url="http://tracking") as http:
            yield Depot(world, issuer, database_url, http, client, told)


@pytest.fixture
def crew(depot: Depot) -> Crew:
    return Crew(depot, OrganiserId(new_uuid()), StandId(new_uuid()))


def way(start: tuple[float, float], end: tuple[float, float], steps: int) -> Sequence[Any]:
    """Points on the straight line, both ends included."""
    return [
        tuple(a + (b - a) * i / (steps - 1) for a, b in zip(start, end, strict=True))
        for i in range(steps)
    ]
