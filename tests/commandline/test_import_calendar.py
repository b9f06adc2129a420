"""What `quickserve import` prints at the end."""

from datetime import UTC, datetime

import pytest

from quickserve.catalog import rules
from quickserve.cli import _in_words
from quickserve.commandline.import_calendar import _report, organiser_called
from quickserve.contracts.catalog import ImportId, ImportLine, ImportView
from quickserve.contracts.identity import OrganiserNames
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.laptop import CannotStart, Home, clients


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


async def test_an_empty_folder_is_told_not_filled(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Whoever forgets --data must not work on a new, empty installation."""
    monkeypatch.delenv("QUICKSERVE_DATABASE_URL", raising=False)
    folder = tmp_path / "elsewhere"
    with pytest.raises(CannotStart, match=r"Nothing is installed in .*elsewhere.*--data"):
        async with clients(Home(folder)):
            pass
    assert not folder.exists()


async def test_an_unknown_organiser_is_told_with_those_there_are(tmp_path):
    class Identity:
        async def find_organiser(self, name: str):
            raise NotFound("There is no organiser of this name.")

        async def organiser_names(self) -> OrganiserNames:
            return OrganiserNames(names=["Les Quais", "Fado"])

    with pytest.raises(CannotStart) as told:
        await organiser_called(Home(tmp_path), Identity(), "Les Qais")
    assert f"“Les Qais” in {tmp_path}. There: Les Quais, Fado." in str(told.value)


def test_a_problem_is_said_once():
    wrong = rules.refuse("zone", "unknown-zone", "Give an IANA name.")
    assert _in_words(wrong) == f"{wrong.title}.\n  zone: Give an IANA name."
    assert _in_words(NotFound("There is no such date.")) == (
        "There is nothing here. There is no such date."
    )
