"""The menu of another stand becomes this one's too; from then on each goes its own way."""

from uuid import UUID, uuid5

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import (
    MenuItemId,
    ModifierGroupId,
    ModifierId,
    SectionId,
    StandDraft,
    StandId,
    StandView,
)
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.stands import menu_book
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.menu_book import Overtaken, Sheet
from quickserve.web.problems import Sentence, sentence

router = page_router()


@router.get("/organiser/stands/{stand_id}/menu/copy")
async def copy_page(request: Request, own: TheStand, ask: Ask) -> Response:
    return await _show(request, own, ask, (await menu_book.latest(ask, own.id)).version)


@router.post("/organiser/stands/{stand_id}/menu/copy")
async def copy(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    """In place of what is there; the versions before stay."""
    gettext = locale_of(request).gettext
    others = {one.id: one for one in await _others(own, ask)}
    source = others.get(StandId(parse_id(form.text("source")) or UUID(int=0)))
    began = form.whole("began", 0) or 0
    if source is None:
        errors = {"source": gettext("Choose one of the list.")}
        return await _show(request, own, ask, began, errors=errors, status=422)
    copied = _copied(await menu_book.latest(ask, source.id), own.draft, own.id)

    def put(sheet: Sheet) -> None:
        sheet.sections, sheet.groups = copied.sections, copied.groups

    try:
        await menu_book.save(
            ask, own.id, own.desk.token, began, put, lambda sheet: (sheet.sections, sheet.groups)
        )
    except Overtaken as overtaken:
        told = Sentence(
            gettext("Somebody else changed this meanwhile: nothing of yours is saved yet."),
            gettext("Look at the menu first; copying again replaces it."),
        )
        return await _show(request, own, ask, overtaken.now.version, told=told, status=409)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, own, ask, began, told=told, status=problem.status)
    return redirect(request, f"{own.path}/menu?done=saved")


async def _others(own: OwnStand, ask: Services) -> list[StandView]:
    """Of the same organiser, with a menu in the same currency."""
    found = await ask.menus.of_organiser(own.draft.organiser_id, own.desk.token)
    return [
        one
        for one in found.stands
        if one.id != own.id and one.items and one.draft.currency == own.draft.currency
    ]


def _copied(sheet: Sheet, stand: StandDraft, stand_id: StandId) -> Sheet:
    """With ids of its own: always the same ones, so that copying twice is one copy.

    What is made at a station that this stand has not is made at its first one.
    """

    def own(one: UUID) -> UUID:
        return uuid5(stand_id, one.hex)

    copied = sheet.model_copy(deep=True)
    stations = [station.key for station in stand.stations]
    for section in copied.sections:
        section.id = SectionId(own(section.id))
        for item in section.items:
            item.id = MenuItemId(own(item.id))
            item.groups = [ModifierGroupId(own(one)) for one in item.groups]
            if item.station not in stations and item.station is not None:
                item.station = stations[0] if stations else None
    for group in copied.groups:
        group.id = ModifierGroupId(own(group.id))
        for modifier in group.modifiers:
            modifier.id = ModifierId(own(modifier.id))
    return copied


async def _show(
    request: Request, own: OwnStand, ask: Services, began: int, *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show_stand(
        request, own, "menu_copy.html", status=status, others=await _others(own, ask),
        began=began, told=told, errors=errors or {},
    )  # fmt: skip
