"""Says what a person may do for an organiser."""

from dataclasses import dataclass

from quickserve.contracts.identity import Roles, TeamMember
from quickserve.identity import store
from quickserve.identity.commands._access import is_operator, require_organiser
from quickserve.identity.commands._membership import join
from quickserve.kernel.errors import FieldError, Malformed, NotFound
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class SetRoles:
    organiser_id: OrganiserId
    person_id: PersonId
    wanted: Roles


async def set_roles(ctx: Context, cmd: SetRoles) -> TeamMember:
    """For the organiser's own organisers, and operators. No roles: the person leaves.

    Who is not of the team yet is named by id and e-mail address, so that an id alone tells nobody
    whose it is; operators need the id only. Raises NotFound, Malformed, and Conflict for who works
    for too many already.
    """
    require_organiser(ctx.principal, cmd.organiser_id)
    async with ctx.db.transaction() as tx:
        if await store.find_organiser(tx, cmd.organiser_id) is None:
            raise NotFound("There is no such organiser.")
        found = await store.find_member(tx, cmd.organiser_id, cmd.person_id)
        if not is_operator(ctx.principal) and not (found and found.roles):
            _require_address(found, cmd.wanted.email)
        if cmd.wanted.roles:
            await join(tx, cmd.organiser_id, cmd.person_id, cmd.wanted.roles)
        else:
            await store.delete_membership(tx, cmd.organiser_id, cmd.person_id)
        member = await store.find_member(tx, cmd.organiser_id, cmd.person_id)
    if member is None:
        raise NotFound("There is no such person.")
    return member


def _require_address(found: TeamMember | None, email: str | None) -> None:
    """An id nobody has and an id of another address are answered alike."""
    if email is None:
        message = "Give the e-mail address of who is new to the team."
        field = FieldError(field="email", code="missing", message=message)
        raise Malformed(message, errors=[field])
    if found is None or found.email.lower() != email.strip().lower():
        raise NotFound("There is no such person with this e-mail address.")
