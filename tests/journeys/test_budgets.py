"""What the first view costs on a phone: bytes as they travel, compressed."""

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Response

from tests.journeys.browser import person
from tests.journeys.shows import House

pytestmark = pytest.mark.one_shape

SCRIPTS_MAX = 25_000
STYLES_MAX = 15_000
PAGE_MAX = 150_000


async def test_the_first_view_of_the_home_page(browser: Browser, house: House):
    sizes = await bytes_by_kind(browser, house, "/")
    assert sizes["script"] <= SCRIPTS_MAX
    assert sizes["stylesheet"] <= STYLES_MAX
    assert sum(sizes.values()) <= PAGE_MAX, sizes


async def test_the_scripts_of_an_events_page(browser: Browser, house: House):
    show = await house.put_on("Poids plume")
    sizes = await bytes_by_kind(browser, house, f"/events/{show.event_id}")
    assert sizes["script"] <= SCRIPTS_MAX
    assert sum(sizes.values()) <= PAGE_MAX, sizes


async def bytes_by_kind(browser: Browser, house: House, path: str) -> dict[str, int]:
    """Of what the page asked for until it was quiet; text counts as gzip leaves it."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        if answer.request.resource_type != "eventsource":  # has no end
            answers.append(answer)

    async with person(browser, house.product.address, language="fr") as amina:
        amina.page.on("response", note)
        await amina.open(path)
        await amina.page.wait_for_load_state("networkidle")
        sizes: dict[str, int] = {}
        for answer in answers:
            if answer.status != 200 or not urlsplit(answer.url).scheme.startswith("http"):
                continue
            kind = answer.request.resource_type
            sizes[kind] = sizes.get(kind, 0) + travelled(answer, await answer.body())
    return sizes


def travelled(answer: Response, body: bytes) -> int:
    packed = answer.headers.get("content-encoding") in ("gzip", "br", "zstd")
    return len(gzip.compress(body)) if packed else len(body)
