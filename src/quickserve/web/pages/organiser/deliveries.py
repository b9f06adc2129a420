"""Who carries what, and where: live on the plan and the streets, with what waits beside it."""

from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.tracking import Fleet, JobId, JobView, Place, RunnerOnMap, ShiftId
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import track_words
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.live import stream
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.tracking.following import plan_of
from quickserve.web.problems import Sentence, sentence
from quickserve.web.templating import fragment
from quickserve.web.tiles import tiles_of
from quickserve.web.track_maps import (
    Degrees,
    MarkKind,
    StreetMap,
    VenueMap,
    street_map,
    venue_map,
)

router = page_router()

SECTION: Final = "/organiser/deliveries"
_LOOK_SECONDS: Final = 2.0  # each look is noted, and is one of everybody on shift
_MARKS_MAX: Final = 60


@router.get("/organiser/deliveries")
async def deliveries(request: Request, desk: Organising, ask: Ask) -> Response:
    return await _show(request, desk, ask)


@router.get("/organiser/deliveries/{organiser_id}/now")
async def now(
    request: Request, organiser_id: OrganiserId, desk: Organising, ask: Ask, ctx: Ctx
) -> Response:
    own, locale, csrf = desk.its(organiser_id), locale_of(request), str(request.state.csrf)

    async def part(_notice: Notice | None) -> str:
        values = await _values(ask, organiser_id, own.token, locale)
        return fragment(locale.code, "organiser/deliveries_now.html", csrf=csrf, **values)

    channels = [notices.fleet(organiser_id)]
    return stream(request, ctx.fanout, channels, part, pause_seconds=_LOOK_SECONDS)


@router.post("/organiser/deliveries/{job_id}")
async def assign(
    request: Request, job_id: JobId, form: Submitted, desk: Organising, ask: Ask
) -> Response:
    """To another runner, or back to be given out anew."""
    shift_id = form.id("shift")
    try:
        await ask.tracking.assign(job_id, ShiftId(shift_id) if shift_id else None, desk.token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, desk, ask, told=told, status=problem.status)
    return redirect(request, f"{SECTION}?done=saved")


async def _show(
    request: Request, desk: Desk, ask: Services, *, told: Sentence | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    values, tiles = (
        await _values(ask, desk.organiser_id, desk.token, locale_of(request)), tiles_of(request)
    )  # fmt: skip
    return show(
        request, desk, "deliveries.html", section=SECTION, status=status, told=told, tiles=tiles,
        images=tiles.origin if tiles else "", **values,
    )  # fmt: skip


async def _values(
    ask: Services, organiser_id: OrganiserId, token: str, locale: Locale
) -> dict[str, Any]:
    fleet = await ask.tracking.fleet(organiser_id, token)
    jobs = [*(job for one in fleet.runners for job in one.jobs), *fleet.waiting]
    known = {one.shift.id: _where(one, locale) for one in fleet.runners}
    return {
        "organiser_id": organiser_id, "fleet": fleet, "jobs": jobs, "where": known,
        "ages": {one.shift.id: _age(one, fleet, locale) for one in fleet.runners},
        "streets": _streets(fleet, jobs), "venue": await _venue(ask, fleet, jobs),
    }  # fmt: skip


def _where(one: RunnerOnMap, locale: Locale) -> str:
    at = one.position
    if at is None:
        return ""
    if at.place:
        return track_words.place_words(at.place.section, at.place.row, locale)
    return "" if at.latitude is None else f"{at.latitude:.5f}, {at.longitude:.5f}"


def _age(one: RunnerOnMap, fleet: Fleet, locale: Locale) -> str:
    if one.position is None:
        return ""
    return track_words.age_words((fleet.server_now - one.position.at).total_seconds(), locale)


def _streets(fleet: Fleet, jobs: list[JobView]) -> StreetMap | None:
    places: list[tuple[MarkKind, str, Degrees]] = [
        ("runner", one.shift.name, (one.position.latitude, one.position.longitude))
        for one in fleet.runners
        if one.position and one.position.latitude is not None
        and one.position.longitude is not None
    ]  # fmt: skip
    stands: dict[Degrees, str] = {}
    for job in jobs:
        if job.to.latitude is not None and job.to.longitude is not None:
            places.append(("to", job.number, (job.to.latitude, job.to.longitude)))
        if job.stand.latitude is not None and job.stand.longitude is not None:
            stands[job.stand.latitude, job.stand.longitude] = job.stand_name
    places.extend(("stand", name, at) for at, name in stands.items())
    return street_map(places[:_MARKS_MAX])


async def _venue(ask: Services, fleet: Fleet, jobs: list[JobView]) -> VenueMap | None:
    """The house of the first event that somebody carries in."""
    events = [job.event_id for job in jobs if job.event_id and job.to.seat]
    plan = await plan_of(ask, events[0]) if events else None
    if plan is None:
        return None
    places: list[tuple[MarkKind, str, Place | None, str]] = [
        ("runner", one.shift.name, one.position.place, "")
        for one in fleet.runners
        if one.position and one.position.place
    ]
    places.extend(("to", job.number, None, job.to.seat) for job in jobs if job.to.seat)
    return venue_map(plan, places[:_MARKS_MAX])
