"""How a stand is doing: its promises, what it takes in, what it had to refuse; live."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.kitchen import SlotLoad, StandFigures
from quickserve.contracts.menus import Station
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import format, order_words  # noqa: A004 - the module's name says what it does
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import Ask, locale_of, page_router
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.sessions import token_of
from quickserve.web.templating import fragment

router = page_router()

_MINUTE: Final = 60
_SLOT: Final = timedelta(minutes=5)
_PAUSE_SECONDS: Final = 2.0  # these are figures to look at, not to work by


@dataclass(frozen=True, slots=True)
class StationSlots:
    """Minutes of work taken and possible in each five minutes."""

    name: str
    labels: list[str]
    taken: list[int]
    possible: list[int]


@router.get("/organiser/stands/{stand_id}/figures")
async def figures_page(request: Request, own: TheStand, ask: Ask) -> Response:
    found = await ask.kitchen.figures(own.id, own.desk.token)
    values = _values(found, own, locale_of(request))
    return show_stand(request, own, "stand_figures.html", **values)


@router.get("/organiser/stands/{stand_id}/figures/now")
async def figures_live(request: Request, own: TheStand, ask: Ask, ctx: Ctx) -> Response:
    """As they change; until the person signs out."""
    locale, token = locale_of(request), token_of(request)

    async def show(notice: Notice | None) -> str | None:
        del notice
        who = await request.app.state.sessions.find(ask.identity, token)
        found = await ask.kitchen.figures(own.id, who.access_token)
        values = _values(found, own, locale)
        return fragment(locale.code, "organiser/stand_figures_now.html", **values)

    channels = [notices.board(own.id), notices.stand(own.id)]
    return stream(request, ctx.fanout, channels, show, pause_seconds=_PAUSE_SECONDS)


def _values(found: StandFigures, own: OwnStand, locale: Locale) -> dict[str, Any]:
    return {
        "found": found, "cells": _cells(found, locale), "zone": own.draft.zone,
        "stations": [_slots(one, found, own.draft.zone, locale) for one in own.draft.stations],
        "rejected": _named(found.rejected, order_words.reasons(locale), locale),
        "refused": _named(found.refused, _refusals(locale), locale),
    }  # fmt: skip


def _cells(found: StandFigures, locale: Locale) -> list[tuple[str, str, str]]:
    gettext, now = locale.gettext, found.status
    lost = sum(found.rejected.values()) + sum(found.refused.values())
    half = gettext("half of the last %(count)s orders were at most so late")
    measured, none = now.figures.orders, gettext("no order was measured yet")
    return [
        (
            gettext("Promise error, P50"), minutes(now.figures.p50_s) if measured else "–",
            half % {"count": measured} if measured else none,
        ),
        (
            gettext("Promise error, P90"), minutes(now.figures.p90_s) if measured else "–",
            gettext("nine of ten were at most so late") if measured else none,
        ),
        (
            gettext("Promises widened by"), minutes(now.widened_s),
            gettext("so that they hold while the kitchen is behind"),
        ),
        (
            gettext("Intake"), format.percent(now.intake_percent * 100, locale=locale),
            gettext("of what the cooks can make"),
        ),
        (
            gettext("Waiting"), format.number(found.waiting, locale=locale),
            gettext("the oldest for %(time)s") % {
                "time": minutes((found.server_now - found.oldest).total_seconds())
            } if found.oldest else gettext("orders to be made"),
        ),
        (
            gettext("From the order to ready"),
            minutes(found.ready_p50_s) if found.ready_p90_s else "–",
            gettext("nine of ten within %(time)s") % {"time": minutes(found.ready_p90_s)},
        ),
        (
            gettext("Orders in 24 hours"), format.number(found.placed, locale=locale),
            gettext("%(count)s handed over") % {"count": found.finished},
        ),
        (
            gettext("Not taken"),
            format.number(lost, locale=locale),
            gettext("rejected, or no room in the kitchen"),
        ),
    ]  # fmt: skip


def minutes(seconds: float) -> str:
    """`3:20 min`, with its sign where something was early."""
    whole = round(abs(seconds))
    sign = "−" if seconds < 0 and whole else ""
    return f"{sign}{whole // _MINUTE}:{whole % _MINUTE:02d}\N{NO-BREAK SPACE}min"


def _slots(station: Station, found: StandFigures, zone: str, locale: Locale) -> StationSlots:
    """Slots that nobody reserved in are there with what they could make."""
    known = {one.starts_at: one for one in found.slots if one.station == station.key}
    full = station.cooks * int(_SLOT.total_seconds()) * found.status.intake_percent // 100
    times = _times(list(known.values()), found.server_now)
    loads = [known.get(at) for at in times]
    return StationSlots(
        station.name,
        [format.clock(at, zone, locale=locale) for at in times],
        [round(one.reserved_s / _MINUTE) if one else 0 for one in loads],
        [round((one.capacity_s if one else full) / _MINUTE) for one in loads],
    )


def _times(loads: list[SlotLoad], now: datetime) -> list[datetime]:
    """Without a gap, at least from now until half an hour on; at most what was asked for."""
    start = datetime.fromtimestamp(now.timestamp() // 300 * 300, now.tzinfo)
    first = min([start, *(one.starts_at for one in loads)])
    last = max([start + 6 * _SLOT, *(one.starts_at for one in loads)])
    return [first + number * _SLOT for number in range((last - first) // _SLOT + 1)]


def _named(
    counts: Mapping[str, int], words: Mapping[str, str], locale: Locale
) -> list[tuple[str, int]]:
    other = locale.gettext("For another reason.")
    return [(words.get(name, other), count) for name, count in counts.items()]


def _refusals(locale: Locale) -> dict[str, str]:
    gettext = locale.gettext
    return {
        "kitchen-full": gettext("The kitchen had no room by then."),
        "stand-paused": gettext("The intake was paused."),
    }
