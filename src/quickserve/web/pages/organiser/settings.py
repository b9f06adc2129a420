"""The organiser's name, and the keys that sign its tickets."""

import re
import secrets
from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import TicketKeyId
from quickserve.contracts.identity import NewOrganiser
from quickserve.kernel.errors import Problem
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.patience import optional
from quickserve.web.sessions import token_of

router = page_router()

SECTION: Final = "/organiser/settings"
_KEY_ID: Final = re.compile(r"[0-9a-f]{16}")


@router.get("/organiser/settings")
async def settings_page(request: Request, desk: Organising, ask: Ask) -> Response:
    return await _show(request, desk, ask)


@router.post("/organiser/settings/name")
async def rename(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    try:
        draft = drafts.made(NewOrganiser, name=form.text("name"))
        await ask.identity.put_organiser(desk.organiser_id, draft, desk.token)
    except Problem as problem:
        return await _show(request, desk, ask, name=form.text("name"), problem=problem)
    await request.app.state.sessions.forget(token_of(request))
    return redirect(request, f"{SECTION}?done=saved")


@router.post("/organiser/settings/ticket-keys")
async def new_key(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    typed = form.text("key_id")
    # What is no id of ours did not come from our form: then it is a new wish.
    key_id = TicketKeyId(typed) if _KEY_ID.fullmatch(typed) else _new_key_id()
    try:
        await ask.booking.rotate_ticket_key(desk.organiser_id, key_id, desk.token)
    except Problem as problem:
        return await _show(request, desk, ask, problem=problem)
    return redirect(request, f"{SECTION}?done=key")


def _new_key_id() -> TicketKeyId:
    return TicketKeyId(secrets.token_hex(8))


async def _show(
    request: Request,
    desk: Desk,
    ask: Services,
    *,
    name: str | None = None,
    problem: Problem | None = None,
) -> Response:
    found = await optional(ask.booking.ticket_keys(desk.organiser_id, desk.token))
    told, errors = None, dict[str, str]()
    if problem:
        told, errors = drafts.told(problem, locale_of(request), {"name": "name"})
    known = desk.organiser.organiser_name if desk.organiser else ""
    return show(
        request, desk, "settings.html", section=SECTION,
        status=problem.status if problem else 200,
        typed=known if name is None else name, known=found is not None,
        keys=found.keys if found else [],
        new_key_id=_new_key_id(), revoked=len(found.revoked_ticket_ids) if found else 0,
        told=told, errors=errors,
    )  # fmt: skip
