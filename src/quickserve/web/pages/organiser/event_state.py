"""An event is put on sale, or called off: each with a page that says what will happen."""

from fastapi import Request
from starlette.responses import Response

from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Context, Ctx
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import quotas
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.patience import begin_again, optional
from quickserve.web.problems import sentence

router = page_router()


@router.get("/organiser/events/{event_id}/publication")
async def publication_page(request: Request, own: TheEvent, ask: Ask, ctx: Ctx) -> Response:
    return await _publication(request, own, ask, ctx)


@router.post("/organiser/events/{event_id}/publication")
async def publish(
    request: Request, own: TheEvent, _form: Submitted, ask: Ask, ctx: Ctx
) -> Response:
    try:
        await ask.catalog.publish(own.view.id, own.desk.token)
    except Problem as problem:
        begin_again(request)
        return await _publication(request, own, ask, ctx, problem)
    return redirect(request, f"{own.path}?done=published")


@router.get("/organiser/events/{event_id}/cancellation")
async def cancellation_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    """What it means; once it is begun, how far it is."""
    if own.view.state == "cancelled":
        return await _progress(request, own, ask, "event_refunds.html")
    try:
        report = await optional(ask.booking.sales_report(own.view.id, own.desk.token))
        sold = report.sold if report else None
    except NotFound:
        sold = 0
    return show(
        request, own.desk, "event_cancellation.html", section=SECTION, own=own, sold=sold
    )  # fmt: skip


@router.post("/organiser/events/{event_id}/cancellation")
async def cancel(request: Request, own: TheEvent, _form: Submitted, ask: Ask) -> Response:
    """All that was paid comes back; of a draft nothing was. Again: what was refused is tried."""
    await ask.catalog.cancel(own.view.id, own.desk.token)
    if own.view.state == "draft":
        return redirect(request, f"{own.path}?done=cancelled")
    await ask.event_cancellations.put(own.view.id, own.desk.token)
    return redirect(request, f"{own.path}/cancellation")


@router.get("/organiser/events/{event_id}/cancellation/state")
async def cancellation_state(request: Request, own: TheEvent, ask: Ask) -> Response:
    """The part that moves; the last answer does not ask again."""
    return await _progress(request, own, ask, "event_refunds_state.html")


async def _progress(request: Request, own: OwnEvent, ask: Services, name: str) -> Response:
    try:
        found = await optional(ask.event_cancellations.get(own.view.id, own.desk.token))
        known = True
    except NotFound:  # it came cancelled, from a file: nothing is given back yet
        found, known = None, False
    return show(
        request, own.desk, name, section=SECTION, own=own, found=found,
        known=known, moving=found is not None and found.state == "processing",
    )  # fmt: skip


async def _publication(
    request: Request, own: OwnEvent, ask: Services, ctx: Context, problem: Problem | None = None
) -> Response:
    found = await optional(quotas.groups(ask.booking, own.view.id, own.desk.token))
    groups = found or []
    sellable = {i for group in groups for i in group.ticket_type_ids}
    return show(
        request, own.desk, "event_publication.html", section=SECTION,
        status=problem.status if problem else 200,
        own=own, groups=groups, told=sentence(problem, locale_of(request)) if problem else None,
        known=found is not None,
        over=all(d.state == "cancelled" or d.ends_at <= ctx.clock.now() for d in own.view.dates),
        without_places=[kind for kind in own.view.ticket_types if kind.id not in sellable],
    )  # fmt: skip
