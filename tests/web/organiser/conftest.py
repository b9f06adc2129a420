"""All services in one process, on a database of this folder's own."""

from collections.abc import AsyncIterator

import pytest
from tests.shape import World, running

from quickserve.app import SERVICES, load
from quickserve.kernel.auth import Role
from quickserve.kernel.db import open_connection
from quickserve.kernel.testing import test_settings

from .office import Office, hire


@pytest.fixture(scope="session")
async def platform(database_url: str) -> AsyncIterator[World]:
    async with await open_connection(database_url) as connection:
        await connection.execute("CREATE DATABASE organiser_pages")
    settings = test_settings(
        f"{database_url.rpartition('/')[0]}/organiser_pages", public_url="http://quickserve.test"
    )
    async with running(settings, [load(name) for name in SERVICES]) as world:
        yield world


@pytest.fixture
async def office(platform: World) -> AsyncIterator[Office]:
    """An organiser's."""
    made = await hire(platform, Role.ORGANISER)
    yield made
    await made.http.aclose()


@pytest.fixture
async def neighbour(platform: World) -> AsyncIterator[Office]:
    """Another organiser's."""
    made = await hire(platform, Role.ORGANISER)
    yield made
    await made.http.aclose()
