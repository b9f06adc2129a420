"""Orders, and what happened to each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from pydantic import TypeAdapter

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import Fulfilment, StandId
from quickserve.contracts.ordering import (
    BasketId,
    Destination,
    OrderId,
    OrderState,
    OrderStep,
    Payment,
    PricedLine,
    Promise,
    TabId,
    Totals,
)
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.ordering.model import Actor, Home, Moving, NewOrderRow, Order, Placed, Plan

_LINES: TypeAdapter[list[PricedLine]] = TypeAdapter(list[PricedLine])
_SELECT: LiteralString = (
    "SELECT o.id, o.basket_id, o.stand_id, o.organiser_id, o.event_id, o.ticket_id, o.tab_id,"
    " o.number, o.state, o.payment, o.paid_at, o.contact_name, o.contact_email,"
    " o.contact_phone, o.language, o.destination, o.fulfilment, o.lines, o.totals,"
    " o.refunded_minor, o.slot, o.ready_by, o.promise_earliest, o.promise_latest, o.answer_by,"
    " o.ready_at, o.content, o.placed_at, s.document ->> 'name' AS stand_name,"
    " clock_timestamp() AS now FROM orders o JOIN stands s ON s.id = o.stand_id"
)


@dataclass(frozen=True, slots=True)
class _Row:
    id: OrderId
    basket_id: BasketId
    stand_id: StandId
    organiser_id: OrganiserId
    event_id: EventId | None
    ticket_id: TicketId | None
    tab_id: TabId | None
    number: str
    state: OrderState
    payment: Payment
    paid_at: datetime | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None
    language: str
    destination: dict[str, Any] | None
    fulfilment: Fulfilment
    lines: list[dict[str, Any]]
    totals: dict[str, Any]
    refunded_minor: int
    slot: datetime | None
    ready_by: datetime
    promise_earliest: datetime
    promise_latest: datetime
    answer_by: datetime | None
    ready_at: datetime | None
    content: bytes
    placed_at: datetime
    stand_name: str
    now: datetime

    def order(self) -> Order:
        destination = Destination(fulfilment=self.fulfilment)
        if self.destination is not None:
            destination = Destination.model_validate(self.destination)
        return Order(
            self.id, self.basket_id, self.stand_id, self.organiser_id, self.event_id,
            self.ticket_id, self.tab_id, self.number, self.state, self.payment, self.paid_at,
            self.contact_name, self.contact_email, self.contact_phone, self.language, destination,
            _LINES.validate_python(self.lines), Totals.model_validate(self.totals),
            self.refunded_minor, self.slot, self.ready_by,
            Promise(earliest=self.promise_earliest, latest=self.promise_latest), self.answer_by,
            self.ready_at, bytes(self.content), self.placed_at, self.stand_name, self.now,
        )  # fmt: skip


async def used_ids(tx: Transaction, order_ids: Sequence[OrderId]) -> set[OrderId]:
    """Those of the ids that orders have, or that were withdrawn before they came."""
    found: list[OrderId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM orders WHERE id = ANY(%(ids)s)"
        " UNION ALL SELECT order_id FROM order_tombstones WHERE order_id = ANY(%(ids)s)) used",
        {"ids": list(order_ids)},
    )
    return set(found)


async def hold_off_withdrawals(tx: Transaction) -> None:
    """Nobody is told that an order never came while this transaction may still bring it."""
    await tx.execute("SELECT pg_advisory_xact_lock_shared(71432)")


async def hold_off_orders(tx: Transaction) -> None:
    """Waits for those that are being placed; no other one is until this transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(71432)")


async def put_tombstone(tx: Transaction, order_id: OrderId) -> None:
    await tx.execute(
        "INSERT INTO order_tombstones (order_id) VALUES (%s) ON CONFLICT DO NOTHING", (order_id,)
    )


async def is_tombstone(tx: Transaction, order_id: OrderId) -> bool:
    return await tx.value(
        "SELECT EXISTS (SELECT FROM order_tombstones WHERE order_id = %s)", (order_id,)
    )


async def delete_tombstones(tx: Transaction) -> int:
    return await tx.execute(
        "DELETE FROM order_tombstones WHERE at < clock_timestamp() - interval '30 days'"
    )


async def insert(
    tx: Transaction, rows: Sequence[tuple[NewOrderRow, Placed, Plan]], answer_seconds: int
) -> int:
    """With their first step and what they reserve of the kitchen. How many were written."""
    return await tx.execute(
        "WITH new AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(id uuid,"
        " basket_id uuid, stand_id uuid, organiser_id uuid, event_id uuid, ticket_id uuid,"
        " tab_id uuid, number text, state text, payment text, contact_name text,"
        " contact_email text, contact_phone text, language text, destination jsonb,"
        " fulfilment text, lines jsonb, totals jsonb, total_minor bigint, currency text,"
        " slot timestamptz, ready_by timestamptz, promise_earliest timestamptz,"
        " promise_latest timestamptz, content text, placed_at timestamptz, by text,"
        " work jsonb, intake_percent integer)),"
        " made AS (INSERT INTO orders (id, basket_id, stand_id, organiser_id, event_id,"
        " ticket_id, tab_id, number, state, payment, contact_name, contact_email, contact_phone,"
        " language, destination, fulfilment, lines, totals, total_minor, currency, slot, ready_by,"
        " promise_earliest, promise_latest, content, placed_at, intake_percent, answer_by)"
        " SELECT id, basket_id, stand_id, organiser_id, event_id, ticket_id, tab_id, number,"
        " state, payment, contact_name, contact_email, contact_phone, language, destination,"
        " fulfilment, lines, totals, total_minor, currency, slot, ready_by, promise_earliest,"
        " promise_latest, decode(content, 'hex'), placed_at, intake_percent,"
        " CASE WHEN state = 'submitted'"
        " THEN placed_at + make_interval(secs => %(answer)s) END FROM new"
        " ON CONFLICT (id) DO NOTHING RETURNING id),"
        " worked AS (INSERT INTO order_work (order_id, stand_id, station, starts_at, seconds)"
        " SELECT new.id, new.stand_id, w.station, w.starts_at, w.seconds FROM new"
        " JOIN made USING (id), jsonb_to_recordset(new.work) AS w(station text,"
        " starts_at timestamptz, seconds integer))"
        " INSERT INTO order_steps (order_id, position, state, at, by)"
        " SELECT new.id, 1, new.state, new.placed_at, new.by FROM new JOIN made USING (id)",
        {"rows": f"[{','.join(_dumped(*row) for row in rows)}]", "answer": answer_seconds},
    )


def _dumped(row: NewOrderRow, placed: Placed, plan: Plan) -> str:
    contact = row.contact
    ticket_id = row.ticket.ticket_id if row.ticket else None
    work = [
        {"station": p.station, "starts_at": p.starts_at.isoformat(), "seconds": p.seconds}
        for p in plan.pieces
    ]
    facts: dict[str, Any] = {
        "id": str(row.id), "basket_id": str(row.basket_id), "stand_id": str(row.stand.id),
        "organiser_id": str(row.stand.organiser_id),
        "event_id": _text(row.stand.event_id), "ticket_id": _text(ticket_id),
        "tab_id": _text(placed.tab_id), "number": placed.number, "state": placed.state,
        "payment": row.payment, "contact_name": contact.name, "contact_email": contact.email,
        "contact_phone": contact.phone, "language": contact.language,
        "destination": row.destination.model_dump(mode="json"),
        "fulfilment": row.destination.fulfilment,
        "lines": [line.model_dump(mode="json") for line in row.priced.lines],
        "totals": row.priced.totals.model_dump(mode="json"),
        "total_minor": row.priced.totals.total.minor,
        "currency": row.priced.totals.total.currency,
        "slot": row.slot.isoformat() if row.slot else None, "ready_by": plan.ready_by.isoformat(),
        "promise_earliest": placed.promise.earliest.isoformat(),
        "promise_latest": placed.promise.latest.isoformat(), "content": row.content.hex(),
        "placed_at": placed.placed_at.isoformat(),
        "by": "saga" if row.payment == "card" else "buyer", "work": work,
        "intake_percent": plan.intake_percent,
    }  # fmt: skip
    return json.dumps(facts)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def find(tx: Transaction, order_id: OrderId) -> Order | None:
    row = await tx.maybe(
        _Row,
        _SELECT + " WHERE o.id = %s",
        (order_id,),
    )
    return row.order() if row else None


async def lock(tx: Transaction, order_id: OrderId) -> Order | None:
    row = await tx.maybe(
        _Row,
        _SELECT + " WHERE o.id = %s FOR UPDATE OF o",
        (order_id,),
    )
    return row.order() if row else None


async def lock_many(tx: Transaction, order_ids: Sequence[OrderId]) -> dict[OrderId, Order]:
    found = await tx.all(
        _Row,
        _SELECT + " WHERE o.id = ANY(%s) ORDER BY o.id FOR UPDATE OF o",
        (list(order_ids),),
    )
    return {row.id: row.order() for row in found}


async def home_of(tx: Transaction, order_id: OrderId) -> Home | None:
    return await tx.maybe(
        Home, "SELECT stand_id, organiser_id FROM orders WHERE id = %s", (order_id,)
    )


async def on_board(tx: Transaction, stand_id: StandId, limit: int) -> list[Order]:
    """What is not handed over yet, in the order in which it is to be ready."""
    found = await tx.all(
        _Row,
        _SELECT + " WHERE o.stand_id = %s AND o.state IN"
        " ('submitted', 'accepted', 'preparing', 'ready', 'on-the-way')"
        " ORDER BY o.ready_by, o.id LIMIT %s",
        (stand_id, limit),
    )
    return [row.order() for row in found]


async def of_organiser(
    tx: Transaction, organiser_id: OrganiserId, before: datetime | None, before_id: OrderId | None,
    limit: int,
) -> list[Order]:  # fmt: skip
    """Newest first."""
    found = await tx.all(
        _Row,
        _SELECT + " WHERE o.organiser_id = %(organiser)s AND (%(before)s::timestamptz IS NULL"
        " OR (o.placed_at, o.id) < (%(before)s, %(before_id)s::uuid))"
        " ORDER BY o.placed_at DESC, o.id DESC LIMIT %(limit)s",
        {
            "organiser": organiser_id, "before": before, "before_id": before_id, "limit": limit,
        },
    )  # fmt: skip
    return [row.order() for row in found]


async def of_ticket(tx: Transaction, ticket_id: TicketId, limit: int) -> list[Order]:
    found = await tx.all(
        _Row,
        _SELECT + " WHERE o.ticket_id = %s ORDER BY o.placed_at DESC LIMIT %s",
        (ticket_id, limit),
    )
    return [row.order() for row in found]


async def steps(tx: Transaction, order_id: OrderId) -> list[OrderStep]:
    return await tx.all(
        OrderStep,
        "SELECT state, at, by, reason FROM order_steps WHERE order_id = %s ORDER BY position",
        (order_id,),
    )


async def move(tx: Transaction, order_id: OrderId, to: OrderState, actor: Actor) -> datetime:
    """Sets the state, and notes who did it. The caller has locked it and checked the move."""
    return await tx.value(
        "WITH moved AS (UPDATE orders SET state = %(to)s,"
        " ready_at = CASE WHEN %(to)s = 'ready' THEN coalesce(ready_at, clock_timestamp())"
        " WHEN %(to)s IN ('accepted', 'preparing') THEN NULL ELSE ready_at END,"
        " ended_at = CASE WHEN %(to)s IN ('delivered', 'picked-up', 'rejected', 'cancelled',"
        " 'withdrawn') THEN clock_timestamp() END,"
        " answer_by = CASE WHEN %(to)s = 'submitted' THEN answer_by END"
        " WHERE id = %(id)s)"
        " INSERT INTO order_steps (order_id, position, state, by, person, reason, move_id)"
        " SELECT %(id)s, coalesce(max(position), 0) + 1, %(to)s, %(by)s, %(person)s, %(reason)s,"
        " %(move_id)s FROM order_steps WHERE order_id = %(id)s RETURNING at",
        {
            "id": order_id, "to": to, "by": actor.by, "person": actor.person,
            "reason": actor.reason, "move_id": actor.move_id,
        },
    )  # fmt: skip


async def move_all(tx: Transaction, moves: Sequence[Moving]) -> datetime:
    """As `move`, for many; no order twice."""
    return await tx.value(
        "WITH new AS (SELECT * FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(by)s::text[],"
        " %(people)s::uuid[], %(reasons)s::text[], %(moves)s::uuid[])"
        " AS n(id, state, by, person, reason, move_id)),"
        " moved AS (UPDATE orders o SET state = n.state,"
        " ready_at = CASE WHEN n.state = 'ready' THEN coalesce(o.ready_at, clock_timestamp())"
        " WHEN n.state IN ('accepted', 'preparing') THEN NULL ELSE o.ready_at END,"
        " ended_at = CASE WHEN n.state IN ('delivered', 'picked-up') THEN clock_timestamp() END,"
        " answer_by = NULL FROM new n WHERE o.id = n.id),"
        " noted AS (INSERT INTO order_steps"
        " (order_id, position, state, by, person, reason, move_id)"
        " SELECT n.id, coalesce((SELECT max(s.position) FROM order_steps s"
        " WHERE s.order_id = n.id), 0) + 1, n.state, n.by, n.person, n.reason,"
        " n.move_id FROM new n RETURNING at) SELECT max(at) FROM noted",
        {
            "ids": [one.order_id for one in moves], "states": [one.to for one in moves],
            "by": [one.actor.by for one in moves], "people": [one.actor.person for one in moves],
            "reasons": [one.actor.reason for one in moves],
            "moves": [one.actor.move_id for one in moves],
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Step:
    order_id: OrderId
    state: OrderState
    at: datetime
    by: str
    reason: str | None


async def steps_of(tx: Transaction, order_ids: Sequence[OrderId]) -> dict[OrderId, list[OrderStep]]:
    found = await tx.all(
        _Step,
        "SELECT order_id, state, at, by, reason FROM order_steps WHERE order_id = ANY(%s)"
        " ORDER BY order_id, position",
        (list(order_ids),),
    )
    steps: dict[OrderId, list[OrderStep]] = {}
    for one in found:
        step = OrderStep(state=one.state, at=one.at, by=one.by, reason=one.reason)
        steps.setdefault(one.order_id, []).append(step)
    return steps


async def set_answer_by(tx: Transaction, order_id: OrderId, seconds: int) -> None:
    await tx.execute(
        "UPDATE orders SET answer_by = clock_timestamp() + make_interval(secs => %s) WHERE id = %s",
        (seconds, order_id),
    )


async def set_paid(tx: Transaction, order_id: OrderId) -> None:
    await tx.execute(
        "UPDATE orders SET paid_at = coalesce(paid_at, clock_timestamp()) WHERE id = %s",
        (order_id,),
    )


async def unanswered(tx: Transaction, limit: int) -> list[OrderId]:
    """Those whose stand has let the time for an answer pass."""
    found: list[OrderId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM orders"
        " WHERE state = 'submitted' AND answer_by < clock_timestamp()"
        " ORDER BY answer_by LIMIT %s) late",
        (limit,),
    )
    return found


async def unanswered_of_event(tx: Transaction, event_id: EventId, limit: int) -> list[OrderId]:
    return await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM orders"
        " WHERE event_id = %s AND state = 'submitted' ORDER BY id LIMIT %s) asked",
        (event_id, limit),
    )


async def open_of_event(
    tx: Transaction, event_id: EventId, after: OrderId | None, limit: int
) -> list[OrderId]:
    return await tx.value(
        "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM (SELECT id FROM orders"
        " WHERE event_id = %(event)s AND state IN ('accepted', 'preparing', 'ready', 'on-the-way')"
        " AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid) ORDER BY id LIMIT %(limit)s) made",
        {"event": event_id, "after": after, "limit": limit},
    )


@dataclass(frozen=True, slots=True)
class Figures:
    orders: int
    p50_s: int
    p90_s: int


async def promise_figures(tx: Transaction, stand_id: StandId, last: int) -> Figures:
    """How much later than planned the last orders of the last two hours were ready."""
    return await tx.one(
        Figures,
        "SELECT count(*)::int AS orders,"
        " coalesce(round(percentile_cont(0.5) WITHIN GROUP (ORDER BY late)), 0)::int AS p50_s,"
        " coalesce(round(percentile_cont(0.9) WITHIN GROUP (ORDER BY late)), 0)::int AS p90_s"
        " FROM (SELECT extract(epoch FROM ready_at - ready_by) AS late FROM orders"
        " WHERE stand_id = %s AND ready_at > clock_timestamp() - interval '2 hours'"
        " AND placed_at > clock_timestamp() - interval '12 hours'"
        " ORDER BY placed_at DESC LIMIT %s) recent",
        (stand_id, last),
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the kitchen: `percent` of what its cooks should make by the menu, of so many orders."""

    orders: int
    percent: int


async def pace(tx: Transaction, stand_id: StandId, last: int) -> Pace:
    """By the last orders that had to wait: how long they were told, and how long it took.

    Those that are late and not ready yet count as far as they have come. What was ordered for a
    chosen time tells nothing.
    """
    return await tx.one(
        Pace,
        "SELECT count(*)::int AS orders, coalesce(round(percentile_cont(0.5) WITHIN GROUP"
        " (ORDER BY pace)), 100)::int AS percent FROM (SELECT least(200, intake_percent"
        " * extract(epoch FROM ready_by - placed_at) / greatest(1, extract(epoch FROM"
        " coalesce(ready_at, clock_timestamp()) - placed_at))) AS pace FROM orders"
        " WHERE stand_id = %s AND slot IS NULL"
        " AND placed_at > clock_timestamp() - interval '1 hour'"
        " AND ready_by > placed_at + interval '2 minutes'"
        " AND (ready_at > clock_timestamp() - interval '15 minutes'"
        " OR (state IN ('accepted', 'preparing') AND ready_by < clock_timestamp()))"
        " ORDER BY placed_at DESC LIMIT %s) recent",
        (stand_id, last),
    )


async def open_count(tx: Transaction, stand_id: StandId) -> int:
    return await tx.value(
        "SELECT count(*) FROM orders WHERE stand_id = %s AND state IN"
        " ('submitted', 'accepted', 'preparing', 'ready', 'on-the-way')",
        (stand_id,),
    )


async def set_lines(
    tx: Transaction, order_id: OrderId, lines: Sequence[PricedLine], refunded_minor: int
) -> None:
    """The totals stay what was ordered; what was given back is told beside them."""
    dumped = json.dumps([line.model_dump(mode="json") for line in lines])
    await tx.execute(
        "UPDATE orders SET lines = %s::jsonb, refunded_minor = %s WHERE id = %s",
        (dumped, refunded_minor, order_id),
    )
