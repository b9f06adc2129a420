from collections.abc import AsyncIterator

import pytest
from tests.web.house import BASE, House, Visitor, open_house

from quickserve.kernel.telemetry import configure_logging
from quickserve.kernel.testing import test_settings as settings_for


@pytest.fixture(scope="session")
async def house(database_url: str) -> AsyncIterator[House]:
    configure_logging("error", "json")  # the console's tracebacks of a bug take minutes to draw
    settings = settings_for(database_url, public_url=BASE, sandbox_delay_ms=300)
    async with open_house(settings) as opened:
        yield opened


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[Visitor]:
    async with house.visitor() as somebody:
        yield somebody
