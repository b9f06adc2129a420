"""A section of the menu: named, described, taken off."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import MenuSection, SectionId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.stands import menu_book, menu_words
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.menu_book import Overtaken, Sheet
from quickserve.web.problems import Sentence

router = page_router()

_NAMES = {"name": "name", "description": "description"}


@router.get("/organiser/stands/{stand_id}/menu/sections/new")
async def new_page(request: Request, own: TheStand, ask: Ask) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    values = {"name": "", "description": "", "section": str(new_uuid())}
    return _show(request, own, None, values | {"began": str(sheet.version)})


@router.post("/organiser/stands/{stand_id}/menu/sections/new")
async def make(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    return await _save(request, own, ask, form, None, SectionId(form.minted("section")))


@router.get("/organiser/stands/{stand_id}/menu/sections/{section_id}")
async def section_page(
    request: Request, section_id: SectionId, own: TheStand, ask: Ask
) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    section = _found(sheet, section_id)
    values = {"name": section.name, "description": section.description}
    return _show(request, own, section, values | {"began": str(sheet.version)})


@router.post("/organiser/stands/{stand_id}/menu/sections/{section_id}")
async def change(
    request: Request, section_id: SectionId, own: TheStand, form: Submitted, ask: Ask
) -> Response:
    began = await menu_book.at(ask, own.id, form.whole("began", 0) or 0)
    return await _save(request, own, ask, form, began.section(section_id), section_id)


def _found(sheet: Sheet, section_id: SectionId) -> MenuSection:
    section = sheet.section(section_id)
    if section is None:
        raise NotFound("The menu has no such section.")
    return section


async def _save(
    request: Request, own: OwnStand, ask: Services, form: Form, section: MenuSection | None,
    section_id: SectionId,
) -> Response:  # fmt: skip
    locale = locale_of(request)
    values = {"name": form.text("name"), "description": form.lines("description")}
    kept = values | {"section": str(section_id), "began": form.text("began")}
    remove = form.text("action") == "remove"

    def edit(sheet: Sheet) -> None:
        there = sheet.section(section_id)
        if remove:
            sheet.sections = [one for one in sheet.sections if one.id != section_id]
        elif there is None:
            made = drafts.made(MenuSection, id=section_id, **values)
            sheet.sections = [*sheet.sections, made]
        else:
            made = drafts.made(MenuSection, **(there.model_dump() | values))
            sheet.sections = [made if one is there else one for one in sheet.sections]

    def part(sheet: Sheet) -> object:
        """Its items too where they would be gone with it."""
        there = sheet.section(section_id)
        return there and (there.name, there.description, there.items if remove else None)

    try:
        if not values["name"] and not remove:
            raise drafts.Mistakes({"name": locale.gettext("Fill this in.")})
        began = form.whole("began", 0) or 0
        saved = await menu_book.save(ask, own.id, own.desk.token, began, edit, part)
    except Overtaken as overtaken:
        there = overtaken.now.section(section_id)
        told = Sentence(
            locale.gettext("Somebody else changed this meanwhile: nothing of yours is saved yet."),
            locale.gettext("It is now: %(name)s. Save again and yours replaces it.")
            % {"name": there.name if there else "—"},
        )
        kept["began"] = str(overtaken.now.version)
        return _show(request, own, there or section, kept, told=told, status=409)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, _NAMES)
        findings = menu_words.findings(problem, locale)
        return _show(
            request, own, section, kept, told=told, errors=errors, findings=findings,
            status=problem.status,
        )  # fmt: skip
    done = f"removed&version={saved}" if remove else f"saved#s-{section_id}"
    return redirect(request, f"{own.path}/menu?done={done}")


def _show(
    request: Request, own: OwnStand, section: MenuSection | None, values: dict[str, str], *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
    findings: list[menu_words.Finding] | None = None,
) -> Response:  # fmt: skip
    return show_stand(
        request, own, "menu_section.html", status=status, section_=section, values=values,
        told=told, errors=errors or {}, findings=findings or [],
    )  # fmt: skip
