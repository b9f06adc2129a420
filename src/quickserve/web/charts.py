"""The geometry of a chart, in percent, so that it fills any width while its words keep their size.

The macro `parts.chart` draws it as SVG with its data table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_STEPS: Final = (1, 2, 5)
_LINES_MAX: Final = 4
_LABELS_MAX: Final = 8
BARS_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of figures, none negative."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label and its place along an axis."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`bars`, `lines`, `marks` in percent of the plot; `line`: SVG points in a 100 × 100 box."""

    labels: Sequence[str]
    bars_of: Series
    line_of: Series | None
    bars: list[Bar]
    line: str
    lines: list[Mark]
    marks: list[Mark]

    @property
    def rows(self) -> list[tuple[str | int, ...]]:
        """The figures again, for the table."""
        values = [self.bars_of.values] + ([self.line_of.values] if self.line_of else [])
        return list(zip(self.labels, *values, strict=True))


def chart(labels: Sequence[str], bars: Series, line: Series | None = None) -> Chart:
    """Bars, and perhaps a line on the same scale. `labels`: one a bar, at most BARS_MAX."""
    count = len(labels)
    assert 0 < count <= BARS_MAX, count
    assert len(bars.values) == count, bars.name
    assert line is None or len(line.values) == count, line.name
    highest = max(1, *bars.values, *(line.values if line else ()))
    step = _step(highest)
    top = -(-highest // step) * step
    slot = 100 / count
    every = -(-count // _LABELS_MAX)
    return Chart(
        labels=labels,
        bars_of=bars,
        line_of=line,
        bars=[
            Bar(
                _pct((index + 0.12) * slot),
                _pct(slot * 0.76),
                _pct(100 - 100 * value / top),
                _pct(100 * value / top),
            )
            for index, value in enumerate(bars.values)
        ],
        line=_points(line.values, slot, top) if line else "",
        lines=[Mark(_pct(100 - 100 * at / top), str(at)) for at in range(step, top + 1, step)],
        marks=[Mark(_pct((index + 0.5) * slot), labels[index]) for index in range(0, count, every)],
    )


def _step(highest: int) -> int:
    """The smallest round step (1, 2 or 5 times a power of ten) with few enough lines."""
    power = 1
    while True:
        for digit in _STEPS:
            if -(-highest // (digit * power)) <= _LINES_MAX:
                return digit * power
        power *= 10


def _points(values: Sequence[int], slot: float, top: int) -> str:
    return " ".join(
        f"{(index + 0.5) * slot:.2f},{100 - 100 * value / top:.2f}"
        for index, value in enumerate(values)
    )


def _pct(value: float) -> str:
    return f"{value:.2f}%"
