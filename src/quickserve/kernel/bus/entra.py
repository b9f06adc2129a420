"""Microsoft Entra's tokens: the one that comes with a delivery is checked, our own is fetched.

No token and no key is ever part of an error's text: those end in logs.
"""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from quickserve.kernel.bus.port import BusUnreachable

# What Microsoft's guide to secure webhooks has Event Grid's service principal given.
SENDER_ROLE = "AzureEventGridSecureWebhookSubscriber"
EVENT_GRID_RESOURCE = "https://eventgrid.azure.net"

_PUBLIC_CLOUD = "https://login.microsoftonline.com"
_CLOCK_SECONDS = 300  # how far two clocks may be apart: what Microsoft's own libraries allow
_TOKEN_CHARS_MAX = 16_384
_KEYS_SECONDS_MIN = 10  # between two questions for the keys, whatever is sent to us
_KEYS_SECONDS_MAX = 24 * 3600  # a key that was withdrawn is good for no longer
_RENEW_SECONDS = 300  # before our own token ends
_REQUEST_SECONDS_MAX = 5
_IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"


class TokenRefused(Exception):  # noqa: N818 - says what is the case
    """The token is not Event Grid's, or not for us; it will never be."""


class TokenUndecided(Exception):  # noqa: N818 - says what is the case
    """Nobody can tell just now: the keys are away, or the clocks disagree."""


def authority(environ: Mapping[str, str]) -> str:
    """The address of Entra: other than the public cloud's where the platform says so."""
    return (environ.get("AZURE_AUTHORITY_HOST") or _PUBLIC_CLOUD).rstrip("/")


class DeliveryTokens:
    """Checks that a delivery comes from Event Grid and is meant for this application.

    `tenant` issues the token, `audience` is the webhook's application (its id or URI), `sender`
    the application that delivers.
    """

    def __init__(
        self, http: httpx.AsyncClient, login: str, *, tenant: str, audience: str, sender: str
    ) -> None:
        self._http = http
        self._keys_url = f"{login}/{tenant}/discovery/v2.0/keys"
        # An application gets tokens of version 1 unless its manifest asks for 2.
        self._issuers = {f"https://sts.windows.net/{tenant}/", f"{login}/{tenant}/v2.0"}
        self._tenant = tenant
        self._audience = audience
        self._sender = sender
        self._keys: dict[str, Key] = {}
        self._keys_at = -float("inf")  # when they were fetched
        self._asked_at = -float("inf")
        self._asking = asyncio.Lock()

    async def check(self, token: str) -> None:
        """Raises TokenRefused or TokenUndecided."""
        if not token or len(token) > _TOKEN_CHARS_MAX:
            raise TokenRefused("no token")
        try:
            key = await self._key(_key_id(token))
            claims = jwt.decode(token, key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise TokenRefused("no valid signature") from None
        if wrong := self._wrong(claims):
            raise TokenRefused(f"not the expected {', '.join(wrong)}")
        if not _in_time(claims):
            # Everything else is right: a clock is wrong, or the token lay too long on its way.
            # The next attempt brings a fresh one; a refusal would lose the events.
            raise TokenUndecided("the token is not valid at this time")

    def _wrong(self, claims: Mapping[str, Any]) -> list[str]:
        audiences, roles = claims.get("aud"), claims.get("roles")
        right = {
            "iss": claims.get("iss") in self._issuers,
            "aud": self._audience in (audiences if isinstance(audiences, list) else [audiences]),
            "tid": claims.get("tid") == self._tenant,
            # The name of the claim depends on the token's version.
            "appid": claims.get("appid", claims.get("azp")) == self._sender,
            "roles": isinstance(roles, list) and SENDER_ROLE in roles,
        }
        return [claim for claim, holds in right.items() if not holds]

    async def _key(self, key_id: str) -> Key:
        """Raises TokenRefused, TokenUndecided."""
        async with self._asking:
            fresh = time.monotonic() - self._keys_at < _KEYS_SECONDS_MAX
            if key_id not in self._keys or not fresh:
                await self._refresh()
        if key_id not in self._keys:
            raise TokenRefused("a key that is not the tenant's")
        return self._keys[key_id]

    async def _refresh(self) -> None:
        if time.monotonic() - self._asked_at < _KEYS_SECONDS_MIN:
            # Strangers with invented keys could keep us from asking when the real ones change.
            raise TokenUndecided("the keys were asked for a moment ago")
        self._asked_at = time.monotonic()
        try:
            answer = await self._http.get(self._keys_url, timeout=_REQUEST_SECONDS_MAX)
            answer.raise_for_status()
            keys = KeySet.import_key_set(answer.json()).keys
        except (httpx.HTTPError, JoseError, ValueError, LookupError, TypeError) as error:
            raise TokenUndecided(f"the keys cannot be read: {type(error).__name__}") from None
        self._keys = {key.kid: key for key in keys if key.kid}
        self._keys_at = self._asked_at


def _key_id(token: str) -> str:
    header = token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def _in_time(claims: Mapping[str, Any]) -> bool:
    now = time.time()
    try:
        starts, ends = float(claims.get("nbf", 0)), float(claims["exp"])
    except (LookupError, TypeError, ValueError):
        return False
    return starts - _CLOCK_SECONDS <= now <= ends + _CLOCK_SECONDS


class OwnTokens:
    """Our access token for Event Grid, by the identity that the platform gives the process.

    Workload identity (Kubernetes) where the environment has AZURE_FEDERATED_TOKEN_FILE; else the
    managed identity, of IDENTITY_ENDPOINT (Container Apps, App Service) or of the machine.
    """

    def __init__(self, http: httpx.AsyncClient, environ: Mapping[str, str]) -> None:
        self._http = http
        self._environ = environ
        self._token = ""
        self._ends_at = 0.0
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """Raises BusUnreachable."""
        async with self._asking:
            if time.time() > self._ends_at - _RENEW_SECONDS:
                try:
                    self._token, self._ends_at = await self._fetch()
                except (httpx.HTTPError, OSError, ValueError, LookupError, TypeError) as error:
                    if time.time() > self._ends_at:
                        reason = f"no Entra token for Event Grid: {type(error).__name__}"
                        raise BusUnreachable(reason) from None
            return self._token

    def forget(self) -> None:
        self._ends_at = 0.0

    async def _fetch(self) -> tuple[str, float]:
        """The token and its end, in Unix seconds."""
        asked_at = time.time()
        answer = await self._http.send(self._request(), follow_redirects=False)
        answer.raise_for_status()
        given = answer.json()
        return str(given["access_token"]), asked_at + float(given["expires_in"])

    def _request(self) -> httpx.Request:
        environ = self._environ
        client = {"client_id": environ["AZURE_CLIENT_ID"]} if "AZURE_CLIENT_ID" in environ else {}
        asked = {"resource": EVENT_GRID_RESOURCE, **client}
        options: dict[str, Any] = {"timeout": _REQUEST_SECONDS_MAX}
        if file := environ.get("AZURE_FEDERATED_TOKEN_FILE"):
            form = {
                "grant_type": "client_credentials",
                "scope": f"{EVENT_GRID_RESOURCE}/.default",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                # Read each time: the platform replaces it every hour or so.
                "client_assertion": Path(file).read_text("utf-8").strip(),
                **client,
            }
            url = f"{authority(environ)}/{environ['AZURE_TENANT_ID']}/oauth2/v2.0/token"
            return self._http.build_request("POST", url, data=form, **options)
        if endpoint := environ.get("IDENTITY_ENDPOINT"):
            headers = {"x-identity-header": environ["IDENTITY_HEADER"]}
            query = {"api-version": "2019-08-01", **asked}
            return self._http.build_request(
                "GET", endpoint, params=query, headers=headers, **options
            )
        query = {"api-version": "2018-02-01", **asked}
        return self._http.build_request(
            "GET", _IMDS, params=query, headers={"metadata": "true"}, **options
        )
