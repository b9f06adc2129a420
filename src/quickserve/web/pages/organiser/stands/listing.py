"""The organiser's stands, restaurants and shops: those of each event, and those without one."""

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import StandView
from quickserve.web.forms import parse_id
from quickserve.web.page import Ask, page_router
from quickserve.web.pages.organiser.desk import Organising, show
from quickserve.web.pages.organiser.stands import events_of
from quickserve.web.pages.organiser.stands.frame import SECTION

router = page_router()


@dataclass(frozen=True, slots=True)
class Group:
    """`event_id` is None for what is open by its hours alone."""

    event_id: EventId | None
    title: str
    stands: list[StandView]


@router.get("/organiser/stands")
async def stands_page(request: Request, desk: Organising, ask: Ask) -> Response:
    """`?event=` shows those of this event only."""
    found = (await ask.menus.of_organiser(desk.organiser_id, desk.token)).stands
    asked = parse_id(request.query_params.get("event", ""))
    wanted = [one for one in found if asked is None or one.draft.event_id == asked]
    ids = [one.draft.event_id for one in wanted if one.draft.event_id]
    ids += [EventId(asked)] if asked else []
    titles = await events_of.titles(ask, desk, ids)
    return show(
        request, desk, "stands.html", section=SECTION, groups=_groups(wanted, titles),
        none=not found, event_id=asked if asked in titles else None,
        event_title=titles.get(EventId(asked), "") if asked else "",
    )  # fmt: skip


def _groups(found: list[StandView], titles: dict[EventId, str]) -> list[Group]:
    by_event: dict[EventId | None, list[StandView]] = {}
    for one in found:
        by_event.setdefault(one.draft.event_id, []).append(one)
    return [
        Group(event_id, titles.get(event_id, "") if event_id else "", stands)
        for event_id, stands in sorted(by_event.items(), key=lambda pair: pair[0] is None)
    ]
