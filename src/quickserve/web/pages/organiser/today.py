"""Today: four figures, the last two days' sales, what to do, what comes next."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import OrganiserReport
from quickserve.kernel.service import Ctx
from quickserve.web.format import number
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import AtDesk, show
from quickserve.web.pages.organiser.figures import columns, together

router = page_router()


@dataclass(frozen=True, slots=True)
class Task:
    text: str
    path: str


@router.get("/organiser")
async def today(request: Request, desk: AtDesk, ask: Ask, ctx: Ctx) -> Response:
    if desk.organiser is None:
        return redirect(request, _elsewhere(desk.admin, desk.session.home))
    report, drafts = await asyncio.gather(
        ask.booking.organiser_report(desk.organiser_id, desk.token),
        ask.catalog.events(desk.organiser_id, desk.token, limit=1),
    )
    locale = locale_of(request)
    zone = report.next_dates[0].date.zone if report.next_dates else "Europe/Paris"
    return show(
        request, desk, "today.html", section="/organiser",
        report=report, zone=zone, figures=_figures(report, locale),
        columns=columns(report.hours, zone, locale, ctx.clock.now()),
        tasks=_tasks(report, drafts.counts.get("draft", 0), locale),
        empty=not sum(drafts.counts.values()),
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
    held = sum(figures.held for figures in report.next_dates)
    since = gettext("%(count)s of them today") % {"count": number(report.sold_today, locale=locale)}
    expected = gettext("of %(count)s expected, yesterday to tomorrow") % {
        "count": number(report.expected, locale=locale)
    }
    return [
        (gettext("Tickets sold"), number(report.sold, locale=locale), since),
        (gettext("Takings"), together(report.revenue, locale), gettext("confirmed bookings")),
        (gettext("Admitted"), number(report.admitted, locale=locale), expected),
        (gettext("Set aside now"), number(held, locale=locale), gettext("in checkouts under way")),
    ]


def _tasks(report: OrganiserReport, drafts: int, locale: Locale) -> list[Task]:
    tasks: list[Task] = []
    if drafts:
        text = locale.ngettext("%(count)s draft is not on sale", "%(count)s drafts are not on sale",
            drafts) % {"count": number(drafts, locale=locale)}  # fmt: skip
        tasks.append(Task(text, "/organiser/events?state=draft"))
    bare = {f.date.event_id: f.date.title for f in report.next_dates if not f.capacity}
    for event_id, title in bare.items():
        text = locale.gettext("“%(title)s” has no places to sell") % {"title": title}
        tasks.append(Task(text, f"/organiser/events/{event_id}/tickets"))
    return tasks
