"""Seats that somebody has stay in a date's plan, unless the organiser knows which ones go."""

import asyncio
import json
from typing import Any

from quickserve.catalog.store import events, seating
from quickserve.contracts.booking_seats import BookingSeatsClient, DateSeats, is_taken
from quickserve.contracts.catalog import DateId, EventId, EventSeating, SeatsWouldBeLost
from quickserve.contracts.seating import PlanId, SeatId, seat_label
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_TOLD = 50


async def spare_taken_seats(ctx: Context, event_id: EventId, wanted: EventSeating) -> None:
    """Raises SeatsWouldBeLost. As of a second ago: booking is asked before anything is locked."""
    async with ctx.db.read() as tx:
        event = await events.find_event(tx, event_id)
        dates = await events.find_dates(tx, [event_id])
    if event is None or event.state != "published":
        return  # nobody has a seat of it
    ctx.principal.require(event.organiser_id, Role.ORGANISER)
    plans = {date.date_id: (date.plan_id, date.plan_version) for date in wanted.dates}
    lost: list[str] = []
    for date in dates:
        plan = plans.get(date.id)
        if date.plan_id and plan != (date.plan_id, date.plan_version):
            lost += await _lost(ctx, date.id, plan)
    if lost:
        labels = list(dict.fromkeys(lost))
        raise SeatsWouldBeLost(
            f"{', '.join(labels[:3])}: somebody has these seats, and the new plan does not."
            " Choose a plan that has them, or send lose_seats.",
            seats=labels[:_TOLD], count=len(lost),
        )  # fmt: skip


async def _lost(ctx: Context, date_id: DateId, plan: tuple[PlanId, int] | None) -> list[str]:
    """Labels of the seats that somebody has and this plan has no more."""
    try:
        now = await BookingSeatsClient(ctx.client("booking")).seats(date_id)
    except NotFound:
        return []
    before = await _content(ctx, now.plan_id, now.plan_version)
    after = await _content(ctx, *plan) if plan else None
    return await asyncio.to_thread(_gone, now, before, after)


async def _content(ctx: Context, plan_id: PlanId, version: int) -> str | None:
    async with ctx.db.read() as tx:
        stored = await seating.find_content(tx, plan_id, version)
    return stored.content if stored else None


def _gone(now: DateSeats, before: str | None, after: str | None) -> list[str]:
    kept = {seat_id for seat_id, _, _ in _seats(after)}
    bits = now.bits()
    return [
        label
        for at, (seat_id, label, blocked) in enumerate(_seats(before))
        if is_taken(bits, at) and not blocked and seat_id not in kept
    ]


def _seats(content: str | None) -> list[tuple[SeatId, str, bool]]:
    """(id, label as tickets have it, never for sale), in the plan's order."""
    sections: list[dict[str, Any]] = json.loads(content)["sections"] if content else []
    return [
        (
            seat["id"],
            seat_label(section["name"], row["name"], seat["number"]),
            seat["blocked"],
        )
        for section in sections
        for row in section["rows"]
        for seat in row["seats"]
    ]
