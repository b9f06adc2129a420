"""How deliveries reach the webhook: past the check for service tokens, by the public process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx
import pytest
from fastapi import APIRouter
from starlette.types import ASGIApp

from quickserve.app import Platform
from quickserve.edge import Front
from quickserve.kernel.bus import make_bus
from quickserve.kernel.bus.eventgrid import EventGridBus
from quickserve.kernel.bus.eventgrid_webhook import PATH
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Bus
from quickserve.kernel.service import Service
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for

from .azure.cloud import Azure
from .azure.server import Server
from .eventgrid_world import Process, environ, pull_settings, push_settings, started
from .test_eventgrid_webhook import Reader, events, message


@asynccontextmanager
async def process_of(settings: Settings, bus: Bus, service: str) -> AsyncIterator[ASGIApp]:
    """One with a service that has no data."""
    router = APIRouter()

    async def hello() -> str:
        return f"this is {service}"

    router.add_api_route("/", hello)
    async with Platform(
        settings, [Service(service, router, owns_data=False)], bus=bus
    ).running() as p:
        edge = Front(p)
        yield edge
        await edge.close()


def http_of(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


@pytest.fixture
async def reader(azure: Azure) -> AsyncIterator[tuple[Reader, Process]]:
    made, process = Reader("booking"), Process(azure, push_settings(azure))
    process.takes(made.route)
    async with started(process):
        yield made, process


async def test_deliveries_need_event_grids_token_and_none_of_ours(azure: Azure) -> None:
    settings = push_settings(azure)
    bus, taking = EventGridBus(settings, environ(azure)), Reader("booking")
    bus.subscribe(taking.route)
    headers = {"authorization": f"Bearer {azure.entra.delivery_token()}"}
    async with process_of(settings, bus, "booking") as app, http_of(app) as http:
        assert (await http.get("/api/booking/events", headers=headers)).status_code == 401
        path = f"{PATH}/booking"
        assert (await http.post(path, json=events(message()))).status_code == 401
        assert (await http.post(path, json=events(message()), headers=headers)).status_code == 200
    assert len(taking.taken) == 1


async def test_the_public_process_passes_them_on(
    azure: Azure, reader: tuple[Reader, Process]
) -> None:
    taking, process = reader
    address = process.url.removesuffix(PATH)
    settings = push_settings(azure, service_urls={"booking": address}, eventgrid_webhook_secret="s")
    headers = {"authorization": f"Bearer {azure.entra.delivery_token()}"}
    async with process_of(settings, EventGridBus(settings), "web") as app, serving(app) as public:
        subscription = f"{public}{PATH}/booking?code=s"
        await azure.topic.subscribe(subscription, azure.entra.delivery_token)
        async with httpx.AsyncClient(trust_env=False) as http:

            async def deliver() -> int:
                return (
                    await http.post(subscription, json=events(message()), headers=headers)
                ).status_code

            assert await deliver() == 200
            await process.stop()
            assert await deliver() == 503, "away is a passing fault"
            await process.start()
            assert await deliver() == 200
            assert (await http.get(f"{public}/")).json() == "this is web"
            assert await asked(public, f"{PATH}/booking/../../../api/booking/") == 404
    assert len(taking.taken) == 2


async def asked(address: str, path: str) -> int:
    """The status; as typed, where a client would tidy the path up first."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".encode())
    status = (await reader.readline()).split()[1]
    writer.close()
    await writer.wait_closed()
    return int(status)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    server = Server(app)
    await server.start()
    yield server.url
    await server.stop()


async def test_without_pushes_there_is_no_such_address(azure: Azure) -> None:
    for settings in (settings_for(""), pull_settings(azure)):
        async with (
            process_of(settings, make_bus(settings, {}), "booking") as app,
            http_of(app) as http,
        ):
            assert (await http.post(f"{PATH}/booking")).status_code == 401


def test_the_settings_choose(azure: Azure) -> None:
    assert isinstance(make_bus(settings_for(""), {}), LocalBus)
    assert isinstance(make_bus(push_settings(azure), {}), EventGridBus)
    assert make_bus(pull_settings(azure), {}).app is None
    with pytest.raises(ValueError, match="QUICKSERVE_EVENTGRID_AUDIENCE"):
        make_bus(push_settings(azure, eventgrid_audience=""), {})
    with pytest.raises(ValueError, match="not both"):
        make_bus(push_settings(azure, rabbitmq_url="amqp://127.0.0.1"), {})
