"""The schemas: migrating again changes nothing; tables and personal data say what they are for."""

import re
from pathlib import Path

import pytest

from quickserve.app import Platform
from quickserve.kernel.db import open_connection
from quickserve.kernel.service import Service

from .project import existing

OWNERS = [service for service in existing() if service.owns_data]
PERSONAL = r"(^|_)(email|phone|address|holder|holder_name|contact|contact_name|ip|birthday)($|_)"
# `name` is a person's in these tables; elsewhere it is a venue's or a ticket type's.
PEOPLE = r"(^|_)(people|persons?|contacts?|holders?|buyers?|customers?|bookings?)($|_)"
VENUES = r"(^|_)venues?($|_)"  # their address is public

CATALOGUE = """
SELECT string_agg(line, E'\n' ORDER BY line) FROM (
    SELECT format('%%s.%%s %%s %%s %%s', c.relname, a.attname, a.atttypid::regtype, a.attnotnull,
                  pg_get_expr(d.adbin, d.adrelid)) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = %(schema)s::text::regnamespace
    UNION ALL
    SELECT format('%%s %%s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = %(schema)s::text::regnamespace
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = %(schema)s::text
    UNION ALL
    SELECT format('%%s %%s', relname, relacl) FROM pg_class
    WHERE relnamespace = %(schema)s::text::regnamespace
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = %(schema)s::text::regnamespace AND prokind IN ('f', 'p')
) AS everything
"""

UNTOLD_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = %(schema)s::text::regnamespace AND relkind IN ('r', 'p')
    AND obj_description(oid, 'pg_class') IS NULL
"""

UNTOLD_COLUMNS = """
SELECT c.relname || '.' || a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT attisdropped
WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p')
    AND (a.attname ~ %(personal)s OR a.attname = 'name' AND c.relname ~ %(people)s)
    AND NOT (a.attname = 'address' AND c.relname ~ %(venues)s)
    AND coalesce(col_description(c.oid, a.attnum), '') !~* %(told)s
"""


# What would break the version that still runs while this is applied. A release later, when no
# process needs it any more, the line says so: `-- contract: why`.
BREAKS = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|SCHEMA|FUNCTION)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL"
    r"|ALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE)\b",
    re.IGNORECASE,
)
LATER = sorted(Path("src/quickserve").glob("*/migrations/*.sql"))


@pytest.mark.parametrize("file", LATER, ids=lambda file: f"{file.parts[-3]}/{file.name}")
def test_the_version_before_works_on_the_newer_schema(file: Path) -> None:
    """Expand, then contract: processes are replaced one after the other, after the migration."""
    lines = file.read_text("utf-8").splitlines()
    breaking = [line for line in lines if BREAKS.search(line) and "-- contract:" not in line]
    assert breaking == []
    added = re.findall(r"ADD COLUMN.*?(?:;|,\n)", "\n".join(lines), re.DOTALL | re.IGNORECASE)
    unfilled = [
        c for c in added if re.search("NOT NULL", c, re.IGNORECASE) and "DEFAULT" not in c.upper()
    ]
    assert unfilled == [], "the version before does not fill it"


async def asked(platform: Platform, question: str, schema: str, **params: str) -> list[str]:
    url = platform.settings.database_url
    async with await open_connection(url) as connection:
        cursor = await connection.execute(question.encode(), {"schema": schema, **params})
        return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize("service", OWNERS, ids=lambda service: service.name)
async def test_migrating_again_changes_nothing(migrated: Platform, service: Service) -> None:
    before = await asked(migrated, CATALOGUE, service.name)
    again = Platform(migrated.settings, [service])
    assert await again.migrate() == []
    assert await asked(migrated, CATALOGUE, service.name) == before
    assert before


@pytest.mark.parametrize("service", OWNERS, ids=lambda service: service.name)
async def test_every_table_says_what_it_is_for(migrated: Platform, service: Service) -> None:
    assert await asked(migrated, UNTOLD_TABLES, service.name) == []


@pytest.mark.parametrize("service", OWNERS, ids=lambda service: service.name)
async def test_personal_data_says_why_and_how_long(migrated: Platform, service: Service) -> None:
    untold = await asked(
        migrated, UNTOLD_COLUMNS, service.name,
        personal=PERSONAL, people=PEOPLE, venues=VENUES, told="kept|until|erase|delet|retention",
    )  # fmt: skip
    assert untold == [], "the comment names the purpose and the retention"
