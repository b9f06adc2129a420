"""Calls to other services: always HTTP; in one process the transport is ASGI.

Each call has a deadline; what is safe to repeat is repeated with a growing delay, within a budget;
a breaker stops calling what does not answer, and a bulkhead bounds how much waits for one target.
What the other side raised is raised here again.
"""

import asyncio
import random
import re
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeVar

import httpx2 as httpx
import structlog
from pydantic import BaseModel, ValidationError

from quickserve.kernel import tracing
from quickserve.kernel.auth import SERVICE_TOKEN_HEADER
from quickserve.kernel.db import in_transaction
from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import (
    MEDIA_TYPE,
    DeadlineExceeded,
    InternalError,
    Problem,
    ProblemDocument,
    Unavailable,
)
from quickserve.kernel.logs import request_id
from quickserve.kernel.resilience import Breaker, Bulkhead, Full, Open, RetryBudget, State
from quickserve.kernel.telemetry import (
    BREAKER,
    CALLS,
    CALLS_IN_FLIGHT,
    CALLS_REPEATED,
)

log = structlog.get_logger()

T = TypeVar("T", bound=BaseModel)

_SAFE: Final = frozenset({"GET", "PUT", "DELETE"})  # PUT carries an id that the client minted
_ATTEMPTS: Final = 3
_DEFAULT_DEADLINE_SECONDS: Final = 10.0
_FAIR_SECONDS: Final = 1.0  # an answer given less time than this proves nothing by not coming
_LEAST_SECONDS: Final = 0.001  # the header counts milliseconds
_WORTH_WAITING_SECONDS: Final = 1.0  # for who names a time to come back
_CONNECT_SECONDS: Final = 1.5  # a lost first packet is sent again after one second
# An idle connection is thrown away before the server does it: a request sent on a connection that
# closes in this moment is lost, and nobody knows whether it was read.
KEEPALIVE_SECONDS: Final = 4.0
SERVER_KEEPALIVE_SECONDS: Final = 15

Repeat = Literal["never", "if-safe", "always"]
_LEVELS: Final[dict[State, int]] = {"closed": 0, "half-open": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one caller towards one target. Calls that only wait for news have places of their own."""

    calls: int = 100
    queue: int = 1000
    waits: int = 300


LIMITS: Final = Limits()


def network(limits: Limits = LIMITS) -> httpx.AsyncBaseTransport:
    """The bulkhead queues, so the pool never has to."""
    return pooled(limits.calls + limits.waits, kept=limits.calls)


def pooled(most: int, *, kept: int) -> httpx.AsyncHTTPTransport:
    """HTTP/1.1 over at most so many connections; idle ones are kept a while."""
    limits = httpx.Limits(
        max_connections=most, max_keepalive_connections=kept, keepalive_expiry=KEEPALIVE_SECONDS
    )
    return httpx.AsyncHTTPTransport(verify=_authorities(), http1=True, http2=False, limits=limits)


@cache
def _authorities() -> ssl.SSLContext:
    """Read once: it takes as long as some pages."""
    return httpx.create_ssl_context()


def watched_breaker(caller: str, target: str) -> Breaker:
    """Its state is a metric; the log tells its changes."""
    gauge = BREAKER.labels(caller, target)
    gauge.set(_LEVELS["closed"])

    def note(state: State) -> None:
        gauge.set(_LEVELS[state])
        log.warning("breaker", caller=caller, target=target, state=state)

    return Breaker(told=note)


class _Failed(Exception):  # noqa: N818 - carries a Problem to who decides about repeating
    """`unsent`: nobody got the request, of this try."""

    def __init__(
        self, problem: Problem, repeat: Repeat, after: float = 0.0, *, unsent: bool = False
    ) -> None:
        super().__init__()
        self.problem = problem
        self.repeat = repeat
        self.after = after
        self.unsent = unsent


class Client:
    """Speaks to one service, for one caller. Contract clients wrap it with that service's calls."""

    def __init__(
        self,
        target: str,
        base_url: str,
        transport: httpx.AsyncBaseTransport,
        token: Any,
        *,
        caller: str = "other",
        limits: Limits = LIMITS,
    ) -> None:
        self.target = target
        self.caller = caller
        self.breaker = watched_breaker(caller, target)
        self.budget = RetryBudget()
        self._calls = Bulkhead(limits.calls, limits.queue)
        self._waits = Bulkhead(limits.waits, 0)
        self._token = token
        self._in_flight = CALLS_IN_FLIGHT.labels(caller, target)
        self._http = httpx.AsyncClient(
            transport=transport,
            base_url=base_url,
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
            follow_redirects=False,
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
        repeatable: bool = False,
        waits: bool = False,
    ) -> bytes:
        """The answer's body. `token` is a person's; without one the service speaks for itself.

        `repeatable` is for a POST that does no more when it comes twice; `waits` for a call that
        the other side answers only when there is news. Raises the other side's Problem, Unavailable
        or DeadlineExceeded. The deadline is that of the request being served, else ten seconds;
        repetitions and the wait for a place count towards it.
        """
        assert not in_transaction(), f"a call to {self.target} inside a transaction"
        if body is not None:
            content = body.model_dump_json().encode()
        request = self._http.build_request(
            method, path, content=content, params=query, headers=self._headers(token, content_type)
        )
        until = deadline.get() or time.monotonic() + _DEFAULT_DEADLINE_SECONDS
        safe = repeatable or method in _SAFE
        places = self._waits if waits else self._calls
        self.budget.earn()
        unsent = True
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._once(request, until, places)
            except _Failed as failed:
                unsent = unsent and failed.unsent
                jitter = random.uniform(0.5, 1.5)  # noqa: S311
                pause = max(jitter * 0.05 * 2**attempt, failed.after)
                too_late = time.monotonic() + pause >= until
                if attempt == _ATTEMPTS or too_late or not self._may_repeat(failed, safe=safe):
                    if isinstance(failed.problem, Unavailable):
                        failed.problem.unsent = unsent
                    raise failed.problem from failed.__cause__
            CALLS_REPEATED.labels(self.caller, self.target).inc()
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

    def _may_repeat(self, failed: _Failed, *, safe: bool) -> bool:
        """A connection that was never made loads nobody: only the rest is taken from the budget."""
        if failed.repeat == "always":
            return True
        return failed.repeat == "if-safe" and safe and self.budget.spend()

    async def _once(self, request: httpx.Request, until: float, places: Bulkhead) -> bytes:
        try:
            self.breaker.check()  # before the queue: those in flight may hang for long yet
            async with places.place(until):
                self.breaker.admit()
                response = await self._send(request, until)
        except (Open, Full) as refusal:
            self._count("open" if isinstance(refusal, Open) else "full")
            raise _Failed(refusal, "never", unsent=True) from None
        return self._judged(response)

    async def _send(self, request: httpx.Request, until: float) -> httpx.Response:
        remaining = until - time.monotonic()
        if remaining < _LEAST_SECONDS:
            self.breaker.abandoned()
            raise DeadlineExceeded
        request.headers[DEADLINE_HEADER] = str(int(remaining * 1000))
        self._in_flight.inc()
        try:
            return await self._exchange(request, remaining)
        except TimeoutError:
            self._note_failure("timeout", fair=remaining >= _FAIR_SECONDS)
            raise DeadlineExceeded(f"{self.target} did not answer in time.") from None
        except httpx.RequestError as error:
            self._note_failure("unreachable")
            unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            problem = Unavailable(f"{self.target} cannot be reached.", retry_after=2)
            repeat = "always" if unsent else "if-safe"
            raise _Failed(problem, repeat, unsent=unsent) from error
        except BaseException:
            self.breaker.abandoned()
            raise
        finally:
            self._in_flight.dec()

    async def _exchange(self, request: httpx.Request, seconds: float) -> httpx.Response:
        name = f"{request.method} {self.target}"
        with tracing.Span(name, "client", service=self.caller) as span:
            request.headers[tracing.HEADER] = span.traceparent
            async with asyncio.timeout(seconds):
                response = await self._http.send(request)
            span.answered(request.method, response.status_code)
        return response

    def _judged(self, response: httpx.Response) -> bytes:
        if response.status_code >= 500:  # noqa: PLR2004
            # Who says when to come back sheds load; that is no reason to stop calling it at all.
            self._note_failure("error", fair="retry-after" not in response.headers)
        else:
            self.breaker.succeeded()
            self._count("answered")
        if response.is_success:
            return response.content
        problem = _problem(response)
        wait = problem.retry_after or 0
        worth = problem.transient and wait <= _WORTH_WAITING_SECONDS
        raise _Failed(problem, "if-safe" if worth else "never", after=wait)

    def _note_failure(self, outcome: str, *, fair: bool = True) -> None:
        if fair:
            self.breaker.failed()
        else:
            self.breaker.abandoned()
        self._count(outcome)

    def _count(self, outcome: str) -> None:
        CALLS.labels(self.caller, self.target, outcome).inc()


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
