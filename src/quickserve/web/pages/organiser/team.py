"""Who works for the organiser, and in which roles."""

from fastapi import Request
from starlette.responses import Response

from quickserve.web.page import Ask, page_router
from quickserve.web.pages.organiser.desk import Organising, show

router = page_router()


@router.get("/organiser/team")
async def team_page(request: Request, desk: Organising, ask: Ask) -> Response:
    found = await ask.identity.team(desk.organiser_id, desk.token)
    return show(request, desk, "team.html", section="/organiser/team", people=found.people)
