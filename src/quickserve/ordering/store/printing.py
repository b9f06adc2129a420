"""Printers, and the tickets that wait for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.printing import PrinterDraft, PrinterId, PrinterView
from quickserve.kernel.db import Transaction
from quickserve.ordering.tickets import Kind

# -- Printers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrinterRow:
    id: PrinterId
    stand_id: StandId
    document: dict[str, Any]
    failures: int
    failing_since: datetime | None
    last_error: str | None
    printed_at: datetime | None
    waiting: int

    @property
    def draft(self) -> PrinterDraft:
        return PrinterDraft.model_validate(self.document)

    @property
    def view(self) -> PrinterView:
        return PrinterView(
            id=self.id, draft=self.draft, waiting=self.waiting, failing_since=self.failing_since,
            last_error=self.last_error, printed_at=self.printed_at,
        )  # fmt: skip


_SELECT: LiteralString = (
    "SELECT p.id, p.stand_id, p.document, p.failures, p.failing_since, p.last_error,"
    " p.printed_at, (SELECT count(*)::int FROM print_jobs j WHERE j.printer_id = p.id"
    " AND j.state = 'waiting') AS waiting FROM printers p"
)


async def of_stand(tx: Transaction, stand_id: StandId) -> list[PrinterRow]:
    return await tx.all(
        PrinterRow,
        _SELECT + " WHERE p.stand_id = %s ORDER BY p.document ->> 'name', p.id",
        (stand_id,),
    )


async def find(tx: Transaction, printer_id: PrinterId) -> PrinterRow | None:
    return await tx.maybe(PrinterRow, _SELECT + " WHERE p.id = %s", (printer_id,))


async def put(
    tx: Transaction, printer_id: PrinterId, stand_id: StandId, draft: PrinterDraft
) -> bool:
    """What failed before is tried at once. False where another stand has the id."""
    return (
        await tx.execute(
            "INSERT INTO printers AS known (id, stand_id, document, enabled)"
            " VALUES (%s, %s, %s::jsonb, %s) ON CONFLICT (id) DO UPDATE SET"
            " document = excluded.document, enabled = excluded.enabled, failures = 0,"
            " failing_since = NULL, last_error = NULL, next_at = clock_timestamp()"
            " WHERE known.stand_id = excluded.stand_id",
            (printer_id, stand_id, draft.model_dump_json(), draft.enabled),
        )
        == 1
    )


async def delete(tx: Transaction, printer_id: PrinterId) -> None:
    """With what waits for it."""
    await tx.execute("DELETE FROM printers WHERE id = %s", (printer_id,))


# -- Jobs ------------------------------------------------------------------------------------------


async def queue(tx: Transaction, order_ids: Sequence[OrderId], kind: Kind) -> None:
    """For each printer of the orders' stands, with the move that asks for it."""
    await tx.execute(
        "INSERT INTO print_jobs (printer_id, order_id, kind)"
        " SELECT p.id, o.id, %s FROM orders o JOIN printers p ON p.stand_id = o.stand_id"
        " WHERE o.id = ANY(%s) AND p.enabled ON CONFLICT DO NOTHING",
        (kind, list(order_ids)),
    )


async def queue_test(tx: Transaction, printer_id: PrinterId) -> None:
    await tx.execute("INSERT INTO print_jobs (printer_id, kind) VALUES (%s, 'test')", (printer_id,))


async def hurry(tx: Transaction, printer_id: PrinterId) -> None:
    """Somebody waits in front of it."""
    await tx.execute(
        "UPDATE printers SET next_at = clock_timestamp() WHERE id = %s AND failures > 0",
        (printer_id,),
    )


async def lease(tx: Transaction, seconds: int, limit: int) -> list[PrinterRow]:
    """Printers that have something to print; nobody else prints there meanwhile."""
    return await tx.all(
        PrinterRow,
        "UPDATE printers p SET next_at = clock_timestamp() + make_interval(secs => %s)"
        " WHERE p.id IN (SELECT id FROM printers due WHERE due.enabled"
        " AND due.next_at <= clock_timestamp() AND EXISTS (SELECT FROM print_jobs j"
        " WHERE j.printer_id = due.id AND j.state = 'waiting')"
        " ORDER BY due.next_at LIMIT %s FOR UPDATE SKIP LOCKED)"
        " RETURNING p.id, p.stand_id, p.document, p.failures, p.failing_since, p.last_error,"
        " p.printed_at, 0 AS waiting",
        (seconds, limit),
    )


@dataclass(frozen=True, slots=True)
class Job:
    id: UUID
    order_id: OrderId | None
    kind: Kind
    maybe_printed: bool


async def begin(tx: Transaction, printer_id: PrinterId, limit: int) -> list[Job]:
    """The oldest that wait. From now on each counts as perhaps printed: this process may die."""
    return await tx.all(
        Job,
        "WITH due AS (SELECT id, maybe_printed, created_at FROM print_jobs"
        " WHERE printer_id = %s AND state = 'waiting' ORDER BY created_at, id LIMIT %s),"
        " begun AS (UPDATE print_jobs j SET maybe_printed = true FROM due WHERE j.id = due.id"
        " RETURNING j.id, j.order_id, j.kind, due.maybe_printed, due.created_at)"
        " SELECT id, order_id, kind, maybe_printed FROM begun ORDER BY created_at, id",
        (printer_id, limit),
    )


async def end(tx: Transaction, printer_id: PrinterId, job_ids: Sequence[UUID]) -> None:
    """They are on paper."""
    await tx.execute(
        "WITH done AS (UPDATE print_jobs SET state = 'printed', ended_at = clock_timestamp()"
        " WHERE id = ANY(%s)) UPDATE printers SET printed_at = clock_timestamp()"
        " WHERE id = %s",
        (list(job_ids), printer_id),
    )


async def untouched(tx: Transaction, job_ids: Sequence[UUID]) -> None:
    """Not a byte of them was sent: the next attempt is the first."""
    await tx.execute(
        "UPDATE print_jobs SET maybe_printed = false WHERE id = ANY(%s)", (list(job_ids),)
    )


async def release(tx: Transaction, printer_id: PrinterId) -> None:
    await tx.execute(
        "UPDATE printers SET next_at = clock_timestamp(), failures = 0, failing_since = NULL,"
        " last_error = NULL WHERE id = %s",
        (printer_id,),
    )


async def note_failure(
    tx: Transaction, printer_id: PrinterId, fault: str, pause_seconds: int
) -> None:
    await tx.execute(
        "UPDATE printers SET failures = failures + 1, last_error = %s,"
        " failing_since = coalesce(failing_since, clock_timestamp()),"
        " next_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
        (fault, pause_seconds, printer_id),
    )


async def give_up(tx: Transaction) -> int:
    """A ticket that comes hours late only confuses."""
    return await tx.execute(
        "UPDATE print_jobs SET state = 'given-up', ended_at = clock_timestamp()"
        " WHERE state = 'waiting' AND created_at < clock_timestamp() - interval '2 hours'"
    )


async def delete_old(tx: Transaction) -> int:
    return await tx.execute(
        "DELETE FROM print_jobs WHERE state <> 'waiting'"
        " AND ended_at < clock_timestamp() - interval '7 days'"
    )
