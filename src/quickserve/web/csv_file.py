"""Tables for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """With a mark at its start: without it a spreadsheet takes the accents for something else."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


def _plain(cell: object) -> object:
    """A spreadsheet takes what begins like this for a formula."""
    formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t"))
    return f"'{cell}" if formula else cell
