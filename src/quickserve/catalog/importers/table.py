"""Tables of events: CSV with any usual separator, one event a row. Columns: see columns.py."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from quickserve.catalog.importers import columns, zones
from quickserve.catalog.importers.draft import Context, Draft, offer_of, skipped, venue_of
from quickserve.catalog.importers.model import (
    ENTRIES_MAX,
    DateState,
    EntryError,
    ImportedDate,
    ImportedEvent,
    ImportRefused,
    Note,
    Outcome,
)
from quickserve.catalog.importers.text import degrees, folded, one_line, optional_line
from quickserve.catalog.importers.times import Written, clock, dated, human, month_leads

_SEPARATORS = ";,\t|"
_CANCELLED = frozenset(
    ["cancelled", "canceled", "annule", "annulee", "annules", "supprime", "abgesagt"]
)
_POSTPONED = frozenset(["postponed", "reporte", "reportee"])
_MOVED = frozenset(["moved", "rescheduled", "deplace", "deplacee"])


@dataclass(slots=True)
class Row:
    """One record: its first line and its cells by role."""

    line: int
    cells: dict[str, str] = field(default_factory=dict[str, str])
    broken: str | None = None

    def get(self, role: str) -> str:
        return self.cells.get(role, "")


def read(text: str, context: Context) -> Iterator[Outcome]:
    """The table's events. Raises ImportRefused at once where it has no title or start column."""
    separator, found = _header(text)
    if absent := columns.missing(found):
        role, names = absent
        raise ImportRefused(
            "missing-column",
            f"The table has no {role} column: name one {', '.join(names)} or the like.",
        )
    rows = list(_rows(text, separator, found))
    if not rows:
        raise ImportRefused("no-events", "The table has a header and no rows: add events.")
    leading = {
        month_leads(row.get(role)) for row in rows for role in ("start", "end") if row.get(role)
    }
    # The day comes first unless the file itself proves otherwise.
    return _outcomes(rows, context, month_first=True in leading and False not in leading)


def _header(text: str) -> tuple[str, dict[str, int]]:
    """The separator under which most columns are known, and where they are."""
    best: tuple[str, dict[str, int]] = (",", {})
    for separator in _SEPARATORS:
        try:
            header = next(_records(text[:100_000], separator), [])
        except csv.Error:
            continue
        found = columns.places(header)
        if len(found) > len(best[1]):
            best = separator, found
    return best


def _records(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text.lstrip("\ufeff\r\n"), newline=""), delimiter=separator)


def _rows(text: str, separator: str, found: dict[str, int]) -> Iterator[Row]:
    """Every record after the header, blank ones left out. Raises ImportRefused if too many."""
    above = len(text) - len(text.lstrip("\ufeff\r\n"))
    skipped_lines = text[:above].count("\n")
    reader = csv.reader(io.StringIO(text[above:], newline=""), delimiter=separator)
    next(reader, None)
    count = 0
    while True:
        line = reader.line_num + skipped_lines + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = Row(line, broken=str(error))
        else:
            if not any(cell.strip() for cell in record):
                continue
            cells = {role: record[at].strip() for role, at in found.items() if at < len(record)}
            row = Row(line, cells)
        count += 1
        if count > ENTRIES_MAX:
            raise ImportRefused(
                "too-many-entries", f"The file has more than {ENTRIES_MAX} rows: split it."
            )
        yield row


def _outcomes(rows: list[Row], context: Context, *, month_first: bool) -> Iterator[Outcome]:
    for row in rows:
        try:
            yield _event(row, context, month_first=month_first)
        except EntryError as error:
            yield skipped(error, row.line, row.get("uid"), _title(row))


def _title(row: Row) -> str:
    """A sports programme names its sessions by discipline and phase."""
    if phase := row.get("phase"):
        return ": ".join(filter(None, (row.get("category") or row.get("title"), phase)))
    return row.get("title")


def _event(row: Row, context: Context, *, month_first: bool) -> ImportedEvent:
    if row.broken is not None:
        raise EntryError("broken-row", f"The row cannot be read ({row.broken}): check its quotes.")
    title = _title(row)
    if not one_line(title, 300):
        raise EntryError("missing-title", "The row has no title: give it one.")
    status = folded(row.get("status"))
    state: DateState = "scheduled"
    if status in _CANCELLED | _POSTPONED:
        state = "cancelled"
    elif status in _MOVED:
        state = "moved"
    draft = Draft(
        line=row.line,
        uid=row.get("uid"),
        title=title,
        description=row.get("description"),
        url=row.get("url"),
        language=row.get("language"),
        category=row.get("category"),
        venue=venue_of(
            row.get("venue"),
            row.get("address"),
            row.get("city"),
            row.get("country"),
            _position(row),
            row.get("postal_code"),
        ),
        dates=(_date(row, state, context, month_first=month_first),),
        state="cancelled" if status in _CANCELLED else "scheduled",
    )
    if status in _POSTPONED:
        draft.notes.append(
            Note("postponed", "The event is postponed: its date was taken as cancelled.")
        )
    _offer(row, draft)
    return draft.event()


def _offer(row: Row, draft: Draft) -> None:
    price = row.get("price")
    if not price:
        return
    found = offer_of(row.get("ticket"), price, row.get("currency"))
    if isinstance(found, Note):
        draft.notes.append(found)
    else:
        draft.offers.append(found)


def _position(row: Row) -> tuple[float, float] | None:
    pair = row.get("position").strip("()[] ").split(",")
    if len(pair) == 2:  # noqa: PLR2004 - latitude and longitude
        return degrees(*pair)
    # A decimal comma is usual where the semicolon separates.
    return degrees(row.get("latitude").replace(",", "."), row.get("longitude").replace(",", "."))


def _date(row: Row, state: DateState, context: Context, *, month_first: bool) -> ImportedDate:
    zone = None
    if named := row.get("zone"):
        zone = zones.resolve(named)
        if zone is None:
            raise EntryError(
                "unknown-zone",
                f"The time zone {named[:60]!r} is unknown: name one of IANA, as Europe/Paris.",
            )
    start = _moment(row, "start", month_first=month_first)
    if start is None:
        raise EntryError("missing-start", "The row has no start: write 2026-03-18 20:30.")
    end = _end(row, start, month_first=month_first)
    shown_in = zone or start.zone(context.default_zone)
    return dated(start, end, zone=shown_in, state=state, room=optional_line(row.get("room"), 200))


def _moment(row: Row, role: str, *, month_first: bool) -> Written | None:
    """A date column, with the time of its time column where it has none itself."""
    text = row.get(role)
    if not text:
        return None
    found = human(text, month_first=month_first)
    if found is None:
        raise EntryError(
            f"invalid-{role}", f"The {role} {text[:40]!r} is no date: write 2026-03-18 20:30."
        )
    return _with_clock(row, role, found) if found.all_day else found


def _with_clock(row: Row, role: str, day: Written) -> Written:
    text = row.get(f"{role}_time")
    if not text:
        return day
    at = clock(text)
    if at is None:
        raise EntryError(f"invalid-{role}", f"The time {text[:40]!r} cannot be read: write 20:30.")
    return Written(datetime.combine(day.local.date(), at))


def _end(row: Row, start: Written, *, month_first: bool) -> Written | None:
    """The end; with a time alone it is on the day of the start, or past midnight."""
    end = _moment(row, "end", month_first=month_first)
    if end is not None:
        # A day given as the end is still part of it.
        return end.next_midnight() if end.all_day else end
    if start.all_day or not row.get("end_time"):
        return None
    same_day = _with_clock(row, "end", start)
    local = same_day.local if same_day.local >= start.local else same_day.local + timedelta(days=1)
    return Written(local, start.tz)
