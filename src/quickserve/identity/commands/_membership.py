"""Makes somebody a member. Shared by the commands."""

from quickserve.identity import store
from quickserve.identity.model import sorted_roles
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, NotFound
from quickserve.kernel.ids import OrganiserId, PersonId

# Every membership stands in the access token, which has to fit into a request's head.
MEMBERSHIPS_MAX = 100


async def join(
    tx: Transaction, organiser_id: OrganiserId, person_id: PersonId, roles: list[Role]
) -> None:
    """Or changes the roles. Raises NotFound, and Conflict for who works for too many already."""
    if not await store.lock_person(tx, person_id):
        raise NotFound("There is no such person.")
    if await store.count_others(tx, organiser_id, person_id) >= MEMBERSHIPS_MAX:
        raise Conflict(f"A person works for at most {MEMBERSHIPS_MAX} organisers: leave one first.")
    await store.put_membership(tx, organiser_id, person_id, sorted_roles(roles))
