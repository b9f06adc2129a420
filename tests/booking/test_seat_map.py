"""The best seats by a quick map, beside what a slow and obvious search finds."""

from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.booking.seating.layout import ASIDE, layout
from quickserve.booking.seating.seat_map import SeatMap
from quickserve.contracts.seating import PlanId, Seat, SeatingPlan, SeatRow, Section


def house(rows):
    """Each row a list of seats to be had (True) or blocked, with one aisle after the fourth."""
    made = [
        SeatRow(
            name=str(r), gap_after=[3],
            seats=[
                Seat(id=f"{r}.{n}", number=str(n), category="A", x=n * 30, y=r * 30, blocked=not ok)
                for n, ok in enumerate(row)
            ],
        )
        for r, row in enumerate(rows)
    ]  # fmt: skip
    section = Section(id="s", name="S", rows=made)
    return SeatingPlan(
        id=PlanId(uuid4()), version=1, name="H", width=1, height=1, categories=[],
        sections=[section],
    )  # fmt: skip


def runs_of(rows, free):
    """Positions side by side of each row, the aisle apart."""
    for r, row in enumerate(rows):
        for part in (range(4), range(4, len(row))):
            run = []
            for n in [*part, None]:
                if n is not None and n < len(row) and (r, n) in free:
                    run.append(n)
                elif run:
                    yield r, run
                    run = []


def slow_best(rows, free, count):
    """(leaves somebody alone, badness) of the best choice."""
    middle = (max(len(row) for row in rows) - 1) / 2
    found = [
        (
            start == 1 or len(run) - start - count == 1,
            round(r + ASIDE * abs(run[start] + (count - 1) / 2 - middle), 6),
        )
        for r, run in runs_of(rows, free)
        for start in range(len(run) - count + 1)
    ]
    return min(found, default=None)


@given(
    rows=st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=4),
    wishes=st.lists(st.integers(1, 5), max_size=14),
    back=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_the_map_finds_what_an_obvious_search_finds(rows, wishes, back):
    plan = house(rows)
    seats = SeatMap(layout(plan))
    free = {(r, n) for r, row in enumerate(rows) for n, ok in enumerate(row) if ok}
    held = []
    for count in wishes:
        wanted = slow_best(rows, free, count)
        found = seats.best("A", count)
        if wanted is None:
            enough = len(free) >= count
            assert (found is not None) == enough
        else:
            assert found is not None
            chosen = sorted(tuple(map(int, one.split("."))) for one in found)
            assert {r for r, _ in chosen} == {chosen[0][0]}
            first, last = chosen[0][1], chosen[-1][1]
            assert last - first == count - 1
            run = next(run for r, run in runs_of(rows, free) if r == chosen[0][0] and first in run)
            alone = first - run[0] == 1 or run[-1] - last == 1
            badness = round(chosen[0][0] + ASIDE * abs((first + last) / 2 - 4), 6)
            assert (alone, badness) == wanted
        if found is not None:
            assert len(set(found)) == count
            taken = {tuple(map(int, one.split("."))) for one in found}
            assert taken <= free
            seats.take(found)
            free -= taken
            held.append(found)
        if held and back.draw(st.booleans()):
            returned = held.pop(back.draw(st.integers(0, len(held) - 1)))
            seats.free(returned)
            free |= {tuple(map(int, one.split("."))) for one in returned}


def test_a_group_that_no_row_has_sits_in_rows_that_follow_each_other():
    rows = [[True] * 9, [True] * 9, [False] * 9, [True] * 9]
    seats = SeatMap(layout(house(rows)))
    seats.take(["0.0", "0.1"])
    found = seats.best("A", 12)
    assert found is not None
    assert {one[0] for one in found} == {"0", "1"}


def test_a_whole_house_is_sold_without_leaving_many_alone():
    plan = house([[True] * 9 for _ in range(200)])
    seats = SeatMap(layout(plan))
    alone = 0
    for count in [2, 3, 2, 4, 2] * 1000:
        found = seats.best("A", count)
        if found is None:
            break
        seats.take(found)
    for r in range(200):
        alone += sum(
            len(run) == 1
            for _, run in runs_of(
                [[True] * 9], {(0, n) for n in range(9) if seats.is_free(f"{r}.{n}")}
            )
        )
    assert alone <= 20
