"""Which seating plan an event's dates have, and which seats each of its ticket types is for."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.catalog import (
    DateSeating,
    EventSeating,
    SeatsWouldBeLost,
    TicketTypeSeating,
)
from quickserve.contracts.seating import PlanId, SeatingPlanSummary
from quickserve.kernel.errors import Malformed, Problem
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.problems import Sentence, sentence

router = page_router()


@dataclass(frozen=True, slots=True)
class Option:
    """A version that a date may have; an older one is offered where a date has it.

    `seats` is known of the latest. `changed_at` only where another plan has the same name.
    """

    value: str
    name: str
    version: int
    latest: bool
    seats: int = 0
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeatMiss:
    """A seat that was asked for and not found: what was typed, and what would help."""

    called: str
    date: str
    fix: str


@router.get("/organiser/events/{event_id}/seats")
async def seats_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    return await show_seats(request, own, ask)


@router.post("/organiser/events/{event_id}/seats")
async def save_seats(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    try:
        await ask.catalog.put_seating(own.view.id, _seating(own, form), own.desk.token)
    except Malformed:
        locale = locale_of(request)
        told = Sentence(
            locale.gettext("A ticket is for seats that no date has."),
            locale.gettext("Choose a plan for a date, then categories of that plan."),
        )
        return await show_seats(request, own, ask, told=told, chosen=form.values, status=422)
    except SeatsWouldBeLost as problem:
        return await show_seats(
            request, own, ask, chosen=form.values, status=problem.status, lost=problem.extra
        )
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await show_seats(
            request, own, ask, told=told, chosen=form.values, status=problem.status
        )
    return redirect(request, f"{own.path}/seats?done=saved")


def _seating(own: OwnEvent, form: Form) -> EventSeating:
    """The form's answers; dates and ticket types that it does not show stay as they are."""
    dates: list[DateSeating] = []
    for date in own.view.dates:
        field = f"date-{date.id}"
        text = form.text(field) if form.ticked(field) else _value(date.plan_id, date.plan_version)
        plan, _, version = text.partition(":")
        plan_id = parse_id(plan)
        if plan_id is not None and version.isascii() and version.isdigit():
            number = min(int(version[:9]), 1_000_000)
            dates.append(DateSeating(date_id=date.id, plan_id=PlanId(plan_id), plan_version=number))
    kinds: list[TicketTypeSeating] = []
    for kind in own.view.ticket_types:
        field = f"kind-{kind.id}"
        category = form.text(field) if form.ticked(field) else kind.seat_category or ""
        if category:
            kinds.append(TicketTypeSeating(ticket_type_id=kind.id, seat_category=category[:60]))
    return EventSeating(dates=dates, ticket_types=kinds, lose_seats=form.text("lose_seats") == "1")


def _value(plan_id: PlanId | None, version: int | None) -> str:
    return f"{plan_id}:{version}" if plan_id else ""


async def show_seats(
    request: Request, own: OwnEvent, ask: Services, *, told: Sentence | None = None,
    chosen: dict[str, str] | None = None, status: int = 200,
    lost: dict[str, Any] | None = None, miss: SeatMiss | None = None,
) -> Response:  # fmt: skip
    """`lost`: the seats of people that the chosen plans do not have, as the problem tells them."""
    found = await ask.seating.plans(own.desk.organiser_id, own.desk.token)
    names = {plan.id: plan for plan in found.plans}
    categories: dict[str, None] = {}
    for plan in found.plans:
        categories |= dict.fromkeys(plan.categories)
    values = {f"date-{d.id}": _value(d.plan_id, d.plan_version) for d in own.view.dates}
    values |= {f"kind-{k.id}": k.seat_category or "" for k in own.view.ticket_types}
    used = {k.seat_category: None for k in own.view.ticket_types if k.seat_category}
    return show(
        request, own.desk, "event_seats.html", section=SECTION, own=own, told=told, status=status,
        plans={str(plan.id): plan.categories for plan in found.plans},
        options=_options(own, names), categories=[*(categories | used)], lost=lost,
        miss=miss,
        values=values | (chosen or {}), dates=[d for d in own.view.dates if d.state != "cancelled"],
    )  # fmt: skip


def _options(own: OwnEvent, plans: dict[PlanId, SeatingPlanSummary]) -> list[Option]:
    """Every plan's latest version, and those in use."""
    names = Counter(plan.name for plan in plans.values())
    options: dict[str, Option] = {}
    for plan in plans.values():
        value = _value(plan.id, plan.version)
        changed_at = plan.changed_at if names[plan.name] > 1 else None
        options[value] = Option(
            value, plan.name, plan.version, latest=True, seats=plan.seats, changed_at=changed_at
        )
    for date in own.view.dates:
        if date.plan_id and date.plan_version:
            known = plans.get(date.plan_id)
            value = _value(date.plan_id, date.plan_version)
            name = known.name if known else "?"
            options.setdefault(value, Option(value, name, date.plan_version, latest=False))
    return list(options.values())
