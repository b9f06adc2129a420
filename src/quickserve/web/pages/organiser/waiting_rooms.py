"""The waiting rooms of an event's dates: opened for an on-sale, watched, closed."""

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import RoomSettings, RoomView
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import local_times
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.problems import Sentence, field_errors, sentence

router = page_router()

_DATES_MAX = 20


@router.get("/organiser/events/{event_id}/waiting-rooms")
async def rooms_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    return await _show(request, own, ask)


@router.post("/organiser/events/{event_id}/waiting-rooms/{date_id}")
async def switch(
    request: Request, own: TheEvent, date_id: DateId, form: Submitted, ask: Ask
) -> Response:
    typed = form.text("opens_at")
    opens_at = local_times.parse(typed, own.zone)
    if typed and opens_at is None:
        wrong = local_times.rule(typed, locale_of(request))
        return await _show(request, own, ask, errors={date_id: wrong}, typed=typed, status=422)
    wanted = RoomSettings(
        open=form.text("action") == "open", opens_at=opens_at,
        fail_open=form.text("fail") != "closed",
    )  # fmt: skip
    try:
        await ask.waiting_rooms.put_room(date_id, wanted, own.desk.token)
    except Problem as problem:
        locale = locale_of(request)
        if wrong := field_errors(problem, locale).get("opens_at"):
            return await _show(request, own, ask, errors={date_id: wrong}, typed=typed, status=422)
        told = sentence(problem, locale)
        return await _show(request, own, ask, told=told, status=problem.status)
    return redirect(request, f"{own.path}/waiting-rooms?done=saved")


async def _show(
    request: Request, own: OwnEvent, ask: Services, *, told: Sentence | None = None,
    errors: dict[DateId, str] | None = None, typed: str = "", status: int = 200,
) -> Response:  # fmt: skip
    """`errors`: of the date whose opening time was `typed`."""
    dates = [date for date in own.view.dates if date.state != "cancelled"][:_DATES_MAX]
    rooms: dict[DateId, RoomView] = {}
    for date in dates:
        try:
            rooms[date.id] = await ask.waiting_rooms.room(date.id)
        except NotFound:
            continue
    return show(
        request, own.desk, "waiting_rooms.html", section=SECTION, own=own, dates=dates,
        rooms=rooms, told=told, errors=errors or {}, typed=typed, status=status,
        opens={one.date_id: local_times.typed(one.opens_at, own.zone) for one in rooms.values()},
    )  # fmt: skip
