"""Events that are called off, and what is given back because of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.contracts.catalog import EventId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

Kind = Literal["booking", "order"]


@dataclass(frozen=True, slots=True)
class EventCancellation:
    event_id: EventId
    saga_id: UUID
    organiser_id: OrganiserId
    stopped_at: datetime | None
    swept_at: datetime | None
    found_all_at: datetime | None
    created_at: datetime


async def insert(
    tx: Transaction, event_id: EventId, saga_id: UUID, organiser_id: OrganiserId
) -> bool:
    """False when it was cancelled before."""
    return (
        await tx.execute(
            "INSERT INTO event_cancellations (event_id, saga_id, organiser_id)"
            " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (event_id, saga_id, organiser_id),
        )
        == 1
    )


async def find(tx: Transaction, event_id: EventId) -> EventCancellation | None:
    return await tx.maybe(
        EventCancellation, "SELECT * FROM event_cancellations WHERE event_id = %s", (event_id,)
    )


async def find_of_saga(tx: Transaction, saga_id: UUID) -> EventCancellation | None:
    return await tx.maybe(
        EventCancellation, "SELECT * FROM event_cancellations WHERE saga_id = %s", (saga_id,)
    )


async def set_stopped(tx: Transaction, event_id: EventId) -> None:
    await tx.execute(
        "UPDATE event_cancellations SET stopped_at = coalesce(stopped_at, clock_timestamp())"
        " WHERE event_id = %s",
        (event_id,),
    )


async def set_found_all(tx: Transaction, event_id: EventId) -> None:
    await tx.execute(
        "UPDATE event_cancellations SET found_all_at = coalesce(found_all_at, clock_timestamp())"
        " WHERE event_id = %s",
        (event_id,),
    )


async def claim_sweep(tx: Transaction) -> EventId | None:
    """One that nobody looks at now: each half a minute at first, then less and less often."""
    return await tx.value(
        "UPDATE event_cancellations SET swept_at = clock_timestamp() WHERE event_id = ("
        "SELECT event_id FROM event_cancellations WHERE stopped_at IS NOT NULL"
        " AND stopped_at > clock_timestamp() - interval '2 days'"
        " AND (swept_at IS NULL OR swept_at < clock_timestamp() - greatest(interval '30 seconds',"
        " (clock_timestamp() - stopped_at) / 20)) ORDER BY swept_at NULLS FIRST LIMIT 1"
        " FOR UPDATE SKIP LOCKED) RETURNING event_id"
    )


async def forget_refused(tx: Transaction, event_id: EventId) -> None:
    """They are found again, and tried again."""
    await tx.execute(
        "WITH gone AS (DELETE FROM event_refunds WHERE event_id = %(event)s"
        " AND state = 'refused' RETURNING 1)"
        " UPDATE event_cancellations SET swept_at = NULL"
        " WHERE event_id = %(event)s AND EXISTS (SELECT FROM gone)",
        {"event": event_id},
    )


@dataclass(frozen=True, slots=True)
class Begun:
    kind: Kind
    subject_id: UUID
    saga_id: UUID


async def insert_refunds(
    tx: Transaction, event_id: EventId, kind: Kind, new: Sequence[tuple[UUID, UUID, Money | None]]
) -> int:
    """Subject, saga, and what was paid by hand. How many are new."""
    return await tx.execute(
        "INSERT INTO event_refunds (event_id, kind, subject_id, saga_id, by_hand_minor, currency)"
        " SELECT %s, %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::text[])"
        " ON CONFLICT DO NOTHING",
        (
            event_id, kind, [one[0] for one in new], [one[1] for one in new],
            [one[2] and one[2].minor for one in new], [one[2] and one[2].currency for one in new],
        ),
    )  # fmt: skip


async def waiting(tx: Transaction) -> list[EventCancellation]:
    """Events with refunds whose turn has not come."""
    return await tx.all(
        EventCancellation,
        "SELECT c.* FROM event_cancellations c WHERE EXISTS (SELECT FROM event_refunds r"
        " WHERE r.event_id = c.event_id AND r.state = 'open' AND r.begun_at IS NULL)"
        " ORDER BY c.event_id LIMIT 20",
    )


async def begin_next(tx: Transaction, event_id: EventId, room: int) -> list[Begun]:
    """As many as there is room for beside those under way."""
    return await tx.all(
        Begun,
        "WITH next AS (SELECT kind, subject_id FROM event_refunds WHERE event_id = %(event)s"
        " AND state = 'open' AND begun_at IS NULL ORDER BY kind DESC, subject_id"
        " LIMIT greatest(0, %(room)s - (SELECT count(*) FROM event_refunds"
        " WHERE event_id = %(event)s AND state = 'open' AND begun_at IS NOT NULL))"
        " FOR UPDATE SKIP LOCKED)"
        " UPDATE event_refunds r SET begun_at = clock_timestamp() FROM next"
        " WHERE r.event_id = %(event)s AND r.kind = next.kind AND r.subject_id = next.subject_id"
        " RETURNING r.kind, r.subject_id, r.saga_id",
        {"event": event_id, "room": room},
    )


async def insert_cancellations(tx: Transaction, begun: Sequence[Begun]) -> None:
    """So that whoever looks at one of these bookings sees it, and nobody cancels it twice."""
    await tx.execute(
        "INSERT INTO cancellations (id, checkout_id) SELECT new.saga_id, c.id"
        " FROM unnest(%s::uuid[], %s::uuid[]) AS new(booking_id, saga_id)"
        " JOIN checkouts c ON c.booking_id = new.booking_id ON CONFLICT DO NOTHING",
        ([one.subject_id for one in begun], [one.saga_id for one in begun]),
    )


async def insert_order_cancellations(
    tx: Transaction, organiser_id: OrganiserId, begun: Sequence[Begun]
) -> None:
    await tx.execute(
        "INSERT INTO order_cancellations (id, saga_id, order_id, organiser_id, lines, by, words,"
        " content, whole) SELECT new.saga_id, new.saga_id, new.order_id, %s, '{}', 'saga',"
        " 'event-cancelled', '', true"
        " FROM unnest(%s::uuid[], %s::uuid[]) AS new(order_id, saga_id) ON CONFLICT DO NOTHING",
        (organiser_id, [one.subject_id for one in begun], [one.saga_id for one in begun]),
    )


async def end_refund(tx: Transaction, saga_id: UUID, state: Literal["done", "refused"]) -> None:
    """If that saga was because of an event; else nothing."""
    await tx.execute("UPDATE event_refunds SET state = %s WHERE saga_id = %s", (state, saga_id))


@dataclass(frozen=True, slots=True)
class Count:
    kind: Kind
    state: Literal["open", "done", "refused"]
    found: int


async def counts(tx: Transaction, event_id: EventId) -> list[Count]:
    return await tx.all(
        Count,
        "SELECT kind, state, count(*) AS found FROM event_refunds WHERE event_id = %s"
        " GROUP BY kind, state",
        (event_id,),
    )


def _money(minor: int, currency: str) -> Money:
    return Money(minor, currency)


async def by_hand(tx: Transaction, event_id: EventId) -> list[Money]:
    return await tx.all(
        _money,
        "SELECT sum(by_hand_minor)::bigint AS minor, currency FROM event_refunds"
        " WHERE event_id = %s AND by_hand_minor > 0 GROUP BY currency ORDER BY currency",
        (event_id,),
    )
