"""The best seats: side by side, near the stage, in the middle, nobody left alone beside them."""

import random
import time

from quickserve.booking.seating.layout import layout
from quickserve.booking.seating.seat_map import SeatMap
from quickserve.contracts.booking_seats import is_taken
from quickserve.contracts.seating import SeatId, SeatingPlan, Shape
from tests.booking.seating.houses import arena, house, section


def seats_of(plan: SeatingPlan, taken: list[SeatId] | None = None) -> SeatMap:
    return SeatMap(layout(plan), taken or [])


def test_the_middle_of_the_first_row_comes_first() -> None:
    seats = seats_of(house(section("P", ["ooooooo", "ooooooo"])))
    assert seats.best("Or", 3) == ["P-A-3", "P-A-4", "P-A-5"]


def test_nobody_is_left_alone() -> None:
    seats = seats_of(house(section("P", ["ooooo", "ooooo"])))
    seats.take(["P-A-1", "P-A-2"])  # two of the three that are left there would leave one alone
    assert seats.best("Or", 2) == ["P-B-1", "P-B-2"]
    seats.take([f"P-B-{n}" for n in range(1, 6)])
    assert seats.best("Or", 2) == ["P-A-3", "P-A-4"]  # there is no other way


def test_an_aisle_is_not_crossed() -> None:
    seats = seats_of(house(section("P", ["oo oo", "ooo"])))
    assert seats.best("Or", 3) == ["P-B-1", "P-B-2", "P-B-3"]


def test_a_large_group_sits_in_rows_that_follow_each_other() -> None:
    seats = seats_of(house(section("P", ["oo", "oooo", "oooo", "oo"])))
    best = seats.best("Or", 8) or []
    assert {seat.rsplit("-", 1)[0] for seat in best} == {"P-B", "P-C"}


def test_more_than_there_are_is_nothing() -> None:
    seats = seats_of(house(section("P", ["ooxo"])))
    assert seats.best("Or", 4) is None
    assert seats.best("Argent", 1) is None


def test_places_for_wheelchairs_are_for_who_asks() -> None:
    seats = seats_of(house(section("P", ["cAcoooo", "ooooooo"])))
    assert set(seats.best("Or", 4) or []) <= {f"P-A-{n}" for n in (4, 5, 6, 7)}
    assert seats.best("Or", 2, accessible=True) in (["P-A-2", "P-A-1"], ["P-A-2", "P-A-3"])
    assert seats.best("Or", 3, accessible=True) == ["P-A-2", "P-A-1", "P-A-3"]
    seats.take(["P-A-2"])
    assert seats.best("Or", 1, accessible=True) is None


def test_the_stalls_come_before_the_balcony() -> None:
    stalls = section("Stalls", ["oooo"] * 3)
    balcony = section("Balcony", ["oooo"] * 3, y=400)
    for plan in (house(stalls, balcony), house(balcony.model_copy(), stalls)):
        plan.sections[0].shapes.append(Shape(kind="text", x=40, y=-50, text="SCÈNE"))
        seats = seats_of(plan)
        assert all(seat.startswith("Stalls") for seat in seats.best("Or", 4) or [])
        seats.take([f"Stalls-A-{n}" for n in range(1, 5)])
        assert all(seat.startswith("Stalls-B") for seat in seats.best("Or", 4) or [])


def test_bits_say_what_is_taken() -> None:
    plan = arena(3_000)
    seats = seats_of(plan)
    ids = [seat.id for s in plan.sections for row in s.rows for seat in row.seats]
    taken = set(random.Random(1).sample(ids, 700))
    seats.take(taken)
    bits = seats.taken_bits()
    assert len(bits) == (len(ids) + 7) // 8
    assert [is_taken(bits, n) for n in range(len(ids))] == [one in taken for one in ids]
    assert seats.free_count() == len(ids) - 700
    seats.free(taken)
    assert not any(seats.taken_bits())


def test_a_house_of_fifty_thousand_fills_fast_and_without_single_seats() -> None:
    seats = seats_of(arena())
    sizes = random.Random(7)
    calls, spent, singles = 0, 0.0, 0
    left = {"Or", "Argent", "Bronze"}
    while left:
        category = sizes.choice(sorted(left))
        wanted = sizes.choices((1, 2, 3, 4, 6), (10, 50, 15, 20, 5))[0]
        start = time.perf_counter()
        best = seats.best(category, wanted)
        if best:
            seats.take(best)
        spent += time.perf_counter() - start
        calls += 1
        if best is None and wanted == 1:
            left.discard(category)
        elif best is None and seats.best(category, 2) is None:
            singles = _singles(seats)
            left.discard(category)
    assert spent / calls < 1e-3  # some 20 µs on a quiet machine
    assert singles <= 5


def _singles(seats: SeatMap) -> int:
    """Free seats without a free neighbour."""
    count = 0
    for block in seats.layout.blocks:
        free = seats.standard(block.number)
        count += (free & ~(free << 1) & ~(free >> 1)).bit_count()
    return count
