"""Seating plans put otherwise."""

from math import cos, radians, sin

from quickserve.contracts.seating import Seat, SeatingPlanDraft, SeatRow


def turned(plan: SeatingPlanDraft, degrees: float) -> SeatingPlanDraft:
    """As a wing of a house stands: its rows are no longer horizontal."""
    cos_of, sin_of = cos(radians(degrees)), sin(radians(degrees))

    def turn(seat: Seat) -> Seat:
        at = {"x": 500 + seat.x * cos_of - seat.y * sin_of, "y": seat.x * sin_of + seat.y * cos_of}
        return seat.model_copy(update=at)

    def turn_row(row: SeatRow) -> SeatRow:
        return row.model_copy(update={"seats": [turn(seat) for seat in row.seats]})

    sections = [
        section.model_copy(update={"rows": [turn_row(row) for row in section.rows]})
        for section in plan.sections
    ]
    return plan.model_copy(update={"sections": sections, "width": 1200, "height": 1200})
