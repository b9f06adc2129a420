"""Who carries: on and off shift, what is in hand, picked up, handed over by its code.

Each form works by itself. With the script they wait for a connection, in the order they were sent;
their ids and times are those of the tap, so that a repeat is recognised and a delay told.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from fastapi import Request
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.ordering import OrderId, OrderView
from quickserve.contracts.tracking import (
    CAPACITY_MAX,
    AlreadyOnShift,
    CheckpointScan,
    CheckpointScanId,
    DeviceId,
    HandoverId,
    JobId,
    JobView,
    NewHandover,
    NewShift,
    PickUp,
    ShiftId,
    ShiftJobs,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.live import stream
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, sentence
from quickserve.web.sessions import Session, Staff
from quickserve.web.templating import fragment, render

router = page_router()

_MOMENT: Final = TypeAdapter[datetime](AwareDatetime)
_JOBS_TOLD: Final = 6  # of so many the address is asked for


@router.get("/runner")
async def choose(request: Request, who: Staff, ask: Ask) -> Response:
    """The shift that goes on, else how to begin one."""
    own = (await ask.tracking.own_shifts(who.access_token)).shifts
    if own:
        return redirect(request, f"/runner/{own[0].id}")
    return _begin_page(request, who)


@router.post("/runner")
async def begin(request: Request, form: Submitted, who: Staff, ask: Ask) -> Response:
    moves = form.text("moves")
    try:
        new = NewShift.model_validate({
            "organiser_id": form.text("organiser"), "name": form.text("name"),
            "moves": moves, "capacity": form.whole("capacity", 3),
        })  # fmt: skip
        shift = await ask.tracking.put_shift(ShiftId(form.minted("shift")), new, who.access_token)
    except AlreadyOnShift as problem:
        known = parse_id(str(problem.extra.get("shift_id")))
        return redirect(request, f"/runner/{known}" if known else "/runner")
    except ValidationError:
        told = Sentence(locale_of(request).gettext("Say who you are and what you can carry."), "")
        return _begin_page(request, who, told=told, status=422)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return _begin_page(request, who, told=told, status=problem.status)
    return redirect(request, f"/runner/{shift.id}")


@router.get("/runner/{shift_id}")
async def shift_page(request: Request, shift_id: ShiftId, who: Staff, ask: Ask) -> Response:
    return await _show(request, shift_id, who, ask)


@router.get("/runner/{shift_id}/now")
async def shift_now(
    request: Request, shift_id: ShiftId, who: Staff, ask: Ask, ctx: Ctx
) -> Response:
    code, csrf = locale_of(request).code, str(request.state.csrf)

    async def show(_notice: Notice | None) -> str | None:
        found = await ask.tracking.shift(shift_id, who.access_token)
        values = await _jobs(ask, found)
        return fragment(code, "tracking/runner_jobs.html", csrf=csrf, **values)

    return stream(request, ctx.fanout, [notices.shift(shift_id)], show)


@router.post("/runner/{shift_id}/jobs/{job_id}/pickup")
async def pick_up(
    request: Request, shift_id: ShiftId, job_id: JobId, form: Submitted, who: Staff, ask: Ask
) -> Response:
    async def act() -> None:
        await ask.tracking.pick_up(job_id, PickUp(at=_at(form)), who.access_token)

    return await _do(request, shift_id, who, ask, act)


@router.post("/runner/{shift_id}/jobs/{job_id}/handover")
async def hand_over(
    request: Request, shift_id: ShiftId, job_id: JobId, form: Submitted, who: Staff, ask: Ask
) -> Response:
    async def act() -> None:
        new = NewHandover(
            job_id=job_id, at=_at(form), pin=form.text("pin")[:12],
            offline=form.ticked("offline"), seen=form.ticked("seen"),
        )  # fmt: skip
        handover_id = HandoverId(form.minted("handover"))
        await ask.tracking.hand_over(handover_id, new, who.access_token)

    return await _do(request, shift_id, who, ask, act)


@router.post("/runner/{shift_id}/jobs/{job_id}/return")
async def give_back(
    request: Request, shift_id: ShiftId, job_id: JobId, _form: Submitted, who: Staff, ask: Ask
) -> Response:
    async def act() -> None:
        await ask.tracking.assign(job_id, None, who.access_token)

    return await _do(request, shift_id, who, ask, act)


@router.post("/runner/{shift_id}/scans")
async def scan(
    request: Request, shift_id: ShiftId, form: Submitted, who: Staff, ask: Ask
) -> Response:
    async def act() -> None:
        found = CheckpointScan(code=form.text("code")[:200] or "-", at=_at(form))
        scan_id = CheckpointScanId(form.minted("scan"))
        await ask.tracking.put_scan(shift_id, scan_id, found, who.access_token)

    return await _do(request, shift_id, who, ask, act)


@router.post("/runner/{shift_id}/ending")
async def end(
    request: Request, shift_id: ShiftId, _form: Submitted, who: Staff, ask: Ask
) -> Response:
    try:
        await ask.tracking.end_shift(shift_id, who.access_token)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, shift_id, who, ask, told=told, status=problem.status)
    return redirect(request, "/runner")


async def _do(
    request: Request, shift_id: ShiftId, who: Session, ask: Services,
    act: Callable[[], Awaitable[None]],
) -> Response:  # fmt: skip
    try:
        await act()
    except Problem as problem:
        if problem.transient:
            raise
        told = sentence(problem, locale_of(request))
        return await _show(request, shift_id, who, ask, told=told, status=problem.status)
    return redirect(request, f"/runner/{shift_id}")


async def _show(
    request: Request, shift_id: ShiftId, who: Session, ask: Services,
    *, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    found = await ask.tracking.shift(shift_id, who.access_token)
    device = None
    if found.shift.ended_at is None:
        device_id = DeviceId(uuid5(NAMESPACE_URL, f"{shift_id}/phone"))
        device = await optional(ask.tracking.put_device(shift_id, device_id, who.access_token))
    return render(
        request, "tracking/runner.html", status=status, headers=PRIVATE, locates=True,
        told=told, device=device, scan_id=new_uuid(), **await _jobs(ask, found),
    )  # fmt: skip


async def _jobs(ask: Services, found: ShiftJobs) -> dict[str, Any]:
    """What is in hand; the address and the name of whom it is for, of the first ones."""
    orders: dict[JobId, OrderView] = {}
    for job in found.jobs[:_JOBS_TOLD]:
        if order := await optional(ask.ordering.facts(OrderId(job.id))):
            orders[job.id] = order
    minted: dict[JobId, object] = {job.id: new_uuid() for job in found.jobs}
    return {"shift": found.shift, "jobs": _in_turn(found.jobs), "orders": orders, "minted": minted}


def _in_turn(jobs: list[JobView]) -> list[JobView]:
    """What is carried comes first."""
    return sorted(jobs, key=lambda job: job.state != "carried")


def _begin_page(
    request: Request, who: Session, *, told: Sentence | None = None, status: int = 200
) -> Response:
    organisations = who.memberships(Role.RUNNER, Role.ORGANISER)
    names = {OrganiserId(one.organiser_id): one.organiser_name for one in organisations}
    return render(
        request, "tracking/runner_begin.html", status=status, headers=PRIVATE, told=told,
        organisations=names, shift_id=new_uuid(), first_name=who.person.name.split()[0][:60],
        capacity_max=CAPACITY_MAX,
    )  # fmt: skip


def _at(form: Form) -> datetime:
    """When it was tapped; phones without a script do not tell."""
    try:
        return _MOMENT.validate_python(form.text("at"))
    except ValidationError:
        return datetime.now(UTC)
