"""The editor of a seating plan: a page whose script draws, checks and saves by these routes."""

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.seating import PlanChanged, PlanId, SeatingPlanDraft
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import PRIVATE, Ask, locale_of, page_router
from quickserve.web.pages.organiser.desk import Organising, show
from quickserve.web.pages.organiser.plan_answers import EditorAnswer, EditorFinding
from quickserve.web.pages.organiser.plan_words import heading, sentences, where_drawn
from quickserve.web.pages.organiser.plans import SECTION, Version
from quickserve.web.problems import sentence

router = page_router()

_TOLD = 500  # findings at once


@router.get("/organiser/seating-plans/{plan_id}/edit")
async def editor_page(request: Request, plan_id: PlanId, desk: Organising, ask: Ask) -> Response:
    head = await ask.seating.plan(desk.organiser_id, plan_id, desk.token)
    return show(request, desk, "plan_editor.html", section=SECTION, head=head)


@router.get("/organiser/seating-plans/{plan_id}/versions/{version}.json")
async def plan_json(plan_id: PlanId, version: Version, desk: Organising, ask: Ask) -> Response:
    assert desk.organiser_id
    content = await ask.seating.version_json(plan_id, version)
    return Response(content, media_type="application/json", headers=PRIVATE)


@router.post("/organiser/seating-plans/{plan_id}/check")
async def check(
    request: Request, plan_id: PlanId, desk: Organising, form: Submitted, ask: Ask
) -> Response:
    """What is wrong with the plan as it is drawn, and the plan with all repairs."""
    assert plan_id
    locale = locale_of(request)
    try:
        report = await ask.seating.check(desk.organiser_id, _draft(form), desk.token)
    except (Problem, ValidationError) as problem:
        return _refused(problem, locale)
    findings = [
        EditorFinding(
            message=sentences(f, locale)[0], repair=sentences(f, locale)[1],
            where=where_drawn(f, locale), heading=heading(f.code, locale), at=f.at,
        )
        for f in report.findings[:_TOLD] if f.defect
    ]  # fmt: skip
    plan = report.plan if report.defects else None
    return _answer(EditorAnswer(defects=report.defects, findings=findings, plan=plan))


@router.post("/organiser/seating-plans/{plan_id}/versions")
async def save(
    request: Request, plan_id: PlanId, desk: Organising, form: Submitted, ask: Ask
) -> Response:
    locale = locale_of(request)
    try:
        saved = await ask.seating.put_plan(desk.organiser_id, plan_id, _draft(form), desk.token)
    except (Problem, ValidationError) as problem:
        return _refused(problem, locale)
    return _answer(EditorAnswer(version=saved.version))


def _draft(form: Form) -> SeatingPlanDraft:
    file = form.files.get("plan")
    return SeatingPlanDraft.model_validate_json(file.content if file else b"{}")


def _refused(problem: Problem | ValidationError, locale: Locale) -> Response:
    if isinstance(problem, ValidationError):
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"]))
        told = locale.gettext("A value cannot be: %(place)s") % {"place": place}
        return _answer(EditorAnswer(problem=told), 422)
    told = str(sentence(problem, locale))
    latest = problem.extra.get("version") if isinstance(problem, PlanChanged) else None
    changed = latest if isinstance(latest, int) else None
    return _answer(EditorAnswer(problem=told, changed=changed), problem.status)


def _answer(answer: EditorAnswer, status: int = 200) -> Response:
    return Response(
        answer.model_dump_json(), status, media_type="application/json", headers=PRIVATE
    )
