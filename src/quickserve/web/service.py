"""The web as a service: its pages, and what stands around them. It owns no data."""

from fastapi import APIRouter, FastAPI

from quickserve.kernel.openapi import Documented
from quickserve.kernel.service import Service
from quickserve.web.csrf import Tokens
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
from quickserve.web.sessions import Sessions
from quickserve.web.templating import Assets
from quickserve.web.waiting_lane import RoomLooks, WaitingLane

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
    app.state.room_looks = RoomLooks()
    if isinstance(app, Documented):
        app.lane = WaitingLane(runtime, app.state.room_looks, app.general)
    app.mount("/static", Assets(), name="static")
    # Added last runs first.
    app.add_middleware(Tokens, settings=runtime.settings)
    app.add_middleware(ErrorPages)
    app.add_middleware(Preferences, unprefixed=UNPREFIXED)


def _router() -> APIRouter:
    router = APIRouter()
    for page in PAGES:
        router.include_router(page.router)
    return router


service = Service(name="web", router=_router(), owns_data=False, documented=False, finish=_finish)
