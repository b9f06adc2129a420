"""A bakery that publishes through Event Grid, and services that eat what it bakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from quickserve.kernel import outbox
from quickserve.kernel.bus.eventgrid import EventGridBus
from quickserve.kernel.bus.eventgrid_webhook import PATH
from quickserve.kernel.bus.port import Route
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.events import Message
from quickserve.kernel.ids import MessageId, new_uuid
from quickserve.kernel.inbox import Consumer, Subscription
from quickserve.kernel.outbox import Relay
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for
from tests.kernel.world import Bakery, LoafBaked, baked

from .azure import entra, namespace, topic
from .azure.cloud import NAMESPACE_TOPIC, Azure
from .azure.server import Server

Handle = Callable[[Transaction, Any], Awaitable[None]]


def push_settings(azure: Azure, **changes: Any) -> Settings:
    """A custom topic that pushes."""
    given = {
        "eventgrid_endpoint": f"{azure.url}/api/events", "eventgrid_key": topic.KEY,
        "eventgrid_tenant": entra.TENANT, "eventgrid_audience": entra.WEBHOOK, **changes,
    }  # fmt: skip
    return settings_for("", **given)


def pull_settings(azure: Azure, **changes: Any) -> Settings:
    """A namespace that is pulled from."""
    given = {
        "eventgrid_endpoint": azure.url, "eventgrid_key": namespace.KEY,
        "eventgrid_topic": NAMESPACE_TOPIC, **changes,
    }  # fmt: skip
    return settings_for("", **given)


def environ(azure: Azure, **more: str) -> Mapping[str, str]:
    return {"AZURE_AUTHORITY_HOST": f"{azure.url}/", **more}


def eating(consumer: str) -> Handle:
    async def eat(tx: Transaction, event: LoafBaked) -> None:
        await tx.execute("INSERT INTO eaten VALUES (%s, %s)", (event.loaf_id, consumer))

    return eat


class Process:
    """One that consumes: its bus, and its webhook on a socket where events are pushed to it."""

    def __init__(self, azure: Azure, settings: Settings) -> None:
        self._azure = azure
        self._settings = settings
        self._routes: list[Route] = []
        self._running = AsyncExitStack()
        self._webhook = Server(self._app)
        self._bus = EventGridBus(settings, environ(azure))

    @property
    def url(self) -> str:
        return f"{self._webhook.url}{PATH}"

    def takes(self, route: Route) -> None:
        self._routes.append(route)

    def eats(self, name: str, db: Database, handle: Handle | None = None) -> None:
        consumer = Consumer(name, db, [Subscription(LoafBaked, handle or eating(name))])
        self.takes(Route(name, (LoafBaked,), consumer.take))

    async def start(self) -> None:
        self._bus = EventGridBus(self._settings, environ(self._azure))
        for route in self._routes:
            self._bus.subscribe(route)
        await self._running.enter_async_context(self._bus.connected())
        await self._running.enter_async_context(self._bus.consuming())
        if self._bus.app:
            await self._webhook.start()

    async def stop(self) -> None:
        await self._webhook.stop()
        await self._running.aclose()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        assert self._bus.app
        await self._bus.app(scope, receive, send)


@asynccontextmanager
async def started(*processes: Process) -> AsyncIterator[None]:
    for process in processes:
        await process.start()
    try:
        yield
    finally:
        for process in processes:
            await process.stop()


@asynccontextmanager
async def publishing(azure: Azure, settings: Settings, bakery: Bakery) -> AsyncIterator[None]:
    """The bakery's outbox is carried to Event Grid."""
    bus = EventGridBus(settings, environ(azure))
    async with bus.connected():
        task = asyncio.create_task(Relay("bakery", bakery.db, bus).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def bake(bakery: Bakery, count: int) -> list[LoafBaked]:
    loaves = [baked() for _ in range(count)]
    async with bakery.db.transaction() as tx:
        await outbox.append(tx, *loaves)
    return loaves


async def sent(bakery: Bakery) -> bool:
    return await bakery.ask("SELECT count(*) = 0 FROM outbox")


async def eaten(bakery: Bakery, consumer: str) -> list[Any]:
    """The ids of the loaves, as often as each had an effect."""
    found = await bakery.ask("SELECT array_agg(loaf_id) FROM eaten WHERE consumer = %s", consumer)
    return list(found or [])


async def all_eaten(bakery: Bakery, loaves: Sequence[LoafBaked], *consumers: str) -> bool:
    wanted = {loaf.loaf_id for loaf in loaves}
    return all([set(await eaten(bakery, name)) == wanted for name in consumers])


def message(loaf: LoafBaked | None = None, **changes: Any) -> Message:
    loaf = loaf or baked()
    values: dict[str, Any] = {
        "id": MessageId(new_uuid()), "source": "bakery", "type": LoafBaked.TYPE,
        "subject": str(loaf.loaf_id), "time": datetime.now(UTC),
        "data": {"loaf_id": str(loaf.loaf_id), "price": {"minor": 350, "currency": "EUR"}},
        **changes,
    }  # fmt: skip
    return Message(**values)
