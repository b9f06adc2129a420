"""Files of seating plans that were read, and which repairs were accepted."""

from collections.abc import Sequence
from dataclasses import asdict

from quickserve.catalog.plan_rows import PlanImportRow, SavedPlanImport
from quickserve.contracts.seating import PlanId, SeatingImportId
from quickserve.kernel.db import Transaction


async def insert_import(tx: Transaction, row: SavedPlanImport) -> int:
    """One, or none when the id was used before."""
    return await tx.execute(
        "INSERT INTO seating_imports (id, organiser_id, filename, content_hash, format, seats,"
        "   defects, defect_codes, draft, kept, findings, counts)"
        " VALUES (%(id)s, %(organiser_id)s, %(filename)s, %(content_hash)s, %(format)s, %(seats)s,"
        "   %(defects)s, %(defect_codes)s, %(draft)s, %(kept)s, %(findings)s, %(counts)s)"
        " ON CONFLICT (id) DO NOTHING",
        asdict(row),
    )


async def find_import(tx: Transaction, import_id: SeatingImportId) -> PlanImportRow | None:
    return await tx.maybe(
        PlanImportRow,
        "SELECT id, organiser_id, filename, content_hash, format, seats, defects, defect_codes,"
        "   draft, kept, findings, counts, accepted, plan_id, plan_version, created_at"
        " FROM seating_imports WHERE id = %s",
        (import_id,),
    )


async def lock_import(tx: Transaction, import_id: SeatingImportId) -> PlanImportRow | None:
    return await tx.maybe(
        PlanImportRow,
        "SELECT id, organiser_id, filename, content_hash, format, seats, defects, defect_codes,"
        "   draft, kept, findings, counts, accepted, plan_id, plan_version, created_at"
        " FROM seating_imports WHERE id = %s FOR UPDATE",
        (import_id,),
    )


async def accept(tx: Transaction, import_id: SeatingImportId, accepted: Sequence[str]) -> None:
    await tx.execute(
        "UPDATE seating_imports SET accepted = %s WHERE id = %s", (list(accepted), import_id)
    )


async def mark_saved(
    tx: Transaction, import_id: SeatingImportId, plan_id: PlanId, version: int
) -> None:
    await tx.execute(
        "UPDATE seating_imports SET plan_id = %s, plan_version = %s WHERE id = %s",
        (plan_id, version, import_id),
    )


async def forget_imports(tx: Transaction) -> int:
    return await tx.execute(
        "DELETE FROM seating_imports WHERE created_at < clock_timestamp() - interval '1 day'"
    )
