"""Choices that items ask for: how many, which, for how much more."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import ModifierGroup, ModifierGroupId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web import order_words
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.stands import group_fields, menu_book, menu_words
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.group_fields import Fields
from quickserve.web.pages.organiser.stands.menu_book import Overtaken, Sheet
from quickserve.web.problems import Sentence

router = page_router()


@router.get("/organiser/stands/{stand_id}/menu/groups/new")
async def new_page(request: Request, own: TheStand, ask: Ask) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    return _show(request, own, sheet, None, group_fields.blank(sheet.version))


@router.post("/organiser/stands/{stand_id}/menu/groups/new")
async def make(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    return await _save(request, own, ask, form, None, None)


@router.get("/organiser/stands/{stand_id}/menu/groups/{group_id}")
async def group_page(
    request: Request, group_id: ModifierGroupId, own: TheStand, ask: Ask
) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    group = _found(sheet, group_id)
    fields = group_fields.of_group(group, sheet.version, locale_of(request))
    return _show(request, own, sheet, group, fields)


@router.post("/organiser/stands/{stand_id}/menu/groups/{group_id}")
async def change(
    request: Request, group_id: ModifierGroupId, own: TheStand, form: Submitted, ask: Ask
) -> Response:
    began = await menu_book.at(ask, own.id, form.whole("began", 0) or 0)
    return await _save(request, own, ask, form, began.group(group_id), group_id)


def _found(sheet: Sheet, group_id: ModifierGroupId) -> ModifierGroup:
    group = sheet.group(group_id)
    if group is None:
        raise NotFound("The menu has no such choices.")
    return group


async def _save(
    request: Request, own: OwnStand, ask: Services, form: Form, group: ModifierGroup | None,
    group_id: ModifierGroupId | None,
) -> Response:  # fmt: skip
    locale, action = locale_of(request), form.text("action")
    fields = group_fields.sent(form, group, group_id)
    if action == "more":
        sheet = await menu_book.latest(ask, own.id)
        return _show(request, own, sheet, group, fields.with_more())

    def part(sheet: Sheet) -> object:
        return sheet.group(fields.group_id)

    try:
        edit = _taking_off(fields) if action == "remove" else _putting(fields, group, own, locale)
        saved = await menu_book.save(ask, own.id, own.desk.token, fields.began, edit, part)
    except Overtaken as overtaken:
        theirs = overtaken.now.group(fields.group_id)
        told = Sentence(
            locale.gettext("Somebody else changed this meanwhile: nothing of yours is saved yet."),
            locale.gettext("You began from version %(began)s, the newest is %(now)s. Save again and"
                           " yours replaces theirs; leave without saving and theirs stays.")
            % {"began": fields.began, "now": overtaken.now.version},
        )  # fmt: skip
        return _show(
            request, own, overtaken.now, group, fields.on(overtaken.now.version), told=told,
            theirs=theirs, status=409,
        )  # fmt: skip
    except Problem as problem:
        sheet = await menu_book.latest(ask, own.id)
        told, errors = drafts.told(problem, locale, {"name": "name"})
        return _show(
            request, own, sheet, group, fields, told=told, errors=errors, status=problem.status,
            findings=menu_words.findings(problem, locale),
        )  # fmt: skip
    done = f"removed&version={saved}" if action == "remove" else f"saved#g-{fields.group_id}"
    return redirect(request, f"{own.path}/menu?done={done}")


def _putting(
    fields: Fields, group: ModifierGroup | None, own: OwnStand, locale: Locale
) -> menu_book.Edit:
    """Raises Mistakes or Malformed."""
    made = group_fields.draft(fields, group, own.draft.currency, locale)

    def put(sheet: Sheet) -> None:
        if sheet.group(made.id):
            sheet.groups = [made if one.id == made.id else one for one in sheet.groups]
        else:
            sheet.groups = [*sheet.groups, made]

    return put


def _taking_off(fields: Fields) -> menu_book.Edit:
    def off(sheet: Sheet) -> None:
        """Items no longer ask for them."""
        sheet.groups = [one for one in sheet.groups if one.id != fields.group_id]
        for item in sheet.items:
            item.groups = [one for one in item.groups if one != fields.group_id]

    return off


def _show(
    request: Request, own: OwnStand, sheet: Sheet, group: ModifierGroup | None, fields: Fields, *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
    theirs: ModifierGroup | None = None, findings: list[menu_words.Finding] | None = None,
) -> Response:  # fmt: skip
    locale = locale_of(request)
    return show_stand(
        request, own, "menu_group.html", status=status, group=group, fields=fields, told=told,
        errors=errors or {}, theirs=theirs, findings=findings or [],
        users=[item for item in sheet.items if fields.group_id in item.groups],
        allergens=list(order_words.allergens(locale).items()),
    )  # fmt: skip
