"""Whether a stand's books add up: everything that orders took, and nothing else, is taken."""

from collections.abc import Awaitable, Callable
from typing import Any, LiteralString

from quickserve.contracts.menus import StandId
from tests.ordering.conftest import Counter

# Each says what does not add up, in words; a stand in order has no line.
CHECKS: dict[str, LiteralString] = {
    "more is reserved than can be made":
        "SELECT station, starts_at, reserved_s, capacity_s FROM station_slots"
        " WHERE stand_id = %(stand)s AND reserved_s > capacity_s",
    "reserved is what orders reserved":
        "SELECT * FROM (SELECT station, starts_at, reserved_s FROM station_slots"
        " WHERE stand_id = %(stand)s AND reserved_s <> 0) s FULL JOIN (SELECT station, starts_at,"
        " sum(seconds) AS seconds FROM order_work WHERE stand_id = %(stand)s"
        " GROUP BY station, starts_at) w USING (station, starts_at)"
        " WHERE coalesce(reserved_s, 0) <> coalesce(seconds, 0)",
    "what is made already, or never, reserves nothing":
        "SELECT o.id, o.state FROM orders o JOIN order_work w ON w.order_id = o.id"
        " WHERE o.stand_id = %(stand)s"
        " AND o.state NOT IN ('pending', 'submitted', 'accepted', 'preparing')",
    "caps hold":
        "SELECT * FROM fulfilment_slots WHERE stand_id = %(stand)s"
        " AND (orders > orders_max OR value_minor > value_max)",
    "caps count the orders that took them":
        "SELECT * FROM (SELECT fulfilment, starts_at, orders, value_minor FROM fulfilment_slots"
        " WHERE stand_id = %(stand)s AND orders <> 0) s FULL JOIN (SELECT fulfilment, starts_at,"
        " count(*) AS taken, sum(value_minor) AS value FROM order_caps"
        " WHERE stand_id = %(stand)s GROUP BY fulfilment, starts_at) t"
        " USING (fulfilment, starts_at) WHERE coalesce(orders, 0) <> coalesce(taken, 0)"
        " OR coalesce(value_minor, 0) <> coalesce(value, 0)",
    "what came to nothing took nothing":
        "SELECT o.id FROM orders o WHERE o.stand_id = %(stand)s"
        " AND o.state IN ('rejected', 'withdrawn')"
        " AND (EXISTS (SELECT FROM order_caps c WHERE c.order_id = o.id)"
        " OR EXISTS (SELECT FROM order_included i WHERE i.order_id = o.id)"
        " OR EXISTS (SELECT FROM order_codes c WHERE c.order_id = o.id))",
    "entitlements count what orders took, and no more than there is":
        "SELECT u.entitlement_id, u.ticket_id, u.used, u.most FROM entitlement_uses u"
        " WHERE u.used > u.most OR u.used <> (SELECT coalesce(sum(i.quantity), 0)"
        " FROM order_included i WHERE (i.entitlement_id, i.ticket_id)"
        " = (u.entitlement_id, u.ticket_id))",
    "vouchers count the orders that used them":
        "SELECT v.code, v.used, v.uses_max FROM order_vouchers v WHERE v.used > v.uses_max"
        " OR v.used <> (SELECT count(*) FROM order_codes c"
        " WHERE (c.organiser_id, c.code) = (v.organiser_id, v.code))",
    "tabs are the sum of their orders":
        "SELECT t.id, t.total_minor, t.limit_minor FROM tabs t WHERE t.state = 'open'"
        " AND (t.total_minor > t.limit_minor OR t.total_minor <> (SELECT"
        " coalesce(sum(o.total_minor - o.refunded_minor), 0)"
        " FROM orders o WHERE o.tab_id = t.id"
        " AND o.state NOT IN ('rejected', 'withdrawn', 'cancelled')))",
    "a basket is one order":
        "SELECT basket_id FROM orders WHERE stand_id = %(stand)s"
        " AND state NOT IN ('rejected', 'withdrawn') GROUP BY basket_id HAVING count(*) > 1",
    "a basket knows its order":
        "SELECT b.id FROM baskets b LEFT JOIN orders o ON o.basket_id = b.id"
        " AND o.state NOT IN ('rejected', 'withdrawn') WHERE b.stand_id = %(stand)s"
        " AND b.order_id IS DISTINCT FROM o.id",
    "the last step is the state, and steps have no gaps":
        "SELECT o.id FROM orders o WHERE o.stand_id = %(stand)s AND (o.state IS DISTINCT FROM"
        " (SELECT s.state FROM order_steps s WHERE s.order_id = o.id"
        " ORDER BY s.position DESC LIMIT 1) OR (SELECT count(*) <> max(s.position)"
        " FROM order_steps s WHERE s.order_id = o.id))",
    "numbers are called out once a day":
        "SELECT number FROM orders WHERE stand_id = %(stand)s GROUP BY number, placed_at::date"
        " HAVING count(*) > 1",
    "nobody who was told that an order never came has one":
        "SELECT o.id FROM orders o JOIN order_tombstones t ON t.order_id = o.id"
        " WHERE o.state <> 'withdrawn'",
}  # fmt: skip


async def audit(counter: Counter, stand_id: StandId) -> None:
    await audit_by(counter.sql, stand_id)


async def audit_by(ask: Callable[[str, Any], Awaitable[list[Any]]], stand_id: StandId) -> None:
    """`ask` answers a question to the service's schema."""
    wrong = {
        words: found
        for words, query in CHECKS.items()
        if (found := await ask(query, {"stand": stand_id}))
    }
    assert not wrong, wrong
