"""Requests to Event Grid, and what their answers mean."""

from typing import Any, Protocol

import httpx2 as httpx

from quickserve.kernel.bus.entra import OwnTokens
from quickserve.kernel.bus.port import BusFault, BusUnreachable

CLOUDEVENTS_BATCH = "application/cloudevents-batch+json; charset=utf-8"

_CONNECT_SECONDS_MAX = 3
_UNAUTHORIZED = 401
_BUSY = frozenset({408, 429})
_NOT_OURS = frozenset({401, 403, 404})  # a wrong key, role or address: nothing against the events


class Busy(BusFault):
    """Event Grid has too much to do, or is being repaired: the same again, later."""


class Refused(BusFault):
    """Event Grid understands the request and does not want it."""


class Access(Protocol):
    """Shows Event Grid who we are."""

    async def headers(self) -> dict[str, str]: ...

    def renew(self) -> bool:
        """After a 401: is there another try?"""
        ...


class KeyAccess:
    def __init__(self, name: str, value: str) -> None:
        self._headers = {name: value}

    async def headers(self) -> dict[str, str]:
        return self._headers

    def renew(self) -> bool:
        return False


class TokenAccess:
    def __init__(self, tokens: OwnTokens) -> None:
        self._tokens = tokens

    async def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {await self._tokens.token()}"}

    def renew(self) -> bool:
        self._tokens.forget()
        return True


class Grid:
    """A custom topic, or a namespace."""

    def __init__(self, http: httpx.AsyncClient, endpoint: str, access: Access) -> None:
        self._http = http
        self._endpoint = endpoint.rstrip("/")
        self._access = access

    async def post(
        self,
        path: str,
        *,
        version: str,
        seconds_max: float,
        content: bytes = b"",
        content_type: str = "application/json",
        **query: Any,
    ) -> bytes:
        """The answer's body. Raises BusUnreachable, Busy or Refused."""
        request = self._http.build_request(
            "POST", self._endpoint + path, content=content,
            timeout=httpx.Timeout(seconds_max, connect=_CONNECT_SECONDS_MAX),
            params={"api-version": version, **query}, headers={"content-type": content_type},
        )  # fmt: skip
        answer = await self._send(request)
        if answer.status_code == _UNAUTHORIZED and self._access.renew():
            answer = await self._send(request)
        status = answer.status_code
        if answer.is_success:
            return answer.content
        if status in _NOT_OURS or answer.has_redirect_location:
            raise BusUnreachable(f"Event Grid answers {status}: see its settings")
        if status in _BUSY or answer.is_server_error:
            raise Busy(f"Event Grid answers {status}")
        raise Refused(f"Event Grid answers {status}")

    async def _send(self, request: httpx.Request) -> httpx.Response:
        request.headers.update(await self._access.headers())
        try:
            return await self._http.send(request)
        except httpx.HTTPError as error:
            raise BusUnreachable(f"Event Grid: {type(error).__name__}") from None
