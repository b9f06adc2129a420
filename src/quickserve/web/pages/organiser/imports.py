"""A programme comes in as a file: handed in, followed, and reported on."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import (
    ImportId,
    ImportLine,
    ImportRefusedError,
    ImportView,
    UnknownZone,
)
from quickserve.kernel.errors import IdReused, Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect, settings_of
from quickserve.web.pages.organiser import drafts, local_times
from quickserve.web.pages.organiser.desk import AtDesk, Desk, Organising, show
from quickserve.web.pages.organiser.import_words import reason, refusal
from quickserve.web.problems import Sentence, sentence

router = page_router()

SECTION: Final = "/organiser/imports"
_ZONE: Final = "Europe/Paris"
_MEGABYTE: Final = 1024 * 1024


@router.get("/organiser/imports")
async def imports_page(request: Request, desk: Organising, ask: Ask) -> Response:
    return await _show(request, desk, ask)


@router.post("/organiser/imports")
async def hand_in(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    import_id, zone = ImportId(form.minted("import")), form.text("zone")
    locale = locale_of(request)
    try:
        file = form.files.get("file")
        if file is None or not file.content:
            raise drafts.Mistakes({"file": locale.gettext("Choose a file that is not empty.")})
        if zone not in local_times.zones():
            raise UnknownZone
        started = await ask.catalog.put_import(
            import_id, organiser_id=desk.organiser_id, filename=file.filename or "file",
            zone=zone, content=file.content, token=desk.token,
        )  # fmt: skip
    except Problem as problem:
        return await _show(request, desk, ask, zone=zone, problem=problem)
    return redirect(request, f"{SECTION}/{started.id}")


@router.get("/organiser/imports/{import_id}")
async def import_page(
    request: Request, import_id: ImportId, desk: AtDesk, ask: Ask
) -> Response:  # fmt: skip
    found = await ask.catalog.import_(import_id, desk.token)
    return _report(request, desk.its(found.organiser_id), "import.html", found)


@router.get("/organiser/imports/{import_id}/state")
async def import_state(
    request: Request, import_id: ImportId, desk: AtDesk, ask: Ask
) -> Response:  # fmt: skip
    """The part that moves; the last answer does not ask again."""
    found = await ask.catalog.import_(import_id, desk.token)
    return _report(request, desk.its(found.organiser_id), "import_state.html", found)


def _report(request: Request, desk: Desk, name: str, found: ImportView) -> Response:
    locale = locale_of(request)
    return show(
        request, desk, name, section=SECTION,
        found=found, moving=found.state in ("waiting", "running"),
        handled=found.created + found.updated + found.unchanged + found.skipped,
        refusal=refusal(found.refusal_code or "", found.refusal or "", locale),
        skipped=_lines(found.skipped_entries, locale), notes=_lines(found.notes, locale),
    )  # fmt: skip


def _lines(lines: list[ImportLine], locale: Locale) -> list[tuple[ImportLine, str]]:
    return [(line, reason(line, locale)) for line in lines]


async def _show(
    request: Request,
    desk: Desk,
    ask: Services,
    *,
    zone: str = _ZONE,
    problem: Problem | None = None,
) -> Response:
    if zone not in local_times.zones():  # what was sent is none: times are shown in a real one
        zone = _ZONE
    past = await ask.catalog.imports(desk.organiser_id, desk.token)
    told, errors = _told(problem, locale_of(request)) if problem else (None, {})
    return show(
        request, desk, "imports.html", section=SECTION,
        status=problem.status if problem else 200, past=past.imports,
        zone=zone, zones=local_times.zones(), import_id=new_uuid(), told=told, errors=errors,
        megabytes=settings_of(request).import_bytes_max // _MEGABYTE,
    )  # fmt: skip


def _told(problem: Problem, locale: Locale) -> tuple[Sentence | None, dict[str, str]]:
    match problem:
        case UnknownZone():
            return None, {"zone": str(sentence(problem, locale))}
        case ImportRefusedError():
            exact = refusal(str(problem.extra.get("reason")), problem.detail or "", locale)
            return None, {"file": exact or str(sentence(problem, locale))}
        case IdReused():
            return sentence(problem, locale), {}
        case Malformed() if not isinstance(problem, drafts.Mistakes):
            return None, {"file": locale.gettext("Give the file another name.")}
        case _:
            return drafts.told(problem, locale, {})
