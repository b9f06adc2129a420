"""HTTP in, commands out: people, organisers, sessions. OpenID Connect is in `oidc.py`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from quickserve.contracts.erasure import Erased, Erasure, PersonalData, Whose
from quickserve.contracts.identity import (
    Credentials,
    EmailTaken,
    NameTaken,
    NewOrganiser,
    NewPerson,
    OrganiserNames,
    OrganiserView,
    PersonView,
    Roles,
    SessionToken,
    SessionView,
    Team,
    TeamMember,
    TooManyAttempts,
    WrongCredentials,
)
from quickserve.identity import oidc, reads
from quickserve.identity.commands.end_session import end_session
from quickserve.identity.commands.erase_person import erase_person
from quickserve.identity.commands.look_up_session import look_up_session
from quickserve.identity.commands.register_person import RegisterPerson, register_person
from quickserve.identity.commands.save_organiser import SaveOrganiser, save_organiser
from quickserve.identity.commands.set_roles import SetRoles, set_roles
from quickserve.identity.commands.sign_in import SignIn, sign_in
from quickserve.kernel.auth import anyone, services, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.service import Ctx

router = APIRouter()
router.routes.extend(oidc.router.routes)


@router.post(
    "/sessions",
    dependencies=[anyone],
    responses=errors(WrongCredentials, TooManyAttempts, Malformed, Conflict),
)
async def post_session(body: Credentials, ctx: Ctx, request: Request) -> SessionView:
    return await sign_in(ctx, SignIn(body, oidc.address_of(ctx, request, body.client)))


@router.post(
    "/sessions/lookup", dependencies=[anyone], responses=errors(Unauthenticated, Malformed)
)
async def post_lookup(body: SessionToken, ctx: Ctx) -> SessionView:
    return await look_up_session(ctx, body.token)


@router.post("/sessions/end", status_code=204, dependencies=[anyone], responses=errors(Malformed))
async def post_end(body: SessionToken, ctx: Ctx) -> None:
    await end_session(ctx, body.token)


@router.put(
    "/people/{person_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, IdReused, EmailTaken, Malformed),
)
async def put_person(person_id: PersonId, body: NewPerson, ctx: Ctx) -> PersonView:
    return (await register_person(ctx, RegisterPerson(person_id, body))).view


@router.put(
    "/organisers/{organiser_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, NameTaken, Conflict, Malformed),
)
async def put_organiser(organiser_id: OrganiserId, body: NewOrganiser, ctx: Ctx) -> OrganiserView:
    return (await save_organiser(ctx, SaveOrganiser(organiser_id, body))).view


@router.get(
    "/organisers/{organiser_id}/people",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def get_team(organiser_id: OrganiserId, ctx: Ctx) -> Team:
    return await reads.team(ctx, organiser_id)


@router.put(
    "/organisers/{organiser_id}/people/{person_id}",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden, NotFound, Conflict, Malformed),
)
async def put_roles(
    organiser_id: OrganiserId, person_id: PersonId, body: Roles, ctx: Ctx
) -> TeamMember:
    return await set_roles(ctx, SetRoles(organiser_id, person_id, body))


@router.get(
    "/organisers",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, NotFound, Malformed),
)
async def get_organiser(
    name: Annotated[str, Query(min_length=1, max_length=200)], ctx: Ctx
) -> OrganiserView:
    return (await reads.find_organiser(ctx, name)).view


@router.get(
    "/organisers/names",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_organiser_names(ctx: Ctx) -> OrganiserNames:
    """Some of them, for who mistyped one."""
    return await reads.organiser_names(ctx)


# -- Personal data --------------------------------------------------------------------------------


@router.post(
    "/personal-data/search",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_search(body: Whose, ctx: Ctx) -> PersonalData:
    return await reads.personal_data(ctx, body.email)


@router.post(
    "/personal-data/erasure",
    dependencies=[services("cli")],
    responses=errors(Unauthenticated, Forbidden, Malformed),
)
async def post_erasure(body: Erasure, ctx: Ctx) -> Erased:
    return await erase_person(ctx, body)
