"""What a benchmark prints and keeps: a figure, and what it stands beside."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

OUTPUT = Path("build/bench.json")


@dataclass(frozen=True)
class Figure:
    """`ratio` is value / beside_value, from the same run on the same machine."""

    name: str
    value: float
    unit: str
    beside: str = ""
    beside_value: float | None = None
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.beside_value if self.beside_value else None


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def keep(figures: Sequence[Figure]) -> None:
    """Adds the figures to build/bench.json, replacing those of the same name."""
    OUTPUT.parent.mkdir(exist_ok=True)
    known = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    for figure in figures:
        known[f"{figure.name}|{figure.beside}" if figure.beside else figure.name] = {
            **asdict(figure), "ratio": figure.ratio,
        }  # fmt: skip
    OUTPUT.write_text(json.dumps(known, indent=2) + "\n")


def table(figures: Sequence[Figure]) -> str:
    rows = [("figure", "value", "unit", "beside", "its value", "ratio", "aim")]
    for f in figures:
        beside_value = "" if f.beside_value is None else f"{f.beside_value:,.1f}"
        ratio = "" if f.ratio is None else f"{f.ratio:.2f}"
        rows.append((f.name, f"{f.value:,.1f}", f.unit, f.beside, beside_value, ratio, f.aim))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
