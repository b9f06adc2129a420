"""Why a date has as many places left as it has, quota by quota and seat by seat."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.explanations import SEAT_NAME_MAX, QuotaExplanation, SeatExplanation
from quickserve.kernel.errors import Malformed, NotFound, Problem
from quickserve.web.format import number
from quickserve.web.forms import parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.event_seats import SeatMiss, show_seats
from quickserve.web.pages.organiser.events import SECTION

router = page_router()

_CURSOR_MAX = 100


@router.get("/organiser/events/{event_id}/quotas/{quota_id}")
async def quota_page(request: Request, own: TheEvent, quota_id: QuotaId, ask: Ask) -> Response:
    found = await ask.explanations.quota(quota_id, own.desk.token, _before(request))
    if found.date.event_id != own.view.id:
        raise NotFound
    locale = locale_of(request)
    return show(
        request, own.desk, "quota.html", section=SECTION, own=own, quota=found,
        figures=_figures(found, locale), parts=_parts(found, locale), words=_words(locale),
        base=f"{own.path}/quotas/{quota_id}",
    )  # fmt: skip


@router.get("/organiser/events/{event_id}/seat")
async def seat_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    """`?date=&seat=`: the seat as tickets or the plan name it."""
    date_id = parse_id(request.query_params.get("date", ""))
    called = request.query_params.get("seat", "").strip()
    if date_id is None:
        return redirect(request, f"{own.path}/seats")
    if all(date.id != date_id for date in own.view.dates):
        raise NotFound
    date_id = DateId(date_id)
    try:
        found = await _seat(ask, own, date_id, called, _before(request))
    except (NotFound, Malformed) as problem:
        miss = SeatMiss(called, str(date_id), _missed(problem, called, locale_of(request)))
        return await show_seats(request, own, ask, miss=miss, status=problem.status)
    return show(
        request, own.desk, "seat.html", section=SECTION, own=own, seat=found,
        words=_words(locale_of(request)), base=f"{own.path}/seat?date={date_id}",
    )  # fmt: skip


async def _seat(
    ask: Services, own: OwnEvent, date_id: DateId, called: str, before: str
) -> SeatExplanation:
    """Raises NotFound and Malformed."""
    if not called or len(called) > SEAT_NAME_MAX:
        raise NotFound
    return await ask.explanations.seat(date_id, called, own.desk.token, before)


def _missed(problem: Problem, called: str, locale: Locale) -> str:
    if not called:
        return locale.gettext("Fill this in.")
    if any(error.code == "several-seats" for error in problem.errors):
        return locale.gettext("Several seats are called so: name the section too.")
    return locale.gettext("This date has no such seat. Type what stands on the ticket.")


def _before(request: Request) -> str:
    return request.query_params.get("before", "")[:_CURSOR_MAX]


def _figures(found: QuotaExplanation, locale: Locale) -> list[tuple[str, str, str]]:
    gettext = locale.gettext
    free = gettext("kept for the waiting list") if found.for_list else gettext("on sale")
    return [
        (locale.pgettext("places", "Free"), number(found.free, locale=locale), free),
        (
            locale.pgettext("places", "Sold"), number(found.sold, locale=locale),
            gettext("of %(count)s places") % {"count": number(found.capacity, locale=locale)},
        ),
    ]  # fmt: skip


def _parts(found: QuotaExplanation, locale: Locale) -> list[tuple[str, str, int]]:
    """What the capacity is made of: kind, label, places."""
    words = _words(locale)
    parts = [
        ("sold", found.sold),
        ("under-way", found.under_way),
        ("held", found.held),
        ("offered", found.offered),
        ("reserved", found.reserved),
        ("blocked", found.blocked),
        ("free", found.free),
    ]
    return [(kind, words[kind], places) for kind, places in parts]


def _words(locale: Locale) -> dict[str, Any]:
    """Of kinds of steps, of holdings, and of a seat's states."""
    gettext = locale.gettext
    return {
        "free": locale.pgettext("places", "Free"),
        "held": gettext("Set aside at a checkout"),
        "offered": gettext("Offered to the waiting list"),
        "blocked": gettext("Blocked"),
        "reserved": gettext("Reserved for a group"),
        "returned": gettext("Came back, not bought"),
        "under-way": gettext("Being paid"),
        "sold": locale.pgettext("places", "Sold"),
        "withdrawn": gettext("Payment given up"),
        "cancelled": gettext("Booking cancelled"),
        "given-back": gettext("Tickets given back"),
        "capacity": gettext("Number of places set"),
    }
