"""What the editor's script is answered."""

from pydantic import BaseModel

from quickserve.contracts.seating import SeatingPlanDraft


class EditorFinding(BaseModel):
    """`at` is where in the draft: `sections.0.rows.1.seats.2`."""

    message: str
    repair: str
    where: str
    heading: str
    at: str


class EditorAnswer(BaseModel):
    """Of a save: `version`, or `problem` (and `changed`, the version somebody else saved).
    Of a check: how many `defects`, what they are, and the plan with all repairs.
    """

    version: int | None = None
    problem: str = ""
    changed: int | None = None
    defects: int = 0
    findings: list[EditorFinding] = []
    plan: SeatingPlanDraft | None = None
