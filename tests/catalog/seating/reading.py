"""How these tests read a plan, and what comes out whatever went in."""

import json
import math
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from quickserve.catalog.seating.checks import Examined, check_draft, examine, sentences
from quickserve.catalog.seating.formats import read_plan
from quickserve.catalog.seating.formats.pretix_export import export
from quickserve.contracts.seating import Seat, SeatingPlan

OWN = Path(__file__).parent / "data"
_DATA = os.environ.get("QUICKSERVE_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")
SHARED = Path(_DATA) / "seating"


def file(name: str) -> bytes:
    for folder in (OWN, SHARED):
        if (folder / name).exists():
            return (folder / name).read_bytes()
    pytest.skip(f"The file {name} is not ours to ship, and not beside the project.")


def read(content: bytes | str | Any, name: str = "plan.json") -> Examined:
    """The repaired plan: it is always one that can be saved."""
    if not isinstance(content, bytes | str):
        content = json.dumps(content)
    raw = content.encode() if isinstance(content, str) else content
    found = examine(read_plan(raw, name))
    check_draft(found.draft)
    for finding in found.findings:
        assert all(sentences(finding)) or not finding.defect
    for seat in seats(found):
        assert math.isfinite(seat.x)
        assert 0 <= seat.x <= found.draft.width
        assert 0 <= seat.y <= found.draft.height
    return found


def seats(found: Examined) -> list[Seat]:
    return [s for section in found.draft.sections for row in section.rows for s in row.seats]


def codes(found: Examined) -> list[str]:
    return [finding.code for finding in found.findings]


def exported(found: Examined) -> Any:
    values = found.draft.model_dump(exclude={"base_version"})
    plan = SeatingPlan(id=uuid4(), version=1, **values)  # type: ignore[arg-type]
    return export(plan, json.loads(json.dumps(found.kept)) if found.kept else None)
