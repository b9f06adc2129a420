"""What `quickserve import` prints at the end."""

from datetime import UTC, datetime

import pytest

from quickserve.commandline.import_calendar import _report
from quickserve.contracts.catalog import ImportId, ImportLine, ImportView
from quickserve.kernel.ids import OrganiserId, new_uuid


def test_the_report_tells_what_was_left_out_and_what_was_lost(capsys: pytest.CaptureFixture[str]):
    lines = [
        ImportLine(line=line, title=title, code="x", reason=reason)
        for line, title, reason in ((7, None, "It has no title."), (9, "Bal", "A price is lost."))
    ]
    found = ImportView(
        id=ImportId(new_uuid()), organiser_id=OrganiserId(new_uuid()), filename="a.csv",
        format="table", state="done", refusal=None, refusal_code=None,
        total=4, created=3, updated=0, unchanged=0,
        skipped=1, noted=1, skipped_entries=lines[:1], notes=lines[1:],
        created_at=datetime.now(UTC), finished_at=datetime.now(UTC),
    )  # fmt: skip
    _report(found)
    assert capsys.readouterr().out.splitlines() == [
        "a.csv: 3 created, 0 updated, 0 unchanged, 1 skipped",
        "  line 7: (no title): It has no title.",
        "taken, with a note:",
        "  line 9: Bal: A price is lost.",
    ]
