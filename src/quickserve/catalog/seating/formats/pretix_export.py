"""A plan as pretix's seating-plan JSON. What came from there goes back as it was."""

from typing import Any

from quickserve.catalog.seating.formats.pretix import shape_of, shown_color
from quickserve.contracts.seating import Seat, SeatingPlan, SeatRow, Section, Shape

_DECIMALS = 2


def export(plan: SeatingPlan, kept: dict[str, Any] | None) -> dict[str, Any]:
    """`kept` is what `formats/pretix` had read beyond the contract, of this plan's import.

    The format knows neither blocked nor accessible seats, nor aisles.
    """
    return _Writer(plan, kept if kept and kept.get("format") == "pretix" else {}).plan()


class _Writer:
    def __init__(self, plan: SeatingPlan, kept: dict[str, Any]) -> None:
        self._plan = plan
        self._colors: dict[str, Any] = kept.get("colors", {})
        self._size: dict[str, Any] = kept.get("size", {})
        self._sections: dict[str, Any] = kept.get("sections", {})
        self._rows: list[dict[str, Any]] = kept.get("rows", [])
        self._seats: dict[str, Any] = kept.get("seats", {})
        self._given: set[int] = set()

    def plan(self) -> dict[str, Any]:
        plan = self._plan
        return {
            "name": plan.name,
            "categories": [self._category(c.name, c.color) for c in plan.categories],
            "zones": [self._zone(section) for section in plan.sections],
            "size": {
                "width": _as_was(self._size.get("width"), plan.width),
                "height": _as_was(self._size.get("height"), plan.height),
            },
        }

    def _category(self, name: str, color: str) -> dict[str, Any]:
        if name in self._colors:
            given = self._colors[name]
            if given is None:
                return {"name": name}
            if shown_color(given) == color:
                return {"name": name, "color": given}
        return {"name": name, "color": color}

    def _zone(self, section: Section) -> dict[str, Any]:
        kept = self._sections.get(section.id, {})
        zone: dict[str, Any] = {}
        if kept.get("shown") != section.name:
            zone["name"] = section.name
        elif kept.get("name") is not None:
            zone["name"] = kept["name"]
        zone |= {key: kept[key] for key in ("zone_id", "uuid") if key in kept}
        if not kept:
            zone["zone_id"] = section.id
        position = kept.get("position") or {"x": 0, "y": 0}
        dx, dy = kept.get("moved", (0, 0))
        if dx or dy:
            position = {"x": _plus(position.get("x"), dx), "y": _plus(position.get("y"), dy)}
        zone["position"] = position
        x, y = _float(position.get("x")), _float(position.get("y"))
        zone["rows"] = [self._row(row, x, y) for row in section.rows]
        if section.shapes or "areas" in kept:
            zone["areas"] = self._areas(section, kept.get("areas", []), x, y)
        return zone

    def _row(self, row: SeatRow, x: float, y: float) -> dict[str, Any]:
        at = self._seats.get(row.seats[0].id, [None])[0] if row.seats else None
        kept: dict[str, Any] = {}
        if at is not None and at not in self._given:  # a row made from a copy is a new one
            self._given.add(at)
            kept = self._rows[at]
        made = {key: value for key, value in kept.items() if key not in ("shown", "row_number")}
        renamed = not kept or kept.get("shown") != row.name
        made["row_number"] = row.name if renamed else kept["row_number"]
        position = kept.get("position") or {}
        rx, ry = x + _float(position.get("x")), y + _float(position.get("y"))
        made["seats"] = [self._seat(seat, rx, ry) for seat in row.seats]
        return made

    def _seat(self, seat: Seat, x: float, y: float) -> dict[str, Any]:
        kept = self._seats.get(seat.id, [None, None])[1] or {}
        made: dict[str, Any] = {"seat_guid": seat.id, "seat_number": seat.number}
        made |= {key: value for key, value in kept.items() if key != "at"}
        left, top = kept.get("at", (None, None))
        made["position"] = {"x": _relative(left, x, seat.x), "y": _relative(top, y, seat.y)}
        made["category"] = seat.category
        return made

    def _areas(
        self, section: Section, kept: list[dict[str, Any]], x: float, y: float
    ) -> list[dict[str, Any]]:
        """Those that are as they were, as they were."""
        left = list(kept)
        areas: list[dict[str, Any]] = []
        for shape in section.shapes:
            same = next((a for a in left if _alike(shape_of(a, x, y), shape)), None)
            if same is not None:
                left.remove(same)
            areas.append(same if same is not None else _area(shape, x, y))
        return areas


def _alike(one: Shape | None, two: Shape) -> bool:
    if one is None:
        return False
    near = abs(one.x - two.x) < 0.01 and abs(one.y - two.y) < 0.01  # noqa: PLR2004 - rounding
    return near and one.model_dump(exclude={"x", "y", "points"}) == two.model_dump(
        exclude={"x", "y", "points"}
    )


def _area(shape: Shape, x: float, y: float) -> dict[str, Any]:
    left, top = round(shape.x - x, _DECIMALS), round(shape.y - y, _DECIMALS)
    area: dict[str, Any] = {
        "shape": shape.kind, "position": {"x": left, "y": top}, "rotation": shape.rotation,
        "color": shape.color, "border_color": shape.border_color,
    }  # fmt: skip
    if shape.text or shape.kind == "text":
        text: dict[str, Any] = {"text": shape.text, "position": {"x": 0, "y": 0}}
        text["color"] = shape.color if shape.kind == "text" else "#333333"
        area["text"] = text
    match shape.kind:
        case "rectangle":
            area["rectangle"] = {"width": round(shape.width), "height": round(shape.height)}
        case "circle":
            area["circle"] = {"radius": round(shape.width / 2)}
        case "ellipse":
            area["ellipse"] = {"radius": {"x": shape.width / 2, "y": shape.height / 2}}
        case "polygon":
            points = [
                {"x": round(px - shape.x, _DECIMALS), "y": round(py - shape.y, _DECIMALS)}
                for px, py in shape.points
            ]
            area["polygon"] = {"points": points}
        case "text":
            area["text"]["size"] = round(shape.height) or 16
    return area


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _plus(value: Any, distance: float) -> float:
    total = _float(value) + distance
    return int(total) if total == int(total) else total


def _relative(given: Any, base: float, place: float) -> Any:
    """As it was where the seat is where it was, within the contract's rounding."""
    if isinstance(given, int | float) and abs(base + given - place) <= 0.006:  # noqa: PLR2004
        return given
    found = round(place - base, _DECIMALS)
    return int(found) if found == int(found) else found


def _as_was(given: Any, value: float) -> Any:
    return given if isinstance(given, int | float) and given == value else round(value)
