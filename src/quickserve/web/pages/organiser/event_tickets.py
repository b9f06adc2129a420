"""An event's tickets: what they cost, when they are sold, and the places they share."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import DateId, EventCancelledError
from quickserve.kernel.errors import Problem, Unavailable
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, quotas, ticket_fields
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.ticket_fields import Fields
from quickserve.web.patience import PAGE_SECONDS, optional
from quickserve.web.problems import Sentence, sentence

router = page_router()

_TYPE_FIELDS = {
    "name": "name", "description": "description", "price.minor": "price",
    "price.currency": "price", "max_per_booking": "max", "min_per_booking": "min",
    "sale_from": "from", "sale_until": "until",
}  # fmt: skip


class _Refused(Exception):  # noqa: N818 - a Problem, with the fields of the row it is about
    def __init__(self, problem: Problem, names: dict[str, str]) -> None:
        super().__init__()
        self.problem = problem
        self.names = names


@router.get("/organiser/events/{event_id}/tickets")
async def tickets_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    groups = await optional(quotas.groups(ask.booking, own.view.id, own.desk.token), PAGE_SECONDS)
    if groups is None:
        return without_places(request, own)
    return _show(
        request, own, ticket_fields.of_event(own.view, groups, own.zone, locale_of(request))
    )


@router.post("/organiser/events/{event_id}/tickets")
async def save_tickets(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    groups = await optional(quotas.groups(ask.booking, own.view.id, own.desk.token), PAGE_SECONDS)
    known = ticket_fields.groups_as_sent(form) if groups is None else groups
    fields = ticket_fields.sent(form, own.view, known)
    more = form.text("more")
    if more:
        return _show(request, own, ticket_fields.with_another(fields, more))
    locale = locale_of(request)
    if groups is None:
        told = sentence(Unavailable(), locale)
        return _show(request, own, fields, told=told, status=Unavailable.status)
    try:
        await _save(ask, own, fields, locale)
    except _Refused as refused:
        told, errors = drafts.told(refused.problem, locale, refused.names)
        status = refused.problem.status
        return _show(request, own, fields, told=told, errors=errors, status=status)
    except Problem as problem:
        told, errors = drafts.told(problem, locale, {})
        return _show(request, own, fields, told=told, errors=errors, status=problem.status)
    return redirect(request, f"{own.path}/tickets?done=saved")


async def _save(ask: Services, own: OwnEvent, fields: Fields, locale: Locale) -> None:
    """Every call may be repeated: what was refused halfway is completed by sending it again."""
    if own.view.state == "cancelled":
        raise EventCancelledError
    organiser_id, token = own.view.organiser.id, own.desk.token
    wanted = ticket_fields.ticket_drafts(fields, own.zone, locale)
    changes, names = ticket_fields.quota_changes(fields, organiser_id, _dates(own), locale)
    for ticket, draft in wanted:
        try:
            await ask.catalog.put_ticket_type(own.view.id, ticket.id, draft, token)
        except Problem as problem:
            told = {name: f"{ticket.key}-{ours}" for name, ours in _TYPE_FIELDS.items()}
            raise _Refused(problem, told) from problem
    try:
        await quotas.put_all(ask.booking, organiser_id, changes, token)
    except Problem as problem:
        told = {f"quotas.{n}.capacity": name for n, name in enumerate(names) if name}
        raise _Refused(problem, told) from problem
    for ticket in fields.tickets:
        if ticket.gone and ticket.known:
            await ask.catalog.remove_ticket_type(own.view.id, ticket.id, token)


def without_places(request: Request, own: OwnEvent) -> Response:
    """Nobody can tell the places, without which tickets are not to be changed."""
    return show(
        request, own.desk, "event_places_away.html", section=SECTION, own=own,
        status=Unavailable.status,
    )  # fmt: skip


def _dates(own: OwnEvent) -> list[DateId]:
    return [date.id for date in own.view.dates if date.state != "cancelled"]


def _show(
    request: Request,
    own: OwnEvent,
    fields: Fields,
    *,
    told: Sentence | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return show(
        request, own.desk, "event_tickets.html", section=SECTION, status=status,
        own=own, fields=fields, told=told, errors=errors or {},
        choices=fields.labelled(locale_of(request)), dates=len(_dates(own)),
        currencies=list(dict.fromkeys([fields.currency, *ticket_fields.CURRENCIES])),
    )  # fmt: skip
