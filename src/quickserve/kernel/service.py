"""What a service is, and how it becomes a FastAPI application.

A service declares its routes, the events it takes, its periodic jobs and its constraints; this
module gives them a database, a bus, clients to the others, and the same manners everywhere.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request

from quickserve.kernel import gauges
from quickserve.kernel.auth import VISITOR, Principal, TokenVerifier
from quickserve.kernel.bus.port import Bus, Route
from quickserve.kernel.client import Client
from quickserve.kernel.clock import Clock
from quickserve.kernel.db import Database, Schema, Transaction
from quickserve.kernel.errors import InternalError, Problem
from quickserve.kernel.http import install_manners
from quickserve.kernel.inbox import Consumer, Subscription, forget_old
from quickserve.kernel.logs import told
from quickserve.kernel.openapi import Documented
from quickserve.kernel.outbox import Relay
from quickserve.kernel.settings import Settings
from quickserve.kernel.shared.cache import Cache
from quickserve.kernel.shared.opening import Shared
from quickserve.kernel.shared.port import Fanout, Latest

log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """Runs every `every_seconds`; a failure is logged and the next round comes anyway."""

    name: str
    run: Callable[["Context"], Awaitable[None]]
    every_seconds: float


@dataclass(frozen=True)
class Service:
    """One business capability.

    `resources` builds what the service's commands need beside the database (a provider, a saga
    engine) as an async context manager; they find it as `ctx.resources`. `finish` adds to the
    application what only this service has, around the common manners: mounts, middleware.
    One that has pages for people instead of an API is not `documented`.
    """

    name: str
    router: APIRouter
    owns_data: bool = True
    documented: bool = True
    subscriptions: tuple[Subscription, ...] = ()
    jobs: tuple[Job, ...] = ()
    constraints: Mapping[str, type[Problem]] = field(default_factory=dict)
    resources: Callable[["Runtime"], Any] | None = None
    prepare_schema: Callable[[Transaction, str], Any] | None = None
    finish: Callable[[FastAPI], None] | None = None

    @property
    def package(self) -> str:
        return f"quickserve.{self.name}"

    def schema(self, settings: Settings) -> Schema:
        password = settings.key_for(f"database:{self.name}").hex()
        return Schema(self.name, self.package, password, self.prepare_schema)


@dataclass
class Runtime:
    """A running service's surroundings; `app.py` makes one per service."""

    service: Service
    settings: Settings
    clock: Clock
    bus: Bus
    clients: Mapping[str, Client]
    verifier: TokenVerifier
    db: Database
    shared: Shared = field(default_factory=Shared)
    resources: Any = None

    def __post_init__(self) -> None:
        # Before any relay runs: an event without subscribers counts as delivered.
        if subscriptions := self.service.subscriptions:
            consumer = Consumer(self.service.name, self.db, subscriptions, self.context)
            events = tuple(subscription.event for subscription in subscriptions)
            self.bus.subscribe(Route(self.service.name, events, consumer.take))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Opens the pool, starts the relay and the jobs; stops them in reverse."""
        async with AsyncExitStack() as stack:
            if self.service.owns_data:
                await self.db.open()
                stack.push_async_callback(self.db.close)
            if self.service.resources:
                self.resources = await stack.enter_async_context(self.service.resources(self))
            tasks = [asyncio.create_task(self._repeat(job)) for job in self.service.jobs]
            if self.service.owns_data:
                tasks += [asyncio.create_task(self._repeat(job)) for job in _OF_ALL]
                relay = Relay(self.service.name, self.db, self.bus)
                tasks.append(asyncio.create_task(relay.run()))
            stack.push_async_callback(_cancel, tasks)
            yield

    def context(self, principal: Principal = VISITOR) -> "Context":
        return Context(self, principal)

    async def ready(self) -> bool:
        """Whether requests can be served: its data is there."""
        if not self.service.owns_data:
            return True
        async with self.db.read() as tx:
            return await tx.value("SELECT true")

    async def _repeat(self, job: Job) -> None:
        while True:
            try:
                await job.run(self.context())
            except Exception as error:  # noqa: BLE001 - the next round may succeed
                log.warning(
                    "job_failed", service=self.service.name, job=job.name, error=told(error)
                )
            await asyncio.sleep(job.every_seconds)


async def _forget_old_messages(ctx: "Context") -> None:
    await forget_old(ctx.db)


async def _look(ctx: "Context") -> None:
    await gauges.look(ctx.runtime.service.name, ctx.db)


_OF_ALL = (
    Job("forget_old_messages", _forget_old_messages, every_seconds=3600),
    Job("look", _look, every_seconds=gauges.EVERY_SECONDS),
)


@dataclass(frozen=True, slots=True)
class Context:
    """What a command works with: the data, the clock, the other services, and who asks."""

    runtime: Runtime
    principal: Principal

    @property
    def db(self) -> Database:
        return self.runtime.db

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    @property
    def clock(self) -> Clock:
        return self.runtime.clock

    @property
    def cache(self) -> Cache:
        return self.runtime.shared.cache

    @property
    def fanout(self) -> Fanout:
        return self.runtime.shared.fanout

    @property
    def latest(self) -> Latest:
        return self.runtime.shared.latest

    @property
    def resources(self) -> Any:
        return self.runtime.resources

    def client(self, service: str) -> Client:
        """Raises InternalError where the settings do not name the service's address."""
        try:
            return self.runtime.clients[service]
        except KeyError:
            raise InternalError(f"QUICKSERVE_{service.upper()}_URL is not set.") from None


async def _context(request: Request) -> Context:
    # Asynchronous although nothing waits: FastAPI sends a plain function through a thread.
    return Context(request.app.state.runtime, request.state.principal)


Ctx = Annotated[Context, Depends(_context)]


def build_app(runtime: Runtime) -> FastAPI:
    """The service as an ASGI application; whoever runs it enters `runtime.running()`."""
    app = Documented(runtime.service.name, documented=runtime.service.documented)
    app.state.runtime = runtime
    app.router.routes.extend(runtime.service.router.routes)
    install_manners(app, runtime.service.name, runtime.settings, ready=runtime.ready)
    if runtime.service.finish:
        runtime.service.finish(app)
    return app


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    """Until each has ended: Python 3.11 can lose a cancellation that meets the end of a wait."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)
