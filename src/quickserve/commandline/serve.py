"""`quickserve serve NAME…`: some services in this process, the others at their addresses."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

import structlog

from quickserve.app import Platform, load
from quickserve.contracts.deliveries import TAKERS
from quickserve.kernel.bus import make_bus
from quickserve.kernel.bus.port import Bus
from quickserve.kernel.errors import Problem
from quickserve.kernel.settings import SECRET_CHARS_MIN, Settings
from quickserve.laptop import CannotStart
from quickserve.server import Server, run_server

log = structlog.get_logger()

_LOOK_SECONDS = 0.5
_LOOKS_PER_LINE = 20


def run(names: Sequence[str], listener: socket.socket) -> int:
    settings = Settings()
    _require(settings, names)
    run_server(_serve(settings, names, listener, _bus(settings)))
    return 0


def _require(settings: Settings, names: Sequence[str]) -> None:
    if len(settings.secret.get_secret_value()) < SECRET_CHARS_MIN:
        raise CannotStart(f"Set QUICKSERVE_SECRET: at least {SECRET_CHARS_MIN} characters.")
    for name in names:
        if load(name).owns_data and not settings.of_service(name).database_url:
            raise CannotStart(
                f"Set QUICKSERVE_{name.upper()}_DATABASE_URL or QUICKSERVE_DATABASE_URL."
            )


def _bus(settings: Settings) -> Bus:
    try:
        return make_bus(settings, TAKERS)
    except ValueError as error:
        raise CannotStart(str(error)) from None


async def _serve(
    settings: Settings, names: Sequence[str], listener: socket.socket, bus: Bus
) -> None:
    server = Server(settings, listener)
    await server.run(_platform(settings, names, bus), _announced(names))


@asynccontextmanager
async def _platform(settings: Settings, names: Sequence[str], bus: Bus) -> AsyncGenerator[Platform]:
    platform = Platform(settings, [load(name) for name in names], bus=bus)
    await _until_migrated(platform)
    async with platform.running():
        yield platform


async def _until_migrated(platform: Platform) -> None:
    """Another program migrates, before or after us; an old database may lack what we need."""
    looks = 0
    while missing := await _missing(platform):
        if looks % _LOOKS_PER_LINE == 0:
            log.warning("waits_for_the_database", missing=missing)
        looks += 1
        await asyncio.sleep(_LOOK_SECONDS)


async def _missing(platform: Platform) -> list[str]:
    try:
        return await platform.pending()
    except Problem as problem:
        return [problem.detail or problem.title]


@contextmanager
def _announced(names: Sequence[str]) -> Generator[None]:
    print("ready", *names, flush=True)  # noqa: T201 - people and scripts wait for it
    yield
