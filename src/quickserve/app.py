"""The table of services, and how they run together in one process.

Every service stays an application of its own: here they only share a process, a bus and a way to
call each other without a network.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import httpx2 as httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from quickserve.contracts.identity import REALM, Jwks
from quickserve.kernel.auth import ServiceIdentity, TokenVerifier
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.client import DEADLINE_HEADER, Client
from quickserve.kernel.clock import Clock, SystemClock
from quickserve.kernel.db import Database, migrate, service_url
from quickserve.kernel.errors import NotFound, TooManyRequests
from quickserve.kernel.http import problem_response
from quickserve.kernel.service import Runtime, Service, build_app
from quickserve.kernel.settings import Settings
from quickserve.kernel.throttle import Throttle

SERVICES = ("identity", "catalog", "booking", "payment", "checkout", "web")


def load(name: str) -> Service:
    """The declaration in `quickserve.<name>.service`."""
    return import_module(f"quickserve.{name}.service").service


@dataclass
class Platform:
    """Several services in one process. `fetch_keys` replaces `identity` as the token issuer."""

    settings: Settings
    services: Sequence[Service]
    clock: Clock = field(default_factory=SystemClock)
    fetch_keys: Callable[[], Awaitable[Any]] | None = None
    apps: dict[str, FastAPI] = field(default_factory=dict[str, FastAPI], init=False)
    runtimes: dict[str, Runtime] = field(default_factory=dict[str, Runtime], init=False)

    async def migrate(self) -> list[str]:
        """Brings every service's schema up to date. Returns what was applied."""
        schemas = [s.schema(self.settings) for s in self.services if s.owns_data]
        return await migrate(self.settings.database_url, schemas)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Platform", None]:
        bus = LocalBus()
        for service in self.services:
            self._prepare(service, bus)
        async with AsyncExitStack() as stack:
            for runtime in self.runtimes.values():
                for client in runtime.clients.values():
                    stack.push_async_callback(client.close)
                await stack.enter_async_context(runtime.running())
            yield self

    def _prepare(self, service: Service, bus: LocalBus) -> None:
        identity = ServiceIdentity(self.settings, service.name)
        clients = {
            other.name: Client(
                other.name,
                f"http://{other.name}",
                _InProcess(self.apps, other.name),
                identity.token,
            )
            for other in self.services
            if other.name != service.name
        }
        runtime = Runtime(
            service=service,
            settings=self.settings,
            clock=self.clock,
            bus=bus,
            clients=clients,
            verifier=TokenVerifier(self.settings, self._keys()),
            db=self._database(service),
        )
        self.runtimes[service.name] = runtime
        self.apps[service.name] = build_app(runtime)

    def clients_for(self, caller: str) -> dict[str, Client]:
        """Clients of every service, speaking as `caller`."""
        token = ServiceIdentity(self.settings, caller).token
        return {
            s.name: Client(s.name, f"http://{s.name}", _InProcess(self.apps, s.name), token)
            for s in self.services
        }

    def _database(self, service: Service) -> Database:
        url = service_url(self.settings.database_url, service.schema(self.settings))
        return Database(url, constraints=service.constraints, pool_max=self.settings.pool_max)

    def _keys(self) -> Callable[[], Awaitable[Any]]:
        if self.fetch_keys:
            return self.fetch_keys
        return self._keys_of_issuer if self.settings.issuer else self._keys_of_identity

    async def _keys_of_issuer(self) -> Any:
        """Of the issuer the settings name: Keycloak's address of a realm's keys."""
        async with httpx.AsyncClient(timeout=5) as http:
            answer = await http.get(f"{self.settings.issuer}/protocol/openid-connect/certs")
            return Jwks.model_validate_json(answer.content).model_dump()

    async def _keys_of_identity(self) -> Any:
        transport = httpx.ASGITransport(self.apps["identity"])
        async with httpx.AsyncClient(transport=transport, base_url="http://identity") as http:
            answer = await http.get(f"{REALM}/protocol/openid-connect/certs")
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


_PROBES = frozenset({"/metrics", "/readyz"})
_OWN_HEADERS = frozenset({DEADLINE_HEADER.encode()})  # services tell each other; strangers do not


def front(platform: Platform) -> ASGIApp:
    """One address for all: the web at `/`, every service's API below `/api/<service>`.

    What comes from outside may not set our own headers, take places by the thousand, or read the
    metrics, which are for programs on this machine.
    """
    web = platform.apps["web"]
    identity = platform.apps["identity"]
    throttle = Throttle(platform.settings.takes_per_minute)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        first, *rest = path.lstrip("/").split("/", 2)
        target = platform.apps.get(rest[0]) if first == "api" and rest else None
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in _OWN_HEADERS]
        scope = dict(scope, headers=headers)
        within = "/" + "/".join(rest[1:]) if target else path
        if within in _PROBES and not _from_this_machine(scope):
            await problem_response(NotFound())(scope, receive, send)
        elif _takes_places(scope, within) and not throttle.admits(_peer(scope)):
            problem = TooManyRequests("Too many places were asked for.", retry_after=60)
            await problem_response(problem)(scope, receive, send)
        elif target is not None and rest[0] != "web":
            await target(dict(scope, root_path=f"/api/{rest[0]}"), receive, send)
        elif first == "realms":
            await identity(scope, receive, send)
        else:
            await web(scope, receive, send)

    return app


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _from_this_machine(scope: Scope) -> bool:
    forwarded = any(name.lower() == b"x-forwarded-for" for name, _ in scope["headers"])
    return _peer(scope) in ("127.0.0.1", "::1") and not forwarded


def _takes_places(scope: Scope, path: str) -> bool:
    taking = path.startswith(("/holds/", "/free-bookings/")) and scope["method"] == "PUT"
    if scope["method"] != "POST" or "/organiser" in path:
        return taking
    return "/events/" in path or ("/checkout/" in path and path.endswith("/renewal"))
