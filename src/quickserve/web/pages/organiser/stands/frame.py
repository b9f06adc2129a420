"""A stand at the desk of whom it belongs to, and the pages it has."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from quickserve.contracts.menus import StandDraft, StandId, StandView
from quickserve.web.page import Ask
from quickserve.web.pages.organiser.desk import AtDesk, Desk, show

SECTION: Final = "/organiser/stands"


@dataclass(frozen=True, slots=True)
class OwnStand:
    desk: Desk
    view: StandView

    @property
    def path(self) -> str:
        return f"{SECTION}/{self.view.id}"

    @property
    def draft(self) -> StandDraft:
        return self.view.draft

    @property
    def id(self) -> StandId:
        return self.view.id


async def _stand(stand_id: StandId, desk: AtDesk, ask: Ask) -> OwnStand:
    view = await ask.menus.stand(stand_id)
    return OwnStand(desk.at(view.draft.organiser_id, view.organiser_name), view)


TheStand = Annotated[OwnStand, Depends(_stand)]


def show_stand(
    request: Request, own: OwnStand, name: str, *, status: int = 200, **values: Any
) -> Response:
    return show(request, own.desk, name, section=SECTION, status=status, own=own, **values)
