"""A menu comes in as a file: looked at first, then it replaces the stand's menu."""

from typing import Final

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from quickserve.contracts.menus import MenuDefect, MenuHasDefects, MenuImport, MenuRefused
from quickserve.kernel.errors import Malformed, Problem
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.pages.organiser.numbers import rate
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.menu_words import sentence as told_of
from quickserve.web.problems import Sentence, sentence

router = page_router()

MEGABYTES: Final = 5
_SHOWN: Final = 200
_FINDINGS = TypeAdapter(list[MenuDefect])


@router.get("/organiser/stands/{stand_id}/menu/import")
async def import_page(request: Request, own: TheStand) -> Response:
    return _show(request, own)


@router.post("/organiser/stands/{stand_id}/menu/import")
async def hand_in(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    """`check` only looks; with `leave_out` what has a defect does not hold up the rest."""
    gettext = locale_of(request).gettext
    file, tax = form.files.get("file"), rate(form.text("tax")) if form.text("tax") else None
    errors: dict[str, str] = {}
    if file is None or not file.content:
        errors["file"] = gettext("Choose a file that is not empty.")
    if form.text("tax") and tax is None:
        errors["tax"] = gettext("Enter a rate between 0 and 100, such as 5.5.")
    if errors or file is None:
        return _show(request, own, values=form.values, errors=errors, status=422)
    try:
        found = await ask.menus.import_menu(
            own.id, file.content, filename=file.filename or "menu",
            leave_out=form.ticked("leave_out"), check=form.ticked("check"), tax_rate_bp=tax,
            token=own.desk.token,
        )  # fmt: skip
    except MenuHasDefects as refused:
        defects, notes = _list(refused, "defects"), _list(refused, "notes")
        return _show(
            request, own, values=form.values, defects=defects, notes=notes,
            told=sentence(refused, locale_of(request)), status=422,
        )  # fmt: skip
    except MenuRefused as refused:
        told = str(sentence(refused, locale_of(request)))
        english = locale_of(request).code == "en" and refused.detail
        errors["file"] = english or told
        return _show(request, own, values=form.values, errors=errors, status=422)
    except Malformed:
        errors["file"] = gettext("Give the file another name.")
        return _show(request, own, values=form.values, errors=errors, status=422)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return _show(request, own, values=form.values, told=told, status=problem.status)
    return _show(
        request, own, values=form.values, found=found, defects=found.defects, notes=found.notes
    )


def _list(refused: Problem, name: str) -> list[MenuDefect]:
    try:
        return _FINDINGS.validate_python(refused.extra.get(name, []))
    except ValidationError:
        return []


def _show(
    request: Request, own: OwnStand, *, values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None, told: Sentence | None = None,
    found: MenuImport | None = None, defects: list[MenuDefect] | None = None,
    notes: list[MenuDefect] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    locale = locale_of(request)
    lines = [
        [
            (" · ".join(part for part in (one.section, one.item) if part), told_of(one, locale))
            for one in (some or [])[:_SHOWN]
        ]
        for some in (defects, notes)
    ]
    return show_stand(
        request, own, "menu_import.html", values=values or {}, errors=errors or {}, told=told,
        found=found, defects=lines[0], notes=lines[1], megabytes=MEGABYTES, status=status,
    )  # fmt: skip
