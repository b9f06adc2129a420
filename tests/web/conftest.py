from collections.abc import AsyncIterator

import pytest
from tests.web.house import BASE, House, Visitor, open_house

from quickserve.kernel.db import ensure_database
from quickserve.kernel.testing import test_settings as settings_for


@pytest.fixture(scope="session")
async def house(database_url: str) -> AsyncIterator[House]:
    # Of its own: on a shared one the relays of other tests' services would take our events.
    url = await ensure_database(database_url, "pages")
    settings = settings_for(url, public_url=BASE, sandbox_delay_ms=300)
    async with open_house(settings) as opened:
        yield opened


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[Visitor]:
    async with house.visitor() as somebody:
        yield somebody
