"""The two shapes in which the same tests run, chosen by QUICKSERVE_TEST_SHAPE.

`together` (the default): all services in one process, called without a network, events handed
over by the local bus. `apart`: each service behind a socket of its own, as `quickserve serve` puts
it there, calls over HTTP with service tokens, events over a real RabbitMQ, copies and notices in a
real Redis.
"""

import asyncio
import atexit
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from socket import socket
from typing import Any
from unittest.mock import patch

import httpx2 as httpx
import uvicorn

from quickserve.app import Platform
from quickserve.booking.reads import stock
from quickserve.contracts.deliveries import TAKERS
from quickserve.edge import Front
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER, ServiceIdentity
from quickserve.kernel.bus import make_bus
from quickserve.kernel.bus.port import Route
from quickserve.kernel.client import Client, network
from quickserve.kernel.db import open_connection
from quickserve.kernel.events import Message
from quickserve.kernel.service import Runtime, Service
from quickserve.kernel.settings import Settings
from quickserve.server import listen
from tests.servers import Rabbit, Redis

PLACES_SECONDS = 0.1  # how old places left may be told here: a second is long for a story
APART = os.environ.get("QUICKSERVE_TEST_SHAPE", "together") == "apart"


@cache
def broker() -> Rabbit:
    """This test process's RabbitMQ; each user has a virtual host of its own: `new_url()`."""
    rabbit = Rabbit()
    rabbit.start()
    atexit.register(rabbit.close)
    return rabbit


@dataclass
class World:
    """Running services, as tests reach them in either shape."""

    settings: Settings
    platforms: dict[str, Platform]
    addresses: dict[str, str] = field(default_factory=dict)
    _transports: list[httpx.AsyncBaseTransport] = field(default_factory=list)

    @property
    def runtimes(self) -> dict[str, Runtime]:
        return {name: platform.runtimes[name] for name, platform in self.platforms.items()}

    def transport(self, service: str, peer: str = "127.0.0.1") -> httpx.AsyncBaseTransport:
        """To a service's API, at any host; from the network address `peer`."""
        if APART:
            token = ServiceIdentity(self.settings, "web").token
            transport = _ToProcess(f"{self.addresses[service]}/api/{service}", token, peer)
            self._transports.append(transport)
            return transport
        app = self.platforms[service].apps[service]
        return httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 1))

    def front(self, peer: str = "127.0.0.1") -> httpx.AsyncBaseTransport:
        """To what everybody reaches: the pages, and the APIs below `/api`."""
        front = _ToFront(Front(self.platforms["web"]), peer)
        self._transports.append(front)
        return front

    async def close(self) -> None:
        for transport in self._transports:
            await transport.aclose()

    def client(self, service: str, caller: str) -> Client:
        token = ServiceIdentity(self.settings, caller).token
        return Client(service, f"http://{service}", self.transport(service), token)

    def clients_for(self, caller: str) -> dict[str, Client]:
        return {service: self.client(service, caller) for service in self.platforms}

    async def deliver(self, service: str, message: Message) -> None:
        """An event from elsewhere; returns when the service has taken it."""
        runtime = self.runtimes[service]
        outcomes = await runtime.bus.publish([message])
        if failure := outcomes[0]:
            raise failure
        await _until_taken(runtime.settings, service, message)


@asynccontextmanager
async def running(
    settings: Settings, services: Sequence[Service], *spies: Route, **options: Any
) -> AsyncIterator[World]:
    """The services, migrated; `spies` take events too, from the start."""
    await Platform(settings, services).migrate()
    shape = _apart if APART else _together
    with patch.object(stock, "PLACES_SECONDS", PLACES_SECONDS):
        async with shape(settings, services, spies, options) as world:
            yield world


async def until_told_anew() -> None:
    """Places left may be told as they were until then."""
    await asyncio.sleep(PLACES_SECONDS * 1.2)


@asynccontextmanager
async def _together(
    settings: Settings, services: Sequence[Service], spies: Sequence[Route], options: Any
) -> AsyncIterator[World]:
    platform = Platform(settings, services, **options)
    for spy in spies:
        platform.bus.subscribe(spy)
    async with platform.running():
        yield World(settings, {service.name: platform for service in services})


@asynccontextmanager
async def _apart(
    settings: Settings, services: Sequence[Service], spies: Sequence[Route], options: Any
) -> AsyncIterator[World]:
    listeners = {service.name: listen("127.0.0.1", 0) for service in services}
    urls = {n: f"http://127.0.0.1:{s.getsockname()[1]}" for n, s in listeners.items()}
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(Redis())
        changes = {
            "service_urls": urls, "rabbitmq_url": broker().new_url(), "redis_url": redis.url,
        }  # fmt: skip
        settings = Settings(**(settings.model_dump() | changes))
        spying = make_bus(settings, TAKERS)
        for spy in spies:
            spying.subscribe(spy)
        await stack.enter_async_context(spying.connected())
        await stack.enter_async_context(spying.consuming())
        world = World(settings, {}, urls)
        for service in services:
            platform = Platform(settings, [service], bus=make_bus(settings, TAKERS), **options)
            await stack.enter_async_context(platform.running())
            world.platforms[service.name] = platform
            await stack.enter_async_context(served(platform, listeners[service.name]))
        yield world
        await world.close()


@asynccontextmanager
async def served(platform: Platform, listener: socket) -> AsyncIterator[None]:
    """Behind a socket, as a process of its own has it."""
    front = Front(platform)
    config = uvicorn.Config(
        front, lifespan="off", access_log=False, log_config=None,
        forwarded_allow_ips="",  # as between containers: no address is believed
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        await front.close()


async def _until_taken(settings: Settings, service: str, message: Message) -> None:
    async with await open_connection(settings.database_url) as connection:
        for _ in range(500):
            found = await connection.execute(
                f"SELECT 1 FROM {service}.inbox WHERE message_id = %s", (message.id,)
            )
            if await found.fetchone():
                return
            await asyncio.sleep(0.01)
    raise TimeoutError(f"{service} did not take {message.type}")


class _ToFront(httpx.ASGITransport):
    def __init__(self, front: Front, peer: str) -> None:
        super().__init__(front, raise_app_exceptions=False, client=(peer, 1))
        self._front = front

    async def aclose(self) -> None:
        await self._front.close()


class _ToProcess(httpx.AsyncBaseTransport):
    """Any host becomes the process's address; `token` passes its door."""

    def __init__(self, url: str, token: Callable[[], str], peer: str) -> None:
        self._url = url
        self._token = token
        self._peer = peer
        self._transport = network()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = httpx.URL(self._url + request.url.raw_path.decode())
        request.headers[SERVICE_TOKEN_HEADER] = self._token()
        if self._peer != "127.0.0.1":
            request.headers["x-forwarded-for"] = self._peer
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()
