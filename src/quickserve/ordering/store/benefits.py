"""What tickets include, vouchers, and tabs: whatever a basket takes beside the kitchen's time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.contracts.menus import MenuItemId
from quickserve.contracts.ordering import OrderId, TabId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.ordering.model import Entitlement, Included, TicketFacts, Voucher

# -- Entitlements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EntitlementRow:
    id: UUID
    organiser_id: OrganiserId
    event_id: EventId
    ticket_type_id: TicketTypeId | None
    name: str
    item_ids: list[MenuItemId]
    quantity: int
    active: bool


async def upsert_entitlement(tx: Transaction, row: EntitlementRow) -> bool:
    """False when the id is another organiser's."""
    return (
        await tx.execute(
            "INSERT INTO entitlements AS known"
            " (id, organiser_id, event_id, ticket_type_id, name, item_ids, quantity, active)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET event_id = excluded.event_id,"
            " ticket_type_id = excluded.ticket_type_id, name = excluded.name,"
            " item_ids = excluded.item_ids, quantity = excluded.quantity,"
            " active = excluded.active"
            " WHERE known.organiser_id = excluded.organiser_id",
            (
                row.id, row.organiser_id, row.event_id, row.ticket_type_id, row.name,
                row.item_ids, row.quantity, row.active,
            ),
        )
        == 1
    )  # fmt: skip


async def entitlements_of_event(
    tx: Transaction, organiser_id: OrganiserId, event_id: EventId
) -> list[EntitlementRow]:
    return await tx.all(
        EntitlementRow,
        "SELECT id, organiser_id, event_id, ticket_type_id, name, item_ids, quantity, active"
        " FROM entitlements WHERE event_id = %s AND organiser_id = %s ORDER BY id",
        (event_id, organiser_id),
    )


@dataclass(frozen=True, slots=True)
class _Left:
    id: UUID
    name: str
    item_ids: list[MenuItemId]
    quantity: int
    used: int


async def entitlements_of_ticket(
    tx: Transaction, organiser_id: OrganiserId, ticket: TicketFacts
) -> list[Entitlement]:
    found = await tx.all(
        _Left,
        "SELECT e.id, e.name, e.item_ids, e.quantity, coalesce(u.used, 0) AS used"
        " FROM entitlements e LEFT JOIN entitlement_uses u"
        " ON u.entitlement_id = e.id AND u.ticket_id = %s"
        " WHERE e.event_id = %s AND e.organiser_id = %s AND e.active"
        " AND (e.ticket_type_id IS NULL OR e.ticket_type_id = %s) ORDER BY e.id",
        (ticket.ticket_id, ticket.event_id, organiser_id, ticket.ticket_type_id),
    )
    return [
        Entitlement(
            one.id, one.name, frozenset(one.item_ids), max(0, one.quantity - one.used),
            one.quantity,
        )
        for one in found
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Use:
    entitlement_id: UUID
    ticket_id: TicketId
    used: int


async def lock_uses(
    tx: Transaction, ticket_ids: Sequence[TicketId]
) -> dict[tuple[UUID, TicketId], int]:
    found = await tx.all(
        _Use,
        "SELECT entitlement_id, ticket_id, used FROM entitlement_uses"
        " WHERE ticket_id = ANY(%s) ORDER BY entitlement_id, ticket_id FOR UPDATE",
        (list(ticket_ids),),
    )
    return {(one.entitlement_id, one.ticket_id): one.used for one in found}


async def add_uses(
    tx: Transaction, rows: Sequence[tuple[OrderId, UUID, TicketId, int, int]]
) -> None:
    """Order, entitlement, ticket, how many, at most. Raises Outrun by the constraint."""
    orders, entitlements, tickets, counts, most = (
        list(column) for column in zip(*rows, strict=True)
    )
    await tx.execute(
        "WITH new AS (SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::integer[],"
        " %s::integer[]) AS new(order_id, entitlement_id, ticket_id, quantity, most)), noted AS ("
        " INSERT INTO order_included (order_id, entitlement_id, ticket_id, quantity)"
        " SELECT order_id, entitlement_id, ticket_id, quantity FROM new)"
        " INSERT INTO entitlement_uses AS known (entitlement_id, ticket_id, used, most)"
        " SELECT entitlement_id, ticket_id, sum(quantity), max(most) FROM new"
        " GROUP BY entitlement_id, ticket_id ORDER BY 1, 2"
        " ON CONFLICT (entitlement_id, ticket_id) DO UPDATE"
        " SET used = known.used + excluded.used, most = excluded.most",
        (orders, entitlements, tickets, counts, most),
    )


async def give_back_uses(tx: Transaction, order_id: OrderId) -> None:
    await tx.execute(
        "WITH gone AS (DELETE FROM order_included WHERE order_id = %s"
        " RETURNING entitlement_id, ticket_id, quantity)"
        " UPDATE entitlement_uses u SET used = u.used - gone.quantity FROM gone"
        " WHERE u.entitlement_id = gone.entitlement_id AND u.ticket_id = gone.ticket_id",
        (order_id,),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    entitlement_id: UUID
    quantity: int
    most: int
    item_ids: list[MenuItemId]


async def included_in(
    tx: Transaction, order_id: OrderId
) -> list[tuple[Included, frozenset[MenuItemId]]]:
    """What an order took of its ticket, with the items it may be."""
    found = await tx.all(
        _Taken,
        "SELECT i.entitlement_id, i.quantity, e.quantity AS most, e.item_ids"
        " FROM order_included i JOIN entitlements e ON e.id = i.entitlement_id"
        " WHERE i.order_id = %s ORDER BY i.entitlement_id",
        (order_id,),
    )
    return [
        (Included(one.entitlement_id, one.quantity, one.most), frozenset(one.item_ids))
        for one in found
    ]


async def give_back_some(tx: Transaction, order_id: OrderId, unused: Sequence[Included]) -> None:
    await tx.execute(
        "WITH less AS (SELECT * FROM unnest(%(ids)s::uuid[], %(counts)s::integer[])"
        " AS less(entitlement_id, quantity)), gone AS (DELETE FROM order_included i USING less"
        " WHERE i.order_id = %(order)s AND i.entitlement_id = less.entitlement_id"
        " AND i.quantity = less.quantity RETURNING i.entitlement_id, i.ticket_id),"
        " fewer AS (UPDATE order_included i SET quantity = i.quantity - less.quantity FROM less"
        " WHERE i.order_id = %(order)s AND i.entitlement_id = less.entitlement_id"
        " AND i.quantity > less.quantity RETURNING i.entitlement_id, i.ticket_id),"
        " back AS (SELECT * FROM gone UNION ALL SELECT * FROM fewer)"
        " UPDATE entitlement_uses u SET used = u.used - less.quantity FROM less"
        " JOIN back USING (entitlement_id)"
        " WHERE u.entitlement_id = back.entitlement_id AND u.ticket_id = back.ticket_id",
        {
            "order": order_id, "ids": [one.entitlement_id for one in unused],
            "counts": [one.quantity for one in unused],
        },
    )  # fmt: skip


# -- Vouchers --------------------------------------------------------------------------------------


async def vouchers(
    tx: Transaction, organiser_id: OrganiserId, codes: Sequence[str], currency: str
) -> list[Voucher]:
    """Those of the codes that may be used now."""
    return await tx.all(
        Voucher,
        "SELECT code, percent, amount_minor FROM order_vouchers WHERE organiser_id = %s"
        " AND code = ANY(%s) AND used < uses_max AND (until IS NULL OR until > clock_timestamp())"
        " AND (currency IS NULL OR currency = %s) ORDER BY code",
        (organiser_id, list(codes), currency),
    )


async def use_codes(
    tx: Transaction, organiser_id: OrganiserId, uses: Sequence[tuple[OrderId, str]]
) -> None:
    """Raises Outrun by the constraint."""
    await tx.execute(
        "WITH new AS (SELECT * FROM unnest(%(orders)s::uuid[], %(codes)s::text[])"
        " AS new(order_id, code)), noted AS ("
        " INSERT INTO order_codes (order_id, organiser_id, code)"
        " SELECT order_id, %(organiser)s, code FROM new)"
        " UPDATE order_vouchers v SET used = v.used + n.uses"
        " FROM (SELECT code, count(*)::int AS uses FROM new GROUP BY code) n"
        " WHERE v.organiser_id = %(organiser)s AND v.code = n.code",
        {
            "organiser": organiser_id,
            "orders": [order_id for order_id, _ in uses],
            "codes": [code for _, code in uses],
        },
    )


async def give_back_codes(tx: Transaction, order_id: OrderId) -> None:
    await tx.execute(
        "WITH gone AS (DELETE FROM order_codes WHERE order_id = %s RETURNING organiser_id, code)"
        " UPDATE order_vouchers v SET used = v.used - 1 FROM gone"
        " WHERE v.organiser_id = gone.organiser_id AND v.code = gone.code",
        (order_id,),
    )


@dataclass(frozen=True, slots=True)
class VoucherRow:
    code: str
    percent: int | None
    amount_minor: int | None
    currency: str | None
    uses_max: int
    used: int
    until: datetime | None


async def vouchers_of(tx: Transaction, organiser_id: OrganiserId, most: int) -> list[VoucherRow]:
    return await tx.all(
        VoucherRow,
        "SELECT code, percent, amount_minor, currency, uses_max, used, until FROM order_vouchers"
        " WHERE organiser_id = %s ORDER BY until DESC NULLS FIRST, code LIMIT %s",
        (organiser_id, most),
    )


async def put_voucher(
    tx: Transaction, organiser_id: OrganiserId, voucher: Voucher, currency: str | None,
    uses_max: int, until: datetime | None,
) -> None:  # fmt: skip
    await tx.execute(
        "INSERT INTO order_vouchers AS known"
        " (organiser_id, code, percent, amount_minor, currency, uses_max, until)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (organiser_id, code) DO UPDATE"
        " SET percent = excluded.percent, amount_minor = excluded.amount_minor,"
        " currency = excluded.currency, until = excluded.until,"
        " uses_max = greatest(known.used, excluded.uses_max)",
        (
            organiser_id, voucher.code, voucher.percent, voucher.amount_minor, currency, uses_max,
            until,
        ),
    )  # fmt: skip


# -- Tabs ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tab:
    id: TabId
    ticket_id: TicketId
    organiser_id: OrganiserId
    currency: str
    state: str
    total_minor: int
    limit_minor: int


async def tab_of(
    tx: Transaction, ticket_id: TicketId, organiser_id: OrganiserId, currency: str
) -> Tab | None:
    """The one that is not paid."""
    return await tx.maybe(
        Tab,
        "SELECT id, ticket_id, organiser_id, currency, state, total_minor, limit_minor FROM tabs"
        " WHERE ticket_id = %s AND organiser_id = %s AND currency = %s AND state <> 'paid'",
        (ticket_id, organiser_id, currency),
    )


async def open_tabs(
    tx: Transaction, new: Mapping[TicketId, TabId], organiser_id: OrganiserId, currency: str,
    limit_minor: int,
) -> dict[TicketId, Tab]:  # fmt: skip
    """The tabs of these tickets, locked; those that have none get the new one."""
    await tx.execute(
        "INSERT INTO tabs (id, ticket_id, organiser_id, currency, state, limit_minor)"
        " SELECT tab_id, ticket_id, %s, %s, 'open', %s FROM unnest(%s::uuid[], %s::uuid[])"
        " AS new(ticket_id, tab_id) ORDER BY ticket_id ON CONFLICT DO NOTHING",
        (organiser_id, currency, limit_minor, list(new), list(new.values())),
    )
    return await _lock_tabs(tx, list(new), organiser_id, currency)


async def _lock_tabs(
    tx: Transaction, ticket_ids: Sequence[TicketId], organiser_id: OrganiserId, currency: str
) -> dict[TicketId, Tab]:
    found = await tx.all(
        Tab,
        "SELECT id, ticket_id, organiser_id, currency, state, total_minor, limit_minor FROM tabs"
        " WHERE ticket_id = ANY(%s) AND organiser_id = %s AND currency = %s AND state <> 'paid'"
        " ORDER BY ticket_id FOR UPDATE",
        (list(ticket_ids), organiser_id, currency),
    )
    return {one.ticket_id: one for one in found}


async def add_to_tabs(tx: Transaction, amounts: Mapping[TabId, int]) -> None:
    """Raises TabLimit by the constraint."""
    await tx.execute(
        "UPDATE tabs t SET total_minor = t.total_minor + a.amount"
        " FROM unnest(%s::uuid[], %s::bigint[]) AS a(id, amount) WHERE t.id = a.id",
        (list(amounts), list(amounts.values())),
    )


async def find_tab(tx: Transaction, tab_id: TabId) -> Tab | None:
    return await tx.maybe(
        Tab,
        "SELECT id, ticket_id, organiser_id, currency, state, total_minor, limit_minor FROM tabs"
        " WHERE id = %s",
        (tab_id,),
    )


async def lock_tab(tx: Transaction, tab_id: TabId) -> Tab | None:
    return await tx.maybe(
        Tab,
        "SELECT id, ticket_id, organiser_id, currency, state, total_minor, limit_minor FROM tabs"
        " WHERE id = %s FOR UPDATE",
        (tab_id,),
    )


async def set_tab_state(tx: Transaction, tab_id: TabId, state: str) -> None:
    await tx.execute(
        "UPDATE tabs SET state = %(state)s,"
        " paid_at = CASE WHEN %(state)s = 'paid' THEN clock_timestamp() END WHERE id = %(id)s",
        {"id": tab_id, "state": state},
    )
