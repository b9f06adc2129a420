"""The realm: with it Keycloak issues tokens that our verifier takes.

Keycloak itself is not run. Its mappers are carried out here as its documentation describes them, so
this proves the realm's own words, not Keycloak's behaviour.
"""

import json
from time import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from quickserve.kernel.auth import Role, TokenVerifier
from quickserve.kernel.errors import Unauthenticated
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.testing import test_settings as settings_for

from .compose import DEPLOY, services

REALM = json.loads((DEPLOY / "keycloak/quickserve-realm.json").read_text("utf-8"))
CLIENT = REALM["clients"][0]
ISSUER = "http://keycloak.localhost:8080/realms/quickserve"


def put(claims: dict[str, Any], path: str, value: Any) -> None:
    *folders, last = path.split(".")
    for folder in folders:
        claims = claims.setdefault(folder, {})
    claims[last] = value


def access_token(key: RSAKey, *, attributes: dict[str, str], roles: list[str]) -> str:
    """What Keycloak puts into it for a person with these attributes and realm roles."""
    now = int(time())
    claims: dict[str, Any] = {
        "iss": ISSUER, "sub": str(new_uuid()), "typ": "Bearer", "azp": CLIENT["clientId"],
        "iat": now, "exp": now + REALM["accessTokenLifespan"], "preferred_username": "ada",
    }  # fmt: skip
    for mapper in CLIENT["protocolMappers"]:
        config = mapper["config"]
        assert config["access.token.claim"] == "true"
        match mapper["protocolMapper"]:
            case "oidc-audience-mapper":
                claims["aud"] = config["included.custom.audience"]
            case "oidc-usermodel-realm-role-mapper":
                put(claims, config["claim.name"], roles)
            case "oidc-usermodel-attribute-mapper":
                value = attributes.get(config["user.attribute"])
                if value is not None:
                    as_json = config["jsonType.label"] == "JSON"
                    put(claims, config["claim.name"], json.loads(value) if as_json else value)
            case other:
                pytest.fail(f"a mapper we do not know: {other}")
    return jwt.encode({"alg": REALM["defaultSignatureAlgorithm"], "kid": key.kid}, claims, key)


@pytest.fixture
def key() -> RSAKey:
    return RSAKey.generate_key(2048, auto_kid=True)


@pytest.fixture
def verifier(key: RSAKey) -> TokenVerifier:
    async def keys() -> Any:
        return KeySet([key]).as_dict(private=False)

    return TokenVerifier(settings_for("", issuer=ISSUER), keys)


async def test_an_organisers_token_says_where_and_what(verifier: TokenVerifier, key: RSAKey):
    festival = OrganiserId(new_uuid())
    belongs = json.dumps({str(festival): ["organiser", "door"]})
    token = access_token(key, attributes={"organisations": belongs}, roles=["offline_access"])
    principal = await verifier.principal(token)
    assert principal.roles == {festival: {Role.ORGANISER, Role.DOOR}}
    assert not principal.admin


async def test_a_realm_role_makes_an_admin(verifier: TokenVerifier, key: RSAKey):
    (role,) = REALM["roles"]["realm"]
    token = access_token(key, attributes={}, roles=[role["name"]])
    assert (await verifier.principal(token)).admin


async def test_another_clients_token_is_refused(
    verifier: TokenVerifier, key: RSAKey, monkeypatch: pytest.MonkeyPatch
):
    mappers = [m for m in CLIENT["protocolMappers"] if m["name"] != "audience"]
    monkeypatch.setitem(CLIENT, "protocolMappers", mappers)
    with pytest.raises(Unauthenticated):
        await verifier.principal(access_token(key, attributes={}, roles=[]))


def test_people_cannot_give_themselves_an_organisation():
    component = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"][0]
    profile = json.loads(component["config"]["kc.user.profile.config"][0])
    (organisations,) = [a for a in profile["attributes"] if a["name"] == "organisations"]
    assert organisations["permissions"] == {"view": ["admin"], "edit": ["admin"]}
    # Without a policy of its own, an attribute that is not listed cannot be set at all.
    assert "unmanagedAttributePolicy" not in profile


def test_the_container_imports_the_realm():
    keycloak = services()["keycloak"]
    assert "--import-realm" in keycloak["command"]
    assert any(v.endswith("/opt/keycloak/data/import/quickserve-realm.json:ro") for v in
               keycloak["volumes"])  # fmt: skip
    assert keycloak["environment"]["KC_HOSTNAME"] == ISSUER.removesuffix("/realms/quickserve")
    assert REALM["realm"] == "quickserve"
    assert CLIENT["redirectUris"] == ["${QUICKSERVE_PUBLIC_URL}/*"]
    assert "QUICKSERVE_PUBLIC_URL" in keycloak["environment"]
