"""Who sits where in one house, and the best seats that are left.

Best is: side by side, near the stage and the middle, and never so that a single seat is left alone
between others while there is another way. For each number of seats wanted, and each category, a
heap has the best choice of every row; what changed since the last look is looked at again, and
nothing else, so that the cost does not grow with the house.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable

from quickserve.booking.seating.layout import ASIDE, Block, Layout
from quickserve.contracts.seating import SeatId

_RUN_MAX = 20  # larger groups are split over rows
_CHUNK_BITS = 4096


class SeatMap:
    """`taken` seats are not to be had; the map is told of every change."""

    def __init__(self, layout: Layout, taken: Iterable[SeatId] = ()) -> None:
        self.layout = layout
        self._free = [block.for_sale for block in layout.blocks]
        self._by_category: dict[str, list[Block]] = defaultdict(list)
        for block in layout.blocks:
            self._by_category[block.category].append(block)
        self._heaps: dict[tuple[str, int], _Heap] = {}
        self.take(taken)

    def is_free(self, seat_id: SeatId) -> bool:
        """False for a blocked or an unknown seat."""
        place = self.layout.places.get(seat_id)
        return place is not None and bool(self._free[place.block] >> place.position & 1)

    def category(self, seat_id: SeatId) -> str | None:
        place = self.layout.places.get(seat_id)
        return self.layout.blocks[place.block].category if place else None

    def label(self, seat_id: SeatId) -> str:
        return self.layout.labels.get(seat_id, seat_id)

    def taken_bits(self) -> bytes:
        """A bit for each seat in the plan's order, lowest first: set where it is not to be had."""
        bits, length = 0, 0
        parts = bytearray()
        for block, free in zip(self.layout.blocks, self._free, strict=True):
            size = len(block.seat_ids)
            bits |= (((1 << size) - 1) & ~free) << length
            length += size
            if length > _CHUNK_BITS:  # so that no long number is shifted for each row
                parts += bits.to_bytes((length + 7) // 8, "little")[: length // 8]
                bits >>= length // 8 * 8
                length %= 8
        return bytes(parts) + bits.to_bytes((length + 7) // 8, "little")

    def free_count(self) -> int:
        return sum(free.bit_count() for free in self._free)

    def take(self, seat_ids: Iterable[SeatId]) -> None:
        for seat_id in seat_ids:
            if place := self.layout.places.get(seat_id):
                self._free[place.block] &= ~(1 << place.position)
                self._changed(place.block)

    def free(self, seat_ids: Iterable[SeatId]) -> None:
        for seat_id in seat_ids:
            if place := self.layout.places.get(seat_id):
                sold_at_all = self.layout.blocks[place.block].for_sale
                self._free[place.block] |= 1 << place.position & sold_at_all
                self._changed(place.block)

    def best(self, category: str, count: int, *, accessible: bool = False) -> list[SeatId] | None:
        """The best `count` seats; None when there are not so many.

        With `accessible`, the first is for a wheelchair and the others are beside it. Otherwise
        seats for wheelchairs and their companions are left alone.
        """
        if accessible:
            return self._best_accessible(category, count)
        if count <= _RUN_MAX and (found := self._best_run(category, count)):
            return found
        return self._best_split(category, count)

    # -- Side by side ------------------------------------------------------------------------------

    def _best_run(self, category: str, count: int) -> list[SeatId] | None:
        heap = self._heaps.get((category, count))
        if heap is None:
            numbers = [block.number for block in self._by_category.get(category, ())]
            heap = self._heaps[category, count] = _Heap(count, numbers)
        found = heap.best(self)
        if found is None:
            return None
        block = self.layout.blocks[found[0]]
        return list(block.seat_ids[found[1] : found[1] + count])

    def standard(self, number: int) -> int:
        """What anybody may have of a block, as bits."""
        return self._free[number] & self.layout.blocks[number].standard

    def _changed(self, number: int) -> None:
        category = self.layout.blocks[number].category
        for (its_category, _), heap in self._heaps.items():
            if its_category == category:
                heap.changed.add(number)

    # -- Otherwise ---------------------------------------------------------------------------------

    def _best_accessible(self, category: str, count: int) -> list[SeatId] | None:
        for one in self.layout.accessible:
            if one.category != category or not self.is_free(one.seat_id):
                continue
            beside = [seat_id for seat_id in one.beside if self.is_free(seat_id)]
            if len(beside) >= count - 1:
                return [one.seat_id, *beside[: count - 1]]
        return None

    def _best_split(self, category: str, count: int) -> list[SeatId] | None:
        """Over rows of one section that follow each other; over several sections at last."""
        blocks = self._by_category.get(category, [])
        left = [(block, self.standard(block.number)) for block in blocks]
        if sum(free.bit_count() for _, free in left) < count:
            return None
        sections: dict[int, list[tuple[Block, int]]] = defaultdict(list)
        for block, free in left:
            sections[block.section].append((block, free))
        tries = [found for rows in sections.values() if (found := _compact(rows, count))]
        if tries:
            return min(tries)[2]
        return _gather([one for rows in sections.values() for one in rows], count)


def _compact(rows: list[tuple[Block, int]], count: int) -> tuple[int, float, list[SeatId]] | None:
    """The fewest rows that follow each other and have enough, the nearest of them.

    With how many they are, and how far away.
    """
    best: tuple[int, float, int, int] | None = None
    start = total = 0
    for end, (block, free) in enumerate(rows):
        total += free.bit_count()
        while total - rows[start][1].bit_count() >= count:
            total -= rows[start][1].bit_count()
            start += 1
        if total >= count:
            found = block.row - rows[start][0].row, rows[start][0].depth, start, end
            best = min(best or found, found)
    if best is None:
        return None
    seats = _gather(rows[best[2] : best[3] + 1], count)
    return (best[0], best[1], seats) if seats else None


def _gather(rows: list[tuple[Block, int]], count: int) -> list[SeatId] | None:
    """Out of these rows, long runs first, until there are enough; a single seat only at last."""
    runs = [run for block, free in rows for run in _runs(block, free)]
    runs.sort(key=lambda run: -len(run))
    seats: list[SeatId] = []
    for run in runs:
        seats += run[: count - len(seats)]
        if len(seats) == count:
            return seats
    return None


def _runs(block: Block, free: int) -> list[list[SeatId]]:
    runs: list[list[SeatId]] = []
    run: list[SeatId] = []
    for position, seat_id in enumerate(block.seat_ids):
        if free >> position & 1:
            run.append(seat_id)
        elif run:
            runs.append(run)
            run = []
    return [*runs, run] if run else runs


class _Heap:
    """The best choice of `count` seats in each of these blocks, the best of all on top.

    Choices that leave a single seat alone come after all others.
    """

    def __init__(self, count: int, numbers: Iterable[int]) -> None:
        self._count = count
        self._entries: list[tuple[bool, float, int, int]] = []
        self._current: dict[int, tuple[bool, float, int, int]] = {}
        self.changed = set(numbers)

    def best(self, house: SeatMap) -> tuple[int, int] | None:
        """(block, position of the first seat)"""
        for number in self.changed:
            entry = self._look(house.layout.blocks[number], house.standard(number))
            if entry is None:
                self._current.pop(number, None)
            elif self._current.get(number) != entry:
                self._current[number] = entry
                heapq.heappush(self._entries, entry)
        self.changed.clear()
        while self._entries:
            entry = self._entries[0]
            if self._current.get(entry[2]) == entry:
                return entry[2], entry[3]
            heapq.heappop(self._entries)  # no longer so
        return None

    def _look(self, block: Block, free: int) -> tuple[bool, float, int, int] | None:
        starts = free
        for shift in range(1, self._count):
            starts &= free >> shift
        if not starts:
            return None
        # A seat alone: free, but neither of its neighbours is, once these are taken.
        left = free & ~(free << 1)  # the first seat of each run
        right = free & ~(free >> 1)  # the last one
        orphans = (left << 1) | (right >> self._count)
        fine = starts & ~(orphans & starts)
        position = _nearest(fine or starts, block.middle - (self._count - 1) / 2)
        aside = abs(position + (self._count - 1) / 2 - block.middle)
        return not fine, block.depth + ASIDE * aside, block.number, position


def _nearest(bits: int, wanted: float) -> int:
    """The position of the set bit that is nearest."""
    pivot = max(0, round(wanted))
    below = (bits & ((1 << (pivot + 1)) - 1)).bit_length() - 1
    above_bits = bits >> pivot
    above = (above_bits & -above_bits).bit_length() - 1 + pivot if above_bits else -1
    if below < 0:
        return above
    if above < 0:
        return below
    return below if abs(below - wanted) <= abs(above - wanted) else above
