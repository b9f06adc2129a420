"""Calls to other services: always HTTP; in one process the transport is ASGI.

Each call has a deadline, safe calls are repeated with a growing delay, and a circuit breaker per
target stops calling what does not answer. What the other side raised is raised here again.
"""

import asyncio
import random
import re
import time
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import httpx2 as httpx
from pydantic import BaseModel, ValidationError

from quickserve.kernel.auth import SERVICE_TOKEN_HEADER
from quickserve.kernel.db import in_transaction
from quickserve.kernel.errors import (
    MEDIA_TYPE,
    DeadlineExceeded,
    InternalError,
    Problem,
    ProblemDocument,
    Unavailable,
)
from quickserve.kernel.telemetry import CALLS, request_id

T = TypeVar("T", bound=BaseModel)

_SAFE = frozenset({"GET", "PUT", "DELETE"})  # PUT carries a client-minted id: repeating is safe
_ATTEMPTS = 3
_DEFAULT_DEADLINE_SECONDS = 10.0
_FAIR_SECONDS = 1.0  # an answer that was given less time than this proves nothing by not coming
DEADLINE_HEADER = "x-deadline-ms"

deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


class Breaker:
    """Closed until `threshold` failures in a row; open for `pause` seconds; then one trial."""

    def __init__(self, threshold: int = 5, pause_seconds: float = 5.0) -> None:
        self._threshold = threshold
        self._pause = pause_seconds
        self._failures = 0
        self._opened_at = 0.0
        self._trial = False

    @property
    def state(self) -> str:
        if self._failures < self._threshold:
            return "closed"
        return "half-open" if time.monotonic() - self._opened_at >= self._pause else "open"

    def admit(self) -> None:
        """Raises Unavailable when the target is not to be called now."""
        state = self.state
        if state == "open" or (state == "half-open" and self._trial):
            raise Unavailable(
                "A part of the service does not answer.", retry_after=int(self._pause)
            )
        self._trial = state == "half-open"

    def abandoned(self) -> None:
        """The call was given up on our side, which says nothing about the target."""
        self._trial = False

    def succeeded(self) -> None:
        self._failures = 0
        self._trial = False

    def failed(self) -> None:
        self._failures += 1
        self._opened_at = time.monotonic()
        self._trial = False


class Client:
    """Speaks to one service. Contract clients wrap it with that service's calls."""

    def __init__(
        self, target: str, base_url: str, transport: httpx.AsyncBaseTransport, token: Any
    ) -> None:
        self.target = target
        self.breaker = Breaker()
        self._token = token
        self._http = httpx.AsyncClient(
            transport=transport, base_url=base_url, timeout=None, follow_redirects=False
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        query: dict[str, Any] | None = None,
        token: str | None = None,
        content: bytes | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """The answer's body. `token` is a person's; without one the service speaks for itself.

        Raises the other side's Problem, Unavailable or DeadlineExceeded. The deadline is that of
        the request being served, else ten seconds; repetitions count towards it.
        """
        assert not in_transaction(), f"a call to {self.target} inside a transaction"
        if body is not None:
            content = body.model_dump_json().encode()
        request = self._http.build_request(
            method, path, content=content, params=query, headers=self._headers(token, content_type)
        )
        until = deadline.get() or time.monotonic() + _DEFAULT_DEADLINE_SECONDS
        attempts = _ATTEMPTS if method in _SAFE else 1
        for attempt in range(1, attempts + 1):
            pause = random.uniform(0.5, 1.5) * 0.05 * 2**attempt  # noqa: S311 - jitter
            try:
                return await self._once(request, until)
            except Problem as problem:
                too_late = time.monotonic() + pause >= until
                if attempt == attempts or too_late or not problem.transient:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def get(self, kind: type[T], path: str, **options: Any) -> T:
        return _parsed(kind, await self.call("GET", path, **options))

    async def put(self, kind: type[T], path: str, body: BaseModel | None, **options: Any) -> T:
        return _parsed(kind, await self.call("PUT", path, body=body, **options))

    async def post(self, kind: type[T], path: str, body: BaseModel | None, **options: Any) -> T:
        return _parsed(kind, await self.call("POST", path, body=body, **options))

    def _headers(self, token: str | None, content_type: str) -> dict[str, str]:
        ours = self._token()
        headers = {
            "authorization": f"Bearer {token or ours}",
            SERVICE_TOKEN_HEADER: ours,
            "content-type": content_type,
        }
        if current := request_id.get():
            headers["x-request-id"] = current
        return headers

    async def _once(self, request: httpx.Request, until: float) -> bytes:
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise DeadlineExceeded
        self.breaker.admit()
        request.headers[DEADLINE_HEADER] = str(int(remaining * 1000))
        try:
            async with asyncio.timeout(remaining):
                response = await self._http.send(request)
        except TimeoutError:
            self._note_failure("timeout", fair=remaining >= _FAIR_SECONDS)
            raise DeadlineExceeded(f"{self.target} did not answer in time.") from None
        except httpx.RequestError as error:
            self._note_failure("unreachable")
            raise Unavailable(f"{self.target} cannot be reached.", retry_after=2) from error
        except BaseException:
            self.breaker.abandoned()
            raise
        if response.status_code >= 500:  # noqa: PLR2004
            # Who says when to come back sheds load; that is no reason to stop calling it at all.
            self._note_failure("error", fair="retry-after" not in response.headers)
        else:
            self.breaker.succeeded()
            CALLS.labels(self.target, "answered").inc()
        if response.is_success:
            return response.content
        raise _problem(response)

    def _note_failure(self, outcome: str, *, fair: bool = True) -> None:
        if fair:
            self.breaker.failed()
        else:
            self.breaker.abandoned()
        CALLS.labels(self.target, outcome).inc()


def _parsed(kind: type[T], content: bytes) -> T:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise InternalError("A part of the service answered something else.") from error


def _problem(response: httpx.Response) -> Problem:
    """Without a problem document (a proxy's page, say), only the status counts."""
    document = ProblemDocument(type="", title="", status=response.status_code, code="")
    if response.headers.get("content-type", "").startswith(MEDIA_TYPE):
        with suppress(ValidationError):
            document = ProblemDocument.model_validate_json(response.content)
    if response.status_code < 400:  # noqa: PLR2004
        return InternalError(f"Unexpected answer {response.status_code}.")
    problem = Problem.of(document)
    retry_after = response.headers.get("retry-after", "")
    problem.retry_after = int(retry_after) if re.fullmatch("[0-9]{1,6}", retry_after) else None
    return problem
