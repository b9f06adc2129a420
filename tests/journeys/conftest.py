"""One product with its demo and one Chromium, for journeys that need none of their own."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from tests.journeys.browser import chromium
from tests.journeys.product import Product, product
from tests.journeys.shows import House, house_of


@pytest.fixture(scope="session")
def running() -> Iterator[Product]:
    with product(QUICKSERVE_SANDBOX_DELAY_MS="700") as one:
        yield one


@pytest.fixture(scope="session")
async def house(running: Product) -> AsyncIterator[House]:
    async with house_of(running) as one:
        yield one


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as one:
        yield one
