"""What app.js adds, in a real browser; and that nothing breaks without it."""

from collections.abc import AsyncIterator
from shutil import which

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect
from tests.web.small_site import Site

CHROMIUM = which("chromium")
HOME = "http://quickserve.test/fr/"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
def site():
    return Site()


class Visit:
    """A browser window whose requests the site answers, without a port."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.site = site
        self.context = context
        self.complaints: list[str] = []

    async def open(self, url: str = HOME) -> Page:
        await self.context.route("**/*", self._answer)
        page = await self.context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(url)
        return page

    async def _answer(self, route: Route) -> None:
        asked = route.request
        async with self.site.client() as client:
            answer = await client.request(
                asked.method, asked.url, headers=asked.headers, content=asked.post_data_buffer
            )
        await route.fulfill(
            status=answer.status_code, headers=dict(answer.headers), body=answer.content
        )


@pytest.fixture
async def visit(browser, site):
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    yield Visit(site, context)
    await context.close()


async def test_steppers_count_and_the_total_follows(visit):
    page = await visit.open()
    total = page.locator("[data-total]")
    await expect(total).to_have_text("12,50 €")
    more = page.get_by_role("button", name="Un de plus : Plein tarif")
    for _ in range(3):
        await more.click()
    await expect(more).to_have_attribute("aria-disabled", "true")
    await more.click(force=True)
    await expect(page.locator("#full")).to_have_value("3")
    await expect(total).to_have_text("66,50 €")
    await page.get_by_role("button", name="Un de moins : Jeune").click()
    await page.locator("#full").fill("0")
    await expect(total).to_have_text("0 €")


async def test_a_double_tap_sends_once(visit):
    page = await visit.open()
    visit.site.answer_seconds = 0.8
    await page.evaluate("""() => {
        const book = document.querySelector(".paybar button");
        for (const at of [0, 100, 200]) setTimeout(() => book.click(), at);
    }""")
    await page.wait_for_url("**/sent")
    assert visit.site.sent == 1


async def test_the_hold_warns_at_two_minutes(visit):
    page = await visit.open(f"{HOME}?seconds=119")
    timer = page.locator(".timer")
    await expect(timer).to_contain_text("encore 1 min 5")
    await expect(timer.get_by_role("status")).to_contain_text("Plus que deux minutes")


async def test_places_kept_for_long_are_kept_until_a_moment(visit):
    page = await visit.open(f"{HOME}?seconds=86400")
    await page.wait_for_timeout(1200)
    timer = page.locator(".timer")
    await expect(timer).to_contain_text("jusqu’à")
    await expect(timer).not_to_contain_text("min")


async def test_a_hold_that_ends_erases_nothing(visit):
    page = await visit.open(f"{HOME}?seconds=2")
    await page.locator("#phone").fill("06 12 34 56 78")
    spoken = page.locator(".timer").get_by_role("status")
    await expect(spoken).to_contain_text("Votre saisie est toujours là")
    await expect(page.locator("#phone")).to_have_value("06 12 34 56 78")


async def test_the_theme_changes_in_place_and_is_kept(visit):
    page = await visit.open()
    await page.locator("#phone").fill("06")
    await page.get_by_role("button", name="Thème sombre").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.locator("#phone")).to_have_value("06")
    await expect(page.get_by_role("button", name="Thème clair")).to_be_focused()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_errors_are_met_first(visit):
    page = await visit.open(f"{HOME}?wrong")
    await expect(page.locator("[data-error-summary]")).to_be_focused()


@pytest.mark.parametrize("width", [320, 1280])
async def test_no_part_needs_sideways_scroll_nor_offends_the_policy(visit, width):
    page = await visit.open(f"{HOME}?wrong")
    await page.set_viewport_size({"width": width, "height": 700})
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.complaints == []


async def test_a_visitor_without_javascript_books_by_plain_form(browser, site):
    context = await browser.new_context(java_script_enabled=False)
    page = await Visit(site, context).open()
    await page.locator("#full").fill("2")
    await page.get_by_role("button", name="Réserver").click()
    await expect(page.locator("body")).to_contain_text("sent in Français")
    assert site.sent == 1
    await context.close()


async def test_a_file_that_is_too_large_is_told_before_it_is_sent(visit):
    page = await visit.open()
    chosen = page.locator("[name=file]")
    told = "one => [one.checkValidity(), one.validationMessage]"
    for size, answer in ((11, [False, "Trop grand : 10 au plus"]), (10, [True, ""])):
        await chosen.set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * size}
        )
        assert await chosen.evaluate(told) == answer
    assert visit.complaints == []
