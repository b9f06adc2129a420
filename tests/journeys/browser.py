"""A real Chromium, people who use it, and what must be true of every page they see."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    ViewportSize,
    async_playwright,
)

from tests.journeys.product import PASSWORD
from tests.programs import program

SHOTS = Path("build/screenshots")
AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
_ASSET = re.compile(r"/(static|posters)/")
GOOD_CARD = "4242 4242 4242 4242"


@asynccontextmanager
async def chromium(*extra: str) -> AsyncGenerator[Browser, None]:
    path = program("chromium", "chromium-browser", "google-chrome", package="chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update",
                "--disable-sync", *extra,
            ],
        )  # fmt: skip
        yield browser
        await browser.close()


@dataclass
class Person:
    """Somebody at a browser; counts what they do, notes what the browser complains of."""

    page: Page
    address: str
    language: str = "en"
    interactions: int = 0
    fields: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.address}/{self.language}{path}")

    async def tap(self, what: Locator) -> None:
        self.interactions += 1
        await what.click()

    async def type(self, name: str, text: str) -> None:
        self.fields.append(name)
        await self.page.locator(f"[name={name}]").fill(text)

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        await self.open("/sign-in")
        await self.type("email", email)
        await self.type("password", password)
        await self.page.locator("main form button").click()
        await self.page.wait_for_url(lambda url: "sign-in" not in url)

    async def fill_checkout(self, card: str = GOOD_CARD, name: str = "Amina Diallo") -> None:
        await self.type("email", "amina@journey.example")
        await self.type("name", name)
        await self.fill_card(card)

    async def fill_card(self, card: str = GOOD_CARD) -> None:
        for field_name, text in (("number", card), ("expiry", "12/40"), ("cvc", "123")):
            await self.page.locator(f"[name={field_name}]").fill(text)

    async def pay(self) -> None:
        await self.tap(self.page.locator(".paybar button"))

    async def arrive(self, part: str) -> None:
        """Until the page's path has this in it."""
        await self.page.wait_for_url(lambda url: part in urlsplit(url).path, timeout=20_000)

    def note_console(self, message: ConsoleMessage) -> None:
        # A page that says what is wrong (4xx) is told to the console as well: that is no fault.
        refused = "status of 4" in message.text and not _ASSET.search(message.location["url"])
        if message.type in ("error", "warning") and not refused:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"{self.page.url}: asks {request.url}")


@asynccontextmanager
async def person(
    browser: Browser, address: str, *, language: str = "en", viewport: ViewportSize | None = None,
    **options: Any,
) -> AsyncGenerator[Person, None]:  # fmt: skip
    """A fresh browser profile. At its end nothing may have been complained of."""
    context = await browser.new_context(
        viewport=viewport or PHONE,
        locale=language,
        **options,
    )
    context.set_default_timeout(15_000)
    try:
        somebody = Person(await context.new_page(), address, language)
        _listen(context, somebody)
        yield somebody
    finally:
        await context.close()
    assert somebody.complaints == []


def _listen(context: BrowserContext, somebody: Person) -> None:
    context.on("console", somebody.note_console)
    context.on("weberror", lambda error: somebody.complaints.append(str(error.error)))
    context.on("request", somebody.note_request)


async def shoot(page: Page, name: str) -> None:
    """Keeps a screenshot as an artefact."""
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


COLOURS: dict[str, Any] = {"runOnly": ["color-contrast"]}  # all that a theme can spoil


async def violations(
    page: Page, options: dict[str, Any] | None = None, *, theme: str = ""
) -> list[str]:
    """What axe-core finds on the page, in words. `theme` is set as the toggle does it."""
    await page.evaluate(_THEME, theme)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE)
    found: dict[str, Any] = await page.evaluate("options => axe.run(options)", options or {})
    return [
        f"{one['id']}: {one['help']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


# Colours must have arrived, not be on their way, when they are measured.
_THEME = """async (theme) => {
  if (theme) document.documentElement.dataset.theme = theme;
  await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})));
}"""
_AXE = AXE.read_text("utf-8")


async def scrolls_sideways(page: Page) -> bool:
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
