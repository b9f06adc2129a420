"""The menu as a whole: its sections, items and choices; moved, looked at, brought back."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts.menus import MenuSection, StandChanged
from quickserve.kernel.errors import Problem
from quickserve.web import order_words
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.stands import menu_book, menu_words
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.menu_book import Overtaken, Sheet
from quickserve.web.problems import Sentence, sentence

router = page_router()

Version = Annotated[int, Path(ge=1, le=1_000_000)]
_EARLIER: Final = 10  # versions that are offered


@router.get("/organiser/stands/{stand_id}/menu")
async def menu_page(request: Request, own: TheStand, ask: Ask) -> Response:
    return await _show(request, own, ask)


@router.post("/organiser/stands/{stand_id}/menu/moves")
async def move(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    """`up` or `down`, with the id of a section, an item or a group."""
    step = -1 if form.ticked("up") else 1
    name = "up" if step < 0 else "down"
    wanted = parse_id(form.text(name))
    try:
        await menu_book.save(
            ask, own.id, own.desk.token, 0, lambda sheet: _moved(sheet, wanted, step)
        )
    except Problem as problem:
        return await _show(request, own, ask, problem=problem)
    return redirect(request, f"{own.path}/menu#{name}-{wanted}")


def _moved(sheet: Sheet, wanted: UUID | None, step: int) -> None:
    """One place within its list; the first stays the first."""
    sections, groups = sheet.sections, sheet.groups
    for rows in (sections, groups, *(section.items for section in sections)):
        at = next((n for n, one in enumerate(rows) if one.id == wanted), None)
        if at is not None and 0 <= at + step < len(rows):
            rows.insert(at + step, rows.pop(at))  # pyright: ignore[reportArgumentType]
            return


@router.post("/organiser/stands/{stand_id}/menu/versions/{version}/restoration")
async def restore(
    request: Request, version: Version, own: TheStand, form: Submitted, ask: Ask
) -> Response:
    """An earlier version once more, as the newest; not over what nobody has seen."""
    older = await menu_book.at(ask, own.id, version)

    def put(sheet: Sheet) -> None:
        sheet.sections, sheet.groups = older.sections, older.groups

    try:
        began = form.whole("began", 0) or 0
        await menu_book.save(
            ask, own.id, own.desk.token, began, put, lambda sheet: (sheet.sections, sheet.groups)
        )
    except Overtaken:
        return await _show(request, own, ask, problem=StandChanged())
    except Problem as problem:
        return await _show(request, own, ask, problem=problem)
    return redirect(request, f"{own.path}/menu?done=restored")


@router.get("/organiser/stands/{stand_id}/menu/versions/{version}")
async def preview(request: Request, version: Version, own: TheStand, ask: Ask) -> Response:
    locale = locale_of(request)
    sheet = await menu_book.at(ask, own.id, version)
    return show_stand(
        request, own, "menu_preview.html", sheet=sheet, newest=own.view.menu_version or 0,
        allergens=order_words.allergens(locale), diets=order_words.diets(locale),
        groups={group.id: group for group in sheet.groups},
    )  # fmt: skip


async def _show(
    request: Request, own: OwnStand, ask: Services, *, problem: Problem | None = None
) -> Response:
    locale = locale_of(request)
    sheet = await menu_book.latest(ask, own.id)
    out = {entry.id for entry in (await ask.menus.sold_out(own.id)).entries}
    found = menu_words.findings(problem, locale) if problem else []
    told: Sentence | None = sentence(problem, locale) if problem else None
    used = [group for item in sheet.items for group in item.groups]
    return show_stand(
        request, own, "menu.html", status=problem.status if problem else 200, sheet=sheet, out=out,
        told=told, findings=found, wrong=_where(found, sheet),
        uses={group.id: used.count(group.id) for group in sheet.groups},
        stations={one.key: one.name for one in own.draft.stations},
        allergens=order_words.allergens(locale), diets=order_words.diets(locale),
        earlier=range(sheet.version - 1, max(0, sheet.version - 1 - _EARLIER), -1),
    )  # fmt: skip


def _where(found: list[menu_words.Finding], sheet: Sheet) -> dict[UUID, list[str]]:
    """What is wrong, by the item's id; sections have their own lines."""
    wrong: dict[UUID, list[str]] = {}

    def note(section: MenuSection) -> None:
        for item in section.items:
            texts = [one.text for one in menu_words.of_item(found, section.name, item.name)]
            if texts:
                wrong[item.id] = texts

    for section in sheet.sections:
        note(section)
    return wrong
