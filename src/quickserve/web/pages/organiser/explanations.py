"""Why a date has as many places left as it has, quota by quota and seat by seat."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.explanations import QuotaExplanation
from quickserve.kernel.errors import NotFound
from quickserve.web.format import number
from quickserve.web.forms import parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import TheEvent, show
from quickserve.web.pages.organiser.events import SECTION

router = page_router()

_CURSOR_MAX = 100
_SEAT_MAX = 60


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
    """`?date=&seat=`: the seat as the plan names it."""
    date_id = parse_id(request.query_params.get("date", ""))
    seat_id = request.query_params.get("seat", "").strip()[:_SEAT_MAX]
    if date_id is None or not seat_id:
        return redirect(request, f"{own.path}/seats")
    if all(date.id != date_id for date in own.view.dates):
        raise NotFound
    found = await ask.explanations.seat(DateId(date_id), seat_id, own.desk.token, _before(request))
    return show(
        request, own.desk, "seat.html", section=SECTION, own=own, seat=found,
        words=_words(locale_of(request)), base=f"{own.path}/seat?date={date_id}",
    )  # fmt: skip


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
