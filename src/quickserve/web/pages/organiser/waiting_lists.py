"""An event's waiting list: who waits, what is offered, and by which rules."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.waiting_list import EntryId, ListRules
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.problems import Sentence, sentence

router = page_router()

_HOURS_MAX = 168


@router.get("/organiser/events/{event_id}/waiting-list")
async def list_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    return await _show(request, own, ask)


@router.post("/organiser/events/{event_id}/waiting-list")
async def save_rules(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    hours = count(form.text("offer_hours"), 1, _HOURS_MAX)
    if hours is None:
        errors = {"offer_hours": count_rule(1, _HOURS_MAX, locale_of(request))}
        return await _show(request, own, ask, errors=errors, status=422)
    rules = ListRules(open=form.ticked("open"), lottery=form.ticked("lottery"), offer_hours=hours)
    try:
        await ask.waiting_list.put_rules(own.view.id, rules, own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, own, ask, told=told, status=problem.status)
    return redirect(request, f"{own.path}/waiting-list?done=saved")


@router.post("/organiser/events/{event_id}/waiting-list/{entry_id}/precedence")
async def put_first(
    request: Request, own: TheEvent, entry_id: EntryId, _form: Submitted, ask: Ask
) -> Response:
    """The next places that fit are theirs, whoever came before."""
    try:
        await ask.waiting_list.put_first(entry_id, own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, own, ask, told=told, status=problem.status)
    return redirect(request, f"{own.path}/waiting-list?done=first")


@router.post("/organiser/events/{event_id}/waiting-list/{entry_id}/gathering-end")
async def stop_gathering(
    request: Request, own: TheEvent, entry_id: EntryId, _form: Submitted, ask: Ask
) -> Response:
    """What is kept for a group goes on sale; it waits on."""
    try:
        await ask.waiting_list.stop_gathering(entry_id, own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, own, ask, told=told, status=problem.status)
    return redirect(request, f"{own.path}/waiting-list?done=not-gathered")


async def _show(
    request: Request, own: OwnEvent, ask: Services, *, errors: dict[str, str] | None = None,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    found = await ask.waiting_list.entries(own.view.id, own.desk.token)
    return show(
        request, own.desk, "waiting_list.html", section=SECTION, own=own, found=found,
        errors=errors or {}, told=told, status=status,
    )  # fmt: skip
