"""`quickserve person`: somebody who signs in, and the organisation they work for."""

from quickserve.contracts.identity import IdentityClient, NewOrganiser, NewPerson
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.laptop import Home, clients


async def add(
    home: Home,
    *,
    email: str,
    name: str,
    password: str,
    organiser: str | None,
    role: str,
    admin: bool,
) -> int:
    async with clients(home) as client:
        identity = IdentityClient(client("identity"))
        person = await identity.put_person(
            PersonId(new_uuid()),
            NewPerson.model_validate(
                {"email": email, "name": name, "password": password, "admin": admin}
            ),
        )
        if organiser:
            organiser_id = await _organiser(identity, organiser)
            await identity.put_roles(organiser_id, person.id, [Role(role)])
    print(f"{email} can sign in.")  # noqa: T201
    return 0


async def _organiser(identity: IdentityClient, name: str) -> OrganiserId:
    try:
        return (await identity.find_organiser(name)).id
    except NotFound:
        made = await identity.put_organiser(OrganiserId(new_uuid()), NewOrganiser(name=name))
        return made.id
