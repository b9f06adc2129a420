"""One stand: whether it takes orders, where people find it, what is still missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import FULFILMENTS, Fulfilment, StandId
from quickserve.contracts.ordering import Cap, Pacing, Pause, StandStatus
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.money import Money
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect, settings_of
from quickserve.web.pages.organiser.drafts import Mistakes
from quickserve.web.pages.organiser.numbers import amount, amount_rule, count, count_rule, typed
from quickserve.web.pages.organiser.stands import events_of, menu_book
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.pages.organiser.stands.menu_book import Sheet
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, sentence

router = page_router()

PAUSES: Final = (10, 20, 40)
_ORDERS_MAX: Final = 10_000
_WAIT: Final = (5, 480)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something to do before people can order; `path` is where."""

    text: str
    path: str


@router.get("/organiser/stands/{stand_id}")
async def stand_page(request: Request, own: TheStand, ask: Ask) -> Response:
    return await _show(request, own, ask)


@router.post("/organiser/stands/{stand_id}/pause")
async def pause(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    """0 minutes: it takes orders again."""
    minutes = count(form.text("minutes"), 0, max(PAUSES)) or 0
    try:
        await ask.ordering.pause(own.id, Pause(minutes=minutes), own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, own, ask, told=told, status=problem.status)
    return redirect(request, f"{own.path}?done={'paused' if minutes else 'resumed'}")


@router.post("/organiser/stands/{stand_id}/pacing")
async def pace(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    try:
        await ask.ordering.set_pacing(own.id, _pacing(form, own, locale), own.desk.token)
    except Mistakes as mistakes:
        return await _show(request, own, ask, form=form, errors=mistakes.found, status=422)
    except Problem as problem:
        told = sentence(problem, locale)
        return await _show(request, own, ask, form=form, told=told, status=problem.status)
    return redirect(request, f"{own.path}?done=saved")


def _pacing(form: Form, own: OwnStand, locale: Locale) -> Pacing:
    """Raises Mistakes."""
    found: dict[str, str] = {}
    caps: dict[Fulfilment, Cap] = {}
    for way in own.draft.fulfilments:
        orders_text, value_text = form.text(f"{way}-orders"), form.text(f"{way}-value")
        orders = count(orders_text, 0, _ORDERS_MAX) if orders_text else None
        value = amount(value_text, own.draft.currency) if value_text else None
        if orders_text and orders is None:
            found[f"{way}-orders"] = count_rule(0, _ORDERS_MAX, locale)
        if value_text and value is None:
            found[f"{way}-value"] = amount_rule(own.draft.currency, locale)
        if orders_text or value_text:
            caps[way] = Cap(orders=orders, value_minor=value.minor if value else None)
    wait = count(form.text("wait"), *_WAIT)
    if wait is None:
        found["wait"] = count_rule(*_WAIT, locale)
    if found or wait is None:
        raise Mistakes(found)
    return Pacing(caps=caps, wait_max_minutes=wait)


async def _show(
    request: Request, own: OwnStand, ask: Services, *, form: Form | None = None,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    locale, event_id = locale_of(request), own.draft.event_id
    found = await _status(own, ask)
    sheet = await menu_book.latest(ask, StandId(own.id))
    titles = await events_of.titles(ask, own.desk, [event_id] if event_id else [])
    values = _typed(found, own, locale) | (form.values if form else {})
    public = f"{settings_of(request).public_url.rstrip('/')}/{locale.code}/stands/{own.view.slug}"
    return show_stand(
        request, own, "stand.html", status=status, found=found, told=told, errors=errors or {},
        values=values, public=public, pauses=PAUSES, ways=_ways(own.draft.fulfilments),
        event_title=titles.get(event_id, "") if event_id else "",
        missing=_missing(own, sheet, locale),
    )  # fmt: skip


async def _status(own: OwnStand, ask: Services) -> StandStatus | None:
    """None while ordering is away, or has not heard of the stand yet."""
    try:
        return await optional(ask.ordering.status(own.id, own.desk.token))
    except NotFound:
        return None


def _ways(offered: Sequence[Fulfilment]) -> list[Fulfilment]:
    return [way for way in FULFILMENTS if way in offered]


def _typed(found: StandStatus | None, own: OwnStand, locale: Locale) -> dict[str, str]:
    pacing = found.pacing if found else Pacing()
    values = {"wait": str(pacing.wait_max_minutes)}
    for way in own.draft.fulfilments:
        cap = pacing.caps.get(way, Cap())
        value = cap.value_minor
        values[f"{way}-orders"] = "" if cap.orders is None else str(cap.orders)
        values[f"{way}-value"] = (
            "" if value is None else typed(Money(value, own.draft.currency).amount, locale)
        )
    return values


def _missing(own: OwnStand, sheet: Sheet, locale: Locale) -> list[Missing]:
    gettext = locale.gettext
    found: list[Missing] = []
    if not sheet.items:
        found.append(Missing(gettext("Write its menu, or import one."), f"{own.path}/menu"))
    if not own.draft.stations:
        found.append(
            Missing(
                gettext("Tell where items are made and how many cooks there are: without a station"
                        " no time can be promised."),
                f"{own.path}/edit#stations",
            )
        )  # fmt: skip
    if own.draft.stations and sheet.items and all(one.station is None for one in sheet.items):
        text = gettext("Tell at its items which station makes them, and in how many seconds.")
        found.append(Missing(text, f"{own.path}/menu"))
    if own.draft.state == "hidden":
        found.append(
            Missing(gettext("Open it: it is hidden from visitors."), f"{own.path}/edit#state")
        )
    return found
