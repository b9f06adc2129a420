"""Where seats go that have no place of their own."""

from quickserve.catalog.seating.loose import LoosePlan, LooseRow, LooseSection

SEAT_APART = 25.0
ROW_APART = 30.0
MARGIN = 50.0
_SECTION_APART = 100.0
_ACROSS = 3  # sections beside each other


def lay_out(plan: LoosePlan) -> None:
    """Sections beside and below each other, rows centred, one behind the other."""
    left = top = MARGIN
    tallest = 0.0
    for at, section in enumerate(plan.sections):
        if at and at % _ACROSS == 0:
            left, top, tallest = MARGIN, top + tallest + _SECTION_APART, 0.0
        width, height = _section(section, left, top)
        left += width + _SECTION_APART
        tallest = max(tallest, height)


def _section(section: LooseSection, left: float, top: float) -> tuple[float, float]:
    offsets = [_offsets(row) for row in section.rows]
    width = max((each[-1] for each in offsets if each), default=0) * SEAT_APART
    for at, (row, each) in enumerate(zip(section.rows, offsets, strict=True)):
        start = left + (width - each[-1] * SEAT_APART) / 2
        for seat, offset in zip(row.seats, each, strict=True):
            seat.x, seat.y = start + offset * SEAT_APART, top + at * ROW_APART
    return width, max(0, len(section.rows) - 1) * ROW_APART


def _offsets(row: LooseRow) -> list[int]:
    """In seats from the row's first one: an aisle is as wide as a seat."""
    offset, found = 0, list[int]()
    for at in range(len(row.seats)):
        found.append(offset)
        offset += 2 if row.gaps and at in row.gaps else 1
    return found
