"""86: what is out, and back again, by one touch."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import SoldOutChange
from quickserve.kernel.errors import Problem
from quickserve.kernel.service import Ctx
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.stands import menu_book
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.problems import Sentence, sentence

router = page_router()

# How long something is out: until somebody puts it back, an hour, until the next morning.
_BY_HAND, _HOUR, _DAY = "hand", "hour", "day"
_MORNING: Final = 5  # o'clock, where the stand is


@dataclass(frozen=True, slots=True)
class Line:
    """An item or a modifier."""

    id: UUID
    name: str
    out: bool
    until: datetime | None


@router.get("/organiser/stands/{stand_id}/sold-out")
async def sold_out_page(request: Request, own: TheStand, ask: Ask) -> Response:
    return await _show(request, own, ask)


@router.post("/organiser/stands/{stand_id}/sold-out")
async def switch(request: Request, own: TheStand, form: Submitted, ask: Ask, ctx: Ctx) -> Response:
    """`out` or `back`, with the id; a repeat changes nothing."""
    out = form.ticked("out")
    target = parse_id(form.text("out" if out else "back"))
    span = form.text("for")
    change = SoldOutChange(out=out, until=_until(span, own, ctx.clock.now()) if out else None)
    if target is None:
        return redirect(request, f"{own.path}/sold-out")
    try:
        await ask.menus.set_sold_out(own.id, target, change, own.desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, own, ask, told=told, status=problem.status)
    kept = f"?for={span}" if span in (_HOUR, _DAY) else ""
    return redirect(request, f"{own.path}/sold-out{kept}#t-{target}")


def _until(span: str, own: OwnStand, now: datetime) -> datetime | None:
    if span == _HOUR:
        return now + timedelta(hours=1)
    if span == _DAY:
        local = now.astimezone(ZoneInfo(own.draft.zone))
        morning = local.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
        return morning if morning > local else morning + timedelta(days=1)
    return None


async def _show(
    request: Request, own: OwnStand, ask: Services, *, told: Sentence | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    sheet = await menu_book.latest(ask, own.id)
    out = {one.id: one.until for one in (await ask.menus.sold_out(own.id)).entries}

    def line(id_: UUID, name: str) -> Line:
        return Line(id_, name, id_ in out, out.get(id_))

    parts = [
        (section.name, [line(one.id, one.name) for one in section.items])
        for section in sheet.sections
        if section.items
    ]
    choices = [
        (group.name, [line(one.id, one.name) for one in group.modifiers]) for group in sheet.groups
    ]
    asked = request.query_params.get("for", "")
    span = asked if asked in (_HOUR, _DAY) else _BY_HAND
    return show_stand(
        request, own, "sold_out.html", status=status, parts=parts, choices=choices, told=told,
        count=len(out), span=span, spans=_spans(locale_of(request)),
    )  # fmt: skip


def _spans(locale: Locale) -> list[tuple[str, str]]:
    gettext = locale.gettext
    return [
        (_BY_HAND, gettext("until I put it back")), (_HOUR, gettext("for an hour")),
        (_DAY, gettext("until tomorrow morning")),
    ]  # fmt: skip
