"""Where the operator names a server of tiles, streets lie under who brings the order."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Browser, Route

from quickserve.contracts.tracking import DeviceId, Fix, Fixes, ShiftId
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import person, shoot, violations
from tests.journeys.product import product
from tests.journeys.shows import House, house_of
from tests.journeys.test_tracking_pages import crew_of, order_delivered, the_job, tracked

pytestmark = pytest.mark.one_shape

GREY = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">'
    b'<rect width="256" height="256" fill="#bbb"/></svg>'
)


@pytest.fixture(scope="module")
async def house() -> AsyncGenerator[House]:
    tiles = "https://tiles.example/{z}/{x}/{y}.svg"
    with product(QUICKSERVE_MAP_TILES_URL=tiles, QUICKSERVE_MAP_TILES_CREDIT="© us & <you>") as one:
        async with house_of(one) as opened:
            yield opened


async def test_the_buyer_sees_the_runner_among_the_streets(browser: Browser, house: House) -> None:
    crew = await crew_of(house, "Festival des rues")
    boss = await house.session(crew.boss)
    asked: list[str] = []

    async def tile(route: Route) -> None:
        asked.append(urlsplit(route.request.url).path)
        assert "referer" not in await route.request.all_headers()
        await route.fulfill(body=GREY, content_type="image/svg+xml")

    async with (
        person(browser, house.product.address) as lea,
        person(browser, house.product.address) as moussa,
        tracked(house) as tracking,
    ):
        await lea.page.route("https://tiles.example/**", tile)
        await moussa.sign_in(crew.runner)
        await moussa.open("/runner")
        await moussa.page.locator("main form button").click()
        await moussa.page.wait_for_url("**/runner/*-*")
        await order_delivered(lea, house, crew.stall)
        job = await the_job(tracking, boss, crew.stall)
        shift_id = ShiftId(UUID(moussa.page.url.rsplit("/", 1)[1]))
        await tracking.assign(job.id, shift_id, boss.access_token)
        await moussa.page.locator("[data-keep=pickup] button").click()
        await moussa.page.locator("[data-keep=handover]").wait_for()
        device = await tracking.put_device(shift_id, DeviceId(new_uuid()))

        async def seen(longitude: float) -> None:
            fix = Fix(at=datetime.now(UTC), latitude=43.4, longitude=longitude, accuracy_m=5)
            await tracking.put_fixes(device.id, Fixes(key=device.key, fixes=[fix]))

        await seen(3.6905)
        await lea.page.locator("img.leaflet-tile-loaded").first.wait_for()
        await lea.page.get_by_text("© us & <you>").wait_for()
        mark = lea.page.locator("path.track-runner")
        before = await mark.get_attribute("d")
        await asyncio.sleep(8)  # sixteen metres on foot
        await seen(3.6907)
        await lea.page.wait_for_function(
            "before => document.querySelector('path.track-runner').getAttribute('d') !== before",
            arg=before,
        )
        assert asked
        assert not await violations(lea.page, theme="light")
        await shoot(lea.page, "order-streets")
        # That site alone is asked.
        lea.complaints[:] = [one for one in lea.complaints if "https://tiles.example/" not in one]
