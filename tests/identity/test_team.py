"""Who works with whom is for the organisers there to see."""

import pytest

from quickserve.kernel.auth import Role, ServiceIdentity
from quickserve.kernel.errors import Forbidden, Unauthenticated
from quickserve.kernel.ids import new_uuid

from .conftest import Identity


async def test_an_organiser_sees_the_own_team(identity: Identity):
    organiser = await identity.organiser()
    olive = await identity.organiser_person(organiser, Role.ORGANISER)
    denis = await identity.organiser_person(organiser, Role.DOOR)
    await identity.organiser_person(await identity.organiser(), Role.ORGANISER)
    team = await identity.client(olive.access_token).team(organiser.id, olive.access_token)
    assert {(one.id, one.email, tuple(one.roles)) for one in team.people} == {
        (olive.person.id, olive.person.email, (Role.ORGANISER,)),
        (denis.person.id, denis.person.email, (Role.DOOR,)),
    }


async def test_nobody_else_sees_it(identity: Identity):
    organiser = await identity.organiser()
    door = await identity.organiser_person(organiser, Role.DOOR)
    other = await identity.organiser_person(await identity.organiser(), Role.ORGANISER)
    service = ServiceIdentity(identity.ctx.settings, "checkout").token()
    for token in (door.access_token, other.access_token, service):
        with pytest.raises(Forbidden):
            await identity.web.team(organiser.id, token)
    async with identity.http() as http:
        answer = await http.get(f"/organisers/{new_uuid()}/people")
    assert answer.status_code == Unauthenticated.status
