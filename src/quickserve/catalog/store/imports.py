"""Imports: the queue, who works on what, and how far it is."""

import json
from collections.abc import Sequence
from uuid import UUID

from quickserve.catalog.model import ClaimedImport, ImportRow, NewLine, Progress, StartedImport
from quickserve.contracts.catalog import ImportId, ImportLine
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId

LINES_MAX = 1000
ATTEMPTS_MAX = 3


async def insert_import(tx: Transaction, started: StartedImport) -> None:
    """Does nothing when the id exists."""
    await tx.execute(
        "INSERT INTO imports (id, organiser_id, filename, zone, content, content_hash, format)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            started.id, started.organiser_id, started.filename, started.zone, started.content,
            started.content_hash, started.format,
        ),
    )  # fmt: skip


async def find_import(tx: Transaction, import_id: ImportId) -> ImportRow | None:
    return await tx.maybe(
        ImportRow,
        "SELECT id, organiser_id, filename, zone, content_hash, format, state, refusal,"
        "   refusal_code, total,"
        "   created, updated, unchanged, skipped, noted, created_at, finished_at"
        " FROM imports WHERE id = %s",
        (import_id,),
    )


async def imports_of_organiser(
    tx: Transaction, organiser_id: OrganiserId, limit: int
) -> list[ImportRow]:
    return await tx.all(
        ImportRow,
        "SELECT id, organiser_id, filename, zone, content_hash, format, state, refusal,"
        "   refusal_code, total,"
        "   created, updated, unchanged, skipped, noted, created_at, finished_at"
        " FROM imports WHERE organiser_id = %s ORDER BY created_at DESC, id DESC LIMIT %s",
        (organiser_id, limit),
    )


async def find_lines(tx: Transaction, import_id: ImportId, *, taken: bool) -> list[ImportLine]:
    """Notes on entries that were taken, or the entries that were not."""
    return await tx.all(
        ImportLine,
        "SELECT line, title, code, reason FROM import_lines WHERE import_id = %s AND taken = %s"
        " ORDER BY position, number",
        (import_id, taken),
    )


async def claim_import(tx: Transaction, claim: UUID, silence_s: float) -> ClaimedImport | None:
    """The oldest import that waits, or whose worker has been silent for too long."""
    return await tx.maybe(
        ClaimedImport,
        "UPDATE imports SET state = 'running', claim = %(claim)s, attempts = attempts + 1,"
        "   heartbeat_at = clock_timestamp(), read_at = coalesce(read_at, clock_timestamp())"
        " WHERE id = (SELECT id FROM imports WHERE state = 'waiting' OR (state = 'running'"
        "     AND heartbeat_at < clock_timestamp() - %(silence)s * interval '1 second')"
        "   ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
        " RETURNING id, claim, organiser_id, filename, zone, content, position, attempts, read_at",
        {"claim": claim, "silence": silence_s},
    )


async def lock_imports_of(tx: Transaction, organiser_id: OrganiserId) -> None:
    """One batch of an organiser at a time: two files may carry the same entries."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('catalog.imports:' || %s::text, 0))",
        (organiser_id,),
    )


async def beat(tx: Transaction, import_id: ImportId, claim: UUID) -> int:
    """0 when the claim is lost."""
    return await tx.execute(
        "UPDATE imports SET heartbeat_at = clock_timestamp() WHERE id = %s AND claim = %s",
        (import_id, claim),
    )


async def set_total(tx: Transaction, import_id: ImportId, claim: UUID, total: int) -> int:
    """0 when the claim is lost."""
    return await tx.execute(
        "UPDATE imports SET total = %s WHERE id = %s AND claim = %s", (total, import_id, claim)
    )


async def add_progress(
    tx: Transaction, import_id: ImportId, claim: UUID, progress: Progress
) -> int:
    """0 when the claim is lost: then the batch must be rolled back."""
    return await tx.execute(
        "UPDATE imports SET position = %(position)s, created = created + %(created)s,"
        "   updated = updated + %(updated)s, unchanged = unchanged + %(unchanged)s,"
        "   skipped = skipped + %(skipped)s, noted = noted + %(noted)s, attempts = 0,"
        "   heartbeat_at = clock_timestamp()"
        " WHERE id = %(id)s AND claim = %(claim)s",
        {
            "id": import_id, "claim": claim, "position": progress.position,
            "created": progress.created, "updated": progress.updated,
            "unchanged": progress.unchanged, "skipped": progress.skipped, "noted": progress.noted,
        },
    )  # fmt: skip


async def save_lines(
    tx: Transaction, import_id: ImportId, lines: Sequence[NewLine], *, taken: bool
) -> None:
    """Keeps the first thousand of those taken, and of those not."""
    rows = [{**line.line.model_dump(), "at": line.position, "n": line.number} for line in lines]
    await tx.execute(
        "INSERT INTO import_lines (import_id, position, number, taken, line, title, code, reason)"
        " SELECT %(id)s, at, n, %(taken)s, line, title, code, reason"
        " FROM jsonb_to_recordset(%(rows)s::jsonb) AS"
        "   (at integer, n integer, line integer, title text, code text, reason text)"
        " ORDER BY at, n"
        " LIMIT greatest(0, %(max)s - (SELECT count(*) FROM import_lines"
        "   WHERE import_id = %(id)s AND taken = %(taken)s))",
        {"id": import_id, "taken": taken, "rows": json.dumps(rows), "max": LINES_MAX},
    )


async def finish_import(tx: Transaction, import_id: ImportId, claim: UUID) -> int:
    return await tx.execute(
        "UPDATE imports SET state = 'done', content = NULL, claim = NULL,"
        "   finished_at = clock_timestamp() WHERE id = %s AND claim = %s",
        (import_id, claim),
    )


async def refuse_import(
    tx: Transaction, import_id: ImportId, claim: UUID, refusal: str, code: str
) -> int:
    return await tx.execute(
        "UPDATE imports SET state = 'refused', refusal = %s, refusal_code = %s, content = NULL,"
        "   claim = NULL, finished_at = clock_timestamp() WHERE id = %s AND claim = %s",
        (refusal, code, import_id, claim),
    )


async def release_import(tx: Transaction, import_id: ImportId, claim: UUID) -> int:
    return await tx.execute(
        "UPDATE imports SET state = 'waiting', claim = NULL WHERE id = %s AND claim = %s",
        (import_id, claim),
    )
