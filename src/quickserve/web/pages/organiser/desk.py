"""Who works at an organiser's page, and for which organiser.

    @router.get("/organiser/team")
    async def team(request: Request, desk: Organising, ask: Ask) -> Response:
        found = await ask.identity.team(desk.organiser_id, desk.token)
        return show(request, desk, "team.html", section="/organiser/team", team=found)

`AtDesk` is for who is signed in, `Organising` for who has an organiser to work for. Somebody with
several organisers chooses by `?organiser=`, which is kept in a cookie. What is looked up by its own
id (`TheEvent`) belongs to whom it belongs, whatever was chosen.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from quickserve.contracts.catalog import EventId, EventView
from quickserve.contracts.identity import Membership
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden
from quickserve.kernel.ids import OrganiserId
from quickserve.web import cookies
from quickserve.web.forms import parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import PRIVATE, Ask, locale_of, settings_of
from quickserve.web.sessions import Session, Staff
from quickserve.web.templating import render

_COOKIE: Final = "organiser"


@dataclass(frozen=True, slots=True)
class Desk:
    """`organiser` is None for administrators who organise nothing, and for who only scans."""

    session: Session
    organiser: Membership | None

    @property
    def token(self) -> str:
        return self.session.access_token

    @property
    def admin(self) -> bool:
        return self.session.person.admin

    @property
    def choices(self) -> list[Membership]:
        return self.session.memberships(Role.ORGANISER)

    @property
    def organiser_id(self) -> OrganiserId:
        """Raises Forbidden when there is none to work for."""
        if self.organiser is None:
            raise Forbidden("This page is for organisers.")
        return self.organiser.organiser_id

    def at(self, organiser_id: OrganiserId, name: str) -> "Desk":
        """Working for that organiser. Raises Forbidden for who may not."""
        if not self.admin and all(c.organiser_id != organiser_id for c in self.choices):
            raise Forbidden("This belongs to another organiser.")
        membership = Membership(
            organiser_id=organiser_id, organiser_name=name, roles=[Role.ORGANISER]
        )
        return replace(self, organiser=membership)

    def its(self, organiser_id: OrganiserId) -> "Desk":
        """Working for whom something belongs to. Raises Forbidden for who may not."""
        names = {choice.organiser_id: choice.organiser_name for choice in self.choices}
        return self.at(organiser_id, names.get(organiser_id, ""))


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """An event, at the desk of its organiser."""

    desk: Desk
    view: EventView

    @property
    def path(self) -> str:
        return f"/organiser/events/{self.view.id}"

    @property
    def zone(self) -> str:
        """Where its first date is; what is typed for the whole event is meant there."""
        return self.view.dates[0].zone if self.view.dates else "UTC"


async def _desk(request: Request, who: Staff) -> Desk:
    choices = who.memberships(Role.ORGANISER)
    kept = parse_id(cookies.read(request.cookies, settings_of(request), _COOKIE))
    for wanted in (_asked(request), kept):
        for choice in choices:
            if choice.organiser_id == wanted:
                return Desk(who, choice)
    return Desk(who, choices[0] if choices else None)


AtDesk = Annotated[Desk, Depends(_desk)]


async def _organising(desk: AtDesk) -> Desk:
    assert desk.organiser_id
    return desk


Organising = Annotated[Desk, Depends(_organising)]


async def _event(event_id: EventId, desk: AtDesk, ask: Ask) -> OwnEvent:
    event = await ask.catalog.event(event_id, desk.token)
    return OwnEvent(desk.at(event.organiser.id, event.organiser.name), event)


TheEvent = Annotated[OwnEvent, Depends(_event)]


def show(
    request: Request,
    desk: Desk,
    name: str,
    *,
    section: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page of `templates/organiser/` in its frame; `section` is the path of its menu entry."""
    response = render(
        request, f"organiser/{name}", status=status, headers=PRIVATE,
        desk=desk, nav=_menu(desk, locale_of(request)), section=section,
        notice=_notice(request), **values,
    )  # fmt: skip
    if desk.organiser and desk.organiser.organiser_id == _asked(request):
        text = str(desk.organiser.organiser_id)
        cookies.write(response, settings_of(request), _COOKIE, text)
    return response


def _asked(request: Request) -> UUID | None:
    return parse_id(request.query_params.get("organiser", ""))


def _menu(desk: Desk, locale: Locale) -> list[tuple[str, str]]:
    gettext = locale.gettext
    own = [
        ("/organiser", locale.pgettext("menu", "Today")),
        ("/organiser/events", gettext("Events")),
        ("/organiser/vouchers", gettext("Codes and discounts")),
        ("/organiser/seating-plans", gettext("Seating plans")),
        ("/organiser/stands", gettext("Stands & menus")),
        ("/organiser/deliveries", gettext("Deliveries")),
        ("/organiser/imports", gettext("Import")),
        ("/door", gettext("At the door")),
        ("/kitchen", gettext("In the kitchen")),
        ("/organiser/team", gettext("Team")),
        ("/organiser/settings", gettext("Settings")),
    ]
    return [*(own if desk.organiser else []), ("/organiser/purchases", gettext("Purchases"))]


def _notice(request: Request) -> str:
    """What has just been done, as the page before left it in `?done=`."""
    gettext = locale_of(request).gettext
    told = {
        "saved": gettext("Saved."),
        "published": gettext("The event is published: what has places is on sale."),
        "cancelled": gettext("The event is cancelled."),
        "plan-saved": gettext("The plan is saved."),
        "offered": gettext("The tickets are on offer."),
        "key": gettext("New tickets are signed with a new key from now on."),
        "revoked": gettext("The ticket is revoked."),
        "reserved": gettext("The places are reserved."),
        "released": gettext("The places are back on sale."),
        "first": gettext("The next places that fit are offered to this person."),
        "not-gathered": gettext("What was kept is on sale. The group waits for enough at once."),
        "retried": gettext("The next attempt begins now."),
        "stand-made": gettext("The stand is there. Now write its menu."),
        "removed": gettext("Removed."),
        "restored": gettext("The earlier version is the menu again."),
        "lines-cancelled": gettext("It is cancelled; what it cost goes back the way it was paid."),
        "tab-paid": gettext("The tab is paid in cash."),
        "printing": gettext("It is on its way to the printer."),
        "paused": gettext("The stand takes no new orders for a while."),
        "resumed": gettext("The stand takes orders again."),
    }
    return told.get(request.query_params.get("done", ""), "")
