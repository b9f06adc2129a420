"""The demo is there as a whole, however often its first start was interrupted."""

import asyncio
from contextlib import suppress

import pytest

from quickserve import demo
from quickserve.contracts.catalog import CatalogClient
from quickserve.demo.programme import SHOWS
from quickserve.kernel.db import open_connection
from tests.shape import World


async def count(platform: World, statement: str) -> int:
    async with await open_connection(platform.settings.database_url) as connection:
        return (await (await connection.execute(statement.encode())).fetchall())[0][0]


PUBLISHED = "SELECT count(*) FROM catalog.events WHERE state = 'published'"
SOLD = "SELECT count(*) FROM checkout.checkouts WHERE booking_key IS NOT NULL"


@pytest.mark.parametrize(
    ("reached", "at_least"),
    [("SELECT count(*) FROM identity.organisers", 1), (PUBLISHED, 3), (SOLD, 2)],
)
async def test_an_interrupted_start_is_made_good(platform: World, reached: str, at_least: int):
    first = asyncio.create_task(demo.load(platform))
    async with asyncio.timeout(30):
        while await count(platform, reached) < at_least:  # noqa: ASYNC110 - in the database
            await asyncio.sleep(0.002)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    assert await count(platform, PUBLISHED) < len(SHOWS)

    lines = await demo.load(platform)

    assert len(lines) == len(demo.LOGINS)
    assert await count(platform, PUBLISHED) == len(SHOWS)
    # Nobody has bought twice. A show of today may have begun, then its buyers stay away.
    bookings = "SELECT count(*) FROM booking.bookings WHERE state = 'confirmed'"
    assert 16 <= await count(platform, bookings) <= 24
    assert await count(platform, "SELECT count(*) FROM identity.memberships") == 4


async def test_what_was_loaded_is_left_alone(platform: World):
    await demo.load(platform)
    catalog = CatalogClient(platform.clients_for("cli")["catalog"])
    async with await open_connection(platform.settings.database_url) as connection:
        cursor = await connection.execute("UPDATE catalog.events SET title = 'Ours' RETURNING id")
        event_id = (await cursor.fetchall())[0][0]
    await demo.load(platform)
    assert (await catalog.event(event_id)).title == "Ours"
