"""What every page owes everybody, of those where somebody brings an order; a lost connection."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.async_api import Browser

from quickserve import laptop
from quickserve.contracts.identity import SessionView
from quickserve.contracts.tracking import (
    DeviceId,
    Fix,
    Fixes,
    JobView,
    ShiftId,
)
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from tests.journeys.browser import Person, person
from tests.journeys.shows import House, Show, until
from tests.journeys.stalls import Stall, fill, open_stall
from tests.journeys.test_every_page import LANGUAGES, faults, look_at
from tests.journeys.test_ordering_pages import PHONE


@dataclass(frozen=True)
class Crew:
    stall: Stall
    runner: str
    """E-mail address."""
    boss: str


@asynccontextmanager
async def tracked(house: House) -> AsyncGenerator[TrackingClient]:
    async with laptop.clients(house.product.home) as client:
        yield TrackingClient(client("tracking"))


async def crew_of(house: House, title: str) -> Crew:
    show: Show = await house.put_on(title, starts_in=timedelta(hours=2))
    stall = await open_stall(house.product, show.organiser_id)
    runner, boss = [await house.hire(show, role) for role in (Role.RUNNER, Role.ORGANISER)]
    return Crew(stall, runner, boss)


async def order_delivered(lea: Person, house: House, stall: Stall) -> str:
    """Ordered to an address; the path of its page without the language."""
    basket = await fill(house.product, stall, stall.burger())
    page = lea.page
    await page.set_viewport_size(PHONE)
    await lea.open(f"{stall.path}/baskets/{basket}")
    await lea.open(f"{stall.path}/basket")
    for _ in range(2):  # the fee makes another total
        if "/orders/" in page.url:
            break
        await page.locator("[name=fulfilment][value=delivery]").check()
        await lea.type("address", "1, quai de la Marine")
        await lea.type("position", "43.4010, 3.6950")
        await lea.type("name", "Léa")
        await lea.type("email", "lea@journey.example")
        await lea.type("number", "4242 4242 4242 4242")
        await lea.type("expiry", "07/39")
        await lea.type("cvc", "123")
        await page.locator("[name=order]").click()
        await page.wait_for_load_state()
    await page.wait_for_url("**/orders/**")
    return urlsplit(page.url).path[3:]


async def the_job(tracking: TrackingClient, boss: SessionView, stall: Stall) -> JobView:
    found: list[JobView] = []

    async def is_there() -> bool:
        organiser_id = stall.stand.draft.organiser_id
        found[:] = (await tracking.jobs(organiser_id, boss.access_token)).jobs
        return bool(found)

    await until(is_there)
    return found[-1]


@pytest.mark.one_shape
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_who_waits_carries_and_organises(
    browser: Browser, house: House, language: str
) -> None:
    crew = await crew_of(house, f"Festival des coursiers {language}")
    stall, found = crew.stall, list[str]()
    boss = await house.session(crew.boss)
    address = house.product.address
    async with (
        person(browser, address, language=language) as lea,
        person(browser, address, language=language) as moussa,
        person(browser, address, language=language) as olive,
        tracked(house) as tracking,
    ):
        await moussa.sign_in(crew.runner)
        found += await look_at(moussa, "runner-begin", "/runner")
        await moussa.page.locator("main form button").click()
        await moussa.page.wait_for_url("**/runner/*-*")
        found += await faults(moussa, "runner-idle")
        path = await order_delivered(lea, house, stall)
        found += await faults(lea, "order-waits-for-runner")
        job = await the_job(tracking, boss, stall)
        shift_id = ShiftId(UUID(moussa.page.url.rsplit("/", 1)[1]))
        await tracking.assign(job.id, shift_id, boss.access_token)
        await moussa.page.locator("[data-keep=pickup]").wait_for()
        found += await faults(moussa, "runner-assigned")
        await moussa.page.locator("[data-keep=pickup] button").click()
        await moussa.page.locator("[data-keep=handover]").wait_for()
        found += await faults(moussa, "runner-carries")
        device = await tracking.put_device(shift_id, DeviceId(new_uuid()))
        fix = Fix(at=datetime.now(UTC), latitude=43.4, longitude=3.69, accuracy_m=5)
        await tracking.put_fixes(device.id, Fixes(key=device.key, fixes=[fix]))
        await lea.page.locator(".track-map").wait_for()
        found += await look_at(lea, "order-on-its-way", path)
        link = await lea.page.locator("details a[href*=follow]").get_attribute("href")
        assert link
        found += await look_at(lea, "follow", "/follow/" + link.rsplit("/", 1)[1])
        await olive.sign_in(crew.boss)
        found += await look_at(olive, "deliveries", "/organiser/deliveries")
    assert not found, "\n".join(found)


async def test_a_handover_without_a_connection_is_sent_when_there_is_one(
    browser: Browser, house: House
) -> None:
    crew = await crew_of(house, "Festival sans réseau")
    boss = await house.session(crew.boss)
    address = house.product.address
    async with (
        person(browser, address) as lea,
        person(browser, address) as moussa,
        tracked(house) as tracking,
    ):
        await moussa.sign_in(crew.runner)
        await moussa.open("/runner")
        await moussa.page.locator("main form button").click()
        await moussa.page.wait_for_url("**/runner/*-*")
        path = await order_delivered(lea, house, crew.stall)
        await lea.open(path)
        job = await the_job(tracking, boss, crew.stall)
        shift_id = ShiftId(UUID(moussa.page.url.rsplit("/", 1)[1]))
        await tracking.assign(job.id, shift_id, boss.access_token)
        await moussa.page.locator("[data-keep=pickup] button").click()
        pin = await lea.page.locator(".track-pin b").text_content()
        await moussa.page.locator("[name=pin]").fill(pin or "")
        await moussa.page.context.set_offline(True)
        await moussa.page.locator("[data-keep=handover] button").first.click()
        await moussa.page.get_by_text("No connection · 1 kept").wait_for()
        assert (await the_job(tracking, boss, crew.stall)).state == "carried"
        await moussa.page.context.set_offline(False)
        await lea.page.get_by_text("Handed over at").wait_for()
        moussa.complaints[:] = [one for one in moussa.complaints if "DISCONNECTED" not in one]
