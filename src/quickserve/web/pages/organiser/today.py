"""Today: four figures, the last two days' sales, what to do, what comes next."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking_reports import OrganiserReport
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.service import Ctx
from quickserve.web.format import number
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import AtDesk, show
from quickserve.web.pages.organiser.figures import columns, takings
from quickserve.web.patience import optional

router = page_router()


@dataclass(frozen=True, slots=True)
class Task:
    text: str
    path: str


@router.get("/organiser")
async def today(request: Request, desk: AtDesk, ask: Ask, ctx: Ctx) -> Response:
    if desk.organiser is None:
        return redirect(request, _elsewhere(desk.admin, desk.session.home))
    report, events = await asyncio.gather(
        optional(ask.booking.organiser_report(desk.organiser_id, desk.token)),
        optional(ask.catalog.events(desk.organiser_id, desk.token, limit=1)),
    )
    if report is None and events is None:
        raise Unavailable
    locale = locale_of(request)
    zone = report.next_dates[0].date.zone if report and report.next_dates else "Europe/Paris"
    return show(
        request, desk, "today.html", section="/organiser",
        report=report, zone=zone, figures=_figures(report, locale) if report else [],
        columns=columns(report.hours, zone, locale, ctx.clock.now()) if report else None,
        tasks=_tasks(report, events.counts.get("draft", 0) if events else 0, locale),
        listed=events is not None, empty=events is not None and not sum(events.counts.values()),
    )  # fmt: skip


@router.get("/organiser/figures")
async def figures(request: Request, desk: AtDesk, ask: Ask) -> Response:
    """Those of Today, again."""
    report = await ask.booking.organiser_report(desk.organiser_id, desk.token)
    return show(
        request, desk, "today_figures.html", section="/organiser",
        figures=_figures(report, locale_of(request)),
    )  # fmt: skip


def _elsewhere(admin: bool, home: str) -> str:
    if admin:
        return "/organiser/purchases"
    return home if home != "/organiser" else "/organiser/new"


def _figures(report: OrganiserReport, locale: Locale) -> list[tuple[str, str, str]]:
    gettext = locale.gettext
    since = gettext("%(count)s of them today") % {"count": number(report.sold_today, locale=locale)}
    expected = gettext("of %(count)s expected, yesterday to tomorrow") % {
        "count": number(report.expected, locale=locale)
    }
    return [
        (gettext("Tickets sold"), number(report.sold, locale=locale), since),
        takings(report.revenue, report.fees, locale),
        (gettext("Admitted"), number(report.admitted, locale=locale), expected),
        (
            gettext("Set aside now"),
            number(report.held, locale=locale),
            gettext("in checkouts under way"),
        ),
    ]


def _tasks(report: OrganiserReport | None, drafts: int, locale: Locale) -> list[Task]:
    tasks: list[Task] = []
    if drafts:
        text = locale.ngettext("%(count)s draft is not on sale", "%(count)s drafts are not on sale",
            drafts) % {"count": number(drafts, locale=locale)}  # fmt: skip
        tasks.append(Task(text, "/organiser/events?state=draft"))
    next_dates = report.next_dates if report else []
    bare = {f.date.event_id: f.date.title for f in next_dates if not f.capacity}
    for event_id, title in bare.items():
        text = locale.gettext("“%(title)s” has no places to sell") % {"title": title}
        tasks.append(Task(text, f"/organiser/events/{event_id}/tickets"))
    return tasks
