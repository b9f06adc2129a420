"""The keys that tickets are signed with."""

import base64
from dataclasses import dataclass
from typing import Any

from quickserve.contracts.booking import TicketKey
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    organiser_id: OrganiserId
    private_key_encrypted: bytes


async def find_active_key(tx: Transaction, organiser_id: OrganiserId) -> Key | None:
    return await tx.maybe(
        Key,
        "SELECT id, organiser_id, private_key_encrypted FROM signing_keys"
        " WHERE organiser_id = %s AND retired_at IS NULL",
        (organiser_id,),
    )


async def find_keys(tx: Transaction, key_ids: list[str]) -> list[Key]:
    return await tx.all(
        Key,
        "SELECT id, organiser_id, private_key_encrypted FROM signing_keys WHERE id = ANY(%s)",
        (key_ids,),
    )


async def lock_keys(tx: Transaction, organiser_id: OrganiserId) -> None:
    """Until the transaction ends nobody else makes or retires a key of this organiser."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"ticket-keys:{organiser_id}",)
    )


async def key_just_retired(tx: Transaction, organiser_id: OrganiserId) -> bool:
    return await tx.value(
        "SELECT EXISTS (SELECT FROM signing_keys WHERE organiser_id = %s"
        " AND retired_at > clock_timestamp() - interval '1 minute')",
        (organiser_id,),
    )


async def retire_key(tx: Transaction, organiser_id: OrganiserId) -> None:
    await tx.execute(
        "UPDATE signing_keys SET retired_at = clock_timestamp()"
        " WHERE organiser_id = %s AND retired_at IS NULL",
        (organiser_id,),
    )


async def insert_key(tx: Transaction, key: Key, public_key: bytes) -> None:
    await tx.execute(
        "INSERT INTO signing_keys (id, organiser_id, public_key, private_key_encrypted)"
        " VALUES (%s, %s, %s, %s)",
        (key.id, key.organiser_id, public_key, key.private_key_encrypted),
    )


def _ticket_key(public_key: bytes, **columns: Any) -> TicketKey:
    return TicketKey(public_key=base64.urlsafe_b64encode(public_key).decode(), **columns)


async def keys_of_organiser(tx: Transaction, organiser_id: OrganiserId) -> list[TicketKey]:
    return await tx.all(
        _ticket_key,
        "SELECT id AS key_id, public_key, created_at, retired_at FROM signing_keys"
        " WHERE organiser_id = %s ORDER BY created_at DESC",
        (organiser_id,),
    )
