"""The door: choose a date and a gate, then scan or type codes; the verdict fills the screen."""

import asyncio
from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import NewScan, ScanId, ScanView
from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Context, Ctx
from quickserve.web import format  # noqa: A004 - the module's name says what it does
from quickserve.web.forms import Submitted, clean
from quickserve.web.i18n import Locale
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router
from quickserve.web.sessions import Session, Staff
from quickserve.web.templating import render
from quickserve.web.verdicts import Told, tell

router = page_router()

_GATE_MAX: Final = 60
_TEXT_MAX: Final = 100


@router.get("/door")
async def choose(request: Request, who: Staff, ask: Ask) -> Response:
    """Which date, which gate. Today's dates come first; a search finds past ones too."""
    text = clean(request.query_params.get("q", ""))[:_TEXT_MAX]
    organisations = who.memberships(Role.DOOR, Role.ORGANISER)
    found = await asyncio.gather(
        *(
            ask.booking.door_dates(one.organiser_id, who.access_token, text=text)
            for one in organisations
        )
    )
    dates = [date for answer in found for date in answer.dates]
    return render(
        request, "door_choice.html", headers=PRIVATE,
        dates=dates, text=text, gate=_gate(request, locale_of(request)), works=bool(organisations),
    )  # fmt: skip


@router.get("/door/{date_id}")
async def stand(request: Request, date_id: DateId, who: Staff, ask: Ask, ctx: Ctx) -> Response:
    """Ready for the next ticket."""
    return await _show(request, date_id, who, ask, ctx)


@router.post("/door/{date_id}")
async def scan(
    request: Request, date_id: DateId, form: Submitted, who: Staff, ask: Ask, ctx: Ctx
) -> Response:
    """Judges one code. The form's id makes a second tap the same scan."""
    locale = locale_of(request)
    gate = form.text("gate")[:_GATE_MAX] or locale.gettext("Main entrance")
    try:
        wanted = NewScan(date_id=date_id, code=form.text("code"), gate=gate)
    except ValidationError:
        return await _show(request, date_id, who, ask, ctx, gate=gate, status=422)
    judged = await ask.booking.put_scan(ScanId(form.minted("scan")), wanted, who.access_token)
    return await _show(request, date_id, who, ask, ctx, judged, gate=gate)


async def _show(
    request: Request,
    date_id: DateId,
    who: Session,
    ask: Services,
    ctx: Context,
    judged: ScanView | None = None,
    *,
    gate: str = "",
    status: int = 200,
) -> Response:
    counts = await ask.booking.admissions(date_id, who.access_token)
    locale, zone = locale_of(request), counts.date.zone
    if judged is not None:
        told = tell(judged, zone, now=ctx.clock.now(), locale=locale)
    else:
        starts = format.when(counts.date.starts_at, zone, now=ctx.clock.now(), locale=locale)
        told = Told("wait", locale.gettext("Scan or type a code"), [starts])
    return render(
        request, "door.html", status=status, headers=PRIVATE, camera=True,
        date=counts.date, counts=counts, gate=gate or _gate(request, locale), told=told,
        scan_id=new_uuid(),
    )  # fmt: skip


def _gate(request: Request, locale: Locale) -> str:
    named = clean(request.query_params.get("gate", ""))[:_GATE_MAX]
    return named or locale.gettext("Main entrance")
