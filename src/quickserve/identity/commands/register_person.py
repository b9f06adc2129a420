"""Registers somebody who works here."""

from dataclasses import dataclass

from quickserve.contracts.identity import NewPerson
from quickserve.identity import resources, store
from quickserve.identity.commands._access import require_operator
from quickserve.identity.model import Person, check_password, clean_name
from quickserve.kernel.errors import IdReused
from quickserve.kernel.ids import PersonId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class RegisterPerson:
    person_id: PersonId
    person: NewPerson


async def register_person(ctx: Context, cmd: RegisterPerson) -> Person:
    """For operators. Repeating it answers the same; raises IdReused, EmailTaken, Malformed."""
    require_operator(ctx.principal)
    new = cmd.person
    password = new.password.get_secret_value()
    check_password(password, new.email)
    passwords = resources.of(ctx).passwords
    fresh = Person(
        cmd.person_id,
        new.email,
        clean_name(new.name),
        await passwords.hash(password),
        new.admin,
        [],
    )
    async with ctx.db.transaction() as tx:
        if await store.insert_person(tx, fresh):
            return fresh
        found = await store.find_person(tx, cmd.person_id)
    assert found is not None, "the id was used before"
    same = (found.email.lower(), found.name, found.admin) == (
        fresh.email.lower(), fresh.name, fresh.admin,
    )  # fmt: skip
    if not same or not await passwords.matches(found.password_hash, password):
        raise IdReused
    return found
