"""The local issuer speaks OpenID Connect under Keycloak's paths; only its own tokens pass."""

import time
from typing import Any

import httpx2 as httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from quickserve.app import Platform, load
from quickserve.contracts.identity import REALM
from quickserve.identity import resources
from quickserve.identity.tokens import TokenIssuer
from quickserve.kernel.auth import AUDIENCE, Role
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import Issuer
from quickserve.kernel.testing import test_settings as settings_for

from .conftest import PASSWORD, Identity


async def certs(identity: Identity) -> dict[str, Any]:
    async with identity.http() as http:
        return (await http.get(f"{REALM}/protocol/openid-connect/certs")).json()


async def claims(identity: Identity, token: str) -> dict[str, Any]:
    """As a client reads it that knows nothing but the published keys."""
    return jwt.decode(token, KeySet.import_key_set(await certs(identity))).claims  # type: ignore[arg-type] # JSON


async def test_a_token_has_keycloak_s_claims_and_no_address(identity: Identity):
    organiser = await identity.organiser()
    session = await identity.organiser_person(organiser, Role.ORGANISER)
    found = await claims(identity, session.access_token)
    settings = identity.ctx.settings
    assert found["iss"] == settings.issuer_url == f"{settings.public_url}/realms/quickserve"
    assert (found["aud"], found["typ"], found["azp"]) == ("quickserve", "Bearer", "quickserve-web")
    assert found["sub"] == str(session.person.id)
    assert found["organisations"] == {str(organiser.id): ["organiser"]}
    assert found["realm_access"] == {"roles": []}
    assert found["exp"] - found["iat"] == 600
    assert "@" not in str(found)


async def test_an_admin_s_token_says_so(identity: Identity):
    session = await identity.sign_in(await identity.person(admin=True))
    assert (await claims(identity, session.access_token))["realm_access"] == {"roles": ["admin"]}


async def test_discovery_leads_to_what_is_there(identity: Identity):
    async with identity.http() as http:
        found = (await http.get(f"{REALM}/.well-known/openid-configuration")).json()
        base = identity.ctx.settings.public_url
        assert found["issuer"] == f"{base}/realms/quickserve"
        for name in ("jwks_uri", "userinfo_endpoint", "token_endpoint"):
            path = found[name].removeprefix(base)
            assert (await http.get(path)).status_code in (200, 401, 405)


async def test_published_keys_have_no_private_half(identity: Identity):
    await identity.sign_in(await identity.person())
    for key in (await certs(identity))["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


async def test_a_password_buys_a_token_and_a_refresh_another(identity: Identity):
    who = await identity.person()
    answer = await identity.token(
        grant_type="password", client_id="curl", username=who.email, password=PASSWORD
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    assert (await claims(identity, answer.json()["access_token"]))["azp"] == "curl"
    again = await identity.token(
        grant_type="refresh_token", client_id="curl", refresh_token=answer.json()["refresh_token"]
    )
    assert (await identity.user_info(again.json()["access_token"])).json()["sub"] == str(who.id)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "client_id": "c", "username": "u"}, "invalid_request"),
        ({"grant_type": "refresh_token", "client_id": "c"}, "invalid_request"),
        ({"grant_type": "refresh_token", "client_id": "c", "refresh_token": "x"}, "invalid_grant"),
        (
            {"grant_type": "password", "client_id": "c", "username": "u@x.org", "password": "p"},
            "invalid_grant",
        ),
        (
            {"grant_type": "password", "client_id": "c", "username": "u\0", "password": "p"},
            "invalid_grant",
        ),
        (
            {"grant_type": "password", "client_id": "c", "username": "u", "password": "p" * 201},
            "invalid_request",
        ),
    ],
)
async def test_refusals_are_oauth_s(identity: Identity, form: dict[str, str], error: str):
    answer = await identity.token(**form)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == error


async def test_throttling_is_told(identity: Identity):
    who = await identity.person()
    form = {"grant_type": "password", "client_id": "curl", "username": who.email, "password": "no"}
    async with identity.http(address="203.0.113.9") as http:
        path = f"{REALM}/protocol/openid-connect/token"
        statuses = [(await http.post(path, data=form)).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"%00=%ff&&&", b"a=1&" * 500, b"grant_type", b"{}"])
async def test_a_body_that_is_no_form_is_refused(identity: Identity, body: bytes):
    async with identity.http() as http:
        answer = await http.post(f"{REALM}/protocol/openid-connect/token", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


# -- Tokens that do not pass ----------------------------------------------------------------------


async def test_a_token_of_another_key_is_refused(identity: Identity):
    session = await identity.sign_in(await identity.person(admin=True))
    good = await claims(identity, session.access_token)
    kid = (await certs(identity))["keys"][0]["kid"]
    stranger = RSAKey.generate_key(2048)
    forged = jwt.encode({"alg": "RS256", "kid": kid}, good, stranger)
    public = (await certs(identity))["keys"][0]["n"]
    unsigned = ".".join([*forged.split(".")[:2], ""])
    for token in (forged, unsigned, forged + "x", public, ".".join(forged.split(".")[:2])):
        assert (await identity.user_info(token)).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "account"},
        {"iss": "https://example.org/realms/quickserve"},
        {"exp": 1},
        {"sub": "me"},
    ],
)
async def test_a_token_for_others_or_of_others_is_refused(
    identity: Identity, change: dict[str, Any]
):
    """Signed with the right key even."""
    session = await identity.sign_in(await identity.person())
    good = await claims(identity, session.access_token)
    tokens: TokenIssuer = resources.of(identity.ctx).tokens
    key = await tokens._signing_key()
    token = jwt.encode({"alg": "RS256", "kid": key.kid}, {**good, **change}, key)
    assert (await identity.user_info(token)).status_code == 401


async def test_another_issuer_takes_over_by_a_setting(identity: Identity):
    """A Keycloak's tokens pass; signing in here with a password ends."""
    settings = settings_for(identity.admin_url, issuer="https://sso.example.org/realms/quickserve")
    keycloak = Issuer(settings)
    platform = Platform(settings, [load("identity")], fetch_keys=keycloak.keys)
    async with platform.running():
        transport = httpx.ASGITransport(platform.apps["identity"], raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://identity") as http:
            who = new_uuid()
            token = keycloak.token(
                person_id=who, name="Zoé", typ="Bearer", azp="account-console", acr="1",
                resource_access={"account": {"roles": ["manage-account"]}},
                aud=["account", AUDIENCE],
            )  # fmt: skip
            answer = await http.get(
                f"{REALM}/protocol/openid-connect/userinfo",
                headers={"authorization": f"Bearer {token}"},
            )
            assert answer.json() == {"sub": str(who), "name": "Zoé", "preferred_username": "Zoé"}
            refused = await http.post("/sessions", json={"email": "a@b.org", "password": "x"})
            assert refused.status_code == 409


async def test_a_session_s_token_is_reused_while_nothing_changed(identity: Identity):
    who = await identity.person()
    session = await identity.sign_in(who)
    assert session.token is not None
    first = await identity.web.session(session.token)
    assert (await identity.web.session(session.token)).access_token == first.access_token
    await identity.cli.put_roles((await identity.organiser()).id, who.id, [Role.DOOR])
    after = await identity.web.session(session.token)
    assert after.access_token != first.access_token
    assert (await claims(identity, after.access_token))["exp"] > time.time() + 300
