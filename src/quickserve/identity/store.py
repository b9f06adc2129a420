"""Every SQL statement of the identity service."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.contracts.identity import EmailTaken, NameTaken, TeamMember
from quickserve.identity.model import Organiser, Person, Session
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Jsonb, Transaction
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import OrganiserId, PersonId

CONSTRAINTS: dict[str, type[Problem]] = {
    "people_email": EmailTaken,
    "memberships_person_id_fkey": NotFound,
    "organisers_name": NameTaken,
}

# -- People ---------------------------------------------------------------------------------------


async def insert_person(tx: Transaction, person: Person) -> bool:
    """False when the id was used before."""
    inserted = await tx.execute(
        "INSERT INTO people (id, email, name, password_hash, admin) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO NOTHING",
        (person.id, person.email, person.name, person.password_hash, person.admin),
    )
    return inserted == 1


async def find_person(tx: Transaction, person_id: PersonId) -> Person | None:
    return await tx.maybe(
        Person,
        "SELECT p.id, p.email, p.name, p.password_hash, p.admin, coalesce((SELECT"
        "  jsonb_agg(jsonb_build_object('organiser_id', o.id, 'organiser_name', o.name,"
        "   'roles', m.roles) ORDER BY o.name, o.id)"
        "  FROM memberships m JOIN organisers o ON o.id = m.organiser_id"
        "  WHERE m.person_id = p.id), '[]') AS memberships"
        " FROM people p WHERE p.id = %s",
        (person_id,),
    )


async def find_person_by_email(tx: Transaction, email: str) -> Person | None:
    return await tx.maybe(
        Person,
        "SELECT p.id, p.email, p.name, p.password_hash, p.admin, coalesce((SELECT"
        "  jsonb_agg(jsonb_build_object('organiser_id', o.id, 'organiser_name', o.name,"
        "   'roles', m.roles) ORDER BY o.name, o.id)"
        "  FROM memberships m JOIN organisers o ON o.id = m.organiser_id"
        "  WHERE m.person_id = p.id), '[]') AS memberships"
        " FROM people p WHERE lower(p.email) = lower(%s)",
        (email,),
    )


async def set_password_hash(tx: Transaction, person_id: PersonId, password_hash: str) -> None:
    await tx.execute(
        "UPDATE people SET password_hash = %s WHERE id = %s", (password_hash, person_id)
    )


@dataclass(frozen=True, slots=True)
class _Traces:
    sessions: int
    memberships: int


async def count_traces(tx: Transaction, email: str) -> tuple[int, int]:
    """Sessions and memberships of the person, who is locked until the transaction ends."""
    found = await tx.maybe(
        _Traces,
        "SELECT (SELECT count(*) FROM sessions s WHERE s.person_id = p.id) AS sessions,"
        "  (SELECT count(*) FROM memberships m WHERE m.person_id = p.id) AS memberships"
        " FROM people p WHERE lower(p.email) = lower(%s) FOR UPDATE OF p",
        (email,),
    )
    return (found.sessions, found.memberships) if found else (0, 0)


async def delete_person(tx: Transaction, email: str) -> int:
    """With memberships and sessions. 0 when there is none."""
    return await tx.execute("DELETE FROM people WHERE lower(email) = lower(%s)", (email,))


# -- Organisers -----------------------------------------------------------------------------------


async def insert_organiser(tx: Transaction, organiser: Organiser) -> bool:
    """False when the slug is taken. Raises NameTaken."""
    inserted = await tx.execute(
        "INSERT INTO organisers (id, name, slug) VALUES (%s, %s, %s)"
        " ON CONFLICT ON CONSTRAINT organisers_slug DO NOTHING",
        (organiser.id, organiser.name, organiser.slug),
    )
    return inserted == 1


async def lock_id(tx: Transaction, organiser_id: OrganiserId) -> None:
    """Serialises the first and a repeated creation."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (str(organiser_id),))


async def find_organiser(tx: Transaction, organiser_id: OrganiserId) -> Organiser | None:
    return await tx.maybe(
        Organiser, "SELECT id, name, slug, version FROM organisers WHERE id = %s", (organiser_id,)
    )


async def rename_organiser(tx: Transaction, organiser_id: OrganiserId, name: str) -> Organiser:
    return await tx.one(
        Organiser,
        "UPDATE organisers SET name = %s, version = version + 1 WHERE id = %s"
        " RETURNING id, name, slug, version",
        (name, organiser_id),
    )


async def find_organiser_by_name(tx: Transaction, name: str) -> Organiser | None:
    """By name or slug; a name wins over another's slug."""
    return await tx.maybe(
        Organiser,
        "SELECT id, name, slug FROM organisers WHERE lower(name) = lower(%(name)s)"
        " OR slug = lower(%(name)s) ORDER BY lower(name) = lower(%(name)s) DESC LIMIT 1",
        {"name": name},
    )


async def organiser_names(tx: Transaction, limit: int) -> list[str]:
    """The first ones by name."""
    return await tx.value(
        "SELECT coalesce(array_agg(name), '{}')"
        " FROM (SELECT name FROM organisers ORDER BY lower(name) LIMIT %s) AS first",
        (limit,),
    )


async def lock_person(tx: Transaction, person_id: PersonId) -> bool:
    """Memberships of one person change one after the other. False when there is no such person."""
    locked = await tx.execute("SELECT FROM people WHERE id = %s FOR NO KEY UPDATE", (person_id,))
    return locked == 1


async def count_others(tx: Transaction, organiser_id: OrganiserId, person_id: PersonId) -> int:
    """The person's memberships with other organisers."""
    return await tx.value(
        "SELECT count(*) FROM memberships WHERE person_id = %s AND organiser_id <> %s",
        (person_id, organiser_id),
    )


async def find_member(
    tx: Transaction, organiser_id: OrganiserId, person_id: PersonId
) -> TeamMember | None:
    """Without roles when the person is not of the team; None when there is no such person."""
    return await tx.maybe(
        _member,
        "SELECT p.id, p.name, p.email, coalesce(m.roles, '{}') AS roles FROM people p"
        " LEFT JOIN memberships m ON m.person_id = p.id AND m.organiser_id = %s"
        " WHERE p.id = %s",
        (organiser_id, person_id),
    )


async def put_membership(
    tx: Transaction, organiser_id: OrganiserId, person_id: PersonId, roles: list[str]
) -> None:
    await tx.execute(
        "INSERT INTO memberships (organiser_id, person_id, roles) VALUES (%s, %s, %s)"
        " ON CONFLICT (person_id, organiser_id) DO UPDATE SET roles = excluded.roles",
        (organiser_id, person_id, roles),
    )


def _member(roles: list[str], **columns: Any) -> TeamMember:
    return TeamMember(roles=[Role(role) for role in roles], **columns)


async def team_of_organiser(tx: Transaction, organiser_id: OrganiserId) -> list[TeamMember]:
    """At most 500, by name."""
    return await tx.all(
        _member,
        "SELECT p.id, p.name, p.email, m.roles FROM memberships m"
        " JOIN people p ON p.id = m.person_id WHERE m.organiser_id = %s"
        " ORDER BY lower(p.name), p.id LIMIT 500",
        (organiser_id,),
    )


async def delete_membership(
    tx: Transaction, organiser_id: OrganiserId, person_id: PersonId
) -> None:
    await tx.execute(
        "DELETE FROM memberships WHERE organiser_id = %s AND person_id = %s",
        (organiser_id, person_id),
    )


# -- Sessions -------------------------------------------------------------------------------------


async def insert_session(tx: Transaction, token_sha256: bytes, person_id: PersonId) -> None:
    await tx.execute(
        "INSERT INTO sessions (token_sha256, person_id) VALUES (%s, %s)", (token_sha256, person_id)
    )


async def find_session(tx: Transaction, token_sha256: bytes) -> Session | None:
    """Alive ones only."""
    return await tx.maybe(
        Session,
        "SELECT person_id, least(last_seen_at + interval '12 hours', created_at"
        "  + interval '7 days') AS expires_at,"
        "  last_seen_at < clock_timestamp() - interval '1 minute' AS stale"
        " FROM sessions WHERE token_sha256 = %s"
        "  AND last_seen_at > clock_timestamp() - interval '12 hours'"
        "  AND created_at > clock_timestamp() - interval '7 days'",
        (token_sha256,),
    )


async def touch_session(tx: Transaction, token_sha256: bytes) -> None:
    await tx.execute(
        "UPDATE sessions SET last_seen_at = clock_timestamp() WHERE token_sha256 = %s",
        (token_sha256,),
    )


async def delete_session(tx: Transaction, token_sha256: bytes) -> None:
    await tx.execute("DELETE FROM sessions WHERE token_sha256 = %s", (token_sha256,))


async def delete_ended_sessions(tx: Transaction) -> None:
    await tx.execute(
        "DELETE FROM sessions WHERE last_seen_at < clock_timestamp() - interval '12 hours'"
        " OR created_at < clock_timestamp() - interval '7 days'"
    )


# -- Attempts to sign in --------------------------------------------------------------------------


async def lock_key(tx: Transaction, key: bytes) -> None:
    """Attempts that come together are counted one after the other."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (key.hex(),))


async def seconds_to_wait(tx: Transaction, key: bytes, allowed: int) -> int | None:
    """Until fewer than `allowed` attempts lie within the last 15 minutes; None: no need to."""
    return await tx.value(
        "SELECT ceil(extract(epoch FROM at + interval '15 minutes' - clock_timestamp()))::integer"
        " FROM login_attempts WHERE key = %s AND at > clock_timestamp() - interval '15 minutes'"
        " ORDER BY at DESC OFFSET %s LIMIT 1",
        (key, allowed - 1),
    )


async def insert_attempt(tx: Transaction, attempt_id: UUID, key: bytes) -> None:
    await tx.execute("INSERT INTO login_attempts (id, key) VALUES (%s, %s)", (attempt_id, key))


async def delete_attempts(tx: Transaction, key: bytes, attempt_ids: list[UUID]) -> None:
    """After a success: those of the address from there, and what else was counted for this one."""
    await tx.execute(
        "DELETE FROM login_attempts WHERE key = %s OR id = ANY(%s)", (key, attempt_ids)
    )


async def delete_old_attempts(tx: Transaction) -> None:
    await tx.execute(
        "DELETE FROM login_attempts WHERE at < clock_timestamp() - interval '15 minutes'"
    )


# -- The issuer's keys ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """`signs`: the one to sign with now."""

    kid: str
    public_jwk: dict[str, Any]
    private_encrypted: bytes
    signs: bool


async def issuer_keys(tx: Transaction) -> list[IssuerKey]:
    """Those whose tokens may be alive, or will be."""
    return await tx.all(
        IssuerKey,
        "SELECT kid, public_jwk, private_encrypted, signs_from <= clock_timestamp()"
        "  AND (signs_until IS NULL OR signs_until > clock_timestamp()) AS signs"
        " FROM issuer_keys WHERE signs_until IS NULL"
        "  OR signs_until > clock_timestamp() - interval '1 hour' ORDER BY signs_from",
    )


async def insert_first_key(tx: Transaction, key: IssuerKey) -> None:
    """Does nothing when another process was faster."""
    await tx.execute(
        "INSERT INTO issuer_keys (kid, public_jwk, private_encrypted, signs_from)"
        " VALUES (%s, %s, %s, clock_timestamp())"
        " ON CONFLICT ((true)) WHERE signs_until IS NULL DO NOTHING",
        (key.kid, Jsonb(key.public_jwk), key.private_encrypted),
    )


async def retire_key(tx: Transaction, older_than_days: int) -> bool:
    """The newest key signs for 5 more minutes; False when it is not that old yet."""
    retired = await tx.execute(
        "UPDATE issuer_keys SET signs_until = clock_timestamp() + interval '5 minutes'"
        " WHERE signs_until IS NULL"
        "  AND signs_from <= clock_timestamp() - %s * interval '1 day'",
        (older_than_days,),
    )
    return retired == 1


async def insert_next_key(tx: Transaction, key: IssuerKey) -> None:
    """Published now, signs when the one retired in this transaction stops."""
    await tx.execute(
        "INSERT INTO issuer_keys (kid, public_jwk, private_encrypted, signs_from)"
        " SELECT %s, %s, %s, max(signs_until) FROM issuer_keys",
        (key.kid, Jsonb(key.public_jwk), key.private_encrypted),
    )


async def newest_key_age_days(tx: Transaction) -> int | None:
    """None when there is no key."""
    return await tx.value(
        "SELECT extract(day FROM clock_timestamp() - signs_from)::integer FROM issuer_keys"
        " WHERE signs_until IS NULL"
    )
