"""The manners every service shares over HTTP: problems, limits, probes, metrics."""

import json
import re
import time
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import (
    MEDIA_TYPE,
    BadRequest,
    DeadlineExceeded,
    FieldError,
    InternalError,
    Malformed,
    Problem,
    ProblemDocument,
    TooLarge,
    Unavailable,
)
from quickserve.kernel.logs import request_id
from quickserve.kernel.settings import Settings
from quickserve.kernel.telemetry import Observed, metrics_page, route_of

log = structlog.get_logger()

_DEADLINE_MAX_MS = 60_000
_NUMBER = re.compile(rb"[0-9]{1,15}")
# Files, whole houses, whole menus.
_LARGE = re.compile(r"/imports|/seating-(plans|imports)(/|$)|/menu(-imports)?(/|$)")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Probe(BaseModel):
    status: str


def install_manners(
    app: FastAPI, service: str, settings: Settings, ready: Callable[[], Awaitable[bool]]
) -> None:
    """Adds error answers, limits, `/livez`, `/readyz` and `/metrics` to a service."""
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)

    async def livez() -> Probe:
        return Probe(status="alive")

    async def readyz() -> Probe:
        if not await ready():
            raise Unavailable("Not ready yet.")
        return Probe(status="ready")

    app.add_api_route("/livez", livez, include_in_schema=False)
    app.add_api_route("/readyz", readyz, include_in_schema=False)
    app.add_route("/metrics", metrics_page, include_in_schema=False)
    # Added last runs first: Observed sees every answer, the guarded ones included.
    app.add_middleware(Guarded, settings=settings)
    app.add_middleware(Observed, service=service)


def problem_response(problem: Problem) -> Response:
    headers = {"retry-after": str(problem.retry_after)} if problem.retry_after else {}
    if problem.status == 401:  # noqa: PLR2004
        headers["www-authenticate"] = "Bearer"
    document = problem.document(request_id.get() or None)
    return Response(
        document.model_dump_json(exclude_none=True), problem.status, headers, MEDIA_TYPE
    )


def json_answer(content: bytes) -> Response:
    """JSON that is written already; the route's `response_model` says what it is."""
    return Response(content, media_type="application/json")


async def _answer_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _answer_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(malformed(error))


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    if status < 400:  # noqa: PLR2004 - a redirection is no failure
        return Response(status_code=status, headers=error.headers)
    problem = Problem.of(ProblemDocument(type="", title=str(error.detail), status=status, code=""))
    response = problem_response(problem)
    response.headers.update(error.headers or {})
    return response


def malformed(error: RequestValidationError) -> Malformed:
    """Pydantic's findings as field errors: `body.items.0.quantity` becomes `items.0.quantity`."""
    fields = [
        FieldError(
            field=(".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0]))[:200],
            code=found["type"],
            message=found["msg"][:300],
        )
        for found in error.errors()[:50]
    ]
    return Malformed("; ".join(f"{f.field}: {f.message}" for f in fields[:3]), errors=fields)


class Guarded:
    """ASGI middleware: bounds the body, takes over the caller's deadline, answers our bugs."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._body_max = settings.body_bytes_max
        self._import_max = settings.import_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        allowed = self._import_max if _LARGE.search(scope["path"]) else self._body_max
        body = _Body(receive, headers, allowed)
        due = due_of(headers.get(DEADLINE_HEADER.encode(), b""))
        if due is not None and due <= time.monotonic():
            await problem_response(DeadlineExceeded())(scope, receive, send)  # nobody waits for it
            return
        token = deadline.set(due)
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if body.refusal and not started:
                return  # what the app says to half a body: we know better
            started = started or message["type"] == "http.response.start"
            await send(message)

        answer: Problem | None = None
        try:
            await self._app(scope, body.receive, guarded_send)
        except Exception:
            if not body.refusal:
                log.exception("unexpected_error", route=route_of(scope))
                if started:
                    raise
                answer = InternalError()
        finally:
            deadline.reset(token)
        if answer := body.refusal or answer:
            await problem_response(answer)(scope, receive, send)


class _Body:
    """The request's body, bounded. JSON is read whole, to refuse text that no one can store."""

    def __init__(self, receive: Receive, headers: dict[bytes, bytes], allowed: int) -> None:
        self._receive = receive
        self._declared = headers.get(b"content-length", b"0")
        self._json = b"json" in headers.get(b"content-type", b"").lower()
        self._allowed = allowed
        self._seen = 0
        self.refusal: Problem | None = None

    async def receive(self) -> Message:
        try:
            message = await self._next()
            return await self._whole(message) if self._json else message
        except Problem as problem:
            self.refusal = problem
            raise

    async def _next(self) -> Message:
        if not _NUMBER.fullmatch(self._declared):
            raise BadRequest("The Content-Length header is not a number.")
        message = await self._receive() if int(self._declared) <= self._allowed else None
        self._seen += len(message.get("body", b"")) if message else 0
        if message is None or self._seen > self._allowed:
            raise TooLarge(
                f"At most {self._allowed} bytes are accepted here.", bytes_max=self._allowed
            )
        return message

    async def _whole(self, message: Message) -> Message:
        parts: list[bytes] = []
        while message["type"] == "http.request":
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = b"".join(parts)
                _check_text(body)
                return {"type": "http.request", "body": body, "more_body": False}
            message = await self._next()
        return message


def _check_text(body: bytes) -> None:
    """RFC 8259 wants UTF-8; half a surrogate pair would fail wherever the text is written."""
    try:
        body.decode()
        if _SURROGATE.search(body):
            json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeError:
        raise Malformed("JSON is written in UTF-8, with whole characters only.") from None
    except (ValueError, RecursionError):
        return  # no JSON at all: whoever parses it says so
    if b"\0" in body:
        raise Malformed("JSON is written in UTF-8.")


def due_of(given: bytes) -> float | None:
    """The moment, by `time.monotonic`, of a deadline header; None for what is none."""
    if not _NUMBER.fullmatch(given):
        return None
    return time.monotonic() + min(int(given), _DEADLINE_MAX_MS) / 1000
