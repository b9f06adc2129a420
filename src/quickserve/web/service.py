"""The web as a service: its pages, and what stands around them. It owns no data."""

from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp

from quickserve.kernel.openapi import Documented
from quickserve.kernel.routes import joined
from quickserve.kernel.service import Service
from quickserve.kernel.settings import Settings
from quickserve.web.csrf import Tokens
from quickserve.web.demand import TELL, open_crowd
from quickserve.web.error_pages import ErrorPages
from quickserve.web.pages import (
    about,
    changes,
    checkout,
    door,
    event,
    event_live,
    home,
    kitchen,
    ordering,
    organiser,
    passed_on,
    purchase,
    seats,
    sign_in,
    site_files,
    tickets,
    tracking,
    waiting_list,
    waiting_room,
)
from quickserve.web.preferences import Preferences
from quickserve.web.room_looks import RoomLooks
from quickserve.web.sessions import Sessions
from quickserve.web.templating import Assets
from quickserve.web.waiting_lane import WaitingLane

PAGES = (
    waiting_room,  # first: thousands ask for it at once
    home,
    event,
    event_live,
    seats,
    checkout,
    purchase,
    tickets,
    changes,
    passed_on,
    waiting_list,
    ordering,
    tracking,
    sign_in,
    about,
    site_files,
    door,
    kitchen,
    organiser,
)
# Starts of paths that are no pages: they carry no language.
UNPREFIXED = (
    "/static/", "/posters/", "/plans/", "/robots.txt", "/favicon", "/livez", "/readyz", "/metrics",
)  # fmt: skip


def _finish(app: FastAPI) -> None:
    runtime = app.state.runtime
    app.state.sessions = Sessions(runtime.settings, runtime.shared.cache)
    app.state.services = None
    app.state.room_looks = RoomLooks()
    manners = partial(_manners, settings=runtime.settings)
    if isinstance(app, Documented):
        app.lane = WaitingLane(app, manners)
    app.mount("/static", Assets(), name="static")
    app.add_middleware(manners)


def _manners(app: ASGIApp, settings: Settings) -> ASGIApp:
    """What stands around every page."""
    return Preferences(ErrorPages(Tokens(app, settings=settings)), unprefixed=UNPREFIXED)


service = Service(
    name="web",
    router=joined(page.router for page in PAGES),
    owns_data=False,
    documented=False,
    resources=open_crowd,
    jobs=(TELL,),
    finish=_finish,
)
