"""Microsoft Entra for one tenant: signing keys that change, tokens for deliveries and for us."""

import time
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quickserve.kernel.bus.entra import SENDER_ROLE
from quickserve.kernel.settings import EVENT_GRID

TENANT = "7b1e1b0e-5a4e-4d0e-9f33-000000000001"
WEBHOOK = "5f1d2c3b-0000-4000-8000-00000000000a"  # the webhook's application
PUBLISHER = "5f1d2c3b-0000-4000-8000-00000000000b"  # ours, that publishes
RESOURCE = "https://eventgrid.azure.net"


@cache
def signing_key(number: int) -> RSAKey:
    """Dear to make, and the same in all tests of a process."""
    return RSAKey.generate_key(2048, auto_kid=True)


class Entra:
    def __init__(self) -> None:
        self._keys = [signing_key(0)]
        self._changes = 0
        self.away = False
        self.asked_for_keys = 0
        self.asked_for_tokens: list[dict[str, str]] = []
        self.assertion = "signed-by-kubernetes"  # what workload identity must show
        self.identity_secret = "of-the-platform"
        self.token_seconds = 3600

    def rotate(self) -> None:
        self._changes += 1
        self._keys = [signing_key(self._changes)]

    def delivery_token(self, *, key: RSAKey | None = None, **changes: Any) -> str:
        """As Event Grid sends it with each delivery, version 1."""
        now = int(time.time())
        claims = {
            "iss": f"https://sts.windows.net/{TENANT}/", "aud": WEBHOOK, "tid": TENANT,
            "appid": EVENT_GRID, "roles": [SENDER_ROLE], "ver": "1.0",
            "iat": now, "nbf": now, "exp": now + 3600, **changes,
        }  # fmt: skip
        present = {name: value for name, value in claims.items() if value is not None}
        return self._signed(present, key or self._keys[-1])

    def _signed(self, claims: dict[str, Any], key: RSAKey) -> str:
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": key.kid}, claims, key)

    def accepts(self, token: str) -> bool:
        """Event Grid's own check of a publisher's token."""
        try:
            claims = jwt.decode(token, KeySet(self._keys), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        return claims["aud"] == RESOURCE and claims["exp"] > time.time()

    def routes(self) -> list[Route]:
        return [
            Route("/{tenant}/discovery/v2.0/keys", self._answer_keys),
            Route("/{tenant}/oauth2/v2.0/token", self._answer_workload, methods=["POST"]),
            Route("/identity", self._answer_managed),
        ]

    async def _answer_keys(self, request: Request) -> Response:
        self.asked_for_keys += 1
        if self.away or request.path_params["tenant"] != TENANT:
            return Response(status_code=503 if self.away else 404)
        published = [
            {"use": "sig", "issuer": f"https://sts.windows.net/{TENANT}/", "x5c": ["MII="]}
        ]
        keys = [{**key.as_dict(private=False), **published[0]} for key in self._keys]
        return JSONResponse({"keys": keys})

    async def _answer_workload(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.asked_for_tokens.append(form)
        right = (
            form.get("grant_type") == "client_credentials"
            and form.get("client_id") == PUBLISHER
            and form.get("scope") == f"{RESOURCE}/.default"
            and form.get("client_assertion") == self.assertion
            and form.get("client_assertion_type", "").endswith(":jwt-bearer")
        )
        return self._given(right)

    async def _answer_managed(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.asked_for_tokens.append(query)
        secret = request.headers.get("x-identity-header")
        return self._given(query.get("resource") == RESOURCE and secret == self.identity_secret)

    def _given(self, right: bool) -> Response:
        if self.away:
            return Response(status_code=503)
        if not right:
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        ends_at = int(time.time()) + self.token_seconds
        token = self._signed({"aud": RESOURCE, "exp": ends_at, "tid": TENANT}, self._keys[-1])
        return JSONResponse(
            {"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": token}
        )
