"""Why there are as many places left as there are, quota by quota and seat by seat."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from quickserve.booking.model import field_problem
from quickserve.booking.reads.bookings import link_of
from quickserve.booking.resources import resources
from quickserve.booking.seating.names import seats_called
from quickserve.booking.store import explanations as store
from quickserve.booking.store import offers, seats
from quickserve.booking.store.explanations import Cursor, SeatRow, StepRow
from quickserve.contracts.booking import BookingId, QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.contracts.explanations import (
    STEPS_MAX,
    Holding,
    QuotaExplanation,
    SeatExplanation,
    SeatState,
    StockStep,
)
from quickserve.contracts.seating import SeatId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_NOW: Final = Cursor(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1), "~")
_HOLDINGS_MAX: Final = 50


async def quota(ctx: Context, quota_id: QuotaId, before: str) -> QuotaExplanation:
    """Errors: NotFound, also for what counts a voucher's uses; Forbidden, Malformed."""
    cursor = _cursor(before)
    async with ctx.db.read() as tx:
        seen = await store.find_quota(tx, quota_id)
        date = await offers.find_date_facts(tx, seen.date_id) if seen else None
        if seen is None or date is None:
            raise NotFound("There is no such quota.")
        ctx.principal.require(seen.organiser_id, Role.ORGANISER)
        holdings = await store.holdings_of_quota(tx, quota_id, seen.date_id, _HOLDINGS_MAX)
        steps = await store.steps_of_quota(tx, quota_id, seen.date_id, cursor, STEPS_MAX + 1)
    aside = seen.held + seen.offered + seen.blocked + seen.reserved + seen.under_way
    return QuotaExplanation(
        id=seen.id, name=seen.name, date=date, capacity=seen.capacity,
        free=seen.capacity - seen.all_held - seen.all_sold, held=seen.held,
        under_way=seen.under_way, offered=seen.offered, blocked=seen.blocked,
        reserved=seen.reserved, sold=seen.sold, for_list=seen.for_list,
        adds_up=(aside, seen.sold) == (seen.all_held, seen.all_sold),
        holdings=[
            Holding(
                kind=one.kind, places=one.places, until=one.until, booking_id=one.booking_id,
                number=_number(ctx, one.booking_id),
            )
            for one in holdings
        ],
        steps=_shown(ctx, steps), next=_next(steps),
    )  # fmt: skip


async def seat(ctx: Context, date_id: DateId, called: str, before: str) -> SeatExplanation:
    """By its id, or by what tickets call it. Errors: NotFound, Forbidden, Malformed."""
    cursor = _cursor(before)
    seat_ids = await _seats_called(ctx, date_id, called)
    seat_id = seat_ids[0] if seat_ids else called
    async with ctx.db.read() as tx:
        seen = await store.find_seat(tx, date_id, seat_id)
        date = await offers.find_date_facts(tx, date_id)
        if seen is None or date is None:
            raise NotFound("This date has no seats.")
        ctx.principal.require(seen.organiser_id, Role.ORGANISER)
        if len(seat_ids) > 1:
            raise field_problem(
                "seat_id", "several-seats", "Several seats are called so: name the section too."
            )
        steps = await store.steps_of_seat(tx, date_id, seat_id, cursor, STEPS_MAX + 1)
    plan = await resources(ctx).houses.layout(seen.plan_id, seen.plan_version)
    place = plan.places.get(seat_id) if plan else None
    if place is None and not steps:
        raise NotFound("There is no such seat.")
    block = plan.blocks[place.block] if plan and place else None
    sellable = bool(block.for_sale >> place.position & 1) if block and place else False
    state, adds_up = _state(seen, sellable=sellable)
    return SeatExplanation(
        date=date, seat_id=seat_id, label=plan.labels.get(seat_id, seat_id) if plan else seat_id,
        category=block.category if block else None, state=state, until=seen.until,
        booking_id=seen.booking_id, number=_number(ctx, seen.booking_id), adds_up=adds_up,
        steps=_shown(ctx, steps), next=_next(steps),
    )  # fmt: skip


async def _seats_called(ctx: Context, date_id: DateId, called: str) -> list[SeatId]:
    async with ctx.db.read() as tx:
        seated = await seats.find_date(tx, date_id)
    plan = None
    if seated:
        plan = await resources(ctx).houses.layout(seated.plan_id, seated.plan_version)
    if plan is None or called in plan.places:
        return [called]
    return await asyncio.to_thread(seats_called, plan.labels, called)


def _state(seen: SeatRow, *, sellable: bool) -> tuple[SeatState, bool]:
    """And whether who has it, has it by right."""
    if seen.state == "free":
        return "free" if sellable else "blocked", True
    if seen.state == "sold":
        return "sold", seen.booking_state == "confirmed"
    if seen.booking_state == "pending":
        return "under-way", True
    kinds: dict[str, SeatState] = {
        "sale": "held",
        "offer": "offered",
        "block": "blocked",
        "reservation": "reserved",
    }
    return kinds.get(seen.purpose or "", "held"), seen.purpose is not None


def _shown(ctx: Context, steps: Sequence[StepRow]) -> list[StockStep]:
    return [
        StockStep(
            at=one.at, kind=one.kind, places=one.places, before=one.before, until=one.until,
            booking_id=one.booking_id, number=_number(ctx, one.booking_id),
        )
        for one in steps[:STEPS_MAX]
    ]  # fmt: skip


def _number(ctx: Context, booking_id: BookingId | None) -> str | None:
    return link_of(ctx, booking_id).number if booking_id else None


def _next(steps: Sequence[StepRow]) -> str | None:
    if len(steps) <= STEPS_MAX:
        return None
    last = steps[STEPS_MAX - 1]
    return f"{last.at.astimezone(UTC).isoformat()}~{last.id}~{last.kind}"


def _cursor(text: str) -> Cursor:
    if not text:
        return _NOW
    try:
        at, of, kind = text.split("~")
        return Cursor(datetime.fromisoformat(at).astimezone(UTC), UUID(of), kind)
    except (ValueError, OverflowError) as error:
        raise field_problem("before", "no-cursor", "Send what the answer before named.") from error
