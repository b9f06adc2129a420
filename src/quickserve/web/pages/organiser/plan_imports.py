"""A seating plan comes in as a file: handed in, reported on, its repairs accepted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.seating import (
    Acceptance,
    PlanFinding,
    PlanId,
    PlanRefused,
    SeatingImportId,
    SeatingImportView,
)
from quickserve.kernel.errors import Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect, settings_of
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.plan_words import heading, refusal, sentences, where_in_file
from quickserve.web.pages.organiser.plans import SECTION
from quickserve.web.plan_picture import picture
from quickserve.web.problems import Sentence, sentence

router = page_router()

_IMPORT: Final = "/organiser/seating-plans/import"
_MEGABYTE: Final = 1024 * 1024
_SHOWN: Final = 100  # of each kind of finding


@dataclass(frozen=True, slots=True)
class Line:
    id: str
    where: str
    message: str
    repair: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one code."""

    code: str
    heading: str
    count: int
    defect: bool
    accepted: bool
    lines: list[Line]


@router.get("/organiser/seating-plans/import")
async def import_page(request: Request, desk: Organising) -> Response:
    return _ask(request, desk)


@router.post("/organiser/seating-plans/import")
async def hand_in(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    import_id = SeatingImportId(form.minted("import"))
    file = form.files.get("file")
    if file is None or not file.content:
        errors = {"file": locale.gettext("Choose a file that is not empty.")}
        return _ask(request, desk, errors=errors, status=422)
    try:
        read = await ask.seating.put_import(
            desk.organiser_id, import_id, filename=file.filename or "plan", content=file.content,
            token=desk.token,
        )  # fmt: skip
    except PlanRefused as refused:
        return _ask(request, desk, errors={"file": refusal(refused, locale)}, status=422)
    except Malformed:
        errors = {"file": locale.gettext("Give the file another name.")}
        return _ask(request, desk, errors=errors, status=422)
    except Problem as problem:
        return _ask(request, desk, told=sentence(problem, locale), status=problem.status)
    return redirect(request, f"{_IMPORT}/{read.id}")


@router.get("/organiser/seating-plans/import/{import_id}")
async def report_page(
    request: Request, import_id: SeatingImportId, desk: Organising, ask: Ask
) -> Response:
    found = await ask.seating.import_(desk.organiser_id, import_id, desk.token)
    return await _report(request, desk, ask, found)


@router.post("/organiser/seating-plans/import/{import_id}")
async def accept(
    request: Request, import_id: SeatingImportId, desk: Organising, form: Submitted, ask: Ask
) -> Response:
    plan_id = PlanId(form.minted("plan"))
    repairs = ["all"] if form.ticked("all") else [text[:60] for text in form.all("accept")]
    name = form.text("name")[:200] or None
    try:
        done = await ask.seating.accept(
            desk.organiser_id, import_id,
            Acceptance(repairs=repairs, plan_id=plan_id, name=name), desk.token,
        )  # fmt: skip
    except Problem as problem:
        found = await ask.seating.import_(desk.organiser_id, import_id, desk.token)
        told = sentence(problem, locale_of(request))
        return await _report(request, desk, ask, found, told=told, status=problem.status)
    if done.plan_id is None:
        return redirect(request, f"{_IMPORT}/{import_id}")
    return redirect(request, f"{SECTION}/{done.plan_id}?done=plan-saved")


async def _report(
    request: Request, desk: Desk, ask: Ask, found: SeatingImportView, *,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    draft = await ask.seating.import_draft(desk.organiser_id, found.id, desk.token)
    return show(
        request, desk, "plan_import.html", section=SECTION, found=found, told=told, status=status,
        groups=_groups(found, locale_of(request)), drawing=picture(draft), plan_id=new_uuid(),
    )  # fmt: skip


def _groups(found: SeatingImportView, locale: Locale) -> list[Group]:
    accepted = set(found.accepted)
    by_code: dict[str, list[PlanFinding]] = {}
    for finding in found.findings:
        by_code.setdefault(finding.code, []).append(finding)
    return [
        Group(
            code, heading(code, locale), found.counts.get(code, len(some)), some[0].defect,
            bool(accepted & {"all", f"code:{code}"}), list(_lines(some[:_SHOWN], accepted, locale)),
        )
        for code, some in by_code.items()
    ]  # fmt: skip


def _lines(some: list[PlanFinding], accepted: set[str], locale: Locale) -> Iterable[Line]:
    for finding in some:
        message, repair = sentences(finding, locale)
        agreed = bool(accepted & {"all", finding.id, f"code:{finding.code}"})
        yield Line(finding.id, where_in_file(finding, locale), message, repair, agreed)


def _ask(
    request: Request, desk: Desk, *, errors: dict[str, str] | None = None,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, desk, "plan_import_new.html", section=SECTION, errors=errors or {}, told=told,
        status=status, import_id=new_uuid(),
        megabytes=settings_of(request).import_bytes_max // _MEGABYTE,
    )  # fmt: skip
