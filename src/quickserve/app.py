"""The table of services, and how those of one process run together.

Every service stays an application of its own: those of a process share a bus and call each other
without a network; those in other processes are called at the addresses that the settings name.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import httpx2 as httpx
from fastapi import FastAPI

from quickserve.contracts.identity import REALM, Jwks
from quickserve.kernel import tracing
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER, ServiceIdentity, TokenVerifier
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Bus
from quickserve.kernel.client import Client, network
from quickserve.kernel.clock import Clock, SystemClock
from quickserve.kernel.db import Database, migrate, pending_migrations, service_url
from quickserve.kernel.service import Runtime, Service, build_app
from quickserve.kernel.settings import Settings
from quickserve.kernel.shared.opening import Shared, open_shared

SERVICES = (
    "identity", "catalog", "booking", "ordering", "tracking", "payment", "checkout", "web",
)  # fmt: skip


def load(name: str) -> Service:
    """The declaration in `quickserve.<name>.service`."""
    return import_module(f"quickserve.{name}.service").service


@dataclass
class Platform:
    """Some services in one process. `fetch_keys` replaces `identity` as the token issuer."""

    settings: Settings
    services: Sequence[Service]
    clock: Clock = field(default_factory=SystemClock)
    fetch_keys: Callable[[], Awaitable[Any]] | None = None
    bus: Bus = field(default_factory=LocalBus)
    apps: dict[str, FastAPI] = field(default_factory=dict[str, FastAPI], init=False)
    runtimes: dict[str, Runtime] = field(default_factory=dict[str, Runtime], init=False)
    shared: Shared = field(default_factory=Shared, init=False)

    async def migrate(self) -> list[str]:
        """Brings every service's schema up to date. Returns what was applied."""
        by_database: dict[str, list[Service]] = {}
        for service in self._owners():
            url = self.settings.of_service(service.name).database_url
            by_database.setdefault(url, []).append(service)
        applied: list[str] = []
        for url, services in by_database.items():
            applied += await migrate(url, [s.schema(self.settings) for s in services])
        return applied

    async def pending(self) -> list[str]:
        """Migrations that a service expects and its database lacks."""
        return [
            name
            for service in self._owners()
            for name in await pending_migrations(
                self._database_url(service), service.schema(self.settings)
            )
        ]

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Platform", None]:
        async with AsyncExitStack() as stack:
            tracing.sample(self.settings.trace_ratio)
            if self.settings.otlp_endpoint:
                await stack.enter_async_context(_exporting(self.settings.otlp_endpoint))
            self.shared = await stack.enter_async_context(open_shared(self.settings))
            for service in self.services:
                self._prepare(service)
            await stack.enter_async_context(self.bus.connected())
            for runtime in self.runtimes.values():
                for client in runtime.clients.values():
                    stack.push_async_callback(client.close)
                await stack.enter_async_context(runtime.running())
            await stack.enter_async_context(self.bus.consuming())
            yield self

    def clients_for(self, caller: str) -> dict[str, Client]:
        """Clients of every service that can be reached, speaking as `caller`."""
        token = ServiceIdentity(self.settings, caller).token
        here = {service.name for service in self.services}
        clients: dict[str, Client] = {}
        for name in dict.fromkeys([*here, *self.settings.service_urls]):
            if name in here:
                transport = _InProcess(self.apps, name)
                clients[name] = Client(name, f"http://{name}", transport, token, caller=caller)
            else:
                url = f"{self.settings.service_urls[name].rstrip('/')}/api/{name}"
                clients[name] = Client(name, url, network(), token, caller=caller)
        return clients

    def _owners(self) -> list[Service]:
        return [service for service in self.services if service.owns_data]

    def _prepare(self, service: Service) -> None:
        clients = self.clients_for(service.name)
        clients.pop(service.name)
        runtime = Runtime(
            service=service,
            settings=self.settings.of_service(service.name),
            clock=self.clock,
            bus=self.bus,
            clients=clients,
            verifier=TokenVerifier(self.settings, self._keys()),
            db=Database(
                self._database_url(service),
                constraints=service.constraints,
                pool_max=self.settings.pool_max,
            ),
            shared=self.shared,
        )
        self.runtimes[service.name] = runtime
        self.apps[service.name] = build_app(runtime)

    def _database_url(self, service: Service) -> str:
        if not service.owns_data:
            return ""
        settings = self.settings.of_service(service.name)
        return service_url(settings.database_url, service.schema(settings))

    def _keys(self) -> Callable[[], Awaitable[Any]]:
        if self.fetch_keys:
            return self.fetch_keys
        return self._keys_of_issuer if self.settings.issuer else self._keys_of_identity

    async def _keys_of_issuer(self) -> Any:
        """Of the issuer the settings name: Keycloak's address of a realm's keys."""
        async with httpx.AsyncClient(timeout=5) as http:
            return await _keys(http, self.settings.issuer)

    async def _keys_of_identity(self) -> Any:
        token = ServiceIdentity(self.settings, "issuer-keys").token()
        elsewhere = self.settings.service_urls.get("identity", "")
        transport = None if elsewhere else httpx.ASGITransport(self.apps["identity"])
        async with httpx.AsyncClient(
            transport=transport, base_url=elsewhere or "http://identity", timeout=5,
            headers={SERVICE_TOKEN_HEADER: token},
        ) as http:  # fmt: skip
            return await _keys(http, REALM)


def _exporting(endpoint: str) -> AbstractAsyncContextManager[None]:
    from quickserve.kernel.otlp import exporting  # noqa: PLC0415 - dear; see there

    return exporting(endpoint)


async def _keys(http: httpx.AsyncClient, realm: str) -> Any:
    answer = await http.get(f"{realm}/protocol/openid-connect/certs")
    return Jwks.model_validate_json(answer.content).model_dump()


class _InProcess(httpx.AsyncBaseTransport):
    """Finds the target when it is called: services are built one after the other."""

    def __init__(self, apps: dict[str, FastAPI], name: str) -> None:
        self._apps = apps
        self._name = name
        self._transport: httpx.ASGITransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._transport is None:
            self._transport = httpx.ASGITransport(
                self._apps[self._name], raise_app_exceptions=False
            )
        return await self._transport.handle_async_request(request)
