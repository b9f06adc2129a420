"""The fields of a stand's form: from a stand, from what was sent, to a draft."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import STATIONS_MAX, StandDraft, StandId, StandView
from quickserve.kernel.ids import new_uuid
from quickserve.web.forms import Form
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser.numbers import typed
from quickserve.web.pages.organiser.stands import opening_hours
from quickserve.web.pages.organiser.ticket_fields import CURRENCIES

TEXTS: Final = (
    "name", "kind", "event", "place", "state", "currency", "zone", "accepts", "latitude",
    "longitude", "radius", "fee", "order_min", "before", "after", "last_call",
)  # fmt: skip
DAYS: Final = tuple(f"h{weekday}" for weekday in range(7))
# By what their names begin with: the fields of a row.
ROWS: Final = {
    "b": ("label", "from", "minutes"), "x": ("day", "hours"), "s": ("key", "name", "cooks"),
}  # fmt: skip
MOST: Final = {"b": 10, "x": 400, "s": STATIONS_MAX}
_BLANK: Final = {
    "b": {"minutes": "15"}, "x": dict[str, str](), "s": {"cooks": "1"},
}  # fmt: skip
_METRES: Final = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A break, an exception or a station; `key` is what its fields' names begin with."""

    key: str
    values: dict[str, str]
    gone: bool = False

    @property
    def known(self) -> bool:
        """A station that the stand has already."""
        return bool(self.values.get("key"))

    def kept(self, told_by: str) -> bool:
        """`told_by`: the field without which the row is none."""
        return not self.gone and bool(self.values[told_by] or self.known)


@dataclass(frozen=True, slots=True)
class Fields:
    """`began` is the digest of the stand that the form was made from; "" of a new one."""

    stand_id: StandId
    values: dict[str, str]
    ways: list[str]
    programme: bool
    tabs: bool = False
    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    began: str = ""

    def with_another(self, start: str) -> "Fields":
        rows = list(self.rows.get(start, []))
        if start not in ROWS or len(rows) >= MOST[start]:
            return self
        taken = {row.key for row in rows}
        key = next(f"{start}{n}" for n in range(len(taken) + 1) if f"{start}{n}" not in taken)
        rows.append(Row(key, dict.fromkeys(ROWS[start], "") | _BLANK[start]))
        return replace(self, rows={**self.rows, start: rows})


def blank(event_id: EventId | None, zone: str) -> Fields:
    values = dict.fromkeys((*TEXTS, "description", *DAYS), "")
    values |= {
        "kind": "stand" if event_id else "restaurant", "state": "open", "accepts": "itself",
        "currency": CURRENCIES[0], "zone": zone, "event": str(event_id or ""),
        "before": "60", "after": "60", "last_call": "0",
    }  # fmt: skip
    empty: dict[str, list[Row]] = {start: [] for start in ROWS}
    made = Fields(StandId(new_uuid()), values, ["pickup"], bool(event_id), rows=empty)
    return made.with_another("s")


def of_stand(view: StandView, digest: Callable[[StandDraft], str], locale: Locale) -> Fields:
    draft = view.draft
    area, programme = draft.delivery, draft.programme
    values = {
        "name": draft.name, "kind": draft.kind, "event": str(draft.event_id or ""),
        "description": draft.description, "place": draft.place, "state": draft.state,
        "currency": draft.currency, "zone": draft.zone, "accepts": draft.accepts,
        "latitude": _degrees(draft.latitude), "longitude": _degrees(draft.longitude),
        "radius": typed(Decimal(area.radius_m) / _METRES, locale) if area else "",
        "fee": typed(area.fee.amount, locale) if area else "",
        "order_min": typed(area.order_min.amount, locale) if area else "",
        "before": str(programme.minutes_before if programme else 60),
        "after": str(programme.minutes_after if programme else 60),
        "last_call": str(programme.last_call_minutes if programme else 0),
    }  # fmt: skip
    for weekday, name in enumerate(DAYS):
        spans = [(one.opens, one.until) for one in draft.hours if one.weekday == weekday]
        values[name] = opening_hours.typed(spans)
    breaks = [
        {"label": b.label, "from": str(b.minutes_after_start), "minutes": str(b.minutes)}
        for b in (programme.breaks if programme else [])
    ]
    days = [
        {"day": x.day.isoformat(), "hours": opening_hours.typed(x.hours)} for x in draft.exceptions
    ]
    stations = [{"key": s.key, "name": s.name, "cooks": str(s.cooks)} for s in draft.stations]
    rows = {
        start: [Row(f"{start}{n}", one) for n, one in enumerate(some)]
        for start, some in (("b", breaks), ("x", days), ("s", stations))
    }
    return Fields(
        view.id,
        values,
        list(draft.fulfilments),
        programme is not None,
        draft.tabs,
        rows,
        digest(draft),
    )


def sent(form: Form, view: StandView | None) -> Fields:
    values = {name: form.text(name) for name in (*TEXTS, *DAYS)}
    values["description"] = form.lines("description")
    if view is not None and view.menu_version:
        values["currency"] = view.draft.currency
    known = {station.key for station in view.draft.stations} if view else set[str]()
    rows: dict[str, list[Row]] = {}
    for start, names in ROWS.items():
        rows[start] = []
        for key in form.keys(start, f"-{names[-1]}")[: MOST[start]]:
            told = {name: form.text(f"{key}-{name}") for name in names}
            if start == "s" and told["key"] not in known:
                told["key"] = ""
            rows[start].append(Row(key, told, form.ticked(f"{key}-gone")))
    stand_id = view.id if view else StandId(form.minted("stand"))
    return Fields(
        stand_id,
        values,
        form.all("ways"),
        form.ticked("programme"),
        form.ticked("tabs"),
        rows,
        form.text("began"),
    )


def day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None  # noqa: PLR2004 - years of a programme


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
