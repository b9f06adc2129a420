"""Quotas and holds. Locks are taken in one order: holds, then quotas by id."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quickserve.booking import model
from quickserve.booking.model import Basket, Hold, HoldTimes, NewHoldRow
from quickserve.booking.store.date_facts import SELECT_DATE_FACTS
from quickserve.contracts.booking import DateFacts, HoldId, QuotaChange, QuotaId
from quickserve.contracts.catalog import DateId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money


@dataclass(frozen=True, slots=True)
class QuotaOwner:
    id: QuotaId
    organiser_id: OrganiserId
    date_id: DateId
    taken: int


async def lock_quotas(tx: Transaction, quota_ids: list[QuotaId]) -> list[QuotaOwner]:
    return await tx.all(
        QuotaOwner,
        "SELECT id, organiser_id, date_id, held + sold AS taken FROM quotas"
        " WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
        (quota_ids,),
    )


async def lock_stock(tx: Transaction, organiser_id: OrganiserId) -> None:
    """Until the transaction ends nobody else makes quotas of this organiser."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"quotas:{organiser_id}",)
    )


async def crowded_date(
    tx: Transaction, organiser_id: OrganiserId, date_ids: Sequence[DateId], most: int
) -> DateId | None:
    """One of the dates that has more than `most` quotas of this organiser."""
    return await tx.value(
        "SELECT date_id FROM quotas WHERE date_id = ANY(%s) AND organiser_id = %s"
        " GROUP BY date_id HAVING count(*) > %s LIMIT 1",
        (date_ids, organiser_id, most),
    )


async def upsert_quotas(tx: Transaction, changes: Sequence[QuotaChange]) -> int:
    """How many were written: an id that is another's, or another date's, is left alone."""
    return await tx.execute(
        "INSERT INTO quotas AS known (id, date_id, organiser_id, name, capacity)"
        " SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::integer[])"
        " AS new(id, date_id, organiser_id, name, capacity) ORDER BY id"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, capacity = excluded.capacity"
        " WHERE known.organiser_id = excluded.organiser_id AND known.date_id = excluded.date_id",
        (
            [c.id for c in changes], [c.date_id for c in changes],
            [c.organiser_id for c in changes], [c.name for c in changes],
            [c.capacity for c in changes],
        ),
    )  # fmt: skip


async def replace_quota_ticket_types(tx: Transaction, changes: Sequence[QuotaChange]) -> None:
    pairs = [(c.id, type_id) for c in changes for type_id in dict.fromkeys(c.ticket_type_ids)]
    await tx.execute(
        "WITH new AS (SELECT * FROM unnest(%(quotas)s::uuid[], %(types)s::uuid[])"
        " AS new(quota_id, ticket_type_id)), dropped AS ("
        " DELETE FROM quota_ticket_types WHERE quota_id = ANY(%(changed)s)"
        " AND (quota_id, ticket_type_id) NOT IN (SELECT quota_id, ticket_type_id FROM new))"
        " INSERT INTO quota_ticket_types SELECT * FROM new ON CONFLICT DO NOTHING",
        {
            "changed": [c.id for c in changes],
            "quotas": [q for q, _ in pairs],
            "types": [t for _, t in pairs],
        },
    )


async def move_places(
    tx: Transaction, quota_ids: Sequence[QuotaId], places: Sequence[int], *, held: int, sold: int
) -> None:
    """Adds `held` and `sold` (1, 0 or -1) times the places. Raises SoldOut by the constraint.

    Locks by id, so that overlapping baskets queue up instead of blocking each other.
    """
    await tx.execute(
        "WITH moved AS (SELECT * FROM unnest(%(ids)s::uuid[], %(places)s::integer[])"
        " AS moved(id, places)), locked AS MATERIALIZED ("
        " SELECT id FROM quotas WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE)"
        " UPDATE quotas q SET held = q.held + moved.places * %(held)s,"
        " sold = q.sold + moved.places * %(sold)s"
        " FROM locked JOIN moved USING (id) WHERE q.id = locked.id",
        {"ids": quota_ids, "places": places, "held": held, "sold": sold},
    )


class Room:
    """What is left of locked quotas; those who are served take of it, in their order.

    `for_list`: what is free is for who waits for it, and for nobody else.
    """

    def __init__(self, left: dict[QuotaId, int], for_list: Collection[QuotaId] = ()) -> None:
        self._left = left
        self._kept = {quota_id: left[quota_id] for quota_id in for_list}

    def take(self, basket: Basket, *, past_list: bool = False) -> bool:
        """False, and nothing taken, when not all of it fits."""
        wanted = list(zip(basket.quota_ids, basket.quota_places, strict=True))
        kept = {} if past_list else self._kept
        if any(places > self._left.get(q, 0) - kept.get(q, 0) for q, places in wanted):
            return False
        for quota_id, places in wanted:
            self._left[quota_id] -= places
        return True

    def change(self, quota_ids: Sequence[QuotaId], places: int) -> None:
        """What is set aside for somebody is room for them; not of quotas that are not locked."""
        for quota_id in quota_ids:
            if quota_id in self._left:
                self._left[quota_id] += places


@dataclass(frozen=True, slots=True)
class _Left:
    id: QuotaId
    places: int
    for_list: bool


async def lock_room(tx: Transaction, quota_ids: Sequence[QuotaId]) -> Room:
    """Of these quotas, which stay locked until the transaction ends."""
    found = await tx.all(
        _Left,
        "SELECT id, capacity - held - sold AS places, for_list FROM quotas"
        " WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
        (list(quota_ids),),
    )
    return Room({one.id: one.places for one in found}, [one.id for one in found if one.for_list])


async def used_hold_ids(tx: Transaction, hold_ids: Sequence[HoldId]) -> set[HoldId]:
    found: list[HoldId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM holds WHERE id = ANY(%s)", (list(hold_ids),)
    )
    return set(found)


async def find_hold_hash(tx: Transaction, hold_id: HoldId) -> bytes | None:
    """Tells a repeat; None when there is no such hold."""
    return await tx.value("SELECT body_hash FROM holds WHERE id = %s", (hold_id,))


@dataclass(frozen=True, slots=True)
class _Times:
    id: HoldId
    expires_at: datetime
    server_now: datetime


async def insert_holds(
    tx: Transaction, holds: Sequence[NewHoldRow], minutes: float
) -> list[tuple[HoldId, HoldTimes]]:
    """Holds and the places they take of quotas that are locked. Raises SoldOut.

    One that is missing in the answer had its id taken: then roll back. In a rush many want the
    same: each basket is sent once.
    """
    baskets = {id(hold.basket): hold.basket for hold in holds}
    numbers = {key: number for number, key in enumerate(baskets)}
    found = await tx.all(
        _Times,
        "WITH baskets AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS b(number integer,"
        "  items jsonb, total_minor bigint, currency text, quota_ids uuid[],"
        "  quota_places integer[])),"
        " held AS (INSERT INTO holds (id, date_id, state, expires_at, items, total_minor, currency,"
        "  quota_ids, quota_places, body_hash, purpose) SELECT h.id, h.date_id, 'active',"
        "  coalesce(h.until, clock_timestamp() + %s * interval '1 minute'), items, total_minor,"
        "  currency, quota_ids, quota_places, decode(h.body_hash, 'hex'), h.purpose"
        "  FROM jsonb_to_recordset(%s::jsonb) AS h(id uuid, date_id uuid, body_hash text,"
        "  number integer, purpose text, until timestamptz) JOIN baskets USING (number)"
        "  ON CONFLICT (id) DO NOTHING"
        "  RETURNING id, expires_at, created_at, quota_ids, quota_places),"
        " moved AS (SELECT u.id, sum(u.places) AS places FROM held,"
        "  unnest(held.quota_ids, held.quota_places) AS u(id, places) GROUP BY u.id),"
        " stock AS (UPDATE quotas q SET held = q.held + moved.places"
        "  FROM moved WHERE q.id = moved.id)"
        " SELECT id, expires_at, created_at AS server_now FROM held",
        (
            json.dumps([_plain_basket(*numbered) for numbered in enumerate(baskets.values())]),
            minutes,
            # One document: adapting an array of ids costs more than the statement itself.
            json.dumps([_plain_hold(hold, numbers[id(hold.basket)]) for hold in holds]),
        ),
    )  # fmt: skip
    own = {hold.id: hold.basket for hold in holds}
    return [(one.id, HoldTimes(one.expires_at, one.server_now, own[one.id])) for one in found]


def _plain_hold(hold: NewHoldRow, number: int) -> dict[str, Any]:
    return {
        "id": str(hold.id), "date_id": str(hold.date_id), "body_hash": hold.body_hash.hex(),
        "number": number, "purpose": hold.purpose,
        "until": hold.until.isoformat() if hold.until else None,
    }  # fmt: skip


def _plain_basket(number: int, basket: Basket) -> dict[str, Any]:
    return {
        "number": number, "items": model.plain_items(basket.items),
        "total_minor": basket.total.minor, "currency": basket.total.currency,
        "quota_ids": [str(i) for i in basket.quota_ids], "quota_places": basket.quota_places,
    }  # fmt: skip


def _hold(
    items: Any, total_minor: int, currency: str, **columns: Any
) -> Hold:  # the date's columns are those not named otherwise
    own = {
        name: columns.pop(name)
        for name in (
            "id", "state", "expires_at", "server_now", "quota_ids", "quota_places", "cancelled",
        )
    }  # fmt: skip
    return Hold(
        **own,
        date=DateFacts(**columns),
        items=model.load_items(items),
        total=Money(total_minor, currency),
    )


async def find_hold(tx: Transaction, hold_id: HoldId) -> Hold | None:
    return await tx.maybe(
        _hold,
        SELECT_DATE_FACTS
        + ", h.id, CASE WHEN h.state = 'active' AND h.expires_at <= clock_timestamp()"
        " THEN 'expired' ELSE h.state END AS state, h.expires_at, clock_timestamp() AS server_now,"
        " h.items, h.total_minor, h.currency, h.quota_ids, h.quota_places,"
        " 'cancelled' IN (e.state, d.state) AS cancelled FROM holds h"
        " JOIN offered_dates d ON d.id = h.date_id"
        " JOIN offered_events e ON e.id = d.event_id WHERE h.id = %s AND h.purpose <> 'block'",
        (hold_id,),
    )


async def use_hold(tx: Transaction, hold_id: HoldId) -> bool:
    """False when it is no longer active, by the database's clock. Locks it."""
    return (
        await tx.execute(
            "UPDATE holds SET state = 'used'"
            " WHERE id = %s AND state = 'active' AND expires_at > clock_timestamp()"
            " AND purpose <> 'block'",
            (hold_id,),
        )
        == 1
    )


async def lock_active_holds(tx: Transaction, hold_ids: Sequence[HoldId]) -> set[HoldId]:
    """Those of them that are active, by the database's clock. They stay locked."""
    if not hold_ids:
        return set()
    found = await tx.all(
        _Id,
        "SELECT id FROM holds WHERE id = ANY(%s) AND state = 'active' AND purpose <> 'block'"
        " AND expires_at > clock_timestamp() ORDER BY id FOR UPDATE",
        (list(hold_ids),),
    )
    return {one.id for one in found}


@dataclass(frozen=True, slots=True)
class _Id:
    id: HoldId


@dataclass(frozen=True, slots=True)
class Taken:
    id: HoldId
    date_id: DateId
    quota_ids: list[QuotaId]
    quota_places: list[int]


async def release_hold(tx: Transaction, hold_id: HoldId) -> Taken | None:
    """What it had taken; None when it was not active."""
    return await tx.maybe(
        Taken,
        "UPDATE holds SET state = 'released', ended_at = clock_timestamp()"
        " WHERE id = %s AND state = 'active'"
        " AND purpose <> 'block' RETURNING id, date_id, quota_ids, quota_places",
        (hold_id,),
    )


async def any_expired_hold(tx: Transaction, date_id: DateId | None) -> bool:
    """Of one date or of all. Spares a sold-out rush, and a quiet night, empty transactions."""
    return await tx.value(
        "SELECT EXISTS (SELECT FROM holds WHERE state = 'active'"
        " AND expires_at <= (SELECT clock_timestamp())"
        " AND (%(date)s::uuid IS NULL OR date_id = %(date)s))",
        {"date": date_id},
    )


async def expire_holds(tx: Transaction, limit: int, date_id: DateId | None = None) -> list[Taken]:
    """Marks up to `limit` holds that are past their time, of one date or of all."""
    return await tx.all(
        Taken,
        "WITH gone AS (SELECT id FROM holds WHERE state = 'active'"
        " AND expires_at <= (SELECT clock_timestamp())"
        " AND (%(date)s::uuid IS NULL OR date_id = %(date)s)"
        " ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"
        " UPDATE holds h SET state = 'expired', ended_at = clock_timestamp() FROM gone"
        " WHERE h.id = gone.id"
        " RETURNING h.id, h.date_id, h.quota_ids, h.quota_places",
        {"date": date_id, "limit": limit},
    )
