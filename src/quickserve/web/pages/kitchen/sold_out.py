"""86: what is out of the menu, and what is back."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.menus import Menu, SoldOutChange, StandId
from quickserve.kernel.errors import Malformed, NotFound
from quickserve.web.forms import Submitted, clean
from quickserve.web.page import PRIVATE, Ask, page_router, redirect
from quickserve.web.sessions import Staff
from quickserve.web.templating import render

router = page_router()
_TEXT_MAX = 60


@dataclass(frozen=True, slots=True)
class Entry:
    id: UUID
    name: str
    out: bool


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    entries: list[Entry]


@router.get("/kitchen/{stand_id}/menu")
async def menu_page(
    request: Request, stand_id: StandId, who: Staff, ask: Ask, q: str = ""
) -> Response:
    stand = await ask.menus.stand(stand_id)
    await ask.kitchen.board(stand_id, who.access_token)  # whoever may see it
    text = clean(q)[:_TEXT_MAX]
    try:
        menu = await ask.menus.latest_menu(stand_id)
    except NotFound:
        menu = None
    found = await ask.menus.sold_out(stand_id)
    out = {one.id for one in found.entries}
    groups = _groups(menu, out, text.casefold()) if menu else []
    return render(
        request, "kitchen/menu.html", headers=PRIVATE, stand=stand, groups=groups, text=text,
        out=len(out),
    )  # fmt: skip


@router.post("/kitchen/{stand_id}/menu")
async def change(
    request: Request, stand_id: StandId, form: Submitted, who: Staff, ask: Ask
) -> Response:
    target = form.id("target")
    if target is None:
        raise Malformed
    wanted = SoldOutChange(out=form.text("out") == "1")
    await ask.menus.set_sold_out(stand_id, target, wanted, who.access_token)
    return redirect(request, f"/kitchen/{stand_id}/menu#at-{target}")


def _groups(menu: Menu, out: set[UUID], text: str) -> list[Group]:
    """What is out first; then as the menu has it: sections, and what is chosen with the dishes."""
    named = [(section.name, [(i.id, i.name) for i in section.items]) for section in menu.sections]
    named += [(group.name, [(m.id, m.name) for m in group.modifiers]) for group in menu.groups]
    groups = [
        Group(
            name, [Entry(one, word, one in out) for one, word in pairs if text in word.casefold()]
        )
        for name, pairs in named
    ]
    return [group for group in groups if group.entries]
