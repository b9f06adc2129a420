"""Answers for screens and for OpenID clients."""

from typing import Any

from quickserve.contracts.erasure import PersonalData
from quickserve.contracts.identity import OrganiserNames, Team
from quickserve.identity import store
from quickserve.identity.model import Organiser
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_NAMES_MAX = 20


async def find_organiser(ctx: Context, name: str) -> Organiser:
    """By name or slug, case-insensitively. Raises NotFound."""
    async with ctx.db.read() as tx:
        organiser = await store.find_organiser_by_name(tx, " ".join(name.split()))
    if organiser is None:
        raise NotFound("There is no organiser of this name.")
    return organiser


async def organiser_names(ctx: Context) -> OrganiserNames:
    async with ctx.db.read() as tx:
        return OrganiserNames(names=await store.organiser_names(tx, _NAMES_MAX))


async def team(ctx: Context, organiser_id: OrganiserId) -> Team:
    """For the organiser's own organisers and administrators; no service needs to know."""
    if ctx.principal.kind == "service":
        raise Forbidden("Only people see who works with them.")
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        return Team(people=await store.team_of_organiser(tx, organiser_id))


async def user_info(ctx: Context) -> dict[str, Any]:
    """The caller's OpenID claims; people of another issuer have no e-mail address here."""
    person_id = ctx.principal.person_id
    if person_id is None:
        raise Forbidden("Only people have these.")
    async with ctx.db.read() as tx:
        person = await store.find_person(tx, person_id)
    name = person.name if person else ctx.principal.name
    return {
        "sub": str(person_id),
        "name": name,
        "preferred_username": name,
        "email": person.email if person else None,
    }


async def personal_data(ctx: Context, email: str) -> PersonalData:
    async with ctx.db.read() as tx:
        person = await store.find_person_by_email(tx, email)
    return PersonalData(person_id=person.id if person else None)
