"""Vouchers with their uses and what is set aside for them, discounts, rules of ticket types."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from quickserve.booking.pricing import NO_RULES, Rule, Rules, TypeRule, Voucher
from quickserve.contracts.booking import BookingId, BookingState, QuotaId, VoucherId
from quickserve.contracts.booking_rules import (
    BundlePart,
    DiscountId,
    DiscountView,
    NewDiscount,
    NewVoucher,
    TypeRules,
    VoucherView,
)
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


def _ids(texts: Sequence[str]) -> tuple[TicketTypeId, ...]:
    return tuple(TicketTypeId(UUID(text)) for text in texts)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def loaded(type_rules: Sequence[dict[str, Any]], discounts: Sequence[dict[str, Any]]) -> Rules:
    """Of rows as JSON."""
    if not type_rules and not discounts:
        return NO_RULES
    types = {
        TicketTypeId(UUID(row["ticket_type_id"])): TypeRule(
            row["hidden"], row["per_person"], row["per_person_scope"], _ids(row["addon_of"]),
            row["addon_min"], row["addon_max"], _ids(row["requires"]),
            tuple(BundlePart.model_validate(part) for part in row["parts"]),
        )
        for row in type_rules
    }  # fmt: skip
    return Rules(types, tuple(_rule(row) for row in discounts))


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        "discount", UUID(row["id"]), row["name"], row["kind"], row["value"], row["currency"],
        frozenset(_ids(row["ticket_type_ids"])), row["stackable"], row["least"],
        row["group_size"], row["group_paid"], None, _moment(row["valid_from"]),
        _moment(row["valid_until"]),
    )  # fmt: skip


# -- Vouchers --------------------------------------------------------------------------------------


def _voucher(
    ticket_type_ids: list[TicketTypeId], block_ids: list[QuotaId], block_places: list[int],
    **columns: Any,
) -> Voucher:  # fmt: skip
    block = dict(zip(block_ids, block_places, strict=True))
    return Voucher(only=frozenset(ticket_type_ids), block=block, **columns)


async def find_vouchers(
    tx: Transaction, organiser_id: OrganiserId, code_keys: Sequence[bytes]
) -> list[Voucher]:
    """By their codes; one that nobody has is left out, and looked for as long."""
    return await tx.all(
        _voucher,
        "SELECT v.id, v.code, v.event_id, v.date_id, v.ticket_type_ids, v.valid_from,"
        " v.valid_until, v.unlock, v.reserve, v.price, v.value, v.currency, v.stackable,"
        " q.capacity - q.held - q.sold AS \"left\", coalesce(b.quota_ids, '{}') AS block_ids,"
        " coalesce(b.quota_places, '{}') AS block_places"
        " FROM vouchers v JOIN quotas q ON q.id = v.id"
        " LEFT JOIN holds b ON b.id = v.id AND b.purpose = 'block' AND b.state = 'active'"
        " WHERE v.organiser_id = %s AND v.code_key = ANY(%s) ORDER BY v.id",
        (organiser_id, list(code_keys)),
    )


@dataclass(frozen=True, slots=True)
class KnownVoucher:
    id: VoucherId
    organiser_id: OrganiserId
    taken: int
    date_id: DateId | None
    ticket_type_ids: list[TicketTypeId]
    blocked: bool


async def lock_vouchers(tx: Transaction, ids: Sequence[VoucherId]) -> list[KnownVoucher]:
    """With their blocks, then their quotas."""
    await lock_blocks(tx, [QuotaId(i) for i in ids])
    return await tx.all(
        KnownVoucher,
        "WITH counted AS MATERIALIZED (SELECT id, held + sold AS taken FROM quotas"
        "  WHERE id = ANY(%(ids)s) AND kind = 'voucher' ORDER BY id FOR UPDATE)"
        " SELECT v.id, v.organiser_id, counted.taken, v.date_id, v.ticket_type_ids,"
        " EXISTS (SELECT FROM holds b WHERE b.id = v.id AND b.state = 'active') AS blocked"
        " FROM vouchers v JOIN counted USING (id)",
        {"ids": list(ids)},
    )


async def upsert_uses(
    tx: Transaction, organiser_id: OrganiserId, vouchers: Sequence[NewVoucher]
) -> int:
    """How many were written: an id that is another's is left alone. Raises SoldOut below taken."""
    return await tx.execute(
        "INSERT INTO quotas AS known (id, organiser_id, name, capacity, kind)"
        " SELECT id, %s, '', uses, 'voucher' FROM unnest(%s::uuid[], %s::integer[])"
        " AS new(id, uses) ORDER BY id"
        " ON CONFLICT (id) DO UPDATE SET capacity = excluded.capacity"
        " WHERE known.organiser_id = excluded.organiser_id AND known.kind = 'voucher'",
        (organiser_id, [v.id for v in vouchers], [v.uses for v in vouchers]),
    )


async def upsert_vouchers(
    tx: Transaction, organiser_id: OrganiserId, vouchers: Sequence[NewVoucher],
    code_keys: Sequence[bytes],
) -> None:  # fmt: skip
    """Raises CodeTaken."""
    rows = [
        v.model_dump(mode="json", exclude={"uses"}) | {"code_key": key.hex()}
        for v, key in zip(vouchers, code_keys, strict=True)
    ]
    await tx.execute(
        "INSERT INTO vouchers AS known (id, organiser_id, code, code_key, tag, event_id, date_id,"
        " ticket_type_ids, valid_from, valid_until, unlock, reserve, price, value, currency,"
        " stackable) SELECT id, %s, code, decode(code_key, 'hex'), tag, event_id, date_id,"
        " ticket_type_ids, valid_from, valid_until, unlock, reserve, price, value, currency,"
        " stackable FROM jsonb_to_recordset(%s::jsonb) AS r(id uuid, code text, code_key text,"
        " tag text, event_id uuid, date_id uuid, ticket_type_ids uuid[], valid_from timestamptz,"
        " valid_until timestamptz, unlock boolean, reserve boolean, price text, value bigint,"
        " currency text, stackable boolean)"
        " ON CONFLICT (id) DO UPDATE SET code = excluded.code, code_key = excluded.code_key,"
        " tag = excluded.tag, event_id = excluded.event_id, date_id = excluded.date_id,"
        " ticket_type_ids = excluded.ticket_type_ids, valid_from = excluded.valid_from,"
        " valid_until = excluded.valid_until, unlock = excluded.unlock,"
        " reserve = excluded.reserve, price = excluded.price, value = excluded.value,"
        " currency = excluded.currency, stackable = excluded.stackable"
        " WHERE known.organiser_id = excluded.organiser_id",
        (organiser_id, json.dumps(rows)),
    )


# -- What is set aside for a voucher: a hold of its id, with as many places of each quota ----------


async def open_block(
    tx: Transaction, voucher_id: VoucherId, date_id: DateId, ticket_type_id: TicketTypeId
) -> bool:
    """Empty at first. False when the type takes places of no quota of the date."""
    return (
        await tx.execute(
            "INSERT INTO holds AS known (id, date_id, state, purpose, expires_at, items,"
            " total_minor, currency, quota_ids, quota_places, body_hash)"
            " SELECT %(voucher)s, q.date_id, 'active', 'block', 'infinity', '[]', 0, 'EUR',"
            " array_agg(q.id ORDER BY q.id), array_agg(0), '' FROM quotas q"
            " JOIN quota_ticket_types l ON l.quota_id = q.id AND l.ticket_type_id = %(type)s"
            " JOIN offered_dates d ON d.id = q.date_id"
            " JOIN offered_events e ON e.id = d.event_id AND e.organiser_id = q.organiser_id"
            " WHERE q.date_id = %(date)s GROUP BY q.date_id"
            " ON CONFLICT (id) DO UPDATE SET state = 'active', quota_ids = excluded.quota_ids,"
            " quota_places = excluded.quota_places, expires_at = 'infinity'"
            " WHERE known.state <> 'active' AND known.purpose = 'block'",
            {"voucher": voucher_id, "type": ticket_type_id, "date": date_id},
        )
        == 1
    )


async def lock_blocks(tx: Transaction, quota_ids: Sequence[QuotaId]) -> dict[VoucherId, int]:
    """How many places are set aside for those of these quotas that are vouchers'.

    They are holds, so they are locked before quotas.
    """
    found = await tx.all(
        _Block,
        "SELECT id, coalesce(quota_places[1], 0) AS places FROM holds WHERE id = ANY(%s)"
        " AND purpose = 'block' AND state = 'active' ORDER BY id FOR UPDATE",
        (list(quota_ids),),
    )
    return {block.id: block.places for block in found}


@dataclass(frozen=True, slots=True)
class _Block:
    id: VoucherId
    places: int


async def change_block(tx: Transaction, voucher_id: VoucherId, more: int) -> None:
    """By so many places of each of its quotas; fewer are free then. Raises SoldOut."""
    await tx.execute(
        "WITH change AS (UPDATE holds SET quota_places ="
        "  array_fill(quota_places[1] + %(more)s::integer, ARRAY[cardinality(quota_ids)])"
        "  WHERE id = %(voucher)s AND purpose = 'block' AND state = 'active' RETURNING quota_ids)"
        " UPDATE quotas q SET held = q.held + %(more)s FROM change"
        " WHERE q.id = ANY(change.quota_ids)",
        {"voucher": voucher_id, "more": more},
    )


async def missing_of_block(tx: Transaction, voucher_id: VoucherId) -> int:
    """How many places more it should have: as many as the voucher has uses left. Locks them."""
    return await tx.value(
        "WITH block AS MATERIALIZED (SELECT quota_ids, quota_places[1] AS places FROM holds"
        "  WHERE id = %(voucher)s AND purpose = 'block' AND state = 'active'),"
        " locked AS MATERIALIZED (SELECT id FROM quotas"
        "  WHERE id = %(voucher)s OR id IN (SELECT unnest(quota_ids) FROM block)"
        "  ORDER BY id FOR UPDATE)"
        " SELECT coalesce((SELECT v.capacity - v.held - v.sold - block.places FROM block, quotas v"
        " WHERE v.id = %(voucher)s AND EXISTS (SELECT FROM locked)), 0)",
        {"voucher": voucher_id},
    )


async def room_of_block(tx: Transaction, voucher_id: VoucherId) -> int:
    """How many places its quotas have left."""
    return await tx.value(
        "SELECT coalesce(min(q.capacity - q.held - q.sold), 0) FROM quotas q JOIN holds b"
        " ON q.id = ANY(b.quota_ids) WHERE b.id = %s AND b.purpose = 'block'",
        (voucher_id,),
    )


@dataclass(frozen=True, slots=True)
class _BlockQuotas:
    id: VoucherId
    quota_ids: list[QuotaId]


async def quotas_of_blocks(
    tx: Transaction, voucher_ids: Sequence[VoucherId]
) -> dict[VoucherId, list[QuotaId]]:
    found = await tx.all(
        _BlockQuotas,
        "SELECT id, quota_ids FROM holds WHERE id = ANY(%s) AND purpose = 'block'",
        (list(voucher_ids),),
    )
    return {block.id: block.quota_ids for block in found}


async def close_block(tx: Transaction, voucher_id: VoucherId) -> None:
    """Once it is empty."""
    await tx.execute(
        "UPDATE holds SET state = 'released', expires_at = clock_timestamp(),"
        " ended_at = clock_timestamp()"
        " WHERE id = %s AND purpose = 'block' AND state = 'active'",
        (voucher_id,),
    )


# -- Persons ---------------------------------------------------------------------------------------


async def lock_persons(tx: Transaction, names: Sequence[str]) -> None:
    """Until the transaction ends nobody else books what is limited for these. After holds."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(name, 1) AS key"
        " FROM unnest(%s::text[]) AS name ORDER BY key) AS keys",
        (list(names),),
    )


async def places_of_person(
    tx: Transaction, event_id: EventId, date_id: DateId | None, email: str,
    ticket_type_id: TicketTypeId,
) -> int:  # fmt: skip
    """Of one date or of all of the event, in bookings that are pending or confirmed."""
    return await tx.value(
        "SELECT coalesce(sum((i ->> 'quantity')::integer), 0)::integer"
        " FROM bookings b, jsonb_array_elements(b.items) AS i"
        " WHERE b.event_id = %(event)s AND lower(b.email) = lower(%(email)s)"
        " AND b.email IS NOT NULL AND b.state IN ('pending', 'confirmed')"
        " AND (%(date)s::uuid IS NULL OR b.date_id = %(date)s)"
        " AND (i ->> 'ticket_type_id')::uuid = %(type)s",
        {"event": event_id, "email": email, "date": date_id, "type": ticket_type_id},
    )


@dataclass(frozen=True, slots=True)
class LimitRow:
    ticket_type_id: TicketTypeId
    name: str
    most: int
    scope: str


async def find_limits(tx: Transaction, ticket_type_ids: Sequence[TicketTypeId]) -> list[LimitRow]:
    return await tx.all(
        LimitRow,
        "SELECT r.ticket_type_id, t.name, r.per_person AS most, r.per_person_scope AS scope"
        " FROM type_rules r JOIN offered_ticket_types t ON t.id = r.ticket_type_id"
        " WHERE r.ticket_type_id = ANY(%s) AND r.per_person IS NOT NULL",
        (list(ticket_type_ids),),
    )


# -- For organisers --------------------------------------------------------------------------------

_VOUCHERS: LiteralString = (
    "SELECT v.id, v.code, v.tag, v.event_id, v.date_id, e.title AS event_title,"
    " v.ticket_type_ids, v.valid_from, v.valid_until, q.capacity AS uses, q.held,"
    " q.sold AS used, v.unlock, v.reserve, coalesce(b.quota_places[1], 0) AS set_aside, v.price,"
    " v.value, v.currency, v.stackable FROM vouchers v JOIN quotas q ON q.id = v.id"
    " LEFT JOIN offered_dates d ON d.id = v.date_id"
    " LEFT JOIN offered_events e ON e.id = coalesce(v.event_id, d.event_id)"
    " LEFT JOIN holds b ON b.id = v.id AND b.purpose = 'block' AND b.state = 'active'"
)


async def vouchers_of(
    tx: Transaction, organiser_id: OrganiserId, text: str, after: VoucherId | None, limit: int
) -> list[VoucherView]:
    """The newest first; `text` is the beginning of a code or of a tag."""
    return await tx.all(
        VoucherView,
        _VOUCHERS + " WHERE v.organiser_id = %(organiser)s"
        " AND (%(after)s::uuid IS NULL OR v.id < %(after)s)"
        " AND (%(text)s = '' OR starts_with(lower(v.code), lower(%(text)s))"
        "  OR starts_with(lower(v.tag), lower(%(text)s))) ORDER BY v.id DESC LIMIT %(limit)s",
        {"organiser": organiser_id, "after": after, "text": text, "limit": limit},
    )


async def organiser_of_voucher(tx: Transaction, voucher_id: VoucherId) -> OrganiserId | None:
    return await tx.value("SELECT organiser_id FROM vouchers WHERE id = %s", (voucher_id,))


async def find_voucher(tx: Transaction, voucher_id: VoucherId) -> VoucherView | None:
    return await tx.maybe(VoucherView, _VOUCHERS + " WHERE v.id = %s", (voucher_id,))


@dataclass(frozen=True, slots=True)
class UseRow:
    booking_id: BookingId
    state: BookingState
    name: str
    event_title: str
    starts_at: datetime
    zone: str
    tickets: int
    created_at: datetime


async def uses_of(tx: Transaction, voucher_id: VoucherId, limit: int) -> list[UseRow]:
    """Bookings that have a use of it, the latest first."""
    return await tx.all(
        UseRow,
        "SELECT b.id AS booking_id, b.state, coalesce(b.name, '') AS name,"
        " e.title AS event_title, d.starts_at, d.zone, u.places AS tickets, b.created_at"
        " FROM bookings b CROSS JOIN unnest(b.quota_ids, b.quota_places) AS u(id, places)"
        " JOIN offered_dates d ON d.id = b.date_id JOIN offered_events e ON e.id = b.event_id"
        " WHERE b.items @? '$[*].vouchers[*]' AND b.quota_ids @> ARRAY[%(voucher)s]::uuid[]"
        " AND u.id = %(voucher)s ORDER BY b.created_at DESC LIMIT %(limit)s",
        {"voucher": voucher_id, "limit": limit},
    )


async def discounts_of(tx: Transaction, organiser_id: OrganiserId) -> list[DiscountView]:
    return await tx.all(
        DiscountView,
        "SELECT id, name, event_id, ticket_type_ids, kind, value, currency, least, group_size,"
        " group_paid, valid_from, valid_until, stackable, active FROM discounts"
        " WHERE organiser_id = %s ORDER BY active DESC, name, id LIMIT 200",
        (organiser_id,),
    )


async def count_discounts(tx: Transaction, organiser_id: OrganiserId, but: DiscountId) -> int:
    """Active ones beside this one."""
    return await tx.value(
        "SELECT count(*) FROM discounts WHERE organiser_id = %s AND active AND id <> %s",
        (organiser_id, but),
    )


async def upsert_discount(
    tx: Transaction, discount_id: DiscountId, organiser_id: OrganiserId, new: NewDiscount
) -> bool:
    """False when the id is another organiser's."""
    return (
        await tx.execute(
            "INSERT INTO discounts AS known (id, organiser_id, name, event_id, ticket_type_ids,"
            " kind, value, currency, least, group_size, group_paid, valid_from, valid_until,"
            " stackable, active) VALUES (%(id)s, %(organiser)s, %(name)s, %(event_id)s,"
            " %(ticket_type_ids)s, %(kind)s, %(value)s, %(currency)s, %(least)s, %(group_size)s,"
            " %(group_paid)s, %(valid_from)s, %(valid_until)s, %(stackable)s, %(active)s)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, event_id = excluded.event_id,"
            " ticket_type_ids = excluded.ticket_type_ids, kind = excluded.kind,"
            " value = excluded.value, currency = excluded.currency, least = excluded.least,"
            " group_size = excluded.group_size, group_paid = excluded.group_paid,"
            " valid_from = excluded.valid_from, valid_until = excluded.valid_until,"
            " stackable = excluded.stackable, active = excluded.active"
            " WHERE known.organiser_id = excluded.organiser_id",
            {"id": discount_id, "organiser": organiser_id} | new.model_dump(exclude={"id"}),
        )
        == 1
    )


@dataclass(frozen=True, slots=True)
class _Type:
    id: TicketTypeId


async def types_of_event(tx: Transaction, event_id: EventId) -> set[TicketTypeId]:
    found = await tx.all(
        _Type,
        "SELECT id FROM offered_ticket_types WHERE event_id = %s AND offered",
        (event_id,),
    )
    return {one.id for one in found}


async def rules_of_event(tx: Transaction, event_id: EventId) -> list[TypeRules]:
    return await tx.all(
        TypeRules,
        "SELECT ticket_type_id, hidden, per_person, per_person_scope, addon_of, addon_min,"
        " addon_max, requires, parts FROM type_rules WHERE event_id = %s ORDER BY ticket_type_id",
        (event_id,),
    )


async def replace_rules(tx: Transaction, event_id: EventId, types: Sequence[TypeRules]) -> None:
    rows: list[Mapping[str, Any]] = [one.model_dump(mode="json") for one in types]
    await tx.execute(
        "WITH gone AS (DELETE FROM type_rules WHERE event_id = %(event)s"
        "  AND NOT ticket_type_id = ANY(%(kept)s))"
        " INSERT INTO type_rules AS known (ticket_type_id, event_id, hidden, per_person,"
        " per_person_scope, addon_of, addon_min, addon_max, requires, parts)"
        " SELECT ticket_type_id, %(event)s, hidden, per_person, per_person_scope, addon_of,"
        " addon_min, addon_max, requires, parts FROM jsonb_to_recordset(%(rows)s::jsonb)"
        " AS r(ticket_type_id uuid, hidden boolean, per_person integer, per_person_scope text,"
        " addon_of uuid[], addon_min integer, addon_max integer, requires uuid[], parts jsonb)"
        " ON CONFLICT (ticket_type_id) DO UPDATE SET hidden = excluded.hidden,"
        " per_person = excluded.per_person, per_person_scope = excluded.per_person_scope,"
        " addon_of = excluded.addon_of, addon_min = excluded.addon_min,"
        " addon_max = excluded.addon_max, requires = excluded.requires, parts = excluded.parts"
        " WHERE known.event_id = excluded.event_id",
        {
            "event": event_id, "kept": [one.ticket_type_id for one in types],
            "rows": json.dumps(rows),
        },
    )  # fmt: skip
