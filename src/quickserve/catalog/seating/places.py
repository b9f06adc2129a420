"""Places of seats: missing and absurd ones, those outside the plan, and what the plan's size is."""

import math

from quickserve.catalog.seating.layout import MARGIN, ROW_APART, SEAT_APART, lay_out
from quickserve.catalog.seating.loose import LoosePlan, LooseRow, LooseSeat, LooseSection
from quickserve.contracts.seating import SIZE_MAX

_LEAST_SIZE = 100.0


def shown(value: float | None) -> str:
    """For a sentence: 12.5, 300."""
    if value is None:
        return "?"
    if not math.isfinite(value) or abs(value) > 1e12:  # noqa: PLR2004 - `g` is shorter
        return f"{value:g}"
    return f"{value:.1f}".removesuffix(".0")


def usable(seat: LooseSeat) -> bool:
    x, y = seat.x, seat.y
    return x is not None and y is not None and abs(x) <= SIZE_MAX and abs(y) <= SIZE_MAX


def repair_places(plan: LoosePlan) -> None:
    """Every seat has a place on the plan afterwards; they may still lie on each other."""
    if not any(seat.x is not None or seat.y is not None for _, _, seat in plan.seats()):
        _lay_out(plan)
        return
    size = _given_size(plan)
    strays = [
        (section, row, seat) for section, row, seat in plan.seats()
        if not usable(seat) or (size and _far(seat, size))
    ]  # fmt: skip
    for section, row, seat in strays:
        values = {"x": shown(seat.x), "y": shown(seat.y)}
        code = "position-missing"
        if seat.x is not None and seat.y is not None:
            finite = math.isfinite(seat.x) and math.isfinite(seat.y)
            code = "position-too-far" if finite else "position-invalid"
        plan.find(code, seat.at, section.name, row.name, seat.number, **values)
        seat.x = seat.y = None
    if len(strays) == sum(1 for _ in plan.seats()):
        lay_out(plan)
        _fit(plan)
        return
    for section, row in {id(row): (section, row) for section, row, _ in strays}.values():
        _fill(plan, section, row)
    _into(plan, size)


def _lay_out(plan: LoosePlan) -> None:
    if any(True for _ in plan.seats()):
        plan.find("laid-out", "sections")
    if _given_size(plan) is None or any(True for _ in plan.seats()):
        lay_out(plan)
        _fit(plan)


def _given_size(plan: LoosePlan) -> tuple[float, float] | None:
    if plan.width is None and plan.height is None:
        return None
    fine = (
        plan.width is not None and plan.height is not None
        and 0 < plan.width <= SIZE_MAX and 0 < plan.height <= SIZE_MAX
    )  # fmt: skip
    if not fine:
        plan.width = plan.height = math.nan  # told with the size that it becomes
        return None
    assert plan.width is not None
    assert plan.height is not None
    return plan.width, plan.height


def _far(seat: LooseSeat, size: tuple[float, float]) -> bool:
    assert seat.x is not None
    assert seat.y is not None
    width, height = size
    return not (-width / 2 <= seat.x <= 1.5 * width and -height / 2 <= seat.y <= 1.5 * height)


# -- Beside the neighbours ------------------------------------------------------------------------


def _fill(plan: LoosePlan, section: LooseSection, row: LooseRow) -> None:
    placed = [at for at, seat in enumerate(row.seats) if seat.x is not None]
    if not placed:
        _below(plan, section, row)
        return
    dx, dy = step_of(row)
    for at, seat in enumerate(row.seats):
        if seat.x is not None:
            continue
        before = max((p for p in placed if p < at), default=None)
        after = min((p for p in placed if p > at), default=None)
        if before is not None and after is not None:
            (ax, ay), (bx, by) = _at(row.seats[before]), _at(row.seats[after])
            part = (at - before) / (after - before)
            seat.x, seat.y = ax + (bx - ax) * part, ay + (by - ay) * part
        else:
            near = before if before is not None else after
            assert near is not None
            x, y = _at(row.seats[near])
            seat.x, seat.y = x + (at - near) * dx, y + (at - near) * dy
    for seat in row.seats:
        assert seat.x is not None
        assert seat.y is not None
        seat.x = max(-SIZE_MAX, min(SIZE_MAX, seat.x))
        seat.y = max(-SIZE_MAX, min(SIZE_MAX, seat.y))


def _below(plan: LoosePlan, section: LooseSection, row: LooseRow) -> None:
    placed = [_at(s) for r in section.rows for s in r.seats if s.x is not None and s.y is not None]
    if not placed:
        placed = [_at(s) for _, _, s in plan.seats() if s.x is not None and s.y is not None]
    left = min(x for x, _ in placed)
    top = max(y for _, y in placed) + ROW_APART
    for at, seat in enumerate(row.seats):
        seat.x, seat.y = left + at * SEAT_APART, top


def step_of(row: LooseRow) -> tuple[float, float]:
    """From one seat of the row to the next, where most stand; else to the right."""
    steps: list[tuple[float, float]] = []
    for one, two in zip(row.seats, row.seats[1:], strict=False):
        if None in (one.x, one.y, two.x, two.y):
            continue
        (ax, ay), (bx, by) = _at(one), _at(two)
        if math.dist((ax, ay), (bx, by)) > 1:
            steps.append((bx - ax, by - ay))
    if not steps:
        return SEAT_APART, 0.0
    steps.sort(key=lambda step: math.hypot(*step))
    return steps[len(steps) // 2]


def _at(seat: LooseSeat) -> tuple[float, float]:
    assert seat.x is not None
    assert seat.y is not None
    return seat.x, seat.y


# -- The size -------------------------------------------------------------------------------------


def _into(plan: LoosePlan, size: tuple[float, float] | None) -> None:
    """The plan grows around seats outside it; one that has no size gets one."""
    if size is None:
        _fit(plan)
        return
    width, height = size
    outside = [
        (section, row, seat) for section, row, seat in plan.seats()
        if not (0 <= _at(seat)[0] <= width and 0 <= _at(seat)[1] <= height)
    ]  # fmt: skip
    if not outside:
        return
    xs = [_at(seat)[0] for _, _, seat in outside]
    ys = [_at(seat)[1] for _, _, seat in outside]
    dx = MARGIN - min(xs) if min(xs) < 0 else 0.0
    dy = MARGIN - min(ys) if min(ys) < 0 else 0.0
    plan.width = math.ceil(max(width, *xs) + dx + (MARGIN if max(xs) > width else 0))
    plan.height = math.ceil(max(height, *ys) + dy + (MARGIN if max(ys) > height else 0))
    for section, row, seat in outside:
        x, y = _at(seat)
        plan.find(
            "outside-plan", seat.at, section.name, row.name, seat.number, x=shown(x), y=shown(y),
            width=shown(plan.width), height=shown(plan.height),
        )  # fmt: skip
    for section in plan.sections:
        move_section(section, dx, dy)


def _fit(plan: LoosePlan) -> None:
    """A size, and a place on it, for what has neither."""
    told = plan.width is not None
    places = [_at(seat) for _, _, seat in plan.seats()]
    places += [corner for section in plan.sections for corner in _corners(section)]
    if places:
        left, top = min(x for x, _ in places), min(y for _, y in places)
        dx, dy = MARGIN - min(left, MARGIN), MARGIN - min(top, MARGIN)
        if left > 10 * MARGIN or top > 10 * MARGIN:
            dx, dy = MARGIN - left, MARGIN - top
        for section in plan.sections:
            move_section(section, dx, dy)
        plan.width = math.ceil(max(x for x, _ in places) + dx + MARGIN)
        plan.height = math.ceil(max(y for _, y in places) + dy + MARGIN)
    plan.width = max(_LEAST_SIZE, plan.width or 0) if places else 1000.0
    plan.height = max(_LEAST_SIZE, plan.height or 0) if places else 800.0
    if told:
        plan.find(
            "size-invalid", "size", width=shown(plan.width), height=shown(plan.height)
        )  # fmt: skip


def _corners(section: LooseSection) -> list[tuple[float, float]]:
    return [
        corner for shape in section.shapes
        for corner in ((shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height))
    ]  # fmt: skip


def grow(plan: LoosePlan) -> None:
    """To the right and downwards, around what was moved there."""
    assert plan.width is not None
    assert plan.height is not None
    for _, _, seat in plan.seats():
        x, y = _at(seat)
        if x > plan.width - 1:
            plan.width = math.ceil(x + MARGIN)
        if y > plan.height - 1:
            plan.height = math.ceil(y + MARGIN)


def move_section(section: LooseSection, dx: float, dy: float) -> None:
    if dx == 0 and dy == 0:
        return
    for row in section.rows:
        for seat in row.seats:
            x, y = _at(seat)
            seat.x, seat.y = x + dx, y + dy
    for shape in section.shapes:
        shape.x, shape.y = shape.x + dx, shape.y + dy
        shape.points = [(x + dx, y + dy) for x, y in shape.points]
    if section.kept is not None:
        x, y = section.kept.get("moved", (0, 0))
        section.kept["moved"] = (x + dx, y + dy)
