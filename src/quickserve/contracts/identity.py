"""`identity` as the others see it: people, organisations (organisers) and sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, EmailStr, Field, SecretStr, field_serializer

from quickserve.kernel.auth import Role
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId, PersonId

REALM = "/realms/quickserve"


class NewPerson(BaseModel):
    email: EmailStr
    name: str = Field(min_length=1, max_length=200)
    password: SecretStr = Field(min_length=10, max_length=200)
    admin: bool = False

    @field_serializer("password", when_used="json")
    def _reveal(self, password: SecretStr) -> str:
        return password.get_secret_value()


class Membership(BaseModel):
    organiser_id: OrganiserId
    organiser_name: str
    roles: list[Role]


class PersonView(BaseModel):
    id: PersonId
    email: str
    name: str
    admin: bool
    memberships: list[Membership]


class TeamMember(BaseModel):
    id: PersonId
    name: str
    email: str
    roles: list[Role]


class Team(BaseModel):
    """Who works for an organiser, by name."""

    people: list[TeamMember]


class NewOrganiser(BaseModel):
    name: str = Field(min_length=1, max_length=200)


class OrganiserView(BaseModel):
    id: OrganiserId
    name: str
    slug: str


class Roles(BaseModel):
    """All the roles a person holds in an organisation; an empty list removes the person.

    `email`: the person's, to take somebody new into the team.
    """

    roles: list[Role]
    email: str | None = Field(default=None, max_length=320)


class Credentials(BaseModel):
    email: str = Field(max_length=320)
    password: SecretStr = Field(max_length=200)
    client: str = Field(default="", max_length=100, description="Where from, for throttling.")

    @field_serializer("password", when_used="json")
    def _reveal(self, password: SecretStr) -> str:
        return password.get_secret_value()


class OrganiserNames(BaseModel):
    names: list[str]


class SessionView(BaseModel):
    """`token` is told once, when the session is made; `access_token` is an OIDC access token."""

    token: str | None = None
    person: PersonView
    access_token: str
    expires_at: datetime


@dataclass(frozen=True)
class OrganiserSaved(DomainEvent):
    """The whole organiser after a change; `version` grows with each.

    Whoever keeps a copy replaces it when the version is newer, so order does not matter. 0 stands
    in events from before versions.
    """

    TYPE: ClassVar[str] = "quickserve.identity.organiser-saved.v1"
    organiser_id: OrganiserId
    name: str
    slug: str
    version: int = 0


class WrongCredentials(Problem):
    status = 401
    code = "wrong-credentials"
    title = "The e-mail address or the password is wrong"


class TooManyAttempts(Problem):
    status = 429
    code = "too-many-attempts"
    title = "Too many attempts: wait a few minutes"


class EmailTaken(Problem):
    status = 409
    code = "email-taken"
    title = "Somebody with this e-mail address is registered already"


class NameTaken(Problem):
    status = 409
    code = "name-taken"
    title = "An organiser of this name exists already"


class IdentityClient:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def sign_in(self, credentials: Credentials) -> SessionView:
        # Should an answer be lost, the session nobody heard of ends by itself.
        return await self._client.post(SessionView, "/sessions", credentials, repeatable=True)

    async def session(self, token: str) -> SessionView:
        """Raises Unauthenticated when it ended."""
        body = SessionToken(token=token)
        return await self._client.post(SessionView, "/sessions/lookup", body, repeatable=True)

    async def sign_out(self, token: str) -> None:
        body = SessionToken(token=token)
        await self._client.call("POST", "/sessions/end", body=body, repeatable=True)

    async def put_person(self, person_id: PersonId, person: NewPerson) -> PersonView:
        return await self._client.put(PersonView, f"/people/{person_id}", person)

    async def put_organiser(
        self, organiser_id: OrganiserId, organiser: NewOrganiser, token: str | None = None
    ) -> OrganiserView:
        path = f"/organisers/{organiser_id}"
        return await self._client.put(OrganiserView, path, organiser, token=token)

    async def put_roles(
        self,
        organiser_id: OrganiserId,
        person_id: PersonId,
        roles: list[Role],
        email: str | None = None,
    ) -> TeamMember:
        """Raises Conflict for who works for 100 organisers already."""
        path = f"/organisers/{organiser_id}/people/{person_id}"
        return await self._client.put(TeamMember, path, Roles(roles=roles, email=email))

    async def team(self, organiser_id: OrganiserId, token: str) -> Team:
        return await self._client.get(Team, f"/organisers/{organiser_id}/people", token=token)

    async def organiser_names(self) -> OrganiserNames:
        return await self._client.get(OrganiserNames, "/organisers/names")

    async def find_organiser(self, name: str) -> OrganiserView:
        """By name or slug, case-insensitively. Raises NotFound."""
        return await self._client.get(OrganiserView, "/organisers", query={"name": name})


class SessionToken(BaseModel):
    token: str = Field(max_length=200)


class Jwks(BaseModel):
    keys: list[dict[str, Any]]
