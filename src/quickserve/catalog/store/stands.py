"""Stands and their menus."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import SoldOutEntry, StandId
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


@dataclass(frozen=True, slots=True)
class StandRow:
    id: StandId
    organiser_id: OrganiserId
    event_id: EventId | None
    slug: str
    version: int
    draft: dict[str, Any]
    state: str
    menu_version: int
    items: int
    out_version: int
    organiser_name: str
    sold_out: int


_SELECT: LiteralString = (
    "SELECT s.id, s.organiser_id, s.event_id, s.slug, s.version, s.draft, s.state, s.menu_version,"
    " s.items, s.out_version, coalesce(o.name, '') AS organiser_name,"
    " (SELECT count(*) FROM stand_sold_out x WHERE x.stand_id = s.id)::int AS sold_out"
    " FROM stands s LEFT JOIN organisers o ON o.id = s.organiser_id"
)


async def claim_stand(
    tx: Transaction, stand_id: StandId, organiser_id: OrganiserId, slug: str
) -> None:
    """Makes the stand where it is not there yet; its first draft follows."""
    await tx.execute(
        "INSERT INTO stands (id, organiser_id, slug, draft, state)"
        " VALUES (%s, %s, %s, '{}', 'hidden') ON CONFLICT (id) DO NOTHING",
        (stand_id, organiser_id, slug),
    )


async def slug_taken(tx: Transaction, slug: str, stand_id: StandId) -> bool:
    return await tx.value(
        "SELECT EXISTS (SELECT FROM stands WHERE slug = %s AND id <> %s)", (slug, stand_id)
    )


async def lock_stand(tx: Transaction, stand_id: StandId) -> StandRow | None:
    return await tx.maybe(StandRow, _SELECT + " WHERE s.id = %s FOR UPDATE OF s", (stand_id,))


async def save_stand(
    tx: Transaction, stand_id: StandId, draft: str, state: str, event_id: EventId | None
) -> None:
    await tx.execute(
        "UPDATE stands SET draft = %s::jsonb, state = %s, event_id = %s WHERE id = %s",
        (draft, state, event_id, stand_id),
    )


async def raise_versions(tx: Transaction, stand_ids: Sequence[StandId]) -> None:
    await tx.execute(
        "UPDATE stands SET version = version + 1 WHERE id = ANY(%s)", (list(stand_ids),)
    )


async def find_stand(tx: Transaction, stand_id: StandId) -> StandRow | None:
    return await tx.maybe(StandRow, _SELECT + " WHERE s.id = %s", (stand_id,))


async def find_stands(tx: Transaction, stand_ids: Sequence[StandId]) -> list[StandRow]:
    return await tx.all(StandRow, _SELECT + " WHERE s.id = ANY(%s)", (list(stand_ids),))


async def find_by_slug(tx: Transaction, slug: str) -> StandRow | None:
    return await tx.maybe(StandRow, _SELECT + " WHERE s.slug = %s", (slug,))


async def of_event(tx: Transaction, event_id: EventId, limit: int) -> list[StandRow]:
    """Those that are open to visitors."""
    return await tx.all(
        StandRow,
        _SELECT + " WHERE s.event_id = %s AND s.state = 'open' AND s.menu_version > 0"
        " ORDER BY s.created_at, s.id LIMIT %s",
        (event_id, limit),
    )


async def shops(tx: Transaction, limit: int) -> list[StandRow]:
    """Those of no event that are open to visitors."""
    return await tx.all(
        StandRow,
        _SELECT + " WHERE s.event_id IS NULL AND s.state = 'open' AND s.menu_version > 0"
        " ORDER BY s.created_at, s.id LIMIT %s",
        (limit,),
    )


async def of_organiser(tx: Transaction, organiser_id: OrganiserId, limit: int) -> list[StandRow]:
    return await tx.all(
        StandRow,
        _SELECT + " WHERE s.organiser_id = %s ORDER BY s.created_at, s.id LIMIT %s",
        (organiser_id, limit),
    )


async def count_stands(tx: Transaction, organiser_id: OrganiserId) -> int:
    return await tx.value("SELECT count(*) FROM stands WHERE organiser_id = %s", (organiser_id,))


async def lock_stands_of_events(tx: Transaction, event_ids: Sequence[EventId]) -> list[StandId]:
    """In the order of their ids."""
    found: list[StandId] = await tx.value(
        "SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM stands"
        " WHERE event_id = ANY(%s) ORDER BY id FOR UPDATE) locked",
        (list(event_ids),),
    )
    return found


async def event_owner(tx: Transaction, event_id: EventId) -> OrganiserId | None:
    return await tx.value("SELECT organiser_id FROM events WHERE id = %s", (event_id,))


@dataclass(frozen=True, slots=True)
class DateOfEvent:
    id: Any
    event_id: EventId
    starts_at: datetime
    ends_at: datetime


async def dates_of_events(tx: Transaction, event_ids: Sequence[EventId]) -> list[DateOfEvent]:
    """Those that take place and are not long over."""
    return await tx.all(
        DateOfEvent,
        "SELECT id, event_id, starts_at, ends_at FROM event_dates WHERE event_id = ANY(%s)"
        " AND state <> 'cancelled' AND ends_at > clock_timestamp() - interval '7 days'"
        " ORDER BY starts_at LIMIT 2000",
        (list(event_ids),),
    )


# -- Menus -----------------------------------------------------------------------------------------


async def insert_menu(
    tx: Transaction, stand_id: StandId, version: int, content: str, content_hash: bytes, items: int
) -> None:
    await tx.execute(
        "WITH latest AS (UPDATE stands SET menu_version = %(version)s, items = %(items)s"
        " WHERE id = %(stand)s)"
        " INSERT INTO stand_menus (stand_id, version, content, content_hash)"
        " VALUES (%(stand)s, %(version)s, %(content)s, %(hash)s)",
        {
            "stand": stand_id, "version": version, "items": items, "content": content,
            "hash": content_hash,
        },
    )  # fmt: skip


async def menu_hash(tx: Transaction, stand_id: StandId, version: int) -> bytes | None:
    return await tx.value(
        "SELECT content_hash FROM stand_menus WHERE stand_id = %s AND version = %s",
        (stand_id, version),
    )


async def find_menu(tx: Transaction, stand_id: StandId, version: int) -> str | None:
    """As it was saved: a Menu in JSON."""
    return await tx.value(
        "SELECT content FROM stand_menus WHERE stand_id = %s AND version = %s",
        (stand_id, version),
    )


async def find_latest_menu(tx: Transaction, stand_id: StandId) -> str | None:
    return await tx.value(
        "SELECT m.content FROM stand_menus m JOIN stands s ON s.id = m.stand_id"
        " AND s.menu_version = m.version WHERE m.stand_id = %s",
        (stand_id,),
    )


# -- 86 --------------------------------------------------------------------------------------------


async def put_sold_out(
    tx: Transaction, stand_id: StandId, target_id: UUID, until: datetime | None
) -> None:
    await tx.execute(
        "INSERT INTO stand_sold_out (stand_id, target_id, until) VALUES (%s, %s, %s)"
        " ON CONFLICT (stand_id, target_id) DO UPDATE SET until = excluded.until",
        (stand_id, target_id, until),
    )


async def put_back(tx: Transaction, stand_id: StandId, target_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "DELETE FROM stand_sold_out WHERE stand_id = %s AND target_id = ANY(%s)",
        (stand_id, list(target_ids)),
    )


async def put_back_others(tx: Transaction, stand_id: StandId, kept: Sequence[UUID]) -> int:
    """What the menu does not have any more."""
    return await tx.execute(
        "DELETE FROM stand_sold_out WHERE stand_id = %s AND target_id <> ALL(%s)",
        (stand_id, list(kept)),
    )


async def raise_out_version(tx: Transaction, stand_id: StandId) -> int:
    return await tx.value(
        "UPDATE stands SET out_version = out_version + 1 WHERE id = %s RETURNING out_version",
        (stand_id,),
    )


async def sold_out(tx: Transaction, stand_id: StandId) -> list[SoldOutEntry]:
    return await tx.all(
        SoldOutEntry,
        "SELECT target_id AS id, until FROM stand_sold_out WHERE stand_id = %s ORDER BY since",
        (stand_id,),
    )


@dataclass(frozen=True, slots=True)
class Due:
    stand_id: StandId
    target_ids: list[UUID]


async def due_back(tx: Transaction, limit: int) -> list[Due]:
    return await tx.all(
        Due,
        "SELECT stand_id, array_agg(target_id) AS target_ids FROM (SELECT stand_id, target_id"
        " FROM stand_sold_out WHERE until <= clock_timestamp() ORDER BY until LIMIT %s) due"
        " GROUP BY stand_id",
        (limit,),
    )
