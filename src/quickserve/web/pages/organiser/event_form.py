"""An event is written, or changed: what it is, when and where."""

from fastapi import Request
from starlette.responses import Response

from quickserve.kernel.errors import Problem
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, event_fields, local_times
from quickserve.web.pages.organiser.desk import Desk, Organising, OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.event_fields import Fields
from quickserve.web.pages.organiser.events import SECTION

router = page_router()


@router.get("/organiser/events/new")
async def new_event(request: Request, desk: Organising) -> Response:
    return _show(request, desk, event_fields.blank(locale_of(request)))


@router.post("/organiser/events/new")
async def create(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    fields = event_fields.sent(form, None)
    if form.ticked("more"):
        return _show(request, desk, fields.with_another_date())
    try:
        draft = event_fields.draft(fields, desk.organiser_id, locale_of(request))
        await ask.catalog.put_event(fields.event_id, draft, desk.token)
    except Problem as problem:
        return _show(request, desk, fields, problem=problem)
    return redirect(request, f"/organiser/events/{fields.event_id}/tickets?done=saved")


@router.get("/organiser/events/{event_id}/edit")
async def edit(request: Request, own: TheEvent) -> Response:
    return _show(request, own.desk, event_fields.of_event(own.view, own.zone), own)


@router.post("/organiser/events/{event_id}/edit")
async def change(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    fields = event_fields.sent(form, own.view)
    if form.ticked("more"):
        return _show(request, own.desk, fields.with_another_date(), own)
    try:
        draft = event_fields.draft(fields, own.view.organiser.id, locale_of(request))
        await ask.catalog.put_event(own.view.id, draft, own.desk.token)
    except Problem as problem:
        return _show(request, own.desk, fields, own, problem=problem)
    return redirect(request, f"{own.path}/edit?done=saved")


def _show(
    request: Request,
    desk: Desk,
    fields: Fields,
    own: OwnEvent | None = None,
    *,
    problem: Problem | None = None,
) -> Response:
    told, errors = None, dict[str, str]()
    if problem:
        told, errors = drafts.told(problem, locale_of(request), event_fields.names(fields))
    zones = local_times.zones()
    zone = fields.values["zone"]
    return show(
        request, desk, "event_form.html", section=SECTION,
        status=problem.status if problem else 200,
        own=own, fields=fields, told=told, errors=errors,
        zones=zones if zone in zones or not own else [zone, *zones],
    )  # fmt: skip
