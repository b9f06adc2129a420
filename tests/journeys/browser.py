"""A real Chromium, and axe-core on every page it shows."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

SHOTS = Path("build/screenshots")
AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 860}


def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if "chromium" in os.environ.get("QUICKSERVE_TEST_REQUIRE", ""):
        pytest.fail("Chromium is required here, and it is not installed")
    pytest.skip("needs Chromium (apt-get install chromium)")


@asynccontextmanager
async def chromium(*extra: str) -> AsyncGenerator[Browser, None]:
    path = chromium_path()
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


async def shoot(page: Page, name: str) -> None:
    """Keeps a screenshot as an artefact."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


async def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is now, in words."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [
        f"{v['id']}: {v['help']}: {node['target']}" for v in found["violations"] for node in v["nodes"]
    ]
