"""The seating plan's editor: with the keyboard and the mouse, undone, checked, saved."""

from secrets import token_hex
from time import perf_counter
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from quickserve.kernel.auth import Role
from tests.catalog.seating.reading import file
from tests.journeys.browser import DESKTOP, PHONE, Person, person, shoot, violations
from tests.journeys.product import new_organiser
from tests.journeys.shows import House
from tests.journeys.theatres import a_theatre, put_on_seated

pytestmark = pytest.mark.one_shape

PLANS = "/organiser/seating-plans"


async def sign_up(house: House, whoever: Person) -> None:
    email = f"edith-{token_hex(4)}@journey.example"
    await house.product.hire(email, new_organiser())
    await whoever.sign_in(email)


async def draw_a_hall(edith: Person, rows: str = "6", seats: str = "12") -> None:
    await edith.open(f"{PLANS}/new")
    for name, text in (("name", "Grande salle"), ("rows", rows), ("seats", seats)):
        await edith.type(name, text)
    await edith.page.get_by_role("button", name="Make this plan").click()
    await expect(edith.page.get_by_text("The plan is saved.")).to_be_visible()


async def ready(page: Page) -> None:
    await expect(page.locator("[data-editor][data-ready]")).to_be_visible()


async def add_a_balcony(page: Page) -> None:
    """A section with odd numbers from the right, its first row accessible."""
    await page.get_by_text("Categories", exact=True).click()
    await page.get_by_label("New category").fill("Balcon")
    await page.get_by_role("button", name="Add the category").click()
    await page.get_by_text("Add a section", exact=True).click()
    await page.get_by_label("Scheme").select_option("odd")
    await page.get_by_label("From right to left").check()
    await page.locator("#editor-section-name").fill("Balcony")
    await page.get_by_role("button", name="Add the section").click()
    await expect(page.locator("[data-totals]")).to_have_text("134 seats, 2 sections")
    await page.locator("#editor-category").select_option("Balcon")
    await page.locator("input[name=mode][value=seat]").check()
    await page.locator("#editor-rows").select_option("0")
    await expect(page.locator("[data-selection]")).to_have_text("10 seats selected")
    await page.locator("#editor-kind").select_option("accessible")
    await shoot(page, "plan-editor-1280")


async def test_a_plan_is_drawn_checked_and_saved(browser: Browser, house: House) -> None:
    async with person(browser, house.product.address, viewport=DESKTOP) as edith:
        await sign_up(house, edith)
        await edith.open(PLANS)
        await shoot(edith.page, "plans-empty-1280")
        await draw_a_hall(edith)
        await shoot(edith.page, "plan-1280")
        await edith.page.get_by_role("link", name="Edit the plan").click()
        await ready(edith.page)
        page, canvas = edith.page, edith.page.locator("canvas")
        selection, told = page.locator("[data-selection]"), page.locator("[data-state]")

        # By keyboard alone: the second row, five steps down, doubled, undone and done again.
        await canvas.focus()
        await page.keyboard.press("PageDown")
        await page.keyboard.press("PageDown")
        await expect(selection).to_have_text("12 seats selected")
        await page.keyboard.press("Shift+ArrowDown")
        await expect(told).to_contain_text("Moved to")
        await page.keyboard.press("Control+d")
        await expect(told).to_have_text("12 seats duplicated")
        await expect(page.locator("[data-totals]")).to_have_text("84 seats, 1 section")
        await page.keyboard.press("Control+z")
        await expect(page.locator("[data-totals]")).to_have_text("72 seats, 1 section")
        await page.keyboard.press("Control+y")
        await expect(page.locator("[data-totals]")).to_have_text("84 seats, 1 section")

        await add_a_balcony(page)
        # Two rows on others: the check names each seat, the repairs are taken, and it is saved.
        await page.locator("#editor-rows").select_option("1")
        await canvas.focus()
        for _ in range(6):
            await page.keyboard.press("ArrowUp")
        await page.get_by_role("button", name="Check").click()
        await expect(told).to_have_text("22 defects")
        await shoot(page, "plan-editor-defects-1280")
        await page.get_by_role("button", name="Accept all repairs").click()
        assert await violations(page) == []
        await page.get_by_role("button", name="Save as a new version").click()
        await expect(told).to_have_text("Saved as version 2")
        await page.get_by_role("link", name="Back to the plan").click()
        await expect(page.get_by_text("134").first).to_be_visible()
        assert edith.complaints == []


async def test_rows_are_dragged_and_leaving_unsaved_warns(browser: Browser, house: House) -> None:
    async with person(browser, house.product.address, viewport=DESKTOP) as edith:
        await sign_up(house, edith)
        await draw_a_hall(edith, "3", "5")
        await edith.page.get_by_role("link", name="Edit the plan").click()
        await ready(edith.page)
        page = edith.page
        box = await page.locator("canvas").bounding_box()
        assert box
        # The plan is fitted and centred: its middle row's middle seat.
        scale = min(box["width"] / 300, box["height"] / 280)
        left = box["x"] + (box["width"] - 300 * scale) / 2
        top = box["y"] + (box["height"] - 280 * scale) / 2
        x, y = left + 110 * scale, top + 190 * scale
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + 40 * scale, y, steps=4)
        await page.mouse.up()
        await expect(page.locator("[data-state]")).to_contain_text("Moved to 100, 190")
        warned: list[str] = []

        async def stay(dialog: object) -> None:
            warned.append(dialog.type)  # type: ignore[attr-defined]
            await dialog.accept()  # type: ignore[attr-defined]

        page.on("dialog", stay)
        await page.get_by_role("link", name="Back to the plan").click()
        await expect(page.get_by_role("link", name="Edit the plan")).to_be_visible()
        assert warned == ["beforeunload"]


async def test_a_section_is_turned_and_what_cannot_be_is_said(
    browser: Browser, house: House
) -> None:
    async with person(browser, house.product.address, viewport=DESKTOP) as edith:
        await sign_up(house, edith)
        await draw_a_hall(edith, "1", "5")
        await edith.page.get_by_role("link", name="Edit the plan").click()
        await ready(edith.page)
        page, told = edith.page, edith.page.locator("[data-state]")
        await expect(page.locator("[data-totals]")).to_have_text("5 seats, 1 section")

        # A quarter to the right by the keyboard, back by the button: all stands as before.
        await page.locator("input[name=mode][value=section]").check()
        await page.locator("#editor-degrees").fill("90")
        await page.locator("canvas").focus()
        await page.keyboard.press("PageDown")
        await page.keyboard.press("r")
        await expect(told).to_have_text("Turned by 90°")
        await page.get_by_role("button", name="Save as a new version").click()
        await expect(told).to_have_text("Saved as version 2")
        turned = await saved(page, 2)
        seats = turned["sections"][0]["rows"][0]["seats"]
        assert {seat["x"] for seat in seats} == {seats[0]["x"]}
        assert [seat["y"] - seats[0]["y"] for seat in seats] == [0, 25, 50, 75, 100]
        assert turned["sections"][0]["shapes"][0]["rotation"] == 90
        await page.get_by_role("button", name="Turn to the left").click()
        await expect(told).to_have_text("Turned by -90°")

        # What was taken as 1, or cut, before.
        await page.locator("#editor-degrees").fill("-1")
        await page.get_by_role("button", name="Turn to the right").click()
        await expect(told).to_have_text("Enter a whole number from 1 to 180.")
        await page.get_by_text("Add a section", exact=True).click()
        await page.locator("#editor-section-rows").fill("-1")
        await page.get_by_role("button", name="Add the section").click()
        await expect(told).to_have_text("Enter a whole number from 1 to 200.")
        await expect(page.locator("#editor-section-rows")).to_be_focused()
        await expect(page.locator("[data-totals]")).to_have_text("5 seats, 1 section")
        await page.locator("input[name=mode][value=seat]").check()
        await page.locator("canvas").focus()
        await page.keyboard.press("PageDown")
        await page.locator("#editor-name").fill("9" * 300)
        await page.keyboard.press("Tab")
        await expect(told).to_have_text("At most 20 characters: choose a shorter name.")
        await shoot(page, "plan-editor-refused-1280")
        await page.get_by_role("button", name="Save as a new version").click()
        await expect(told).to_have_text("Saved as version 3")
        back = (await saved(page, 3))["sections"][0]
        numbers = [seat["number"] for seat in back["rows"][0]["seats"]]
        assert numbers == ["1", "2", "3", "4", "5"]
        assert {seat["y"] for seat in back["rows"][0]["seats"]} == {
            back["rows"][0]["seats"][0]["y"]
        }
        assert back["shapes"][0]["rotation"] == 0
        assert edith.complaints == []


async def test_a_row_with_a_long_name_is_doubled_again_and_again(
    browser: Browser, house: House
) -> None:
    async with person(browser, house.product.address, viewport=DESKTOP) as edith:
        await sign_up(house, edith)
        await draw_a_hall(edith, "2", "5")
        await edith.page.get_by_role("link", name="Edit the plan").click()
        await ready(edith.page)
        page = edith.page
        await page.locator("canvas").focus()
        await page.keyboard.press("PageDown")
        await page.keyboard.press("PageDown")
        await page.locator("#editor-name").fill("A row of a long name")
        await page.keyboard.press("Tab")
        for _ in range(3):
            await page.get_by_role("button", name="Duplicate").click()
        await expect(page.locator("[data-totals]")).to_have_text("25 seats, 1 section")
        names = await page.locator("#editor-rows option").all_text_contents()
        assert len(set(names)) == 5


async def test_a_ticket_is_offered_the_categories_of_the_plans_chosen(
    browser: Browser, house: House
) -> None:
    theatre = await put_on_seated(house, "Esther", a_theatre())
    show = theatre.show
    email = await house.hire(show, Role.ORGANISER)
    async with person(browser, house.product.address, viewport=PHONE) as olive:
        await olive.sign_in(email)
        await draw_a_hall(olive)
        await olive.open(f"/organiser/events/{show.event_id}/seats")
        ticket = olive.page.get_by_label("Plein tarif")
        date = olive.page.locator("select[name^=date-]").first
        names = ticket.locator("option")
        assert "Standard" not in await names.all_text_contents()
        await ticket.select_option("No seat: general admission")
        await shoot(olive.page, "event-seats-390")
        await date.select_option(label=await the_hall(date))
        await expect(names).to_have_text(["No seat: general admission", "Standard"])
        await date.select_option("")
        await expect(names).to_have_text(["No seat: general admission"])
        assert await violations(olive.page) == []
        assert olive.complaints == []


async def the_hall(date: Locator) -> str:
    labels = await date.locator("option").all_text_contents()
    return next(label for label in labels if label.startswith("Grande salle"))


async def saved(page: Page, version: int) -> Any:
    path = page.url.removesuffix("/edit")
    return await (await page.request.get(f"{path}/versions/{version}.json")).json()


async def test_a_file_with_defects_on_a_phone(browser: Browser, house: House) -> None:
    async with person(browser, house.product.address, viewport=PHONE) as edith:
        await sign_up(house, edith)
        await edith.open(f"{PLANS}/import")
        stadium = {
            "name": "stade.json", "mimeType": "application/json",
            "buffer": file("pretix_stadium.json"),
        }  # fmt: skip
        await edith.page.set_input_files("[name=file]", stadium)  # type: ignore[arg-type]
        await edith.page.get_by_role("button", name="Read this file").click()
        await expect(edith.page.get_by_text("Nothing is saved yet.")).to_be_visible()
        await shoot(edith.page, "plan-report-390")
        assert await violations(edith.page) == []
        await edith.page.get_by_role("button", name="Accept all repairs and save").click()
        await expect(edith.page.get_by_text("The plan is saved.")).to_be_visible()
        await shoot(edith.page, "plan-stadium-390")


async def test_fifteen_thousand_seats_are_workable(browser: Browser, house: House) -> None:
    content = file("venue_metropolis.json")
    async with person(browser, house.product.address, viewport=DESKTOP) as edith:
        await sign_up(house, edith)
        await edith.open(f"{PLANS}/import")
        arena = {"name": "arena.json", "mimeType": "application/json", "buffer": content}
        await edith.page.set_input_files("[name=file]", arena)  # type: ignore[arg-type]
        await edith.page.get_by_role("button", name="Read this file").click()
        await edith.page.get_by_role("button", name="Save this plan").click()
        await expect(edith.page.get_by_text("The plan is saved.")).to_be_visible()
        await shoot(edith.page, "plan-arena-1280")
        began = perf_counter()
        await edith.page.get_by_role("link", name="Edit the plan").click()
        await ready(edith.page)
        loaded = perf_counter() - began
        await edith.page.locator("canvas").focus()
        await edith.page.keyboard.press("PageDown")
        began = perf_counter()
        for _ in range(10):
            await edith.page.keyboard.press("ArrowRight")
        await expect(edith.page.locator("[data-state]")).to_contain_text("Moved to")
        moved = (perf_counter() - began) / 10
        assert loaded < 10, loaded  # 1 s on a free machine
        assert moved < 0.5, moved
        await shoot(edith.page, "plan-editor-arena-1280")
