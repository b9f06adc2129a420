"""A house without pages, for the demo."""

from collections.abc import AsyncIterator

import pytest

from quickserve.app import load
from quickserve.kernel.db import open_connection
from quickserve.kernel.testing import Issuer, test_settings
from tests.shape import World, running

SERVICES = ("identity", "catalog", "booking", "payment", "checkout")


@pytest.fixture
async def platform(database_url: str) -> AsyncIterator[World]:
    """With a database of its own: the demo's ids are the same everywhere."""
    async with await open_connection(database_url) as connection:
        await connection.execute("DROP DATABASE IF EXISTS demo")
        await connection.execute("CREATE DATABASE demo")
    settings = test_settings(f"{database_url.rpartition('/')[0]}/demo")
    services = [load(name) for name in SERVICES]
    async with running(settings, services, fetch_keys=Issuer(settings).keys) as world:
        yield world
