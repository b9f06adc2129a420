"""Bakeries: each test has one or two schemas of its own in the shared database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings as settings_for

from .world import LOAVES, Bakery, Packages, open_bakery

OpenBakery = Callable[[], Awaitable[Bakery]]


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    monkeypatch.syspath_prepend(tmp_path)
    return Packages(tmp_path)


@pytest.fixture
async def new_bakery(database_url: str, packages: Packages) -> AsyncIterator[OpenBakery]:
    opened: list[Bakery] = []

    async def make() -> Bakery:
        opened.append(await open_bakery(database_url, packages.schema(loaves_0001=LOAVES)))
        return opened[-1]

    yield make
    for bakery in opened:
        await bakery.db.close()


@pytest.fixture
async def bakery(new_bakery: OpenBakery) -> Bakery:
    return await new_bakery()
