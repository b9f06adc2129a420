"""Menus read as for one stand with a grill and a bar."""

import json
from typing import Any
from uuid import UUID

from quickserve.catalog.importers.menus import Built, Target, read
from quickserve.contracts.menus import MenuItem, StandDraft, StandId, Station
from quickserve.kernel.ids import OrganiserId

STAND = StandId(UUID("0190f5c2-3a52-7c11-9d1c-6f2f4f1d0c77"))
STATIONS = [Station(key="grill", name="Grill"), Station(key="bar", name="Bar")]


def target(currency: str = "EUR", **changes: Any) -> Target:
    draft = StandDraft(
        organiser_id=OrganiserId(UUID(int=1)), name="Chez Léa", currency=currency,
        stations=STATIONS, fulfilments=["pickup", "delivery"],
    )  # fmt: skip
    return Target(STAND, draft, **changes)


def read_text(content: str | bytes, currency: str = "EUR") -> Built:
    return read(content.encode() if isinstance(content, str) else content, target(currency))


def read_json(value: Any, currency: str = "EUR") -> Built:
    return read_text(json.dumps(value), currency)


def items(built: Built) -> dict[str, MenuItem]:
    return {item.name: item for section in built.menu.sections for item in section.items}


def codes(built: Built, *, defect: bool = True) -> list[str]:
    return [one.code for one in built.findings if one.defect == defect]
