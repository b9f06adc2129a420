"""OpenID Connect under Keycloak's paths, so that a Keycloak can take this place."""

from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, SecretStr, ValidationError

from quickserve.contracts.identity import REALM, Credentials, Jwks, SessionView
from quickserve.identity import reads, resources
from quickserve.identity.commands.look_up_session import look_up_session
from quickserve.identity.commands.sign_in import SignIn, sign_in
from quickserve.identity.tokens import TOKEN_SECONDS
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import Forbidden, Problem, Unauthenticated, errors
from quickserve.kernel.service import Context, Ctx

router = APIRouter(prefix=REALM)

_CONNECT = "/protocol/openid-connect"
_FIELDS_MAX = 20


class Configuration(BaseModel):
    """OpenID Connect Discovery 1.0, 3; only what is offered here."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    grant_types_supported: list[str] = ["password", "refresh_token"]
    response_types_supported: list[str] = []
    subject_types_supported: list[str] = ["public"]
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["none"]
    scopes_supported: list[str] = ["openid", "profile"]


class UserInfo(BaseModel):
    sub: str
    name: str
    preferred_username: str
    email: str | None = None


class TokenAnswer(BaseModel):
    """RFC 6749, 5.1. The refresh token is a session's token: it ends with the session."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a type, not a secret
    expires_in: int = TOKEN_SECONDS
    refresh_token: str
    scope: str = "openid profile"


class TokenError(BaseModel):
    """RFC 6749, 5.2."""

    error: str
    error_description: str


class _PasswordGrant(BaseModel):
    client_id: str = Field(min_length=1, max_length=100)
    username: str = Field(max_length=320)
    password: SecretStr = Field(max_length=200)


class _RefreshGrant(BaseModel):
    client_id: str = Field(min_length=1, max_length=100)
    refresh_token: str = Field(max_length=200)


_TEXT = {"type": "string"}
_FORM = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["grant_type", "client_id"],
                "properties": {
                    "grant_type": {"enum": ["password", "refresh_token"]},
                    "client_id": _TEXT,
                    "username": _TEXT,
                    "password": _TEXT,
                    "refresh_token": _TEXT,
                },
            }
        }
    },
}


@router.get("/.well-known/openid-configuration", dependencies=[anyone])
async def get_configuration(ctx: Ctx) -> Configuration:
    issuer = ctx.settings.issuer_url
    return Configuration(
        issuer=issuer,
        token_endpoint=f"{issuer}{_CONNECT}/token",
        jwks_uri=f"{issuer}{_CONNECT}/certs",
        userinfo_endpoint=f"{issuer}{_CONNECT}/userinfo",
    )


@router.get(f"{_CONNECT}/certs", dependencies=[anyone])
async def get_certs(ctx: Ctx) -> Jwks:
    return Jwks(keys=await resources.of(ctx).tokens.public_keys())


@router.get(
    f"{_CONNECT}/userinfo",
    dependencies=[signed_in],
    response_model_exclude_none=True,
    responses=errors(Unauthenticated, Forbidden),
)
async def get_user_info(ctx: Ctx) -> UserInfo:
    return UserInfo.model_validate(await reads.user_info(ctx))


async def _form(request: Request) -> dict[str, str]:
    """The fields of an `application/x-www-form-urlencoded` body; of a repeated one the last."""
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=_FIELDS_MAX
        )
    except ValueError:
        return {}
    return dict(pairs)


@router.post(
    f"{_CONNECT}/token",
    dependencies=[anyone],
    response_model=TokenAnswer,
    responses={400: {"model": TokenError}, 429: {"model": TokenError}},
    openapi_extra={"requestBody": _FORM},
)
async def post_token(
    ctx: Ctx, request: Request, form: Annotated[dict[str, str], Depends(_form)]
) -> Response:
    """Form-encoded; errors in the shape of RFC 6749, as OAuth's clients expect them."""
    try:
        match form.get("grant_type"):
            case "password":
                answer = await _by_password(ctx, request, form)
            case "refresh_token":
                answer = await _by_refresh_token(ctx, form)
            case None | "":
                return _refused("invalid_request", "Name a grant_type, form-encoded.")
            case _:
                return _refused("unsupported_grant_type", "Use password or refresh_token.")
    except ValidationError as error:
        fields = sorted({str(found["loc"][0]) for found in error.errors()})
        return _refused("invalid_request", f"Missing or wrong: {', '.join(fields)}.")
    except Problem as problem:
        if problem.status >= 500:  # noqa: PLR2004
            raise
        return _grant_refused(problem)
    return JSONResponse(answer.model_dump(), headers={"cache-control": "no-store"})


async def _by_password(ctx: Context, request: Request, form: dict[str, Any]) -> TokenAnswer:
    grant = _PasswordGrant.model_validate(form)
    credentials = Credentials(email=grant.username, password=grant.password)
    cmd = SignIn(credentials, address_of(ctx, request, ""), grant.client_id)
    session = await sign_in(ctx, cmd)
    assert session.token is not None, "a new session tells its token"
    return _answer(session, session.token)


async def _by_refresh_token(ctx: Context, form: dict[str, Any]) -> TokenAnswer:
    grant = _RefreshGrant.model_validate(form)
    session = await look_up_session(ctx, grant.refresh_token, grant.client_id)
    return _answer(session, grant.refresh_token)


def _answer(session: SessionView, token: str) -> TokenAnswer:
    return TokenAnswer(access_token=session.access_token, refresh_token=token)


def _grant_refused(problem: Problem) -> Response:
    """Retry-After (RFC 9110) tells how long throttled callers have to wait."""
    headers = {"retry-after": str(problem.retry_after)} if problem.retry_after else {}
    status = 429 if problem.retry_after else 400
    return _refused("invalid_grant", problem.detail or problem.title, status, headers)


def _refused(
    error: str, description: str, status: int = 400, headers: dict[str, str] | None = None
) -> Response:
    body = TokenError(error=error, error_description=description).model_dump()
    return JSONResponse(body, status, {"cache-control": "no-store", **(headers or {})})


def address_of(ctx: Context, request: Request, told: str) -> str:
    """Where a sign-in comes from: told by our own web, seen on the connection of all others."""
    if ctx.principal.kind == "service":
        return told
    return request.client.host if request.client else ""
