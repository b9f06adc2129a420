"""Who is calling: forged, expired, borrowed and broken tokens; and who may call what."""

import base64
import hmac
import json
import time
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest
from fastapi import APIRouter
from joserfc import jwe, jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from pydantic import BaseModel

from quickserve.kernel import auth
from quickserve.kernel.auth import (
    AUDIENCE,
    VISITOR,
    Principal,
    Role,
    ServiceIdentity,
    TokenVerifier,
    anyone,
    services,
    signed_in,
)
from quickserve.kernel.errors import Forbidden, Unauthenticated, Unavailable
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.service import Ctx
from quickserve.kernel.settings import Settings
from quickserve.kernel.testing import Issuer

from .world import app_of, http_of

HERE = OrganiserId(UUID(int=1))
ELSEWHERE = OrganiserId(UUID(int=2))


@pytest.fixture
def issuer(settings: Settings) -> Issuer:
    return Issuer(settings)


@pytest.fixture
def verifier(settings: Settings, issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(settings, issuer.keys)


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(settings: Settings, **changes: Any) -> dict[str, Any]:
    return {
        "iss": settings.issuer_url, "aud": AUDIENCE, "sub": str(new_uuid()),
        "exp": int(time.time()) + 60, **changes,
    }  # fmt: skip


async def test_a_person_is_recognised(verifier: TokenVerifier, issuer: Issuer) -> None:
    anna = PersonId(new_uuid())
    token = issuer.token({HERE: [Role.DOOR]}, person_id=anna, name="Anna")
    principal = await verifier.principal(token)
    assert (principal.kind, principal.person_id, principal.name) == ("person", anna, "Anna")
    assert principal.may(HERE, Role.DOOR)
    assert not principal.may(HERE, Role.ORGANISER)
    assert not principal.may(ELSEWHERE, Role.DOOR)
    assert await verifier.principal(token) == principal


async def test_a_service_is_recognised(verifier: TokenVerifier, settings: Settings) -> None:
    principal = await verifier.principal(ServiceIdentity(settings, "checkout").token())
    assert (principal.kind, principal.name) == ("service", "checkout")


def test_who_may_what() -> None:
    organiser = Principal("person", roles={HERE: frozenset({Role.ORGANISER})})
    organiser.require(HERE, Role.DOOR)
    with pytest.raises(Forbidden):
        organiser.require(ELSEWHERE, Role.DOOR)
    with pytest.raises(Unauthenticated):
        VISITOR.require(HERE, Role.DOOR)
    Principal("person", admin=True).require(ELSEWHERE, Role.ORGANISER)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"aud": "another-application"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"iss": ["quickserve-services"]},
        {"nbf": 2**40},
        {"sub": "not-a-uuid"},
        {"sub": None},
        {"organisations": "all"},
        {"organisations": {"not-a-uuid": ["door"]}},
        {"organisations": {str(HERE): 7}},
        {"realm_access": "admin"},
    ],
    ids=str,
)
async def test_signed_but_not_acceptable(
    verifier: TokenVerifier, issuer: Issuer, changes: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.principal(issuer.token(**changes))


async def test_an_unknown_role_is_none(verifier: TokenVerifier, issuer: Issuer) -> None:
    token = issuer.token(organisations={str(HERE): ["owner-of-everything"]})
    assert not (await verifier.principal(token)).may(HERE, *Role)


async def test_a_good_token_ends(
    settings: Settings, verifier: TokenVerifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token(exp=int(time.time()) + 60)
    await verifier.principal(token)
    late = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: late)
    with pytest.raises(Unauthenticated):
        await verifier.principal(token)


async def forgeries(settings: Settings, issuer: Issuer) -> dict[str, str]:
    """Tokens of somebody who knows everything but the keys."""
    claims = claims_of(settings, realm_access={"roles": ["admin"]})
    public = KeySet.import_key_set(await issuer.keys()).keys[0]
    assert isinstance(public, RSAKey)
    kid = {"kid": public.kid}
    own = RSAKey.generate_key(2048)
    service = {**claims, "iss": "quickserve-services", "sub": "checkout"}
    genuine = issuer.token()
    head, _, signature = genuine.split(".")

    def with_public_key(key: bytes) -> str:
        signed = f"{part({'alg': 'HS256', **kid})}.{part(claims)}"
        return f"{signed}.{part(hmac.digest(key, signed.encode(), 'sha256'))}"

    return {
        "own key": jwt.encode({"alg": "RS256", **kid}, claims, own),
        "own key named in the header": jwt.encode(
            {"alg": "RS256", "jwk": own.as_dict(private=False)}, claims, own
        ),
        "other claims, old signature": f"{head}.{part(claims)}.{signature}",
        "no signature": f"{head}.{part(claims)}.",
        "alg none": f"{part({'alg': 'none'})}.{part(claims)}.",
        "alg none, signed": f"{part({'alg': 'none', **kid})}.{part(claims)}.{signature}",
        "alg nOnE": f"{part({'alg': 'nOnE'})}.{part(claims)}.",
        "no alg": f"{part({})}.{part(claims)}.{signature}",
        "HS256 with the public key": with_public_key(public.as_pem(private=False)),
        "HS256 with its JWK": with_public_key(json.dumps(public.as_dict(private=False)).encode()),
        "HS256 with nothing": jwt.encode({"alg": "HS256"}, service, OctKey.import_key(b"\0" * 32)),
        "service's issuer, person's key": issuer.token(iss="quickserve-services", sub="checkout"),
        "service's claims, own RSA key": jwt.encode({"alg": "RS256"}, service, own),
        "service's claims, alg none": f"{part({'alg': 'none'})}.{part(service)}.",
        "encrypted to the public key": jwe.encrypt_compact(
            {"alg": "RSA-OAEP", "enc": "A256GCM", **kid}, json.dumps(claims).encode(), public
        ),
    }


async def test_forged_tokens_are_refused(
    settings: Settings, verifier: TokenVerifier, issuer: Issuer
) -> None:
    believed = []
    for name, token in (await forgeries(settings, issuer)).items():
        try:
            await verifier.principal(token)
        except Unauthenticated:
            continue
        believed.append(name)
    assert believed == []


async def test_a_service_cannot_speak_for_a_person(
    settings: Settings, verifier: TokenVerifier
) -> None:
    key = OctKey.import_key(settings.key_for("service-tokens"))
    with pytest.raises(Unauthenticated):
        await verifier.principal(jwt.encode({"alg": "HS256"}, claims_of(settings), key))


async def test_another_installations_service_is_a_stranger(
    settings: Settings, verifier: TokenVerifier
) -> None:
    other = settings.model_copy(update={"secret": type(settings.secret)("t" * 40)})
    with pytest.raises(Unauthenticated):
        await verifier.principal(ServiceIdentity(other, "checkout").token())


async def test_rotated_keys_are_picked_up(
    settings: Settings, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = issuer
    fetched = 0

    async def keys() -> Any:
        nonlocal fetched
        fetched += 1
        return await current.keys()

    verifier = TokenVerifier(settings, keys)
    await verifier.principal(issuer.token())
    current = Issuer(settings)
    with pytest.raises(Unauthenticated):
        await verifier.principal(current.token())
    assert fetched == 1, "forgers cannot make us ask all the time"
    monkeypatch.setattr(auth, "_KEYS_SECONDS_MIN", 0)
    await verifier.principal(current.token())
    with pytest.raises(Unauthenticated):
        await verifier.principal(issuer.token())


async def test_while_the_issuer_is_away_no_token_is_wrong(
    settings: Settings, issuer: Issuer
) -> None:
    async def away() -> Any:
        raise httpx.ConnectError("nobody there")

    with pytest.raises(Unavailable):
        await TokenVerifier(settings, away).principal(issuer.token())


async def test_while_rotated_keys_cannot_be_fetched_no_token_is_wrong(
    settings: Settings, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    rotated = Issuer(settings)
    answer = issuer.keys

    async def keys() -> Any:
        nonlocal asked
        asked += 1
        return await answer()

    async def away() -> Any:
        raise httpx.ConnectError("nobody there")

    verifier = TokenVerifier(settings, keys)
    await verifier.principal(issuer.token())
    monkeypatch.setattr(auth, "_KEYS_SECONDS_MIN", 0)
    answer = away
    for _ in range(5):
        with pytest.raises(Unavailable):
            await verifier.principal(rotated.token())
    assert asked == 2, "one question, then a pause"
    monkeypatch.setattr(auth, "_KEYS_PAUSE_SECONDS", 0)
    verifier._ask_again_at = 0
    answer = rotated.keys
    await verifier.principal(rotated.token())


# -- Over HTTP ------------------------------------------------------------------------------------


class Caller(BaseModel):
    kind: str
    name: str


async def who(ctx: Ctx) -> Caller:
    return Caller(kind=ctx.principal.kind, name=ctx.principal.name)


@pytest.fixture
async def http(settings: Settings, issuer: Issuer) -> Any:
    router = APIRouter()
    router.add_api_route("/anyone", who, dependencies=[anyone])
    router.add_api_route("/signed-in", who, dependencies=[signed_in])
    router.add_api_route("/checkout-only", who, dependencies=[services("checkout")])
    async with http_of(app_of(settings, router, fetch_keys=issuer.keys)) as client:
        yield client


async def status(http: httpx.AsyncClient, path: str, token: str | None) -> int:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return (await http.get(path, headers=headers)).status_code


async def test_routes_admit_whom_they_declare(
    http: httpx.AsyncClient, settings: Settings, issuer: Issuer
) -> None:
    callers = {
        "visitor": None,
        "person": issuer.token(),
        "admin": issuer.token(admin=True),
        "checkout": ServiceIdentity(settings, "checkout").token(),
        "web": ServiceIdentity(settings, "web").token(),
    }
    paths = ("/anyone", "/signed-in", "/checkout-only")
    answers = {
        name: [await status(http, path, token) for path in paths] for name, token in callers.items()
    }
    assert answers == {
        "visitor": [200, 401, 401],
        "person": [200, 200, 403],
        "admin": [200, 200, 403],
        "checkout": [200, 200, 200],
        "web": [200, 200, 403],
    }


async def test_a_wrong_token_is_refused_even_where_none_is_needed(http: httpx.AsyncClient) -> None:
    answer = await http.get("/anyone", headers={"authorization": "Bearer forged"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


DEEP = "[" * 8_000
GARBAGE = [
    b"Bearer", b"Bearer ", b"Basic YTpi", b"Bearer a", b"Bearer .", b"Bearer ..", b"Bearer a.b.c",
    b"Bearer a.b.c.d.e", b"Bearer \xff\xfe", b"Bearer " + b"a." * 5_000, b"bearer " + b"x" * 60_000,
    f"Bearer x.{part(7)}.y".encode(), f"Bearer x.{part(None)}.y".encode(),
    f"Bearer x.{part(b'not json')}.y".encode(), f"Bearer x.{part(bytes([255]))}.y".encode(),
    f"Bearer x.{part(DEEP.encode())}.y".encode(),
    f"Bearer {part(DEEP.encode())}.{part({})}.y".encode(),
    f"Bearer {part({'alg': 'RS256'})}.{part({'iss': {}})}.y".encode(),
    f"Bearer {part({'alg': ['RS256']})}.{part({'iss': 'x'})}.{part(b'y')}".encode(),
    f"Bearer {part({'alg': 'RS256', 'kid': {}})}.{part({})}.{part(b'y')}".encode(),
    f"Bearer {part({'alg': 'RS256', 'crit': ['b64']})}.{part({})}.{part(b'y')}".encode(),
    f"Bearer {part([1])}.{part({'iss': 'quickserve-services'})}.{part(b'y')}".encode(),
    f"Bearer {part(7)}.{part({'iss': 'quickserve-services'})}.{part(b'y')}".encode(),
    f"Bearer {part({'alg': 'HS256'})}.{part({'iss': 'quickserve-services'})}.é".encode(),
]  # fmt: skip


@pytest.mark.parametrize("header", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_refused_and_never_our_fault(
    http: httpx.AsyncClient, header: bytes
) -> None:
    answer = await http.get("/anyone", headers=[(b"authorization", header)])
    assert answer.status_code == 401
