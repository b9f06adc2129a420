"""A plan is examined and repaired: what comes out is fit to be saved, what was wrong is told."""

import math
from dataclasses import dataclass
from statistics import median
from typing import Any

from pydantic import ValidationError

from quickserve.catalog.seating.lengths import repair_lengths
from quickserve.catalog.seating.loose import (
    Finding,
    LoosePlan,
    LooseRow,
    LooseSeat,
    LooseSection,
    Refused,
    line,
)
from quickserve.catalog.seating.names import repair_categories, repair_kinds, repair_names
from quickserve.catalog.seating.numbers import repair_ids, repair_numbers
from quickserve.catalog.seating.overlaps import repair_overlaps
from quickserve.catalog.seating.places import repair_places
from quickserve.catalog.seating.words import WORDS
from quickserve.contracts.seating import (
    CATEGORIES_MAX,
    ROW_SEATS_MAX,
    ROWS_MAX,
    SEATS_MAX,
    SECTIONS_MAX,
    SIZE_MAX,
    PlanFinding,
    PlanHasDefects,
    SeatingPlanDraft,
)
from quickserve.kernel.errors import FieldError

_ROUNDS = 5
_AISLE = 1.5  # times the row's usual distance
_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Examined:
    """The repaired plan, what was found in it, and what the file said beyond the contract."""

    draft: SeatingPlanDraft
    findings: list[Finding]
    kept: dict[str, Any] | None
    format: str


def examine(plan: LoosePlan) -> Examined:
    """Changes the plan given. Raises Refused for one that is too large, or has no seat at all."""
    _bound(plan)
    for _ in range(_ROUNDS):
        known = len(plan.findings)
        _repair(plan)
        if not any(finding.defect for finding in plan.findings[known:]):
            break
    assert plan.width is not None
    assert plan.height is not None
    if max(plan.width, plan.height) > SIZE_MAX:
        raise Refused(
            "too-wide", f"The plan would be larger than {SIZE_MAX} units: scale its positions down."
        )
    return Examined(_draft(plan), plan.findings, _kept(plan), plan.format)


def _repair(plan: LoosePlan) -> None:
    """Once through all rules. What a repair disturbs is seen in the next round."""
    repair_lengths(plan)
    repair_names(plan)
    repair_kinds(plan)
    repair_categories(plan)
    repair_numbers(plan)
    repair_ids(plan)
    for section in plan.sections:
        for row in section.rows:
            _check_gaps(plan, section, row)
    repair_places(plan)
    repair_overlaps(plan)


def _bound(plan: LoosePlan) -> None:
    seats = sum(1 for _ in plan.seats())
    if seats > SEATS_MAX:
        raise Refused("too-many-seats", f"The plan has more than {SEATS_MAX} seats: split it.")
    if len(plan.sections) > SECTIONS_MAX:
        raise Refused(
            "too-many-sections", f"The plan has more than {SECTIONS_MAX} sections: join some."
        )
    if any(len(section.rows) > ROWS_MAX for section in plan.sections):
        raise Refused("too-many-rows", f"A section has more than {ROWS_MAX} rows: split it.")
    if any(len(r.seats) > ROW_SEATS_MAX for s in plan.sections for r in s.rows):
        raise Refused("row-too-long", f"A row has more than {ROW_SEATS_MAX} seats: split it.")
    names = {seat.category for _, _, seat in plan.seats()} if plan.categories is None else set()
    if max(len(names), len(plan.categories or [])) > CATEGORIES_MAX:
        raise Refused(
            "too-many-categories",
            f"The plan has more than {CATEGORIES_MAX} categories: join those of one price.",
        )


def _check_gaps(plan: LoosePlan, section: LooseSection, row: LooseRow) -> None:
    if row.gaps is None:
        return
    wrong = {gap for gap in row.gaps if not 0 <= gap < len(row.seats) - 1}
    if wrong:
        plan.find("gap-wrong", row.at, section.name, row.name)
        row.gaps -= wrong


def _draft(plan: LoosePlan) -> SeatingPlanDraft:
    """Validated as a whole, at pydantic's speed: 50,000 seats are a tenth of a second."""
    values = {
        "base_version": 0, "name": plan.name, "width": plan.width, "height": plan.height,
        "categories": [{"name": name, "color": color} for name, color in plan.categories or []],
        "sections": [
            {
                "id": section.id, "name": section.name,
                "shapes": [shape.model_dump() for shape in section.shapes],
                "rows": [
                    {
                        "name": row.name, "gap_after": sorted(_gaps(row)),
                        "seats": [_seat(seat) for seat in row.seats],
                    }
                    for row in section.rows
                ],
            }
            for section in plan.sections
        ],
    }  # fmt: skip
    try:
        return SeatingPlanDraft.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused("out-of-bounds", f"{place}: {first['msg']}: change it.") from None


def _seat(seat: LooseSeat) -> dict[str, Any]:
    assert seat.x is not None
    assert seat.y is not None
    return {
        "id": seat.id, "number": seat.number, "category": seat.category, "kind": seat.kind,
        "blocked": seat.blocked, "x": round(seat.x, _DECIMALS), "y": round(seat.y, _DECIMALS),
    }  # fmt: skip


def _gaps(row: LooseRow) -> set[int]:
    """Given ones, else where the next seat is much further than usual."""
    if row.gaps is not None:
        return row.gaps
    apart = [
        math.hypot((two.x or 0) - (one.x or 0), (two.y or 0) - (one.y or 0))
        for one, two in zip(row.seats, row.seats[1:], strict=False)
    ]
    if len(apart) < 2:  # noqa: PLR2004 - nothing to compare with
        return set()
    usual = median(apart)
    return {at for at, distance in enumerate(apart) if distance > usual * _AISLE}


def _kept(plan: LoosePlan) -> dict[str, Any] | None:
    """By the identifiers that the repaired plan has."""
    if plan.kept is None:
        return None
    rows: list[dict[str, Any]] = []
    seats: dict[str, Any] = {}
    for section in plan.sections:
        for row in section.rows:
            for seat in row.seats:
                seats[seat.id] = [len(rows), seat.kept]
            rows.append(row.kept or {})
    sections = {section.id: section.kept for section in plan.sections if section.kept}
    return {**plan.kept, "sections": sections, "rows": rows, "seats": seats}


# -- Drafts ---------------------------------------------------------------------------------------


def loose(draft: SeatingPlanDraft) -> LoosePlan:
    """An editor's draft, to be looked at as strictly as a file."""
    sections: list[LooseSection] = []
    for at, section in enumerate(draft.sections):
        rows: list[LooseRow] = []
        for row_at, row in enumerate(section.rows):
            place = f"sections.{at}.rows.{row_at}"
            seats = [
                LooseSeat(
                    line(seat.number), line(seat.id), line(seat.category),
                    seat.x, seat.y, seat.kind, seat.blocked, f"{place}.seats.{seat_at}",
                )
                for seat_at, seat in enumerate(row.seats)
            ]  # fmt: skip
            rows.append(LooseRow(line(row.name), seats, set(row.gap_after), place))
        shapes = [shape.model_copy() for shape in section.shapes]
        sections.append(
            LooseSection(line(section.name), rows, line(section.id), shapes, f"sections.{at}")
        )
    categories = [(line(category.name), category.color) for category in draft.categories]
    return LoosePlan(line(draft.name), sections, categories, draft.width, draft.height)


def check_draft(draft: SeatingPlanDraft) -> None:
    """Raises PlanHasDefects, naming the first places."""
    try:
        findings = [finding for finding in examine(loose(draft)).findings if finding.defect]
    except Refused as refused:
        error = FieldError(field="sections", code=refused.code, message=refused.sentence)
        raise PlanHasDefects(refused.sentence, errors=[error]) from None
    if not findings:
        return
    errors = [_field_error(finding) for finding in findings[:50]]
    detail = "; ".join(f"{error.field}: {error.message}" for error in errors[:3])
    raise PlanHasDefects(detail, errors=errors, defects=len(findings))


_FIELDS = {"number": "number", "id": "id", "category": "category", "kind": "kind"}


def _field_error(finding: Finding) -> FieldError:
    message, repair = sentences(finding)
    member = _FIELDS.get(finding.code.split("-")[0]) if ".seats." in finding.at else None
    place = f"{finding.at}.{member}" if member else finding.at
    return FieldError(field=place, code=finding.code, message=f"{message} {repair}".strip())


def sentences(finding: Finding) -> tuple[str, str]:
    message, repair = WORDS[finding.code]
    return message % finding.values, repair % finding.values


def told(findings: list[Finding]) -> list[PlanFinding]:
    """As the API tells them. An id names the same finding whenever the same plan is examined."""
    found: list[PlanFinding] = []
    for at, finding in enumerate(findings):
        message, repair = sentences(finding)
        found.append(
            PlanFinding(
                id=f"{at + 1}", code=finding.code, defect=finding.defect, at=finding.at,
                section=finding.section, row=finding.row, seat=finding.seat, message=message,
                repair=repair, values={k: str(v) for k, v in finding.values.items()},
            )
        )  # fmt: skip
    return found
