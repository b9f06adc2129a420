"""Choosing seats on the plan: the whole house, then one area, or a row as a list.

What was chosen so far is in the address, and in the form: each page works without JavaScript.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts import notices
from quickserve.contracts.booking import HoldId, Item, NewHold, SeatTaken
from quickserve.contracts.booking_seats import DateSeats, is_taken
from quickserve.contracts.catalog import DateId, DateView, EventId, EventView, TicketTypeView
from quickserve.contracts.seating import PlanId, SeatId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Ctx
from quickserve.kernel.shared.port import Notice
from quickserve.web import offers, seat_words
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.house_plan import LINKS_MAX, PLANS, Area, HousePlan
from quickserve.web.live import stream
from quickserve.web.page import Ask, Services, local_path, locale_of, page_router, redirect
from quickserve.web.pages.event import hold_places
from quickserve.web.patience import begin_again, optional
from quickserve.web.problems import Sentence, sentence
from quickserve.web.seat_choice import (
    FREE_CHOICE_MAX,
    Choice,
    Sold,
    choice,
    extras,
    items,
    sold,
    tickets,
    total,
)
from quickserve.web.templating import render

router = page_router()

_DIGITS_MAX = 4
_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class House:
    """A date with its plan, what is sold there, and which seats are not to be had."""

    event: EventView
    date: DateView
    plan: HousePlan
    bits: bytes
    sold: dict[str, Sold]
    extras: list[Item]
    choice: Choice

    @property
    def wanted(self) -> int:
        """How many seats; 0 when nobody said so."""
        return sum(count for one in self.sold.values() for _, count in one.wanted)

    def is_free(self, seat_id: SeatId) -> bool:
        placed = self.plan.seats.get(seat_id)
        return placed is not None and not is_taken(self.bits, placed.index)


@dataclass(frozen=True, slots=True)
class Shown:
    """Seats that are ticked, and what there is to say of them."""

    seats: list[SeatId] = field(default_factory=list[SeatId])
    told: Sentence | None = None
    status: int = 200


@router.get("/events/{event_id}/seats")
async def seats_page(request: Request, event_id: EventId, ask: Ask, ctx: Ctx) -> Response:
    """The best seats are proposed where nobody chose any yet."""
    wanted = choice(request.query_params.multi_items())
    house = await _house(request, event_id, request.query_params.get("date", ""), wanted, ask, ctx)
    if house is None:
        return redirect(request, f"/events/{event_id}?{request.url.query}")
    if wanted.seats is None:
        return _show(request, house, await _best(request, house, ask))
    gone = [seat_id for seat_id in wanted.seats if not house.is_free(seat_id)]
    if gone:
        return _show(request, house, _instead(request, house, wanted.seats, gone, status=200))
    return _show(request, house, Shown(wanted.seats))


@router.post("/events/{event_id}/seats")
async def take_seats(
    request: Request, event_id: EventId, form: Submitted, ask: Ask, ctx: Ctx
) -> Response:
    """Sets these very seats aside, or leads back to the plan with them."""
    wanted = choice(form.pairs, sent=True)
    date_id, seats = form.text("date"), wanted.seats or []
    if form.ticked("more"):
        query = wanted.query(seats or [""], date=date_id)
        return redirect(request, f"/events/{event_id}/seats?{query}")
    house = await _house(request, event_id, date_id, wanted, ask, ctx)
    if house is None:
        return redirect(request, f"/events/{event_id}")
    given = tickets(house.plan, house.sold, wanted, seats)
    most = house.wanted or FREE_CHOICE_MAX
    if not given or len(given) > most:
        told = seat_words.how_many(locale_of(request), len(given), most)
        return _show(request, house, Shown(seats, told, 422))
    new = NewHold(date_id=house.date.id, items=[*items(given), *house.extras], codes=wanted.codes)
    try:
        minted, chosen = HoldId(form.minted("hold")), wanted.query(seats, date=date_id)
        back = local_path(
            f"/events/{event_id}/seats?{chosen}", f"/events/{event_id}?date={house.date.id}"
        )
        hold = await hold_places(request, ask.booking, minted, new, back)
    except SeatTaken as problem:
        begin_again(request)
        gone = [seat_id for seat_id in problem.extra.get("seats", []) if seat_id in seats]
        return _show(request, house, _instead(request, house, seats, gone, status=409))
    except Problem as problem:
        begin_again(request)
        told = sentence(problem, locale_of(request))
        return _show(request, house, Shown(seats, told, problem.status))
    return redirect(request, f"/checkout/{hold.id}")


@router.get("/dates/{date_id}/seats/live")
async def live_seats(
    request: Request, date_id: DateId, ask: Ask, ctx: Ctx, area: int = 0
) -> Response:
    """The area's bits of taken seats in base64, whenever they are others."""

    async def show(notice: Notice | None) -> str | None:
        seen = _told(notice) or await ask.seats.seats(date_id)
        plan = await PLANS.get(ask.catalog, seen.plan_id, seen.plan_version)
        if not 0 <= area < len(plan.areas):
            raise NotFound
        return _of_area(plan.areas[area], seen.bits())

    return stream(request, ctx.fanout, [notices.seats(date_id)], show)


@router.get("/plans/{plan_id}/{version}/{area}.json")
async def geometry(plan_id: PlanId, version: int, area: int, ask: Ask) -> Response:
    """Where an area's seats are: for the browser to draw, and to keep for ever."""
    plan = await PLANS.get(ask.catalog, plan_id, version)
    if not 0 <= area < len(plan.areas):
        raise NotFound("The plan has no such area.")
    headers = {
        "Cache-Control": _YEAR, "Content-Encoding": "gzip", "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return Response(plan.geometry(area), media_type="application/json", headers=headers)


def _told(notice: Notice | None) -> DateSeats | None:
    """None when it is no such thing: another version of the program may have written it."""
    try:
        return DateSeats.model_validate_json(notice.data) if notice else None
    except ValueError:
        return None


def _of_area(area: Area, bits: bytes) -> str:
    whole = int.from_bytes(bits, "little") >> area.start
    part = (whole & ((1 << area.size) - 1)).to_bytes((area.size + 7) // 8, "little")
    return base64.b64encode(part).decode()


async def _house(
    request: Request, event_id: EventId, date_text: str, wanted: Choice, ask: Services, ctx: Ctx
) -> House | None:
    """None for a date without seats, or that nothing is sold for now."""
    event = await ask.catalog.event(event_id)
    date_id, now = parse_id(date_text), ctx.clock.now()
    date = offers.choose_date(event, DateId(date_id) if date_id else None, now).shown
    if date.plan_id is None or date.plan_version is None:
        return None
    plan = await PLANS.get(ask.catalog, date.plan_id, date.plan_version)
    seen = await ask.seats.seats(date.id)
    known = await optional(ask.booking.availability([date.id]))
    here = known.dates[0] if known and known.dates else None
    terms = None
    if here is not None and (wanted.codes or here.ruled):
        terms = await optional(ask.rules.terms(date.id, wanted.codes))
    rows = offers.rows(event, date, here, {}, now=now, locale=locale_of(request), terms=terms)
    open_fields = {row.field for row in rows if not row.closed}
    kinds = [k for k in _by_position(event) if f"{offers.QUANTITY}{k.id}" in open_fields]
    return House(
        event, date, plan, seen.bits(), sold(plan, kinds, wanted), extras(kinds, wanted), wanted
    )


def _by_position(event: EventView) -> list[TicketTypeView]:
    return sorted(event.ticket_types, key=lambda kind: (kind.position, kind.name))


async def _best(request: Request, house: House, ask: Services) -> Shown:
    """Those that would be booked at once: as many as are wanted of each category."""
    found: list[SeatId] = []
    for one in house.sold.values():
        count = sum(number for _, number in one.wanted)
        if count:
            best = await ask.seats.best(
                house.date.id, one.category, count, accessible=house.choice.accessible
            )
            if not best:
                return Shown(found, seat_words.too_few(locale_of(request), one.category))
            found += best
    return Shown(found)


def _instead(
    request: Request, house: House, seats: list[SeatId], gone: list[SeatId], *, status: int
) -> Shown:
    """The others are kept, the nearest free one is ticked for each that is gone."""
    kept = [seat_id for seat_id in seats if seat_id not in gone]
    nearest: list[SeatId] = []
    but = {*seats, *gone}
    for lost in gone:
        if lost in house.plan.seats:
            found = house.plan.nearest(lost, house.bits, [*kept, *nearest], but)
            if found:
                nearest.append(found)
                but.add(found)
                house.choice.replace(lost, found)
    labels = {
        one: house.plan.seats[one].label for one in [*gone, *nearest] if one in house.plan.seats
    }
    told = seat_words.gone(
        locale_of(request), [labels[one] for one in gone if one in labels],
        [labels[one] for one in nearest], others=bool(kept),
    )  # fmt: skip
    return Shown([*kept, *nearest], told, status)


def _show(request: Request, house: House, shown: Shown) -> Response:
    plan, locale = house.plan, locale_of(request)
    area = _chosen(request.query_params.get("area"), len(plan.areas))
    rows = plan.areas[area].rows if area is not None else ()
    row = _chosen(request.query_params.get("row"), len(rows))
    given = tickets(plan, house.sold, house.choice, shown.seats)
    path = f"/events/{house.event.id}/seats"
    kept = [seat_id for seat_id, _ in given]

    def query(**more: object) -> str:
        return f"{path}?{house.choice.query(kept or [''], date=house.date.id, **more)}"

    values: dict[str, Any] = {
        "event": house.event, "date": house.date, "plan": plan, "choice": house.choice,
        "sold": house.sold, "given": given, "total": total(given), "told": shown.told,
        "hold_id": new_uuid(), "path_of_seats": path, "to": query, "links_max": LINKS_MAX,
        "legend": seat_words.legend(plan, house.sold, locale),
        "free": [one.free(house.bits) for one in plan.areas],
        "told_to_script": seat_words.for_script(plan, house.sold, house.wanted, locale),
    }  # fmt: skip
    if area is None:
        return render(request, "seats.html", status=shown.status, **values)
    values |= {"area": plan.areas[area], "number": area, "rows": rows, "row": row}
    values["taken"] = [
        [is_taken(house.bits, one.start + n) for n in range(len(one.row.seats))] for one in rows
    ]
    values["bits"] = _of_area(plan.areas[area], house.bits)
    return render(request, "seats_area.html", status=shown.status, **values)


def _chosen(text: str | None, count: int) -> int | None:
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        return None
    return int(text) if int(text) < count else None
