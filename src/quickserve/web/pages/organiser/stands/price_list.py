"""Prices, taxes, stations and seconds of a whole section, in one list."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import MenuItem, MenuItemId, MenuSection, SectionId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.numbers import amount, amount_rule, count, count_rule, rate
from quickserve.web.pages.organiser.stands import item_fields, menu_book, menu_words
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.menu_book import Overtaken, Sheet
from quickserve.web.problems import Sentence

router = page_router()

ROWS_MAX: Final = 1000  # so that a form has room for them
_NAMES: Final = ("price", "tax", "station", "seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """One item's fields; `key` is what their names begin with."""

    key: str
    item: MenuItem
    values: dict[str, str]


@router.get("/organiser/stands/{stand_id}/menu/sections/{section_id}/prices")
async def prices_page(request: Request, section_id: SectionId, own: TheStand, ask: Ask) -> Response:
    sheet = await menu_book.latest(ask, own.id)
    section = _found(sheet, section_id)
    rows = [
        Row(f"p{n}", item, item_fields.of_item(item, sheet, own.draft, locale_of(request)).values)
        for n, item in enumerate(section.items[:ROWS_MAX])
    ]
    return _show(request, own, section, rows, sheet.version)


@router.post("/organiser/stands/{stand_id}/menu/sections/{section_id}/prices")
async def change(
    request: Request, section_id: SectionId, own: TheStand, form: Submitted, ask: Ask
) -> Response:
    """Only what is other than when the list was opened."""
    locale, began = locale_of(request), form.whole("began", 0) or 0
    older = await menu_book.at(ask, own.id, began)
    section = _found(older, section_id)
    rows = _sent(form, section)
    changed: dict[MenuItemId, MenuItem] = {}
    try:
        changed = {new.id: new for row, new in _items(rows, own, locale) if new != row.item}

        def put(sheet: Sheet) -> None:
            for one in sheet.sections:
                one.items = [changed.get(item.id, item) for item in one.items]

        def part(sheet: Sheet) -> list[MenuItem | None]:
            return [sheet.item(item_id) for item_id in changed]

        await menu_book.save(ask, own.id, own.desk.token, began, put, part)
    except Overtaken as overtaken:
        now = overtaken.now
        mine = [row for row in rows if row.item.id in changed]
        told = _told([r.item.name for r in mine if now.item(r.item.id) != r.item], locale)
        rows = [row if row in mine else _renewed(row, now, own, locale) for row in rows]
        return _show(request, own, section, rows, now.version, told=told, status=409)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, {})
        found = menu_words.findings(problem, locale)
        for row in rows:
            mine = menu_words.of_item(found, section.name, row.item.name)
            errors |= {f"{row.key}-{_field(one.field)}": one.text for one in mine}
        told = None if errors else told
        return _show(
            request, own, section, rows, began, told=told, errors=errors, status=problem.status
        )
    return redirect(request, f"{own.path}/menu?done=saved#s-{section_id}")


def _found(sheet: Sheet, section_id: SectionId) -> MenuSection:
    section = sheet.section(section_id)
    if section is None:
        raise NotFound("The menu has no such section.")
    return section


def _sent(form: Form, section: MenuSection) -> list[Row]:
    items = {item.id: item for item in section.items}
    rows: list[Row] = []
    for key in form.keys("p", "-id")[:ROWS_MAX]:
        item = items.get(MenuItemId(form.minted(f"{key}-id")))
        if item is not None:
            rows.append(Row(key, item, {name: form.text(f"{key}-{name}") for name in _NAMES}))
    return rows


def _items(rows: list[Row], own: OwnStand, locale: Locale) -> list[tuple[Row, MenuItem]]:
    """Raises Mistakes."""
    found: dict[str, str] = {}
    made: list[tuple[Row, MenuItem]] = []
    stations = {"", *(one.key for one in own.draft.stations)}
    for row in rows:
        values, item = row.values, row.item
        price, tax = amount(values["price"], own.draft.currency), rate(values["tax"])
        seconds = count(values["seconds"] or "0", 0, item_fields.SECONDS_MAX)
        wrong = {
            "price": price is None and amount_rule(own.draft.currency, locale),
            "tax": tax is None and locale.gettext("Enter a rate between 0 and 100, such as 5.5."),
            "station": values["station"] not in stations
            and locale.gettext("Choose one of the list."),
            "seconds": seconds is None and count_rule(0, item_fields.SECONDS_MAX, locale),
        }
        found |= {f"{row.key}-{name}": str(text) for name, text in wrong.items() if text}
        update = {
            "price": price, "tax_rate_bp": tax, "ready_seconds": seconds,
            "station": values["station"] or None,
        }  # fmt: skip
        if not any(wrong.values()):
            made.append((row, drafts.made(MenuItem, **(item.model_dump() | update))))
    if found:
        raise drafts.Mistakes(found)
    return made


def _renewed(row: Row, now: Sheet, own: OwnStand, locale: Locale) -> Row:
    """As the other one left it."""
    item = now.item(row.item.id)
    if item is None:
        return row
    return Row(row.key, item, item_fields.of_item(item, now, own.draft, locale).values)


def _told(names: list[str], locale: Locale) -> Sentence:
    return Sentence(
        locale.gettext("Somebody else changed this meanwhile: nothing of yours is saved yet."),
        locale.gettext("What they changed: %(names)s. Save again and yours replaces theirs.")
        % {"names": ", ".join(names[:20])},
    )


def _field(name: str) -> str:
    return name if name in _NAMES else "price"


def _show(
    request: Request, own: OwnStand, section: MenuSection, rows: list[Row], began: int, *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show_stand(
        request, own, "menu_prices.html", status=status, part=section, rows=rows, began=began,
        told=told, errors=errors or {},
    )  # fmt: skip
