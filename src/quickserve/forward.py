"""Passes a request on to a service in another process, and its answer back as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

import httpx2 as httpx
from starlette.types import Receive, Scope, Send

from quickserve.kernel import tracing
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER
from quickserve.kernel.client import pooled, watched_breaker
from quickserve.kernel.errors import DeadlineExceeded, Problem, TooLarge, Unavailable
from quickserve.kernel.http import problem_response
from quickserve.kernel.logs import request_id

Headers = list[tuple[bytes, bytes]]

# Of who asks: it counts only from who shows a service token.
FORWARDED_FOR: Final = b"x-forwarded-for"
# RFC 9110, 7.6.1: they are about one connection; lengths are written anew.
_ONE_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te",
    b"trailer", b"transfer-encoding", b"upgrade", b"host", b"content-length", FORWARDED_FOR,
})  # fmt: skip
_REQUEST_ID: Final = b"x-request-id"
_TRACE: Final = tracing.HEADER.encode()
_NOT_PASSED_ON: Final = _ONE_HOP | {_REQUEST_ID, _TRACE}
_SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 0.2
_CONNECTIONS_MAX: Final = 200
_CONNECTIONS_KEPT: Final = 50
# Until the answer begins, with all tries: the longest wait a service offers is 25 s.
_ANSWER_SECONDS: Final = 30.0
_TIMEOUT: Final = httpx.Timeout(_ANSWER_SECONDS, connect=2, pool=5)


class Forward:
    """`url` is the other process's address. The body is kept, for a second try, up to a limit."""

    def __init__(
        self, target: str, url: str, token: Callable[[], str], body_bytes_max: int,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:  # fmt: skip
        self.breaker = watched_breaker("edge", target)
        self._answer_seconds = answer_seconds
        self._url = url.rstrip("/")
        self._token = token
        self._body_max = body_bytes_max
        self._http = pooled(_CONNECTIONS_MAX, kept=_CONNECTIONS_KEPT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._read(receive)
            if body is None:
                return
            async with self._answer(scope, body) as response:
                await _give_back(response, send)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)

    async def close(self) -> None:
        await self._http.aclose()

    async def _read(self, receive: Receive) -> bytes | None:
        """None when the caller hung up: half a body must not pass for a whole one."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._body_max:
                raise TooLarge(
                    f"At most {self._body_max} bytes are accepted here.", bytes_max=self._body_max
                )
            if not message.get("more_body", False):
                return bytes(body)

    @asynccontextmanager
    async def _answer(self, scope: Scope, body: bytes) -> AsyncGenerator[httpx.Response]:
        """Any answer is good for the breaker: a request that makes the service fail, made by a
        stranger, must not shut the others out.
        """
        self.breaker.admit()
        try:
            response = await self._in_time(scope, body)
        except (TimeoutError, httpx.ReadTimeout):
            self.breaker.failed()
            raise DeadlineExceeded("A part of the service did not answer in time.") from None
        except httpx.PoolTimeout:
            self.breaker.abandoned()
            raise Unavailable("Too many at once: try again in a moment.", retry_after=2) from None
        except httpx.RequestError as error:
            self.breaker.failed()
            raise Unavailable("A part of the service does not answer.", retry_after=2) from error
        except BaseException:
            self.breaker.abandoned()
            raise
        self.breaker.succeeded()
        try:
            yield response
        finally:
            await response.aclose()

    async def _in_time(self, scope: Scope, body: bytes) -> httpx.Response:
        """Who was with a process that is killed comes to its successor."""
        async with asyncio.timeout(self._answer_seconds):
            for attempt in range(1, _ATTEMPTS):
                try:
                    return await self._http.handle_async_request(self._request(scope, body))
                except httpx.RequestError as error:
                    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                    hangs = isinstance(error, httpx.ReadTimeout | httpx.PoolTimeout)
                    if not (unsent or (scope["method"] in _SAFE and not hangs)):
                        raise
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
            return await self._http.handle_async_request(self._request(scope, body))

    def _request(self, scope: Scope, body: bytes) -> httpx.Request:
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        headers = _without(_NOT_PASSED_ON, scope["headers"])
        # Of this process's own span: the other's is its child.
        headers.append((_TRACE, tracing.traceparent().encode()))
        headers.append((_REQUEST_ID, request_id.get().encode()))
        headers.append((SERVICE_TOKEN_HEADER.encode(), self._token().encode()))
        if scope.get("client"):
            headers.append((FORWARDED_FOR, scope["client"][0].encode()))
        return httpx.Request(
            scope["method"], f"{self._url}{path}{'?' if query else ''}{query}",
            headers=headers, content=body or None,
            extensions={"timeout": _TIMEOUT.as_dict()},
        )  # fmt: skip


async def _give_back(response: httpx.Response, send: Send) -> None:
    headers = _without(_ONE_HOP, response.headers.raw)
    length = response.headers.get("content-length")
    if length is not None:
        headers.append((b"content-length", length.encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async for chunk in response.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _without(dropped: frozenset[bytes], headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Nor is what `Connection` names for the other side."""
    given = [(name.lower(), value) for name, value in headers]
    named = b",".join(value for name, value in given if name == b"connection")
    own = dropped | {name.strip().lower() for name in named.split(b",")}
    return [(name, value) for name, value in given if name not in own]
