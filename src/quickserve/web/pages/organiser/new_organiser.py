"""Somebody who is signed in becomes an organiser."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.identity import NewOrganiser
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts
from quickserve.web.pages.organiser.desk import AtDesk, show
from quickserve.web.sessions import token_of

router = page_router()


@router.get("/organiser/new")
async def new_organiser_page(request: Request, desk: AtDesk) -> Response:
    return show(
        request, desk, "new_organiser.html", section="",
        typed="", errors={}, told=None, organiser_id=new_uuid(),
    )  # fmt: skip


@router.post("/organiser/new")
async def create(request: Request, desk: AtDesk, form: Submitted, ask: Ask) -> Response:
    organiser_id = OrganiserId(form.minted("id"))
    try:
        draft = drafts.made(NewOrganiser, name=form.text("name"))
        await ask.identity.put_organiser(organiser_id, draft, desk.token)
    except Problem as problem:
        told, errors = drafts.told(problem, locale_of(request), {"name": "name"})
        return show(
            request, desk, "new_organiser.html", section="", status=problem.status,
            typed=form.text("name"), errors=errors, told=told, organiser_id=organiser_id,
        )  # fmt: skip
    await request.app.state.sessions.forget(token_of(request))
    return redirect(request, f"/organiser?organiser={organiser_id}")
