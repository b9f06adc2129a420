"""`quickserve import-plan` tells every defect, and what became of the file."""

from datetime import UTC, datetime

from quickserve.commandline.import_plan import report
from quickserve.contracts.seating import PlanFinding, PlanId, SeatingImportId, SeatingImportView
from quickserve.kernel.ids import OrganiserId, new_uuid

FINDING = PlanFinding(
    id="1", code="number-repeated", defect=True, at="line 7", section="Nord", row="B", seat="3",
    message="Another seat of the row has the number 3.", repair="It gets 4.", values={},
)  # fmt: skip


def a_report(plan_id: PlanId | None, **changes: object) -> SeatingImportView:
    report = SeatingImportView(
        id=SeatingImportId(new_uuid()), organiser_id=OrganiserId(new_uuid()), filename="salle.csv",
        format="table", name="salle", seats=12, sections=1, categories=["A"], findings=[FINDING],
        counts={"number-repeated": 1}, defects=1, waiting=0 if plan_id else 1, accepted=[],
        plan_id=plan_id, plan_version=1 if plan_id else None, created_at=datetime.now(UTC),
    )  # fmt: skip
    return report.model_copy(update=changes)


def test_defects_are_told_and_nothing_is_saved() -> None:
    told, outcome = report(a_report(None))
    assert told == (
        "number-repeated: Nord, B, 3 (line 7): Another seat of the row has the number 3. It gets 4."
    )
    assert outcome == (
        "salle.csv: 12 seats, 1 defect."
        " Nothing is saved: correct the file, or add --accept-repairs."
    )


def test_what_was_saved_is_named() -> None:
    plan_id = PlanId(new_uuid())
    assert report(a_report(plan_id))[-1] == (
        f"salle.csv: 12 seats, 1 defect. Saved as plan {plan_id}."
    )


def test_notes_are_counted_and_told_one_by_one_on_request() -> None:
    sold = [
        FINDING.model_copy(update={
            "code": "status-blocked", "defect": False, "at": f"line {n}", "seat": str(n),
            "message": 'The file says "sold": the seat is blocked.', "repair": "",
        })
        for n in range(1, 301)
    ]  # fmt: skip
    counts = {"number-repeated": 1, "status-blocked": 301}
    found = a_report(None, findings=[FINDING, *sold], counts=counts)
    assert report(found)[1:-1] == [
        'status-blocked: Nord, B, 1 (line 1): The file says "sold": the seat is blocked.',
        "status-blocked: … and 300 more such notes (--verbose tells them)",
    ]
    told = report(found, verbose=True)
    assert len(told) == 1 + 300 + 2
    assert told[-2] == "status-blocked: … and 1 more such note"
