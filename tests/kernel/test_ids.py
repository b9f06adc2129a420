"""Ids sort by time and cannot be guessed from each other."""

import time
from itertools import pairwise
from uuid import RFC_4122

from quickserve.kernel.ids import new_uuid


def test_an_id_is_a_uuid_of_version_7_with_the_present_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_uuid() for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}
    stamps = [one.int >> 80 for one in made]
    assert stamps == sorted(stamps)
    assert before <= stamps[0] <= stamps[-1] <= after


def test_who_knows_an_id_does_not_know_its_neighbours() -> None:
    """Within a millisecond no part counts: each of the 74 bits falls either way."""
    made = [new_uuid().int for _ in range(4000)]
    random_bits = [bit for bit in range(80) if bit not in (62, 63, 76, 77, 78, 79)]
    assert len(random_bits) == 74
    for bit in random_bits:
        ones = sum(number >> bit & 1 for number in made)
        assert 1700 < ones < 2300, bit  # ten standard deviations
    pairs = [(a, b) for a, b in pairwise(made) if a >> 80 == b >> 80]
    assert 0.4 < sum(a < b for a, b in pairs) / len(pairs) < 0.6
