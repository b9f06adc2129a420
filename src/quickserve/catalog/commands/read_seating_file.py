"""A file of a seating plan is read: what it holds, what is wrong with it, how it is repaired."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256

from quickserve.catalog import rules
from quickserve.catalog.plan_rows import SavedPlanImport
from quickserve.catalog.seating.checks import examine, told
from quickserve.catalog.seating.formats import read_plan
from quickserve.catalog.seating.loose import Refused
from quickserve.catalog.store import seating_imports as store
from quickserve.contracts.seating import PlanRefused, SeatingImportId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import FieldError, IdReused
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

FINDINGS_TOLD = 5_000


@dataclass(frozen=True, slots=True)
class ReadSeatingFile:
    import_id: SeatingImportId
    organiser_id: OrganiserId
    filename: str
    content: bytes


async def read_seating_file(ctx: Context, cmd: ReadSeatingFile) -> None:
    """Saves the report, no plan. Raises PlanRefused, IdReused."""
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    rules.check_line("filename", cmd.filename)
    try:
        row = await asyncio.to_thread(_read, cmd)
    except Refused as refused:
        raise PlanRefused(
            refused.sentence,
            errors=[FieldError(field="file", code=refused.code, message=refused.sentence)],
            reason=refused.code,
        ) from None
    async with ctx.db.transaction() as tx:
        if await store.insert_import(tx, row):
            return
        known = await store.find_import(tx, cmd.import_id)
        if (
            known is None
            or known.organiser_id != cmd.organiser_id
            or known.content_hash != row.content_hash
        ):
            raise IdReused


def _read(cmd: ReadSeatingFile) -> SavedPlanImport:
    examined = examine(read_plan(cmd.content, cmd.filename))
    # Defects first, so that their ids are the places in `defect_codes`.
    findings = sorted(examined.findings, key=lambda finding: not finding.defect)
    defects = [finding.code for finding in findings if finding.defect]
    shown = told(findings[:FINDINGS_TOLD])
    draft = examined.draft
    return SavedPlanImport(
        id=cmd.import_id,
        organiser_id=cmd.organiser_id,
        filename=cmd.filename,
        content_hash=sha256(cmd.content).digest(),
        format=examined.format,
        seats=sum(len(row.seats) for section in draft.sections for row in section.rows),
        defects=len(defects),
        defect_codes=defects,
        draft=draft.model_dump_json(),
        kept=json.dumps(examined.kept) if examined.kept else None,
        findings="[" + ",".join(finding.model_dump_json() for finding in shown) + "]",
        counts=json.dumps(Counter(finding.code for finding in findings)),
    )
