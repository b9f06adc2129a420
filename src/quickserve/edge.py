"""What stands between a process's socket and its services.

Every process has `/livez`, `/readyz` and `/metrics`, and its services' APIs below
`/api/<service>`. One that has `web` is open to everybody: pages at `/`, the other services'
APIs by forwarding. All others talk to services only: who shows no service token gets 401.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address, ip_network
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.app import Platform
from quickserve.forward import FORWARDED_FOR, Forward
from quickserve.kernel import tracing
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER, ServiceIdentity
from quickserve.kernel.deadlines import DEADLINE_HEADER
from quickserve.kernel.errors import (
    NotFound,
    Problem,
    TooManyRequests,
    Unavailable,
)
from quickserve.kernel.http import problem_response
from quickserve.kernel.settings import Settings
from quickserve.kernel.telemetry import Observed, metrics_page
from quickserve.kernel.throttle import Takes

_WAIT_SECONDS: Final = 8  # while the process starts
_DOTS: Final = frozenset({".", ".."})
_PROBES: Final = ("/metrics", "/readyz")
# Services tell these each other; strangers do not: whose trace is recorded, say, is our choice.
_OWN_HEADERS: Final = frozenset({
    DEADLINE_HEADER.encode(), SERVICE_TOKEN_HEADER.encode(), tracing.HEADER.encode(), b"tracestate",
})  # fmt: skip

State = Literal["starting", "ready", "draining"]


class Process:
    """The ASGI application of a process, through its life."""

    def __init__(self, settings: Settings) -> None:
        self.state: State = "starting"
        self._probe_networks = [ip_network(text) for text in settings.probes_from.split()]
        self._platform: Platform | None = None
        self._serve: ASGIApp = problem_response(Unavailable("Starting.", retry_after=2))
        self._opened = asyncio.Event()

    @asynccontextmanager
    async def open(self, platform: Platform) -> AsyncGenerator[None]:
        """Serves the platform inside; who still has a request then gets no answer."""
        self._platform = platform
        self._serve = front = Front(platform)
        self.state = "ready"
        self._opened.set()
        try:
            yield
        finally:
            await front.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self.state == "draining":
            send = _closing(send)
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> ASGIApp:
        path: str = scope["path"]
        if path == "/livez":
            return JSONResponse({"status": "alive"})
        if path.endswith(_PROBES):
            within = re.sub(r"^/api/\w+", "", path)
            if within in _PROBES and not self._may_probe(scope):
                return problem_response(NotFound())
            if path == "/metrics":
                return await metrics_page(Request(scope))
            if path == "/readyz":
                return await self._readiness()
        if not self._opened.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._opened.wait(), _WAIT_SECONDS)
        return self._serve

    async def _readiness(self) -> Response:
        if self._platform is None or self.state != "ready":
            return problem_response(Unavailable(f"The process is {self.state}."))
        try:
            ready = [await runtime.ready() for runtime in self._platform.runtimes.values()]
        except Problem as problem:
            return problem_response(problem)
        return JSONResponse({"status": "ready"}) if all(ready) else problem_response(Unavailable())

    def _may_probe(self, scope: Scope) -> bool:
        """Programs of ours: what came through a proxy did not come from there."""
        forwarded = any(name.lower() == FORWARDED_FOR for name, _ in scope["headers"])
        peer = _peer(scope)
        return (
            bool(peer)
            and not forwarded
            and any(ip_address(peer) in network for network in self._probe_networks)
        )


class Front:
    """The services of a process behind one address."""

    def __init__(self, platform: Platform) -> None:
        self._services = _Services(platform)
        gate = _Public if "web" in platform.apps else _Internal
        self._gate: ASGIApp = gate(platform, self._services)
        if bus := platform.bus.app:
            self._gate = _Pushed(bus, self._services, self._gate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # What is judged here must be what is asked for in the end: a client resolves dots.
        unresolved = not _DOTS.isdisjoint(scope["path"].split("/"))
        app = problem_response(NotFound()) if unresolved else self._gate
        await app(scope, receive, send)

    async def close(self) -> None:
        for forward in self._services.forwards.values():
            await forward.close()


class _Pushed:
    """What a bus pushes, to `/bus/<which>/<service>`, comes from outside and shows no token of
    ours: the bus checks it, in the process that has the service.
    """

    def __init__(self, bus: ASGIApp, services: "_Services", guarded: ASGIApp) -> None:
        self._bus = bus
        self._elsewhere = services.elsewhere
        self._guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first, *rest = scope["path"].lstrip("/").split("/")
        if first != "bus":
            await self._guarded(scope, receive, send)
            return
        # Nothing may come behind the service: on its way a path with dots would lead elsewhere.
        service = rest[1] if len(rest) == 2 else ""  # noqa: PLR2004
        await self._elsewhere.get(service, self._bus)(scope, receive, send)


class _Services:
    """Finds who answers a path: `/api/<service>/…`, the issuer below `/realms`, else the web."""

    def __init__(self, platform: Platform) -> None:
        token = ServiceIdentity(platform.settings, "web").token
        self.apps: Mapping[str, ASGIApp] = platform.apps
        # Only the process that everybody reaches forwards to the others.
        urls = platform.settings.service_urls if "web" in platform.apps else {}
        self.forwards = {
            name: Forward(name, url, token, platform.settings.import_bytes_max)
            for name, url in urls.items()
            if name not in platform.apps
        }
        self.elsewhere: Mapping[str, ASGIApp] = {
            name: Observed(forward, "web", f"/api/{name}/…")
            for name, forward in self.forwards.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, root = self._owner(scope["path"])
        if name in self.elsewhere:
            await self.elsewhere[name](scope, receive, send)
        elif name in self.apps:
            await self.apps[name](dict(scope, root_path=root), receive, send)
        else:
            await problem_response(NotFound())(scope, receive, send)

    def _owner(self, path: str) -> tuple[str, str]:
        """The service, and the part of the path that is not its own."""
        first, *rest = path.lstrip("/").split("/", 2)
        known = rest and (rest[0] in self.apps or rest[0] in self.elsewhere)
        if first == "api" and known and rest[0] != "web":
            return rest[0], f"/api/{rest[0]}"
        return ("identity" if first == "realms" else "web"), ""


class _Public:
    """Strangers come: they may not set our own headers, nor take places by the thousand."""

    def __init__(self, platform: Platform, services: ASGIApp) -> None:
        self._services = services
        self._takes = Takes(platform.settings, platform.shared.counters)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in _OWN_HEADERS]
        scope = dict(scope, headers=headers)
        if _takes_places(scope) and not await self._takes.admits(_peer(scope)):
            problem = TooManyRequests("Too many places were asked for.", retry_after=60)
            await problem_response(problem)(scope, receive, send)
        elif _tries_code(scope) and not await self._takes.admits_guess(_peer(scope)):
            problem = TooManyRequests("Too many codes were tried.", retry_after=60)
            await problem_response(problem)(scope, receive, send)
        else:
            await self._services(scope, receive, send)


class _Internal:
    """Services come, each call with its service token, whoever it is made for.

    They are believed when they say for whose address, wherever they are in the network.
    """

    def __init__(self, platform: Platform, services: ASGIApp) -> None:
        self._services = services
        self._verifier = next(iter(platform.runtimes.values())).verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = dict(scope["headers"]).get(SERVICE_TOKEN_HEADER.encode(), b"").decode("latin-1")
        try:
            await self._verifier.service(token)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
        else:
            await self._services(_as_forwarded(scope), receive, send)


def _as_forwarded(scope: Scope) -> Scope:
    """As if the client whom a forwarding service names had come itself."""
    named = dict(scope["headers"]).get(FORWARDED_FOR, b"").decode("latin-1")
    try:
        return dict(scope, client=(str(ip_address(named)), 0))
    except ValueError:
        return scope


def _closing(send: Send) -> Send:
    """Tells the other side not to use the connection again."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await send(message)

    return send_and_close


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _tries_code(scope: Scope) -> bool:
    """By a link; whoever sends a form or a hold takes places, which is limited already."""
    given = re.search(rb"(?:^|&)code=[^&]", scope["query_string"])
    path: str = scope["path"]
    return bool(given) and ("/events/" in path or path.endswith("/terms"))


def _takes_places(scope: Scope) -> bool:
    path: str = re.sub(r"^/api/\w+", "", scope["path"])
    taking = path.startswith(("/holds/", "/free-bookings/")) and scope["method"] == "PUT"
    if scope["method"] != "POST" or "/organiser" in path:
        return taking
    return "/events/" in path or ("/checkout/" in path and path.endswith("/renewal"))
