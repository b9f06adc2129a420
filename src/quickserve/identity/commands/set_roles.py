"""Says what a person may do for an organiser."""

from dataclasses import dataclass

from quickserve.contracts.identity import PersonView
from quickserve.identity import store
from quickserve.identity.commands._access import is_operator, require_organiser
from quickserve.identity.model import sorted_roles
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class SetRoles:
    organiser_id: OrganiserId
    person_id: PersonId
    roles: list[Role]


async def set_roles(ctx: Context, cmd: SetRoles) -> PersonView:
    """For the organiser's own organisers, and operators. No roles: the person leaves.

    An organiser sees the person's membership there only. Raises NotFound.
    """
    require_organiser(ctx.principal, cmd.organiser_id)
    async with ctx.db.transaction() as tx:
        if await store.find_organiser(tx, cmd.organiser_id) is None:
            raise NotFound("There is no such organiser.")
        if await store.find_person(tx, cmd.person_id) is None:
            raise NotFound("There is no such person.")
        if cmd.roles:
            roles = sorted_roles(cmd.roles)
            await store.put_membership(tx, cmd.organiser_id, cmd.person_id, roles)
        else:
            await store.delete_membership(tx, cmd.organiser_id, cmd.person_id)
        person = await store.find_person(tx, cmd.person_id)
    assert person is not None, "found in the same transaction"
    view = person.view
    if not is_operator(ctx.principal):
        view.memberships = [m for m in view.memberships if m.organiser_id == cmd.organiser_id]
    return view
