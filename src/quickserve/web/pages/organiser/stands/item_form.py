"""An item of the menu is written, changed, or taken off."""

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import MenuItem, MenuItemId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web import order_words
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.stands import item_fields, menu_book, menu_words
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.item_fields import Fields
from quickserve.web.pages.organiser.stands.menu_book import Overtaken, Sheet
from quickserve.web.problems import Sentence

router = page_router()


@dataclass(frozen=True, slots=True)
class Page:
    """What the form is shown with. `theirs`: by field, what somebody else saved meanwhile."""

    fields: Fields
    told: Sentence | None = None
    errors: dict[str, str] | None = None
    status: int = 200
    theirs: dict[str, str] | None = None
    overtaken: bool = False
    findings: list[menu_words.Finding] | None = None


@router.get("/organiser/stands/{stand_id}/menu/items/new")
async def new_page(request: Request, own: TheStand, ask: Ask) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    section = sheet.section(parse_id(request.query_params.get("section", "")))
    if section is None:
        raise NotFound("The menu has no such section.")
    page = Page(item_fields.blank(str(section.id), own.draft, sheet))
    return _show(request, own, sheet, page)


@router.post("/organiser/stands/{stand_id}/menu/items/new")
async def make(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    return await _save(request, own, ask, form, None, None)


@router.get("/organiser/stands/{stand_id}/menu/items/{item_id}")
async def item_page(request: Request, item_id: MenuItemId, own: TheStand, ask: Ask) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    item = _found(sheet, item_id)
    page = Page(item_fields.of_item(item, sheet, own.draft, locale_of(request)))
    return _show(request, own, sheet, page)


@router.post("/organiser/stands/{stand_id}/menu/items/{item_id}")
async def change(
    request: Request, item_id: MenuItemId, own: TheStand, form: Submitted, ask: Ask
) -> Response:
    """What was taken off meanwhile may be put back from the form that is still open."""
    began = await menu_book.at(ask, own.id, form.whole("began", 0) or 0)
    return await _save(request, own, ask, form, began.item(item_id), item_id)


def _found(sheet: Sheet, item_id: MenuItemId) -> MenuItem:
    item = sheet.item(item_id)
    if item is None:
        raise NotFound("The menu has no such item.")
    return item


async def _save(
    request: Request, own: OwnStand, ask: Services, form: Form, before: MenuItem | None,
    item_id: MenuItemId | None,
) -> Response:  # fmt: skip
    locale, action = locale_of(request), form.text("action")
    fields = item_fields.sent(form, before, own.draft, item_id)

    def off(sheet: Sheet) -> None:
        for section in sheet.sections:
            section.items = [one for one in section.items if one.id != fields.item_id]

    def part(sheet: Sheet) -> tuple[object, object]:
        section = sheet.section_of(fields.item_id)
        return sheet.item(fields.item_id), section and section.id

    try:
        if action == "remove":
            saved = await menu_book.save(ask, own.id, own.desk.token, fields.began, off, part)
            return redirect(request, f"{own.path}/menu?done=removed&version={saved}")
        item = item_fields.draft(fields, before, own.draft, locale)
        put = _putting(item, fields, locale.gettext("Choose one of the list."))
        await menu_book.save(ask, own.id, own.desk.token, fields.began, put, part)
    except Overtaken as overtaken:
        page = _page_of_two(overtaken, fields, own, request)
        return _show(request, own, overtaken.now, page)
    except Problem as problem:
        sheet = await menu_book.latest(ask, own.id)
        return _show(request, own, sheet, _refused(problem, fields, sheet, request))
    if action == "next":
        path = f"{own.path}/menu/items/new?section={fields.values['section']}&done=saved"
        return redirect(request, path)
    return redirect(request, f"{own.path}/menu?done=saved#i-{fields.item_id}")


def _putting(item: MenuItem, fields: Fields, unknown: str) -> menu_book.Edit:
    def put(sheet: Sheet) -> None:
        """In its place; at the end of another section when that was chosen."""
        target = sheet.section(parse_id(fields.values["section"]))
        if target is None:
            raise drafts.Mistakes({"section": unknown})
        if sheet.section_of(item.id) is target:
            target.items = [item if one.id == item.id else one for one in target.items]
            return
        for section in sheet.sections:
            section.items = [one for one in section.items if one.id != item.id]
        target.items = [*target.items, item]

    return put


def _page_of_two(overtaken: Overtaken, fields: Fields, own: OwnStand, request: Request) -> Page:
    """What the other one wrote stands beside each field that they changed."""
    locale = locale_of(request)
    new = overtaken.now.item(fields.item_id)
    theirs = _theirs(overtaken, fields.item_id, own, locale)
    told = Sentence(
        locale.gettext("Somebody else changed this meanwhile: nothing of yours is saved yet.")
        if new
        else locale.gettext("Somebody else took this off the menu meanwhile."),
        locale.gettext("You began from version %(began)s, the newest is %(now)s. Save again and"
                       " yours replaces theirs; leave without saving and theirs stays.")
        % {"began": fields.began, "now": overtaken.now.version},
    )  # fmt: skip
    return Page(fields.on(overtaken.now.version), told, status=409, theirs=theirs, overtaken=True)


def _theirs(
    overtaken: Overtaken, item_id: MenuItemId, own: OwnStand, locale: Locale
) -> dict[str, str]:
    """By field, as people read it: what is another now than it was."""
    old, new = overtaken.began.item(item_id), overtaken.now.item(item_id)
    if old is None or new is None:
        return {}
    was = item_fields.of_item(old, overtaken.began, own.draft, locale)
    now = item_fields.of_item(new, overtaken.now, own.draft, locale)
    words: dict[str, str] = {station.key: station.name for station in own.draft.stations}
    words |= dict(order_words.allergens(locale).items())
    words |= dict(order_words.diets(locale).items())
    words |= {str(group.id): group.name for group in overtaken.now.groups}
    words |= {str(section.id): section.name for section in overtaken.now.sections}
    theirs = {
        name: words.get(text, text)
        for name, text in now.values.items()
        if text != was.values.get(name)
    }
    for name, ticked in now.ticks.items():
        if ticked != was.ticks[name]:
            theirs[name] = ", ".join(words.get(one, one) for one in ticked)
    return theirs


def _refused(problem: Problem, fields: Fields, sheet: Sheet, request: Request) -> Page:
    """Findings at this item stand beside its fields, those at others above the form."""
    locale = locale_of(request)
    found = menu_words.findings(problem, locale)
    section = sheet.section(parse_id(fields.values["section"]))
    mine = menu_words.of_item(found, section.name if section else "", fields.values["name"])
    errors = {item_fields.NAMES.get(one.field, "name"): one.text for one in mine}
    others = [one for one in found if one not in mine]
    if errors:
        return Page(fields, None, errors, problem.status, findings=others)
    told, errors = drafts.told(problem, locale, item_fields.NAMES)
    return Page(fields, told, errors, problem.status, findings=others)


def _show(request: Request, own: OwnStand, sheet: Sheet, page: Page) -> Response:
    locale = locale_of(request)
    return show_stand(
        request, own, "menu_item.html", status=page.status, sheet=sheet, fields=page.fields,
        told=page.told, errors=page.errors or {}, theirs=page.theirs or {},
        overtaken=page.overtaken, findings=page.findings or [],
        allergens=list(order_words.allergens(locale).items()),
        diets=list(order_words.diets(locale).items()),
    )  # fmt: skip
