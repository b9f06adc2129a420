"""A file is handed in; a worker reads it afterwards."""

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from quickserve.catalog import rules
from quickserve.catalog.importers import ImportRefused, detect
from quickserve.catalog.model import StartedImport
from quickserve.catalog.store import imports as store
from quickserve.contracts.catalog import ImportId, ImportRefusedError
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class StartImport:
    import_id: ImportId
    organiser_id: OrganiserId
    filename: str
    zone: str
    content: bytes


async def start_import(ctx: Context, cmd: StartImport) -> None:
    """Raises UnknownZone, ImportRefusedError for what is obviously no schedule, IdReused."""
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    rules.check_zone(cmd.zone)
    rules.check_line("filename", cmd.filename)
    try:
        format_ = await asyncio.to_thread(detect, cmd.filename, cmd.content)
    except ImportRefused as refusal:
        raise ImportRefusedError(refusal.sentence, reason=refusal.code) from refusal
    started = StartedImport(
        id=cmd.import_id,
        organiser_id=cmd.organiser_id,
        filename=cmd.filename,
        zone=cmd.zone,
        content=cmd.content,
        content_hash=sha256(cmd.content).digest(),
        format=format_,
    )
    async with ctx.db.transaction() as tx:
        await store.insert_import(tx, started)
        row = await store.find_import(tx, cmd.import_id)
    assert row is not None, "it was inserted, or was there before"
    same = (row.organiser_id, row.filename, row.zone, row.content_hash) == (
        cmd.organiser_id, cmd.filename, cmd.zone, started.content_hash,
    )  # fmt: skip
    if not same:
        raise IdReused("This import id was used for another file: make a new id.")
