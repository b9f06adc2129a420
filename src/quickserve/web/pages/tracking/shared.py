"""A link to follow one order, for whoever waits with the buyer: it ends by itself."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.tracking import JobId, TrackView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Ctx
from quickserve.web import track_words
from quickserve.web.house_plan import HousePlan
from quickserve.web.live import stream
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router
from quickserve.web.pages.tracking.following import Part, plan_of
from quickserve.web.patience import optional
from quickserve.web.templating import render
from quickserve.web.tiles import tiles_of

router = page_router()

Link = Annotated[str, Path(pattern=r"^[A-Za-z0-9_=-]{40,100}$")]


@router.get("/follow/{link}")
async def follow_page(request: Request, link: Link, ask: Ask) -> Response:
    view = await ask.tracking.track_of_link(link)
    zone, plan = await _where(ask, view)
    locale, tiles = locale_of(request), tiles_of(request)
    following = track_words.following(view, zone, plan, datetime.now(UTC), locale)
    return render(
        request, "tracking/follow.html", headers=PRIVATE | {"Referrer-Policy": "no-referrer"},
        tiles=tiles, images=tiles.origin if tiles else "", link=link,
        following=following, words=track_words.steps(locale),
    )  # fmt: skip


@router.get("/follow/{link}/tracking")
async def tracking(request: Request, link: Link, ask: Ask, ctx: Ctx) -> Response:
    first = await ask.tracking.track_of_link(link)
    zone, plan = await _where(ask, first)

    async def look() -> TrackView:
        return await ask.tracking.track_of_link(link)

    part = Part(look, zone, plan, locale_of(request), first)
    channels = [notices.track(first.order_id)]
    return stream(request, ctx.fanout, channels, part.show, still=part.still)


async def _where(ask: Services, view: TrackView) -> tuple[str, HousePlan | None]:
    """The stand's zone, and the house's plan where it is carried inside one."""
    try:
        job = await optional(ask.tracking.job(JobId(view.order_id)))
        stand = await optional(ask.menus.stand(job.stand_id)) if job else None
        plan = await plan_of(ask, job.event_id) if job and view.to.seat else None
    except NotFound:  # a stand that is gone: the order is followed all the same
        return "UTC", None
    return stand.draft.zone if stand else "UTC", plan
