"""pretix's seating-plan JSON, in and out. What its schema holds beyond our contract is kept.

Zones are sections, areas are shapes. Positions are relative there (zone, row, seat), absolute here.
"""

import math
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from quickserve.catalog.seating.loose import (
    LoosePlan,
    LooseRow,
    LooseSeat,
    LooseSection,
    line,
    number,
)
from quickserve.catalog.seating.names import color_of
from quickserve.contracts.seating import SHAPES_MAX, Shape

_TEXT_MAX = 200  # of a shape
_NAMESPACE = UUID("0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506")
_ZONE = ("zone_id", "uuid", "position")
_ROW = ("row_label", "seat_label", "uuid", "row_number_position", "position")
_SEAT = ("uuid", "start_direction", "radius")
_NAMED = {
    "black": "#000000", "white": "#FFFFFF", "red": "#FF0000", "green": "#008000",
    "blue": "#0000FF", "yellow": "#FFFF00", "orange": "#FFA500", "purple": "#800080",
    "gray": "#808080", "grey": "#808080", "pink": "#FFC0CB", "brown": "#A52A2A",
    "silver": "#C0C0C0", "gold": "#FFD700", "navy": "#000080", "teal": "#008080",
}  # fmt: skip


def read(value: dict[str, Any], name: str) -> LoosePlan:
    plan = LoosePlan(line(value.get("name")) or name, [], format="pretix")
    size = _dict(value.get("size"))
    plan.width, plan.height = number(size.get("width")), number(size.get("height"))
    plan.categories = []
    colors: dict[str, str | None] = {}
    for category in _list(value.get("categories")):
        found = _dict(category)
        text = line(found.get("name"))
        given = line(found.get("color"))[:30]
        plan.categories.append((text, _NAMED.get(given.lower(), given)))
        colors.setdefault(text, given if "color" in found else None)
    plan.kept = {"format": "pretix", "colors": colors, "size": size, "name": value.get("name")}
    reader = _Reader(plan)
    for at, zone in enumerate(_list(value.get("zones"))):
        reader.zone(_dict(zone), f"zones.{at}")
    return plan


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _position(value: Any) -> tuple[float | None, float | None]:
    found = _dict(value)
    return number(found.get("x")), number(found.get("y"))


def _fine_position(value: Any) -> bool:
    x, y = _position(value)
    return x is not None and y is not None and math.isfinite(x) and math.isfinite(y)


def _sum(*parts: float | None) -> float | None:
    found = [part for part in parts if part is not None]
    return math.fsum(found) if len(found) == len(parts) else None


class _Reader:
    def __init__(self, plan: LoosePlan) -> None:
        self._plan = plan
        self._uuids: set[str] = set()

    def _kept(self, value: dict[str, Any], keys: tuple[str, ...], at: str, *where: str) -> Any:
        """What there is of the keys. No two objects of a plan may share a UUID."""
        kept = {key: value[key] for key in keys if key in value}
        if not _fine_position(kept.get("position")):
            kept.pop("position", None)
        uuid = kept.get("uuid")
        if isinstance(uuid, str):
            if uuid in self._uuids:
                self._plan.find("uuid-repeated", at, *where, id=line(uuid)[:60])
                kept["uuid"] = uuid = str(uuid5(_NAMESPACE, at))
            self._uuids.add(uuid)
        return kept

    def zone(self, value: dict[str, Any], at: str) -> None:
        name = line(value.get("name"))
        unnamed = not name
        zone_id = line(value.get("zone_id"))
        if unnamed:  # the schema lets it be
            name = zone_id or f"Zone {len(self._plan.sections) + 1}"
        kept = self._kept(value, _ZONE, at, name)
        kept["name"] = value.get("name") if "name" in value else None
        kept["shown"] = name
        x, y = _position(value.get("position"))
        x, y = x or 0.0, y or 0.0
        section = LooseSection(name, [], at=at, kept=kept)
        areas: list[Any] = []
        for index, area in enumerate(_list(value.get("areas"))):
            shape = shape_of(_dict(area), x, y)
            if shape is None:
                self._plan.find("shape-unreadable", f"{at}.areas.{index}", name)
            elif len(areas) < SHAPES_MAX:
                text = line(_dict(area.get("text")).get("text"))
                if len(text) > _TEXT_MAX:
                    self._plan.find(
                        "text-cut", f"{at}.areas.{index}", name, text=text[:40],
                        proposed=shape.text,
                    )  # fmt: skip
                section.shapes.append(shape)
                areas.append({**area, **self._kept(area, ("uuid",), f"{at}.areas.{index}", name)})
        if "areas" in value:
            kept["areas"] = areas
        for index, row in enumerate(_list(value.get("rows"))):
            section.rows.append(self._row(_dict(row), f"{at}.rows.{index}", name, (x, y)))
        self._plan.sections.append(section)

    def _row(
        self, value: dict[str, Any], at: str, section: str, zone: tuple[float, float]
    ) -> LooseRow:
        name = line(value.get("row_number"))
        kept = self._kept(value, _ROW, at, section, name)
        kept["row_number"] = value.get("row_number")
        kept["shown"] = name
        x, y = _position(value.get("position"))
        row = LooseRow(name, [], at=at, kept=kept)
        for index, seat in enumerate(_list(value.get("seats"))):
            place = f"{at}.seats.{index}"
            if not isinstance(seat, dict):
                self._plan.find("seat-unreadable", place, section, name)
                continue
            number_ = line(seat.get("seat_number"))
            rel = _position(seat.get("position"))
            beyond = self._kept(seat, _SEAT, place, section, name, number_)
            beyond["at"] = [_dict(seat.get("position")).get(axis) for axis in "xy"]
            row.seats.append(
                LooseSeat(
                    number=number_, id=line(seat.get("seat_guid")),
                    category=line(seat.get("category")),
                    x=_sum(zone[0], x or 0.0, rel[0]), y=_sum(zone[1], y or 0.0, rel[1]),
                    at=place, kept=beyond,
                )
            )  # fmt: skip
        return row


def shape_of(area: dict[str, Any], x: float, y: float) -> Shape | None:
    """An area as a shape, `x` and `y` the zone's position. None where it is unreadable."""
    own = _position(area.get("position"))
    left, top = x + (own[0] or 0.0), y + (own[1] or 0.0)
    kind = area.get("shape")
    text = _dict(area.get("text"))
    values: dict[str, Any] = {
        "kind": kind, "x": left, "y": top, "rotation": number(area.get("rotation")) or 0,
        "color": line(area.get("color"))[:30], "border_color": line(area.get("border_color"))[:30],
        "text": line(text.get("text"))[:_TEXT_MAX],
    }  # fmt: skip
    match kind:
        case "rectangle":
            size = _dict(area.get("rectangle"))
            values["width"], values["height"] = size.get("width") or 0, size.get("height") or 0
        case "circle":
            radius = number(_dict(area.get("circle")).get("radius")) or 0
            values["width"] = values["height"] = 2 * radius
        case "ellipse":
            across, down = _position(_dict(area.get("ellipse")).get("radius"))
            values["width"], values["height"] = 2 * (across or 0), 2 * (down or 0)
        case "polygon":
            points = [_position(p) for p in _list(_dict(area.get("polygon")).get("points"))]
            values["points"] = [(left + (px or 0), top + (py or 0)) for px, py in points]
        case "text":
            tx, ty = _position(text.get("position"))
            values["x"], values["y"] = left + (tx or 0), top + (ty or 0)
            values["height"] = number(text.get("size")) or 16
            values["color"] = line(text.get("color"))[:30] or values["color"]
        case _:
            return None
    try:
        return Shape.model_validate(values)
    except ValidationError:
        return None


def shown_color(text: str) -> str | None:
    return color_of(_NAMED.get(text.lower(), text))
