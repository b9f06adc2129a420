"""A plan as a file or an editor has it, before it is known to be right; and what is found wrong."""

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quickserve.catalog.seating.words import WORDS
from quickserve.contracts.seating import NAME_MAX, PLAN_NAME_MAX, Shape

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(slots=True)
class LooseSeat:
    """`at` says where in the file; `number` and `category` are empty where the file has none.

    A coordinate is None where there is none that could be read.
    """

    number: str = ""
    id: str = ""
    category: str = ""
    x: float | None = None
    y: float | None = None
    kind: str = "standard"
    blocked: bool = False
    at: str = ""
    kept: dict[str, Any] | None = None


@dataclass(slots=True)
class LooseRow:
    name: str
    seats: list[LooseSeat]
    gaps: set[int] | None = None  # None: found from the seats' distances
    at: str = ""
    kept: dict[str, Any] | None = None


@dataclass(slots=True)
class LooseSection:
    name: str
    rows: list[LooseRow]
    id: str = ""
    shapes: list[Shape] = field(default_factory=list[Shape])
    at: str = ""
    kept: dict[str, Any] | None = None


@dataclass(slots=True)
class LoosePlan:
    """`categories` is None where the file does not define them, `width` where it has no size."""

    name: str
    sections: list[LooseSection]
    categories: list[tuple[str, str]] | None = None
    width: float | None = None
    height: float | None = None
    lines_are_seats: bool = False  # so that a repeated line is one seat too many
    kept: dict[str, Any] | None = None
    format: str = ""
    findings: list["Finding"] = field(default_factory=list["Finding"])

    def seats(self) -> Iterator[tuple[LooseSection, LooseRow, LooseSeat]]:
        for section in self.sections:
            for row in section.rows:
                for seat in row.seats:
                    yield section, row, seat

    def find(
        self, code: str, at: str, section: str = "", row: str = "", seat: str = "", **values: Any
    ) -> None:
        """Names of the file may be of any length; a report of thousands of findings may not."""
        section, row, seat = section[:NAME_MAX], row[:NAME_MAX], seat[:NAME_MAX]
        shown = {k: v[:PLAN_NAME_MAX] if isinstance(v, str) else v for k, v in values.items()}
        self.findings.append(Finding(code, at, section, row, seat, shown))


@dataclass(slots=True)
class Finding:
    """`values` fill the sentences of its code in `WORDS`."""

    code: str
    at: str
    section: str
    row: str
    seat: str
    values: dict[str, Any]

    @property
    def defect(self) -> bool:
        """A note changes nothing that somebody has to agree to."""
        return bool(WORDS[self.code][1])


class Refused(Exception):  # noqa: N818 - said of a whole file
    """The file as a whole is no plan. `code` is stable; the sentence names the fix."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def line(value: Any) -> str:
    """A name or a number of the file as one line of plain text; empty where it is none.

    Nothing is cut here, so that what differs only at its end stays apart: `lengths.py` does it.
    """
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) > 1e15:  # noqa: PLR2004 - no name of anything
            return ""
        value = int(value) if value.is_integer() else value
    if isinstance(value, int) and value.bit_length() > 64:  # noqa: PLR2004 - no number of a seat
        return ""
    return unicodedata.normalize("NFC", " ".join(_CONTROLS.sub(" ", str(value)).split()))


def number(value: Any) -> float | None:
    """A coordinate, also NaN or infinite as the file has it; None where it is no number."""
    if isinstance(value, str):
        value = value.strip().replace("\u00a0", "").replace(" ", "")
        if "," in value and "." not in value:
            value = value.replace(",", ".")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
