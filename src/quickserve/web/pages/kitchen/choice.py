"""Which stand: those of all organisers whom the person works for."""

import asyncio
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import StandView
from quickserve.kernel.auth import Role
from quickserve.web.page import PRIVATE, Ask, page_router
from quickserve.web.sessions import Staff
from quickserve.web.templating import render

router = page_router()


@dataclass(frozen=True, slots=True)
class Group:
    organiser_name: str
    stands: list[StandView]


@router.get("/kitchen")
async def choose(request: Request, who: Staff, ask: Ask) -> Response:
    works = who.memberships(Role.KITCHEN, Role.ORGANISER)
    found = await asyncio.gather(
        *(ask.menus.of_organiser(one.organiser_id, who.access_token) for one in works)
    )
    groups = [
        Group(one.organiser_name, sorted(answer.stands, key=lambda stand: stand.draft.name))
        for one, answer in zip(works, found, strict=True)
        if answer.stands
    ]
    return render(request, "kitchen/choice.html", headers=PRIVATE, groups=groups, works=bool(works))
