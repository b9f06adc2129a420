"""Seating plans of an organiser: what there are, one of them, a new one without a file."""

from typing import Annotated, Final

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts.seating import (
    PLAN_NAME_MAX,
    PlanHasDefects,
    PlanId,
    Seat,
    SeatCategory,
    SeatingPlan,
    SeatingPlanDraft,
    SeatRow,
    Section,
    Shape,
)
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import PRIVATE, Ask, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.numbers import count, count_rule
from quickserve.web.pages.organiser.plan_words import first_sentence
from quickserve.web.plan_picture import picture
from quickserve.web.problems import Sentence, sentence

router = page_router()

SECTION: Final = "/organiser/seating-plans"
_ROWS_MOST: Final = 100
_SEATS_MOST: Final = 200
_APART, _BEHIND, _EDGE = 25, 30, 60
_COLORS: Final = ("#0B6B52", "#C2371A", "#2F5DA8")

Version = Annotated[int, Path(ge=1, le=1_000_000)]


@router.get("/organiser/seating-plans")
async def plans_page(request: Request, desk: Organising, ask: Ask) -> Response:
    found = await ask.seating.plans(desk.organiser_id, desk.token)
    return show(request, desk, "plans.html", section=SECTION, plans=found.plans)


@router.get("/organiser/seating-plans/new")
async def new_page(request: Request, desk: Organising) -> Response:
    values = {"plan": str(new_uuid()), "name": "", "rows": "10", "seats": "20", "numbering": "up"}
    return _new(request, desk, values)


@router.post("/organiser/seating-plans/new")
async def make(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    plan_id = PlanId(form.minted("plan"))
    values = {"plan": str(plan_id), "numbering": "up"} | form.values
    draft, errors = _hall(form, locale)
    if draft is None:
        return _new(request, desk, values, errors=errors, status=422)
    try:
        await ask.seating.put_plan(desk.organiser_id, plan_id, draft, desk.token)
    except Problem as problem:
        told = _told(problem, locale)
        return _new(request, desk, values, told=told, status=problem.status)
    return redirect(request, f"{SECTION}/{plan_id}?done=plan-saved")


@router.get("/organiser/seating-plans/{plan_id}")
async def plan_page(request: Request, plan_id: PlanId, desk: Organising, ask: Ask) -> Response:
    head = await ask.seating.plan(desk.organiser_id, plan_id, desk.token)
    plan = await ask.seating.version(plan_id, head.version)
    return show(
        request, desk, "plan.html", section=SECTION, head=head, plan=plan, drawing=picture(plan),
        categories=_by_category(plan),
        marked=sum(s.kind != "standard" for s in _seats(plan)),
    )  # fmt: skip


@router.get("/organiser/seating-plans/{plan_id}/versions/{version}/pretix")
async def export(plan_id: PlanId, version: Version, desk: Organising, ask: Ask) -> Response:
    content = await ask.seating.exported(desk.organiser_id, plan_id, version, desk.token)
    name = f"seating-plan-{version}.json"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers={**PRIVATE, **disposition})


def _seats(plan: SeatingPlan) -> list[Seat]:
    return [seat for section in plan.sections for row in section.rows for seat in row.seats]


def _by_category(plan: SeatingPlan) -> list[tuple[SeatCategory, int, int]]:
    """With how many seats it has, and how many of them are for sale."""
    counts = {category.name: [0, 0] for category in plan.categories}
    for seat in _seats(plan):
        counts[seat.category][0] += 1
        counts[seat.category][1] += not seat.blocked
    return [(one, counts[one.name][0], counts[one.name][1]) for one in plan.categories]


def _told(problem: Problem, locale: Locale) -> Sentence:
    if isinstance(problem, PlanHasDefects):
        return Sentence(str(sentence(problem, locale)), first_sentence(problem, locale))
    return sentence(problem, locale)


def _new(
    request: Request, desk: Desk, values: dict[str, str], *,
    errors: dict[str, str] | None = None, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, desk, "plan_new.html", section=SECTION, values=values, errors=errors or {},
        told=told, status=status,
    )  # fmt: skip


# -- A hall out of four answers -------------------------------------------------------------------


def _hall(form: Form, locale: Locale) -> tuple[SeatingPlanDraft | None, dict[str, str]]:
    errors: dict[str, str] = {}
    name = form.text("name")
    if not name:
        errors["name"] = locale.gettext("Give the plan a name.")
    if len(name) > PLAN_NAME_MAX:
        errors["name"] = locale.gettext("This is too long: shorten it.")
    rows = count(form.text("rows"), 1, _ROWS_MOST)
    if rows is None:
        errors["rows"] = count_rule(1, _ROWS_MOST, locale)
    seats = count(form.text("seats"), 1, _SEATS_MOST)
    if seats is None:
        errors["seats"] = count_rule(1, _SEATS_MOST, locale)
    if errors or rows is None or seats is None:
        return None, errors
    category, stage = locale.gettext("Standard"), locale.gettext("Stage")
    section = locale.gettext("Stalls")
    numbers = _numbers(form.text("numbering"), seats)
    width = 2 * _EDGE + (seats - 1) * _APART
    made = [
        SeatRow(
            name=_letters(at + 1),
            seats=[
                Seat(
                    id=f"{_letters(at + 1)}-{number}", number=str(number), category=category,
                    x=_EDGE + n * _APART, y=2 * _EDGE + 40 + at * _BEHIND,
                )
                for n, number in enumerate(numbers)
            ],
        )
        for at in range(rows)
    ]  # fmt: skip
    shape = Shape(
        kind="rectangle", x=width / 4, y=30, width=width / 2, height=60, text=stage,
        color="#CFD8D2", border_color="#6B7F78",
    )  # fmt: skip
    return SeatingPlanDraft(
        base_version=0, name=name, width=max(300, width),
        height=3 * _EDGE + 40 + (rows - 1) * _BEHIND,
        categories=[SeatCategory(name=category, color=_COLORS[0])],
        sections=[Section(id="stalls", name=section, rows=made, shapes=[shape])],
    ), {}  # fmt: skip


def _numbers(scheme: str, seats: int) -> list[int]:
    """From left to right."""
    match scheme:
        case "down":
            return list(range(seats, 0, -1))
        case "split":  # even to the left, odd to the right, low ones in the middle
            even = list(range(2, seats + 1, 2))
            return [*reversed(even), *range(1, seats + 1, 2)]
        case _:
            return list(range(1, seats + 1))


def _letters(number: int) -> str:
    text = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
