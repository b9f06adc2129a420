"""The best seats of houses with wings: those before the stage, not those at its side."""

from collections.abc import Callable
from math import cos, radians, sin
from uuid import uuid4

import pytest

from quickserve.booking.seating.layout import layout
from quickserve.booking.seating.seat_map import SeatMap
from quickserve.contracts.seating import PlanId, Seat, SeatingPlan, SeatRow, Section, Shape
from quickserve.demo.hall import the_hall
from tests.booking.seating.houses import house, section

STAGE = Shape(kind="rectangle", x=-200, y=-40, width=400, height=80, text="Scène")


def fan(*shapes: Shape, turned: float = 0, wings: str = "LCR") -> SeatingPlan:
    """Three parts of an arc around the stage at 0, 0, nine seats wide, four rows deep."""
    made: list[Section] = []
    for name in wings:
        straight = {"L": -45, "C": 0, "R": 45}[name] + turned
        rows = [
            SeatRow(
                name=letter,
                seats=[
                    Seat(
                        id=f"{name}-{letter}-{n + 1}", number=str(n + 1), category="Or",
                        x=(300 + 30 * at) * sin(radians(straight + 4 * (n - 4))),
                        y=(300 + 30 * at) * cos(radians(straight + 4 * (n - 4))),
                    )
                    for n in range(9)
                ],
            )
            for at, letter in enumerate("ABCD")
        ]  # fmt: skip
        made.append(Section(id=name, name=name, rows=rows))
    made[0].shapes.extend(shapes)
    return house(*made)


def moved(plan: SeatingPlan, where: Callable[[float, float], tuple[float, float]]) -> SeatingPlan:
    copy = plan.model_copy(deep=True)
    for part in copy.sections:
        for seat in (seat for row in part.rows for seat in row.seats):
            seat.x, seat.y = where(seat.x, seat.y)
    return copy


def sold(plan: SeatingPlan, sizes: list[int]) -> list[list[str] | None]:
    seats = SeatMap(layout(plan))
    given: list[list[str] | None] = []
    for size in sizes:
        given.append(best := seats.best(plan.categories[0].name, size))
        seats.take(best or [])
    return given


@pytest.mark.parametrize("shapes", [(STAGE,), ()], ids=["with a stage", "without one"])
@pytest.mark.parametrize("wings", ["LCR", "RLC"])
def test_a_house_with_wings_sells_its_centre_first(shapes: tuple[Shape, ...], wings: str) -> None:
    plan = fan(*shapes, wings=wings)
    for size, best in ((1, [5]), (3, [4, 5, 6]), (5, [3, 4, 5, 6, 7])):
        assert sold(plan, [size]) == [[f"C-A-{n}" for n in best]]


def test_wings_are_sold_from_the_centre_outwards_one_as_the_other() -> None:
    seats = SeatMap(layout(fan(STAGE)))
    seats.take(f"C-{row}-{n}" for row in "ABCD" for n in range(1, 10))
    pairs: list[list[str]] = []
    for _ in range(2):
        pairs.append(best := seats.best("Or", 2) or [])
        seats.take(best)
    assert sorted(map(sorted, pairs)) == [["L-A-8", "L-A-9"], ["R-A-1", "R-A-2"]]


@pytest.mark.parametrize("shapes", [(STAGE,), ()], ids=["with a stage", "without one"])
def test_a_mirrored_house_has_the_mirrored_answer(shapes: tuple[Shape, ...]) -> None:
    plan, sizes = fan(*shapes), [1, 2, 3, 2, 4, 3, 5, 2, 1, 6, 2, 3]
    assert sold(moved(plan, lambda x, y: (-x, y)), sizes) == sold(plan, sizes)


def test_a_turned_house_sells_the_same_seats() -> None:
    plan, sizes = fan(STAGE), [3, 2, 5, 4]
    # The corner that a rectangle is turned around moves with it.
    corner = {"x": -40, "y": 200, "rotation": -90}
    assert sold(fan(STAGE.model_copy(update=corner), turned=90), sizes) == sold(plan, sizes)
    polygon = Shape(
        kind="polygon", x=0, y=0, text="Stage", points=[(-200, -40), (200, -40), (0, 80)]
    )
    assert sold(fan(polygon), sizes) == sold(plan, sizes)


def test_around_a_stage_each_side_has_a_middle_of_its_own() -> None:
    north = section("N", ["ooooo"])
    side = house(*(north.model_copy(update={"id": name}, deep=True) for name in "NS"))
    for part, way in zip(side.sections, (-1, 1), strict=True):
        for n, seat in enumerate(part.rows[0].seats):
            seat.id, seat.x, seat.y = f"{part.id}-{n + 1}", 20.0 * (n - 2), 100.0 * way
    side.sections[0].shapes.append(Shape(kind="circle", x=0, y=0, width=50, text="Stage"))
    assert {one[0] for one in sold(side, [1, 1]) if one} == {"N-3", "S-3"}


def test_without_a_stage_a_section_beside_the_others_is_sold_from_its_own_middle() -> None:
    """Where sections stand may be no more than the order of a list."""
    parts = [section(name, ["ooooooo"] * 2) for name in "PQR"]
    for at, part in enumerate(parts):
        for seat in (seat for row in part.rows for seat in row.seats):
            seat.x += 300 * at
            seat.category = part.id
    seats = SeatMap(layout(house(*parts)))
    assert [seats.best(name, 1) for name in "PQR"] == [["P-A-4"], ["Q-A-4"], ["R-A-4"]]


def test_the_wheelchair_place_before_the_stage_comes_first() -> None:
    plan = fan(STAGE)
    for part in plan.sections:
        part.rows[0].seats[4].kind = "accessible"
    assert SeatMap(layout(plan)).best("Or", 1, accessible=True) == ["C-A-5"]


def test_a_group_larger_than_a_row_sits_in_the_centre_too() -> None:
    best = SeatMap(layout(fan(STAGE))).best("Or", 12) or []
    assert {seat[:3] for seat in best} == {"C-A", "C-B"}


@pytest.mark.parametrize("size", [3, 8, 15])
def test_the_demo_sells_its_centre(size: int) -> None:
    draft = the_hall()
    plan = SeatingPlan(id=PlanId(uuid4()), version=1, **draft.model_dump(exclude={"base_version"}))
    best = set(sold(plan, [size])[0] or [])
    at = [s.x for row in plan.sections[1].rows for s in row.seats if s.id in best]
    assert len(at) == size
    if size > 3:  # three sit beside the places for wheelchairs
        assert abs(sum(at) / size - draft.width / 2) < 15
