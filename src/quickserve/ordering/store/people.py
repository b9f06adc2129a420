"""Who ordered and who worked: forgotten in time, and found and erased at once.

What somebody ate and paid stays, without notes, names and words of why; reasons that are codes are
nobody's. The request's hash goes too, as it was made of them.
"""

from collections.abc import Sequence

from quickserve.contracts.booking import TicketId
from quickserve.contracts.ordering import OrderId, TabId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import PersonId


async def forget_contacts(tx: Transaction, limit: int) -> int:
    """Who ordered, thirty days after the end; the telephone a day after it."""
    return await tx.execute(
        "WITH gone AS (SELECT id, ended_at < clock_timestamp() - interval '30 days' AS old"
        " FROM orders WHERE contact_name IS NOT NULL"
        " AND ended_at < clock_timestamp() - interval '1 day'"
        " AND (contact_phone IS NOT NULL OR ended_at < clock_timestamp() - interval '30 days')"
        " LIMIT %s), words AS (UPDATE order_cancellations c SET words = '' FROM gone"
        " WHERE gone.old AND c.order_id = gone.id), told AS (UPDATE order_steps s"
        " SET reason = NULL FROM gone WHERE gone.old AND s.order_id = gone.id"
        " AND s.reason !~ '^[a-z-]+$')"
        " UPDATE orders SET contact_phone = NULL,"
        " contact_name = CASE WHEN NOT old THEN contact_name END,"
        " contact_email = CASE WHEN NOT old THEN contact_email END,"
        " destination = CASE WHEN NOT old THEN destination END,"
        " content = CASE WHEN old THEN '' ELSE content END,"
        " lines = CASE WHEN old THEN nameless(lines) ELSE lines END"
        " FROM gone WHERE orders.id = gone.id",
        (limit,),
    )


async def forget_staff(tx: Transaction, limit: int) -> int:
    return await tx.execute(
        "UPDATE order_steps SET person = NULL WHERE (order_id, position) IN"
        " (SELECT order_id, position FROM order_steps WHERE person IS NOT NULL"
        " AND at < clock_timestamp() - interval '1 year' LIMIT %s)",
        (limit,),
    )


async def orders_of(
    tx: Transaction, email: str, ticket_ids: Sequence[TicketId], limit: int
) -> list[OrderId]:
    """Ended ones that still name who ordered. Rarely asked: no index is kept for it."""
    found: list[OrderId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM orders"
        " WHERE (lower(contact_email) = lower(%s) OR ticket_id = ANY(%s))"
        " AND ended_at IS NOT NULL AND contact_name IS NOT NULL ORDER BY id LIMIT %s) found",
        (email, list(ticket_ids), limit),
    )
    return found


async def tabs_of(tx: Transaction, order_ids: Sequence[OrderId]) -> list[TabId]:
    """By which they were paid."""
    found: list[TabId] = await tx.value(
        "SELECT coalesce(array_agg(DISTINCT tab_id), '{}') FROM orders"
        " WHERE id = ANY(%s) AND tab_id IS NOT NULL",
        (list(order_ids),),
    )
    return found


async def count_open(tx: Transaction, email: str, ticket_ids: Sequence[TicketId]) -> int:
    """Orders under way: somebody has to find who ordered them."""
    return await tx.value(
        "SELECT count(*) FROM orders WHERE (lower(contact_email) = lower(%s)"
        " OR ticket_id = ANY(%s)) AND ended_at IS NULL AND contact_name IS NOT NULL",
        (email, list(ticket_ids)),
    )


async def erase_contacts(tx: Transaction, order_ids: Sequence[OrderId]) -> int:
    """As `forget_contacts`, at once; of orders that have ended."""
    return await tx.execute(
        "WITH gone AS (SELECT id FROM orders WHERE id = ANY(%s) AND ended_at IS NOT NULL"
        " AND contact_name IS NOT NULL FOR UPDATE),"
        " words AS (UPDATE order_cancellations c SET words = '' FROM gone"
        " WHERE c.order_id = gone.id), told AS (UPDATE order_steps s SET reason = NULL FROM gone"
        " WHERE s.order_id = gone.id AND s.reason !~ '^[a-z-]+$')"
        " UPDATE orders SET contact_phone = NULL, contact_name = NULL, contact_email = NULL,"
        " destination = NULL, content = '', lines = nameless(lines)"
        " FROM gone WHERE orders.id = gone.id",
        (list(order_ids),),
    )


async def delete_baskets(
    tx: Transaction, order_ids: Sequence[OrderId], ticket_ids: Sequence[TicketId]
) -> int:
    """Of these orders, and what these tickets have not ordered yet."""
    return await tx.execute(
        "DELETE FROM baskets WHERE (order_id = ANY(%(orders)s) OR ticket_id = ANY(%(tickets)s)"
        " OR id IN (SELECT basket_id FROM orders WHERE id = ANY(%(orders)s)))"
        " AND NOT EXISTS (SELECT FROM orders o WHERE o.basket_id = baskets.id"
        " AND o.ended_at IS NULL)",
        {"orders": list(order_ids), "tickets": list(ticket_ids)},
    )


async def erase_staff(tx: Transaction, person_id: PersonId) -> int:
    """Whoever moved and cancelled orders for the stand."""
    return await tx.value(
        "WITH steps AS (UPDATE order_steps SET person = NULL WHERE person = %(person)s"
        " RETURNING 1), cancelled AS (UPDATE order_cancellations SET person = NULL"
        " WHERE person = %(person)s RETURNING 1)"
        " SELECT (SELECT count(*) FROM steps) + (SELECT count(*) FROM cancelled)",
        {"person": person_id},
    )
