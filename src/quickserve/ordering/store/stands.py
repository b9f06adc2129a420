"""Copies of stands and menus, and how each stand takes orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import Menu, StandDate, StandDraft, StandId, StandSaved
from quickserve.contracts.ordering import Cap, Pacing
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId
from quickserve.ordering.model import Gate, MenuIndex, Stand

_DATES: TypeAdapter[tuple[StandDate, ...]] = TypeAdapter(tuple[StandDate, ...])


async def keep_stand(tx: Transaction, event: StandSaved, document: str, dates: str) -> bool:
    """False when a version at least as new is kept already."""
    return (
        await tx.execute(
            "INSERT INTO stands AS known"
            " (id, version, organiser_id, event_id, slug, document, dates, menu_version)"
            " VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
            " organiser_id = excluded.organiser_id, event_id = excluded.event_id,"
            " slug = excluded.slug, document = excluded.document, dates = excluded.dates,"
            " menu_version = excluded.menu_version WHERE known.version < excluded.version",
            (
                event.stand_id, event.version, event.stand.organiser_id, event.stand.event_id,
                event.slug, document, dates, event.menu_version,
            ),
        )
        == 1
    )  # fmt: skip


async def make_gate(tx: Transaction, stand_id: StandId) -> None:
    await tx.execute(
        "INSERT INTO stand_gates (stand_id) VALUES (%s) ON CONFLICT DO NOTHING", (stand_id,)
    )


async def keep_sold_out(
    tx: Transaction, stand_id: StandId, version: int, ids: Sequence[UUID]
) -> bool:
    """False where the stand is not known yet."""
    return (
        await tx.execute(
            "UPDATE stands SET out_ids = CASE WHEN out_version < %(version)s THEN %(ids)s::uuid[]"
            " ELSE out_ids END, out_version = greatest(out_version, %(version)s) WHERE id = %(id)s",
            {"id": stand_id, "version": version, "ids": list(ids)},
        )
        == 1
    )


async def keep_early_sold_out(
    tx: Transaction, stand_id: StandId, version: int, ids: Sequence[UUID]
) -> None:
    await tx.execute(
        "INSERT INTO early_sold_out AS known (stand_id, version, ids) VALUES (%s, %s, %s)"
        " ON CONFLICT (stand_id) DO UPDATE SET version = excluded.version, ids = excluded.ids"
        " WHERE known.version < excluded.version",
        (stand_id, version, list(ids)),
    )


@dataclass(frozen=True, slots=True)
class _Early:
    version: int
    ids: list[UUID]


async def take_early_sold_out(tx: Transaction, stand_id: StandId) -> tuple[int, list[UUID]] | None:
    early = await tx.maybe(
        _Early,
        "DELETE FROM early_sold_out WHERE stand_id = %s RETURNING version, ids",
        (stand_id,),
    )
    return (early.version, early.ids) if early else None


@dataclass(frozen=True, slots=True)
class MissingMenu:
    stand_id: StandId
    version: int


async def missing_menus(tx: Transaction, limit: int) -> list[MissingMenu]:
    return await tx.all(
        MissingMenu,
        "SELECT s.id AS stand_id, s.menu_version AS version FROM stands s"
        " WHERE s.menu_version IS NOT NULL AND NOT EXISTS (SELECT FROM menus m"
        " WHERE m.stand_id = s.id AND m.version = s.menu_version) LIMIT %s",
        (limit,),
    )


async def keep_menu(tx: Transaction, menu: Menu, document: str) -> None:
    await tx.execute(
        "INSERT INTO menus (stand_id, version, document) VALUES (%s, %s, %s::jsonb)"
        " ON CONFLICT DO NOTHING",
        (menu.stand_id, menu.version, document),
    )


async def delete_old_menus(tx: Transaction) -> int:
    """Those that neither the stand nor its next one shows."""
    return await tx.execute(
        "DELETE FROM menus m USING stands s WHERE s.id = m.stand_id"
        " AND m.version < s.menu_version AND EXISTS (SELECT FROM menus newer"
        " WHERE newer.stand_id = m.stand_id AND newer.version = s.menu_version)"
    )


async def find_menu(tx: Transaction, stand_id: StandId, version: int) -> MenuIndex | None:
    document = await tx.value(
        "SELECT document FROM menus WHERE stand_id = %s AND version = %s", (stand_id, version)
    )
    return None if document is None else MenuIndex.of(Menu.model_validate(document))


@dataclass(frozen=True, slots=True)
class StandRow:
    """A stand's state; `menu_here` is the newest version of its menu that has arrived."""

    id: StandId
    version: int
    out_version: int
    organiser_id: OrganiserId
    event_id: Any
    slug: str
    document: dict[str, Any]
    dates: list[dict[str, Any]]
    out_ids: list[UUID]
    menu_here: int | None
    paused_until: datetime | None
    intake_percent: int
    widened_s: int
    caps: dict[str, Any]
    wait_max_s: int
    now: datetime

    def stand(self, menu: MenuIndex | None) -> Stand:
        return Stand(
            self.id, self.version, self.out_version, self.organiser_id, self.event_id, self.slug,
            StandDraft.model_validate(self.document), _DATES.validate_python(self.dates),
            frozenset(self.out_ids),
            Gate(
                self.paused_until, self.intake_percent, self.widened_s,
                pacing_of(self.caps, self.wait_max_s),
            ),
            menu, self.now,
        )  # fmt: skip


def pacing_of(caps: dict[str, Any], wait_max_s: int) -> Pacing:
    read: dict[Any, Cap] = {name: Cap.model_validate(cap) for name, cap in caps.items()}
    return Pacing(caps=read, wait_max_minutes=wait_max_s // 60)


async def find_stand(tx: Transaction, stand_id: StandId) -> StandRow | None:
    return await tx.maybe(
        StandRow,
        "SELECT s.id, s.version, s.out_version, s.organiser_id, s.event_id, s.slug, s.document,"
        " s.dates, s.out_ids, (SELECT max(m.version) FROM menus m WHERE m.stand_id = s.id"
        " AND m.version <= s.menu_version) AS menu_here, g.paused_until, g.intake_percent,"
        " g.widened_s, g.caps, g.wait_max_s, clock_timestamp() AS now"
        " FROM stands s JOIN stand_gates g ON g.stand_id = s.id WHERE s.id = %s",
        (stand_id,),
    )


async def pause_all_of_event(tx: Transaction, event_id: EventId, minutes: int) -> list[StandId]:
    return await tx.value(
        "WITH paused AS (UPDATE stand_gates g SET paused_until = clock_timestamp()"
        " + make_interval(mins => %s) FROM stands s WHERE s.id = g.stand_id AND s.event_id = %s"
        " RETURNING g.stand_id) SELECT coalesce(array_agg(stand_id), '{}') FROM paused",
        (minutes, event_id),
    )


@dataclass(frozen=True, slots=True)
class LockedGate:
    """What decides under the lock; `number` is the last one called out today."""

    version: int
    out_version: int
    paused: bool
    intake_percent: int
    widened_s: int
    caps: dict[str, Any]
    wait_max_s: int
    number: int
    now: datetime

    @property
    def pacing(self) -> Pacing:
        return pacing_of(self.caps, self.wait_max_s)


async def lock_gate(tx: Transaction, stand_id: StandId, zone: str) -> LockedGate:
    """Until the transaction ends nobody else reserves at this stand."""
    return await tx.one(
        LockedGate,
        "SELECT s.version, s.out_version, coalesce(g.paused_until > clock_timestamp(), false)"
        " AS paused, g.intake_percent, g.widened_s, g.caps, g.wait_max_s, CASE WHEN g.number_day ="
        " (clock_timestamp() AT TIME ZONE %(zone)s)::date THEN g.number_last ELSE 0 END AS number,"
        " clock_timestamp() AS now FROM stand_gates g JOIN stands s ON s.id = g.stand_id"
        " WHERE g.stand_id = %(id)s FOR UPDATE OF g",
        {"id": stand_id, "zone": zone},
    )


async def lock_gates(tx: Transaction, stand_ids: Sequence[StandId]) -> None:
    """As `lock_gate`, of several in the order of their ids."""
    await tx.execute(
        "SELECT stand_id FROM stand_gates WHERE stand_id = ANY(%s) ORDER BY stand_id FOR UPDATE",
        (list(stand_ids),),
    )


async def set_numbers(tx: Transaction, numbers: Sequence[tuple[StandId, str, int]]) -> None:
    """Of each stand, by its zone's day, the last number that is called out."""
    await tx.execute(
        "UPDATE stand_gates g SET number_last = n.number,"
        " number_day = (clock_timestamp() AT TIME ZONE n.zone)::date"
        " FROM unnest(%s::uuid[], %s::text[], %s::integer[]) AS n(id, zone, number)"
        " WHERE g.stand_id = n.id",
        ([n[0] for n in numbers], [n[1] for n in numbers], [n[2] for n in numbers]),
    )


async def set_pause(tx: Transaction, stand_id: StandId, minutes: int) -> None:
    """0 ends it."""
    await tx.execute(
        "UPDATE stand_gates SET paused_until ="
        " CASE WHEN %(minutes)s > 0 THEN clock_timestamp() + make_interval(mins => %(minutes)s) END"
        " WHERE stand_id = %(id)s",
        {"id": stand_id, "minutes": minutes},
    )


async def set_pacing(tx: Transaction, stand_id: StandId, caps: str, wait_max_s: int) -> None:
    await tx.execute(
        "UPDATE stand_gates SET caps = %s::jsonb, wait_max_s = %s WHERE stand_id = %s",
        (caps, wait_max_s, stand_id),
    )


async def set_steering(
    tx: Transaction, stand_id: StandId, intake_percent: int, widened_s: int
) -> None:
    await tx.execute(
        "UPDATE stand_gates SET intake_percent = %s, widened_s = %s,"
        " steered_at = clock_timestamp() WHERE stand_id = %s",
        (intake_percent, widened_s, stand_id),
    )


@dataclass(frozen=True, slots=True)
class Steered:
    stand_id: StandId
    intake_percent: int
    widened_s: int


async def stands_at_work(tx: Transaction, limit: int) -> list[Steered]:
    """Those with orders under way, or that are not back to normal: longest not steered first."""
    return await tx.all(
        Steered,
        "SELECT g.stand_id, g.intake_percent, g.widened_s FROM stand_gates g"
        " WHERE (g.intake_percent < 100 OR g.widened_s > 0 OR EXISTS (SELECT FROM orders o"
        " WHERE o.stand_id = g.stand_id AND o.state IN"
        " ('submitted', 'accepted', 'preparing', 'ready', 'on-the-way')))"
        " AND (g.steered_at IS NULL OR g.steered_at < clock_timestamp() - interval '20 s')"
        " ORDER BY g.steered_at NULLS FIRST LIMIT %s",
        (limit,),
    )
