"""Positions in: our own JSON, OsmAnd's query, OwnTracks' JSON. The device's key opens them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from quickserve.contracts.tracking import (
    FIXES_MAX,
    BadDeviceKey,
    DeviceId,
    Fix,
    Fixes,
    FixesTaken,
    GpxRefused,
    ImpossiblePosition,
    ShiftEnded,
    UnknownDevice,
)
from quickserve.kernel.auth import anyone, keyed
from quickserve.kernel.errors import Malformed, Unavailable, errors
from quickserve.kernel.http import json_answer
from quickserve.kernel.lane import Lean
from quickserve.kernel.service import Context, Ctx
from quickserve.tracking import formats
from quickserve.tracking.commands.take_fixes import take_fixes
from quickserve.tracking.gpx import read_gpx
from quickserve.tracking.resources import resources

router = APIRouter()
_REFUSALS = (BadDeviceKey, UnknownDevice, ImpossiblePosition, ShiftEnded, Malformed, Unavailable)


@router.put(
    "/fixes/{device_id}",
    response_model=FixesTaken,
    dependencies=[anyone],
    responses=errors(*_REFUSALS),
)
async def put_fixes(device_id: DeviceId, body: Fixes, ctx: Ctx) -> Response:
    """One or many, in any order; repeating it does no harm."""
    return json_answer(await _put_fixes(ctx, device_id, body))


@router.api_route(
    "/osmand", methods=["GET", "POST"], dependencies=[anyone], responses=errors(*_REFUSALS),
    include_in_schema=False,
)  # fmt: skip
async def osmand(request: Request, ctx: Ctx) -> FixesTaken:
    query = dict(request.query_params)
    body: dict[str, Any] = {}
    if content := await request.body():
        if "json" in request.headers.get("content-type", "").lower():
            body = formats.read_object(content)
        else:
            query |= formats.read_form(content)
    sender = formats.osmand_sender(query, body)
    _check(ctx, sender)
    fix = formats.read_osmand_json(body) if body else formats.read_osmand(query, datetime.now(UTC))
    return await _take(ctx, sender, fix)


@router.post(
    "/owntracks", dependencies=[keyed], responses=errors(*_REFUSALS), include_in_schema=False
)
async def owntracks(request: Request, ctx: Ctx) -> list[Any]:
    """Answers what OwnTracks expects: what it should show, which is nothing."""
    sender = formats.owntracks_sender(request.headers.get("authorization", ""))
    _check(ctx, sender)
    fix = formats.read_owntracks(formats.read_object(await request.body()))
    if fix is not None:
        await _take(ctx, sender, fix)
    return []


@router.post("/gpx", dependencies=[keyed], responses=errors(*_REFUSALS, GpxRefused, Malformed))
async def post_gpx(
    request: Request, ctx: Ctx, device_id: DeviceId, key: Annotated[str, Query(max_length=100)]
) -> FixesTaken:
    """A recording of the shift, sent afterwards: GPX 1.0 or 1.1, packed or not."""
    _check(ctx, formats.Sender(device_id, key))
    told = [
        Fix(at=point.at, latitude=point.latitude, longitude=point.longitude)
        for point in read_gpx(await request.body()).track
        if point.at is not None
    ]
    if not told:
        raise GpxRefused("There is no track point with a time in it.")
    taken = FixesTaken()
    for start in range(0, len(told), FIXES_MAX):
        some = await take_fixes(ctx, device_id, key, told[start : start + FIXES_MAX])
        taken = FixesTaken(**{n: getattr(taken, n) + v for n, v in some.model_dump().items()})
    return taken


def _check(ctx: Context, sender: formats.Sender) -> None:
    """Before anything else is read: strangers learn nothing about formats."""
    if not resources(ctx).keys.opens(sender.device_id, sender.key):
        raise BadDeviceKey


async def _take(ctx: Context, sender: formats.Sender, fix: Fix) -> FixesTaken:
    return await take_fixes(ctx, sender.device_id, sender.key, [fix])


async def _put_fixes(ctx: Context, device_id: UUID, body: Fixes) -> bytes:
    taken = await take_fixes(ctx, DeviceId(device_id), body.key, body.fixes)
    return taken.model_dump_json().encode()


LANE = (Lean("/fixes/{device_id}", Fixes, _put_fixes),)
