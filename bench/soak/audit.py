"""Everything is counted: what the database has, beside what servers acknowledged."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, LiteralString

from bench.soak.house import HOLD_SECONDS
from bench.soak.ledger import Ledger
from quickserve.kernel.db import open_connection

_EXPIRY_SECONDS_MAX = 6.0  # within a second where nobody else uses the machine

_HELD = """
SELECT (SELECT coalesce(sum(held), 0) FROM booking.quotas)
     + (SELECT count(*) FROM booking.holds WHERE state = 'active')
     + (SELECT count(*) FROM booking.seats WHERE state = 'held')
"""
_OVERSOLD = "SELECT count(*) FROM booking.quotas WHERE held + sold > capacity"
# A quota has sold what its confirmed bookings say, and nothing else.
_FIGURES = """
SELECT count(*) FROM booking.quotas q LEFT JOIN (
    SELECT quota_id, sum(each.places) AS places FROM booking.bookings b,
        unnest(b.quota_ids, b.quota_places) AS each(quota_id, places)
    WHERE b.state = 'confirmed' GROUP BY quota_id) AS said ON said.quota_id = q.id
WHERE q.sold <> coalesce(said.places, 0)
"""
# A seat is sold to a confirmed booking with a ticket for it, and each ticket's seat is.
_SEATS = """
SELECT count(*) FROM (
    SELECT date_id, seat_id, taken_by FROM booking.seats WHERE state <> 'free') AS had
FULL JOIN (
    SELECT b.date_id, t.seat_id, b.id AS taken_by
    FROM booking.bookings b JOIN booking.tickets t ON t.booking_id = b.id
    WHERE b.state = 'confirmed' AND t.state = 'valid' AND t.seat_id IS NOT NULL) AS said
USING (date_id, seat_id, taken_by)
WHERE had.seat_id IS NULL OR said.seat_id IS NULL
"""
_BOOKINGS = """
SELECT b.id, b.state, (SELECT count(*) FROM booking.tickets t
                       WHERE t.booking_id = b.id AND t.state = 'valid')
FROM booking.bookings b
"""


@dataclass(frozen=True)
class Findings:
    """What must be nothing, each named; and how long the last holds took to come back."""

    wrong: dict[str, int]
    examples: list[str]
    seconds_until_free: float


async def audit(database_url: str, ledger: Ledger) -> Findings:
    """Nobody asks for anything any more; holds that were left behind run out first."""
    started = time.monotonic()
    while leaked := await _number(database_url, _HELD):
        if time.monotonic() - started > HOLD_SECONDS + _EXPIRY_SECONDS_MAX:
            break
        await asyncio.sleep(0.2)
    seconds = time.monotonic() - started
    rows = await _rows(database_url, _BOOKINGS)
    known = {row[0]: (row[1], row[2]) for row in rows}
    lost = [
        f"{booking_id}: {bought.state} with {bought.places} places, now {known.get(booking_id)}"
        for booking_id, bought in ledger.bought.items()
        if known.get(booking_id) != _as_acknowledged(bought.state, bought.places)
    ]
    strange = [
        f"{booking_id}: {found}, and nobody knows it"
        for booking_id, found in known.items()
        if found[0] in ("pending", "confirmed") and booking_id not in ledger.bought
    ]
    sold = await _number(database_url, _OVERSOLD)
    return Findings(
        {
            "oversold": sold + len(ledger.oversold),
            "leaked: places still held": leaked,
            "lost: acknowledged, but not so": len(lost),
            "bookings that nobody knows of": len(strange),
            "quotas that differ from their bookings": await _number(database_url, _FIGURES),
            "seats that differ from their bookings": await _number(database_url, _SEATS),
        },
        [*ledger.oversold[:5], *lost[:5], *strange[:5]],
        seconds,
    )


def _as_acknowledged(state: str, places: int) -> tuple[str, int]:
    return state, places if state == "confirmed" else 0


async def _number(database_url: str, question: LiteralString) -> int:
    rows = await _rows(database_url, question)
    return int(rows[0][0])


async def _rows(database_url: str, question: LiteralString) -> list[tuple[Any, ...]]:
    async with await open_connection(database_url) as connection:
        cursor = await connection.execute(question)
        return await cursor.fetchall()
