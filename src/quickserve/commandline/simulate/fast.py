"""The real services in this process, on a database of their own whose clock we turn.

The product has one clock that decides, the database's: so the throwaway database gets another
`clock_timestamp()`, and the product is what it is. Jobs run when their time has come on that clock.
"""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from pydantic import SecretStr

from quickserve.app import Platform, load
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.postgres import EmbeddedPostgres
from quickserve.kernel.service import Job, Runtime, Service
from quickserve.kernel.settings import Settings
from quickserve.ordering.service import open_resources

_EVERY: Final = timedelta(seconds=5)  # more often no job is run: nobody changes menus here
_SERVICES: Final = ("identity", "catalog", "ordering")
_CLOCK: Final = """
CREATE SCHEMA simulated;
CREATE TABLE simulated.clock (at timestamptz NOT NULL);
INSERT INTO simulated.clock VALUES (now());
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
  AS 'SELECT at FROM simulated.clock';
GRANT USAGE ON SCHEMA simulated TO PUBLIC;
GRANT SELECT ON simulated.clock TO PUBLIC;
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT table_schema, table_name, column_name, column_default
    FROM information_schema.columns WHERE column_default LIKE '%clock_timestamp()%'
  LOOP
    EXECUTE format('ALTER TABLE %I.%I ALTER %I SET DEFAULT %s', found.table_schema,
      found.table_name, found.column_name,
      replace(found.column_default, 'clock_timestamp()', 'simulated.clock_timestamp()'));
  END LOOP;
  FOR found IN SELECT r.rolname, s.schema_name FROM information_schema.schemata s
    JOIN pg_roles r ON r.rolname = current_database() || '_' || s.schema_name
  LOOP
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = simulated, %I, public,'
      ' pg_catalog', found.rolname, current_database(), found.schema_name);
  END LOOP;
END $$;
"""


@dataclass
class FastHand:
    """Turns the database's clock; what the services do every so often is done on the way."""

    connection: Any
    jobs: list[tuple[Job, Runtime]]
    now: datetime
    _due: dict[int, datetime] = field(default_factory=dict[int, datetime])

    async def turn_to(self, at: datetime) -> datetime:
        while True:
            following = min([*self._due.values(), at])
            if following > self.now:
                self.now = following
                await self.connection.execute("UPDATE simulated.clock SET at = %s", (self.now,))
            for number, (job, runtime) in enumerate(self.jobs):
                if self._due.setdefault(number, self.now) <= self.now:
                    await job.run(runtime.context())
                    self._due[number] = self.now + max(_EVERY, timedelta(seconds=job.every_seconds))
            if self.now >= at:
                return at

    async def a_moment(self) -> None:
        await self.turn_to(self.now + _EVERY)


@asynccontextmanager
async def open_fast(start: datetime) -> AsyncGenerator[tuple[Platform, FastHand]]:
    """From `start` on. Nothing of it is kept."""
    with (
        tempfile.TemporaryDirectory(prefix="quickserve-simulate-") as folder,
        EmbeddedPostgres(
            Path(folder), settings={"fsync": "off", "synchronous_commit": "off"}
        ) as server,
    ):
        url = await ensure_database(server.url("postgres"), "simulation")
        settings = Settings(database_url=url, secret=SecretStr(token_hex(32)), log_level="warning")
        services = [load(name) for name in _SERVICES]
        platform = Platform(settings, [_without_jobs(service) for service in services])
        await platform.migrate()
        async with await open_connection(url) as connection:
            await connection.execute(_CLOCK)
            await connection.execute("UPDATE simulated.clock SET at = %s", (start,))
            async with platform.running():
                jobs = [
                    (job, platform.runtimes[service.name])
                    for service in services
                    for job in service.jobs
                ]
                yield platform, FastHand(connection, jobs, start)


def _without_jobs(service: Service) -> Service:
    """And without looks that are kept for a quarter of a second: here that may be a minute."""
    if service.name == "ordering":
        return replace(service, jobs=(), resources=partial(open_resources, age_seconds=0.0))
    return replace(service, jobs=())
