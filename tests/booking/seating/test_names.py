"""A seat is found by what its ticket says, however it is typed."""

import pytest

from quickserve.booking.seating.names import seats_called

LABELS = {
    "g-a-1": "Gradin gauche · A · 1",
    "g-a-11": "Gradin gauche · A · 11",
    "g-a1-1": "Gradin gauche · A1 · 1",
    "d-a-1": "Gradin droite · A · 1",
    "c-b-7": "Côté cour · B · 7",
    "b-a-1": "A · 1",
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Gradin gauche · A · 1", ["g-a-1"]),
        ("gauche a1", ["g-a-1"]),
        ("Gradin gauche A 11", ["g-a-11"]),
        ("gauche A1-1", ["g-a1-1"]),
        ("cote cour b7", ["c-b-7"]),
        ("B 7", ["c-b-7"]),
        ("A 1", ["b-a-1"]),  # the whole of its label
        ("1", ["g-a-1", "g-a1-1", "d-a-1", "b-a-1"]),
        ("C 1", []),
        ("···", []),
    ],
)
def test_seats_are_called_in_many_ways(text: str, found: list[str]) -> None:
    assert seats_called(LABELS, text) == found
