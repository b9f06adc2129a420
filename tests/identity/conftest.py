"""A running identity service that verifies the tokens it issues itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import SecretStr

from quickserve.app import load
from quickserve.contracts.identity import (
    REALM,
    Credentials,
    IdentityClient,
    NewOrganiser,
    NewPerson,
    OrganiserView,
    PersonView,
    SessionView,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.client import Client
from quickserve.kernel.db import open_connection
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.service import Context
from quickserve.kernel.testing import test_settings
from tests.shape import World, running

PASSWORD = "correct horse battery"


@dataclass
class Identity:
    """The service as the web and the command line see it; the database as its administrator."""

    platform: World
    web: IdentityClient
    cli: IdentityClient
    admin_url: str

    @property
    def ctx(self) -> Context:
        return self.platform.runtimes["identity"].context()

    def http(self, token: str | None = None, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """Somebody on the network, who is whose access token they show."""
        transport = self.platform.transport("identity", peer=address)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=transport, base_url="http://identity", headers=headers)

    def client(self, token: str) -> IdentityClient:
        """The contract's calls as that person makes them."""
        return IdentityClient(
            Client(
                "identity", "http://identity", self.platform.transport("identity"), lambda: token
            )
        )

    async def person(self, *, admin: bool = False) -> PersonView:
        person_id = PersonId(new_uuid())
        return await self.cli.put_person(person_id, person(admin=admin))

    async def organiser(self) -> OrganiserView:
        name = f"Les Nuits {new_uuid().hex[-12:]}"
        return await self.cli.put_organiser(OrganiserId(new_uuid()), NewOrganiser(name=name))

    async def sign_in(self, who: PersonView, password: str = PASSWORD) -> SessionView:
        return await self.web.sign_in(credentials(who.email, password))

    async def organiser_person(self, organiser: OrganiserView, *roles: Role) -> SessionView:
        """Somebody with these roles there, signed in."""
        who = await self.person()
        await self.cli.put_roles(organiser.id, who.id, list(roles))
        return await self.sign_in(who)

    async def user_info(self, token: str) -> httpx.Response:
        async with self.http(token) as http:
            return await http.get(f"{REALM}/protocol/openid-connect/userinfo")

    async def token(self, **form: str) -> httpx.Response:
        async with self.http() as http:
            return await http.post(f"{REALM}/protocol/openid-connect/token", data=form)

    async def run(self, statement: Any, params: Any = ()) -> list[Any]:
        connection = await open_connection(self.admin_url)
        async with connection:
            cursor = await connection.execute(statement, params)
            return await cursor.fetchall() if cursor.description else []


def person(*, admin: bool = False, **changes: Any) -> NewPerson:
    values = {
        "email": f"ana-{new_uuid().hex[-12:]}@example.org", "name": "Ana Durand",
        "password": PASSWORD, "admin": admin,
    }  # fmt: skip
    return NewPerson.model_validate({**values, **changes})


def credentials(email: str, password: str = PASSWORD, client: str = "") -> Credentials:
    return Credentials(email=email, password=SecretStr(password), client=client)


@pytest.fixture(scope="session")
async def identity(database_url: str) -> AsyncIterator[Identity]:
    settings = test_settings(database_url)
    async with running(settings, [load("identity")]) as world:
        web, cli = (IdentityClient(world.client("identity", name)) for name in ("web", "cli"))
        yield Identity(world, web, cli, database_url)
