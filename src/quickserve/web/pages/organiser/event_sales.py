"""An event at a glance: its state, its sales by hour, date and ticket, its latest bookings."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.booking_reports import SalesReport
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web.format import number
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.pages.organiser.desk import TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.figures import columns, takings
from quickserve.web.patience import optional
from quickserve.web.sessions import Session, token_of
from quickserve.web.templating import fragment

router = page_router()


@router.get("/organiser/events/{event_id}")
async def sales_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    try:
        report = await optional(ask.booking.sales_report(own.view.id, own.desk.token))
    except NotFound:
        report = _nothing_yet(own.view.title, own)
    locale = locale_of(request)
    return show(
        request, own.desk, "event_sales.html", section=SECTION,
        own=own, report=report, figures=_figures(report, locale) if report else [],
        columns=columns(report.hours, own.zone, locale) if report else None,
    )  # fmt: skip


@router.get("/organiser/events/{event_id}/figures")
async def figures(request: Request, own: TheEvent, ask: Ask, ctx: Ctx) -> Response:
    """The four figures, as they change; until the person signs out."""
    locale, event_id = locale_of(request), own.view.id
    sessions, token = request.app.state.sessions, token_of(request)

    async def show(_: Notice | None) -> str | None:
        who: Session = await sessions.find(ask.identity, token)
        try:
            report = await ask.booking.sales_report(event_id, who.access_token)
        except NotFound:
            return None  # booking has not heard of it yet
        return fragment(
            locale.code, "organiser/event_figures.html", figures=_figures(report, locale)
        )

    channels = [notices.places(date.id) for date in own.view.dates]
    return stream(request, ctx.fanout, channels, show, pause_seconds=1)


def _nothing_yet(title: str, own: TheEvent) -> SalesReport:
    """Booking hears of an event a moment after catalog."""
    return SalesReport(
        event_id=own.view.id, title=title, capacity=0, sold=0, held=0, admitted=0, revenue=[],
        fees=[], hours=[], dates=[], ticket_types=[], latest=[],
    )  # fmt: skip


def _figures(report: SalesReport, locale: Locale) -> list[tuple[str, str, str]]:
    gettext = locale.gettext
    of_places = gettext("of %(count)s places") % {"count": number(report.capacity, locale=locale)}
    return [
        (gettext("Tickets sold"), number(report.sold, locale=locale), of_places),
        takings(report.revenue, report.fees, locale),
        (gettext("Admitted"), number(report.admitted, locale=locale), gettext("at the door")),
        (
            gettext("Set aside now"), number(report.held, locale=locale),
            gettext("in checkouts under way"),
        ),
    ]  # fmt: skip
