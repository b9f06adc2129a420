"""The bus on Azure Event Grid. See docs/adr/0007-event-grid.md.

With a custom topic events are pushed to the process: `app` is its webhook. With a namespace topic
the process fetches them, from a subscription for each of its services.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx2 as httpx
from starlette.types import ASGIApp

from quickserve.kernel.bus.entra import DeliveryTokens, OwnTokens, authority
from quickserve.kernel.bus.eventgrid_publisher import Publisher
from quickserve.kernel.bus.eventgrid_pull import VERSION as NAMESPACE_VERSION
from quickserve.kernel.bus.eventgrid_pull import Puller
from quickserve.kernel.bus.eventgrid_requests import Access, Grid, KeyAccess, TokenAccess
from quickserve.kernel.bus.eventgrid_webhook import Webhook
from quickserve.kernel.bus.port import Outcomes, Route
from quickserve.kernel.events import Message
from quickserve.kernel.settings import Settings

_TOPIC_VERSION = "2018-01-01"


class EventGridBus:
    """`environ` is where the platform tells the process its identity."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._routes: list[Route] = []
        self._http = httpx.AsyncClient(follow_redirects=False)
        self._grid = Grid(self._http, settings.eventgrid_endpoint, self._access(environ))
        topic = settings.eventgrid_topic
        self._publisher = (
            Publisher(self._grid, f"/topics/{topic}:publish", NAMESPACE_VERSION)
            if topic
            else Publisher(self._grid, "", _TOPIC_VERSION)
        )
        self._webhook = None if topic else self._make_webhook(environ)

    @property
    def app(self) -> ASGIApp | None:
        """Its address is eventgrid_webhook.PATH."""
        return self._webhook

    def subscribe(self, route: Route) -> None:
        self._routes.append(route)

    async def publish(self, messages: Sequence[Message]) -> Outcomes:
        return await self._publisher.publish(messages)

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self._http.aclose()

    @asynccontextmanager
    async def consuming(self) -> AsyncGenerator[None]:
        stopping = asyncio.Event()
        pullers = [] if self._webhook else [self._puller(route) for route in self._routes]
        tasks = [asyncio.create_task(puller.run(stopping)) for puller in pullers]
        if self._webhook:
            self._webhook.start()
        try:
            yield
        finally:
            stopping.set()
            await asyncio.gather(*tasks)
            if self._webhook:
                await self._webhook.stop()

    def _access(self, environ: Mapping[str, str]) -> Access:
        key = self._settings.eventgrid_key.get_secret_value()
        if not key:
            return TokenAccess(OwnTokens(self._http, environ))
        if self._settings.eventgrid_topic:
            return KeyAccess("authorization", f"SharedAccessKey {key}")
        return KeyAccess("aeg-sas-key", key)

    def _make_webhook(self, environ: Mapping[str, str]) -> Webhook:
        settings = self._settings
        if not (settings.eventgrid_tenant and settings.eventgrid_audience):
            raise ValueError(
                "A custom topic pushes events to us, and anybody could: set"
                " QUICKSERVE_EVENTGRID_TENANT and QUICKSERVE_EVENTGRID_AUDIENCE"
                " (or QUICKSERVE_EVENTGRID_TOPIC, to pull from a namespace)."
            )
        tokens = DeliveryTokens(
            self._http,
            authority(environ),
            tenant=settings.eventgrid_tenant,
            audience=settings.eventgrid_audience,
            sender=settings.eventgrid_sender,
        )
        secrets = settings.eventgrid_webhook_secret.get_secret_value().split(",")
        return Webhook(self._routes, tokens, [secret for secret in secrets if secret])

    def _puller(self, route: Route) -> Puller:
        subscription = f"{self._settings.eventgrid_subscription}-{route.service}"
        return Puller(self._grid, self._settings.eventgrid_topic, subscription, route)
