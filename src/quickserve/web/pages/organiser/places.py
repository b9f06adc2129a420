"""Places by date, where dates differ."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import QuotaChange
from quickserve.contracts.catalog import DateView
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, quotas
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.event_tickets import without_places
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.numbers import CAPACITY_MAX, count, count_rule
from quickserve.web.pages.organiser.quotas import Group
from quickserve.web.patience import PAGE_SECONDS, optional
from quickserve.web.problems import Sentence

router = page_router()

_DATES_A_PAGE: Final = 50


@router.get("/organiser/events/{event_id}/places")
async def places_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    groups = await optional(quotas.groups(ask.booking, own.view.id, own.desk.token), PAGE_SECONDS)
    return without_places(request, own) if groups is None else _show(request, own, groups)


@router.post("/organiser/events/{event_id}/places")
async def save_places(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    groups = await quotas.groups(ask.booking, own.view.id, own.desk.token)
    locale = locale_of(request)
    names: dict[str, str] = {}
    try:
        changes = _changes(own, groups, form, locale)
        names = {f"quotas.{n}.capacity": f"q-{change.id}" for n, change in enumerate(changes)}
        await quotas.put_all(ask.booking, own.view.organiser.id, changes, own.desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, names)
        return _show(
            request, own, groups, form=form, told=told, errors=errors, status=problem.status
        )
    page = _page(request)
    return redirect(request, f"{own.path}/places?page={page}&done=saved")


def _changes(
    own: OwnEvent, groups: list[Group], form: Form, locale: Locale
) -> list[QuotaChange]:  # fmt: skip
    """Those that were changed. Raises Mistakes."""
    found: dict[str, str] = {}
    changes: list[QuotaChange] = []
    for quota in (quota for group in groups for quota in group.quotas.values()):
        name = f"q-{quota.id}"
        if not form.ticked(name) or form.text(name) == str(quota.capacity):
            continue
        capacity, taken = count(form.text(name), 0, CAPACITY_MAX), quota.held + quota.sold
        if capacity is None or capacity < taken:
            found[name] = count_rule(taken, CAPACITY_MAX, locale)
            continue
        changes.append(
            QuotaChange(
                id=quota.id, organiser_id=own.view.organiser.id, date_id=quota.date_id,
                name=quota.name, capacity=capacity, ticket_type_ids=quota.ticket_type_ids,
            )
        )  # fmt: skip
    if found:
        raise drafts.Mistakes(found)
    return changes


def _page(request: Request) -> int:
    text = request.query_params.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("999") else 0


def _show(
    request: Request,
    own: OwnEvent,
    groups: list[Group],
    *,
    form: Form | None = None,
    told: Sentence | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    dates: list[DateView] = [date for date in own.view.dates if date.state != "cancelled"]
    first = min(_page(request) * _DATES_A_PAGE, max(0, len(dates) - 1))
    first -= first % _DATES_A_PAGE
    page = first // _DATES_A_PAGE
    return show(
        request, own.desk, "places.html", section=SECTION, status=status,
        own=own, groups=groups, dates=dates[first : first + _DATES_A_PAGE], page=page,
        earlier=page > 0, later=first + _DATES_A_PAGE < len(dates),
        values=form.values if form else {}, told=told, errors=errors or {},
    )  # fmt: skip
