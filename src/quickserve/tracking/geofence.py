"""Whether a runner is nearby. Once in, it takes more to be out again: fixes scatter."""

from typing import Final

ENTER_M: Final = 120.0
LEAVE_M: Final = 220.0
_ACCURACY_M_MAX: Final = 100.0  # a fix that may be anywhere says nothing


def is_near(*, near: bool, distance_m: float, accuracy_m: float | None) -> bool:
    if accuracy_m is not None and accuracy_m > _ACCURACY_M_MAX:
        return near
    if near:
        return distance_m <= LEAVE_M
    return distance_m <= ENTER_M


def names_seat(section: str, row: str, seat: str) -> bool:
    """Whether a checkpoint's section and row are those of a seat as people read it."""
    words = _words(seat)
    return (
        bool(_words(section))
        and _within(_words(section), words)
        and (not row or _within(_words(row), words))
    )


def is_at_row(section: str, row: str, seat: str) -> bool:
    """A section alone is too large to be called nearby."""
    return bool(row) and names_seat(section, row, seat)


def _words(text: str) -> list[str]:
    for mark in ",·;/–-":
        text = text.replace(mark, " ")
    return text.casefold().split()


def _within(some: list[str], words: list[str]) -> bool:
    return any(words[i : i + len(some)] == some for i in range(len(words) - len(some) + 1))
