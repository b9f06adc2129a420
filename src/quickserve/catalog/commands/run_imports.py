"""The worker behind imports: takes a file that waits, reads it, writes it in batches.

A batch and the figures that tell of it commit together, so a worker that dies leaves an import
that another one goes on with where it stopped. Whoever lost the claim cannot write any more.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import islice

import structlog

from quickserve.catalog.commands.import_batch import Imported, import_batch
from quickserve.catalog.importers import ImportedEvent, ImportRefused, Note, Outcome, Skipped, read
from quickserve.catalog.model import ClaimedImport, NewLine, Progress
from quickserve.catalog.store import imports as store
from quickserve.contracts.catalog import ImportLine
from quickserve.kernel.errors import Problem, Unavailable
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Context

log = structlog.get_logger()

READ_CHUNK = 200
BATCH_ENTRIES, BATCH_DATES = 200, 2000
NOTES_MAX = 20  # of one entry
DATES_MAX = 100_000  # of one file: repetitions unroll to far more than the file's size
BEAT_SECONDS = 5
SILENCE_SECONDS = 30  # after which another worker takes over
_UNREADABLE = "The file could not be read: check that it is complete, then send it again."


class ClaimLostError(Exception):
    """Another worker has taken the import over."""


async def run_imports(ctx: Context) -> None:
    """Until no import waits."""
    while await run_next_import(ctx):
        pass


async def run_next_import(ctx: Context) -> bool:
    """False when none waits."""
    async with ctx.db.transaction() as tx:
        claimed = await store.claim_import(tx, new_uuid(), SILENCE_SECONDS)
    if claimed is None:
        return False
    try:
        if claimed.attempts > store.ATTEMPTS_MAX:
            raise ImportRefused("unreadable", _UNREADABLE)  # noqa: TRY301 - refused like any other
        async with _beating(ctx, claimed):
            await _write(ctx, claimed, await _read(claimed))
    except ImportRefused as refusal:
        async with ctx.db.transaction() as tx:
            await store.refuse_import(tx, claimed.id, claimed.claim, refusal.sentence, refusal.code)
    except ClaimLostError:
        log.warning("import_taken_over", import_id=str(claimed.id))
    except asyncio.CancelledError:
        await asyncio.shield(_release(ctx, claimed))
        raise
    except Unavailable:
        raise  # nothing can be written now; the silence makes it be taken up again
    except Exception:
        log.exception("import_failed", import_id=str(claimed.id), attempt=claimed.attempts)
        await _release(ctx, claimed)
    return True


async def _release(ctx: Context, claimed: ClaimedImport) -> None:
    async with ctx.db.transaction() as tx:
        await store.release_import(tx, claimed.id, claimed.claim)


@asynccontextmanager
async def _beating(ctx: Context, claimed: ClaimedImport) -> AsyncGenerator[None]:
    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(Unavailable):
                async with ctx.db.transaction() as tx:
                    await store.beat(tx, claimed.id, claimed.claim)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _read(claimed: ClaimedImport) -> list[Outcome]:
    """In a thread, so that the loop stays free. Raises ImportRefused."""
    outcomes = await asyncio.to_thread(
        read,
        claimed.content,
        filename=claimed.filename,
        default_zone=claimed.zone,
        now=claimed.read_at,
    )
    found: list[Outcome] = []
    dates = 0
    while chunk := await asyncio.to_thread(_take, outcomes):
        found += chunk
        dates += _dates(chunk)
        if dates > DATES_MAX:
            raise ImportRefused(
                "too-many-dates", f"The file has more than {DATES_MAX} dates: split it."
            )
    return found


def _take(outcomes: Iterator[Outcome]) -> list[Outcome]:
    return list(islice(outcomes, READ_CHUNK))


def _dates(outcomes: Sequence[Outcome]) -> int:
    return sum(len(outcome.dates) for outcome in outcomes if isinstance(outcome, ImportedEvent))


async def _write(ctx: Context, claimed: ClaimedImport, outcomes: list[Outcome]) -> None:
    async with ctx.db.transaction() as tx:
        if not await store.set_total(tx, claimed.id, claimed.claim, len(outcomes)):
            raise ClaimLostError
    position = claimed.position
    while batch := _batch(outcomes, position):
        try:
            await _write_batch(ctx, claimed, position, batch)
        except Problem as problem:
            if problem.transient:
                raise
            await _write_singly(ctx, claimed, position, batch)
        position += len(batch)
    async with ctx.db.transaction() as tx:
        if not await store.finish_import(tx, claimed.id, claimed.claim):
            raise ClaimLostError


def _batch(outcomes: list[Outcome], position: int) -> list[Outcome]:
    """The next entries: a bounded number, with a bounded number of dates."""
    batch: list[Outcome] = []
    dates = 0
    for outcome in islice(outcomes, position, position + BATCH_ENTRIES):
        batch.append(outcome)
        dates += _dates([outcome])
        if dates >= BATCH_DATES:
            break
    return batch


async def _write_batch(
    ctx: Context, claimed: ClaimedImport, position: int, batch: Sequence[Outcome]
) -> None:
    events = [outcome for outcome in batch if isinstance(outcome, ImportedEvent)]
    skipped = [
        NewLine(position + index, 0, _skipped(outcome))
        for index, outcome in enumerate(batch)
        if isinstance(outcome, Skipped)
    ]
    notes = [
        NewLine(position + index, number, _noted(outcome, note))
        for index, outcome in enumerate(batch)
        if isinstance(outcome, ImportedEvent)
        for number, note in enumerate(outcome.notes[:NOTES_MAX])
    ]
    async with ctx.db.transaction() as tx:
        await store.lock_imports_of(tx, claimed.organiser_id)
        done: Imported = await import_batch(ctx, tx, claimed.organiser_id, events)
        for lines, taken in ((skipped, False), (notes, True)):
            if lines:
                await store.save_lines(tx, claimed.id, lines, taken=taken)
        progress = Progress(
            position + len(batch), done.created, done.updated, done.unchanged, len(skipped),
            len(notes),
        )  # fmt: skip
        if not await store.add_progress(tx, claimed.id, claimed.claim, progress):
            raise ClaimLostError


async def _write_singly(
    ctx: Context, claimed: ClaimedImport, position: int, batch: Sequence[Outcome]
) -> None:
    """One entry of the batch cannot be stored: find it, skip it, keep the others."""
    for index, outcome in enumerate(batch):
        try:
            await _write_batch(ctx, claimed, position + index, [outcome])
        except Problem as problem:
            if problem.transient or isinstance(outcome, Skipped):
                raise
            reason = f"The entry cannot be stored: {problem.detail or problem.title}"
            instead = Skipped(
                line=outcome.line, source_uid=None, title=None, reason=reason, code="not-storable"
            )
            await _write_batch(ctx, claimed, position + index, [instead])


def _skipped(entry: Skipped) -> ImportLine:
    return ImportLine(line=entry.line, title=entry.title, code=entry.code, reason=entry.reason)


def _noted(event: ImportedEvent, note: Note) -> ImportLine:
    return ImportLine(line=event.line, title=event.title, code=note.code, reason=note.sentence)
