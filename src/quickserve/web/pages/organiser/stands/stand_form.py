"""A stand is set up, or changed: what, when, how it is handed over, who makes it."""

from dataclasses import replace
from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import StandId
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, local_times
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.stands import events_of, menu_book, stand_draft
from quickserve.web.pages.organiser.stands.frame import SECTION, OwnStand, TheStand
from quickserve.web.pages.organiser.stands.stand_fields import (
    ROWS,
    Fields,
    blank,
    of_stand,
    sent,
)
from quickserve.web.pages.organiser.ticket_fields import CURRENCIES
from quickserve.web.problems import Sentence, sentence

router = page_router()

_ZONE: Final = "Europe/Paris"


@router.get("/organiser/stands/new")
async def new_page(request: Request, desk: Organising, ask: Ask) -> Response:
    asked = parse_id(request.query_params.get("event", ""))
    event_id = EventId(asked) if asked else None
    return await _show(request, desk, None, ask, blank(event_id, _ZONE))


@router.post("/organiser/stands/new")
async def make(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    return await _save(request, desk, None, ask, sent(form, None), form.text("more"))


@router.get("/organiser/stands/{stand_id}/edit")
async def edit_page(request: Request, own: TheStand, ask: Ask) -> Response:
    fields = of_stand(own.view, stand_draft.digest, locale_of(request))
    return await _show(request, own.desk, own, ask, fields)


@router.post("/organiser/stands/{stand_id}/edit")
async def change(request: Request, own: TheStand, form: Submitted, ask: Ask) -> Response:
    return await _save(request, own.desk, own, ask, sent(form, own.view), form.text("more"))


async def _save(
    request: Request, desk: Desk, own: OwnStand | None, ask: Services, fields: Fields, more: str
) -> Response:
    if more in ROWS:
        return await _show(request, desk, own, ask, fields.with_another(more))
    locale = locale_of(request)
    try:
        before = own.draft if own else None
        draft = stand_draft.draft(fields, desk.organiser_id, locale, before)
        if own is not None:
            _compare(own, fields, request)
            await _check_stations(own, ask, fields, request)
        saved = await ask.menus.put_stand(fields.stand_id, draft, desk.token)
    except _Overtaken as overtaken:
        return await _show(
            request, desk, own, ask, overtaken.fields, told=overtaken.told, status=409
        )
    except Problem as problem:
        told, errors = drafts.told(problem, locale, stand_draft.NAMES)
        return await _show(
            request, desk, own, ask, fields, told=told, errors=errors, status=problem.status
        )
    tail = "?done=stand-made" if own is None else "/edit?done=saved"
    return redirect(request, f"{SECTION}/{saved.id}{tail}")


class _Overtaken(Exception):  # noqa: N818 - a state of affairs, told above the form
    def __init__(self, fields: Fields, told: Sentence) -> None:
        super().__init__()
        self.fields = fields
        self.told = told


def _compare(own: OwnStand, fields: Fields, request: Request) -> None:
    """Raises _Overtaken, once: saved again, what is typed here counts."""
    now = stand_draft.digest(own.draft)
    if fields.began and fields.began != now:
        gettext = locale_of(request).gettext
        told = Sentence(
            gettext("Somebody else changed this stand while you were writing."),
            gettext("Nothing is saved yet. Look at it in another window; saving again puts what"
                    " is typed here in its place."),
        )  # fmt: skip
        raise _Overtaken(replace(fields, began=now), told)


async def _check_stations(own: OwnStand, ask: Services, fields: Fields, request: Request) -> None:
    """Raises Mistakes for a station that the menu still names."""
    kept = {row.values["key"] for row in fields.rows["s"] if row.kept("name")}
    leaving = {station.key for station in own.draft.stations} - kept
    if not leaving:
        return
    sheet = await menu_book.latest(ask, StandId(own.id))
    used = [item.station for section in sheet.sections for item in section.items]
    locale = locale_of(request)
    found: dict[str, str] = {}
    for row in fields.rows["s"]:
        count = used.count(row.values["key"]) if row.values["key"] in leaving else 0
        if count:
            found[f"{row.key}-name"] = locale.ngettext(
                "%(count)s item of the menu is made here: give it another station first.",
                "%(count)s items of the menu are made here: give them another station first.",
                count,
            ) % {"count": count}  # fmt: skip
    if found:
        raise drafts.Mistakes(found)


async def _show(
    request: Request, desk: Desk, own: OwnStand | None, ask: Services, fields: Fields, *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    chosen = parse_id(fields.values["event"])
    try:
        events = await events_of.choices(ask, desk, EventId(chosen) if chosen else None)
    except Problem as problem:
        events, told = [], told or sentence(problem, locale_of(request))
    zones = local_times.zones()
    return show(
        request, desk, "stand_form.html", section=SECTION, status=status, own=own, fields=fields,
        told=told, errors=errors or {}, events=events, zones=zones,
        currencies=list(dict.fromkeys([fields.values["currency"] or CURRENCIES[0], *CURRENCIES])),
    )  # fmt: skip
