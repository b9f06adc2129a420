"""What a plan must be before it is saved."""

from collections import Counter
from collections.abc import Iterator

from quickserve.contracts.seating import SEATS_MAX, PlanHasDefects, SeatingPlanDraft
from quickserve.kernel.errors import FieldError


def check_draft(draft: SeatingPlanDraft) -> None:
    """Raises PlanHasDefects."""
    findings = list(_defects(draft))
    if findings:
        detail = "; ".join(f"{f.field}: {f.message}" for f in findings[:3])
        raise PlanHasDefects(detail, errors=findings[:50])


def _defects(draft: SeatingPlanDraft) -> Iterator[FieldError]:
    known = {category.name for category in draft.categories}
    ids: Counter[str] = Counter()
    for at, section in enumerate(draft.sections):
        for row_at, row in enumerate(section.rows):
            for seat_at, seat in enumerate(row.seats):
                field = f"sections.{at}.rows.{row_at}.seats.{seat_at}"
                ids[seat.id] += 1
                if ids[seat.id] > 1:
                    yield FieldError(
                        field=f"{field}.id", code="id-repeated",
                        message=f"Another seat has the id {seat.id}: give it one of its own.",
                    )  # fmt: skip
                if seat.category not in known:
                    yield FieldError(
                        field=f"{field}.category", code="category-unknown",
                        message=f"The plan has no category {seat.category}.",
                    )  # fmt: skip
    if ids.total() > SEATS_MAX:
        yield FieldError(
            field="sections",
            code="too-many-seats",
            message=f"A plan has at most {SEATS_MAX} seats.",
        )
