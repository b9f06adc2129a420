"""What a complete order writes, as bare SQL on the real tables, for pgbench."""

STAND = """
INSERT INTO ordering.stands (id, version, organiser_id, slug, document, dates) VALUES
  ('00000000-0000-7000-8000-000000000011', 1, '00000000-0000-7000-8000-000000000002', 'bench',
   '{"name": "Bench"}', '[]');
INSERT INTO ordering.stand_gates (stand_id) VALUES ('00000000-0000-7000-8000-000000000011');
INSERT INTO ordering.station_slots
SELECT '00000000-0000-7000-8000-000000000011', 'grill', to_timestamp(0) + n * interval '5 minutes',
  2000000000, 0 FROM generate_series(1, 1000) AS n;
INSERT INTO ordering.baskets (id, stand_id, draft, lines)
SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000011', '{}', '[]'
FROM generate_series(1, 1000);
"""

_EVENT = """
INSERT INTO ordering.outbox (id, type, subject, data)
VALUES (gen_random_uuid(), 'quickserve.bench.v1', 'bench', '{"state": "ready"}');
"""
_LINES = """[{"id": "0", "name": "Burger", "quantity": 2, "modifiers": [], "total": 0}]"""

_PLACE = (
    """
\\set slot random(1, 1000)
BEGIN;
SELECT gen_random_uuid() AS order_id \\gset
UPDATE ordering.stand_gates SET number_last = number_last + 1
WHERE stand_id = '00000000-0000-7000-8000-000000000011';
INSERT INTO ordering.orders (id, basket_id, stand_id, organiser_id, number, state, payment,
  contact_name, language, destination, fulfilment, lines, totals, total_minor, currency, ready_by,
  promise_earliest, promise_latest, content)
VALUES (':order_id', gen_random_uuid(), '00000000-0000-7000-8000-000000000011',
  '00000000-0000-7000-8000-000000000002', '001', 'accepted', 'free', 'Amina', 'fr', '{}', 'pickup',
  '"""
    + _LINES
    + """', '{}', 0, 'EUR', clock_timestamp(), clock_timestamp(), clock_timestamp(), '\\x00');
INSERT INTO ordering.order_steps (order_id, position, state, by)
VALUES (':order_id', 1, 'accepted', 'buyer');
INSERT INTO ordering.order_work VALUES (':order_id', '00000000-0000-7000-8000-000000000011',
  'grill', to_timestamp(0) + :slot * interval '5 minutes', 2);
UPDATE ordering.station_slots SET reserved_s = reserved_s + 2
WHERE stand_id = '00000000-0000-7000-8000-000000000011' AND station = 'grill'
  AND starts_at = to_timestamp(0) + :slot * interval '5 minutes';
"""
    + _EVENT
    + "COMMIT;\n"
)
_GIVE_BACK = """
DELETE FROM ordering.order_work WHERE order_id = ':order_id';
UPDATE ordering.station_slots SET reserved_s = reserved_s - 2
WHERE stand_id = '00000000-0000-7000-8000-000000000011' AND station = 'grill'
  AND starts_at = to_timestamp(0) + :slot * interval '5 minutes';
"""


def _move(position: int, state: str, also: str = "") -> str:
    return (
        f"BEGIN;\nUPDATE ordering.orders SET state = '{state}' WHERE id = ':order_id';\n"
        "INSERT INTO ordering.order_steps (order_id, position, state, by)\n"
        f"VALUES (':order_id', {position}, '{state}', 'stand');\n{also}{_EVENT}COMMIT;\n"
    )


# A stand's gate is one row, as in the product: whoever places at it waits for the one before.
ORDER = (
    _PLACE + _move(2, "preparing") + _move(3, "ready", _GIVE_BACK) + _move(4, "picked-up")
)  # fmt: skip
