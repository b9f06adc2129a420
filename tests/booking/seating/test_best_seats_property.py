"""In any house, however it fills, the answer is what trying everything finds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.booking.seating.layout import ASIDE, Block, layout
from quickserve.booking.seating.seat_map import SeatMap
from tests.booking.seating.houses import house, section

ROWS = st.lists(st.text("oooooAcx ", min_size=1, max_size=14), min_size=1, max_size=5)
MOVES = st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.integers(0, 99)), max_size=25)


@settings(max_examples=300, deadline=None)
@given(ROWS, MOVES)
def test_it_finds_what_trying_everything_finds(
    rows: list[str], moves: list[tuple[bool, int, int]]
) -> None:
    plan = house(section("P", rows))
    seats = SeatMap(layout(plan))
    taken: list[list[str]] = []
    free = {
        seat.id for row in plan.sections[0].rows for seat in row.seats if not seat.blocked
    }  # fmt: skip
    for giving_back, count, pick in moves:
        if giving_back and taken:
            back = taken.pop(pick % len(taken))
            seats.free(back)
            free |= set(back)
            continue
        best = seats.best("Or", count)
        wanted = _by_hand(seats.layout.blocks, free, count)
        standard = {
            seat.id for row in plan.sections[0].rows for seat in row.seats
            if seat.kind == "standard"
        } & free  # fmt: skip
        if best is None:
            assert len(standard) < count
            continue
        assert len(set(best)) == count
        assert set(best) <= standard
        if wanted is not None:
            assert _worth(seats.layout.blocks, free, best) == wanted
        seats.take(best)
        taken.append(best)
        free -= set(best)


def _by_hand(blocks: tuple[Block, ...], free: set[str], count: int) -> tuple[bool, float] | None:
    """(leaves somebody alone, how far from the best place) of the best run; None without one."""
    tries = [
        _worth(blocks, free, list(block.seat_ids[start : start + count]))
        for block in blocks
        for start in range(len(block.seat_ids) - count + 1)
        if all(
            block.seat_ids[n] in free and block.standard >> n & 1
            for n in range(start, start + count)
        )
    ]
    return min(tries) if tries else None


def _worth(blocks: tuple[Block, ...], free: set[str], run: list[str]) -> tuple[bool, float]:
    block = next(one for one in blocks if run[0] in one.seat_ids)
    start = block.seat_ids.index(run[0])
    assert list(block.seat_ids[start : start + len(run)]) == run
    left = [
        seat in free and bool(block.standard >> n & 1) and seat not in run
        for n, seat in enumerate(block.seat_ids)
    ]

    def alone(n: int) -> bool:
        inside = 0 <= n < len(left) and left[n]
        return inside and not any(0 <= m < len(left) and left[m] for m in (n - 1, n + 1))

    orphan = alone(start - 1) or alone(start + len(run))
    aside = abs(start + (len(run) - 1) / 2 - block.middle)
    return orphan, round(block.depth + ASIDE * aside, 6)
