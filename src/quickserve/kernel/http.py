"""The manners every service shares over HTTP: problems, limits, probes, metrics."""

import time
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.client import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import (
    MEDIA_TYPE, BadRequest, FieldError, InternalError, Malformed, Problem, ProblemDocument,
    TooLarge, Unavailable,
)  # fmt: skip
from quickserve.kernel.settings import Settings
from quickserve.kernel.telemetry import Observed, metrics_page, request_id

log = structlog.get_logger()

_DEADLINE_MAX_MS = 60_000


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


async def _answer_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _answer_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(malformed(error))


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = Problem.of(
        ProblemDocument(type="", title=str(error.detail), status=error.status_code, code="")
    )
    response = problem_response(kind)
    response.status_code = error.status_code
    response.headers.update(error.headers or {})
    return response


def malformed(error: RequestValidationError) -> Malformed:
    """Pydantic's findings as field errors: `body.items.0.quantity` becomes `items.0.quantity`."""
    fields = [
        FieldError(
            field=".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0]),
            code=found["type"],
            message=found["msg"],
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
        allowed = self._import_max if "/imports" in scope["path"] else self._body_max
        token = deadline.set(_deadline(headers))
        started = False

        async def noting_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, _bounded(receive, headers, allowed), noting_send)
        except TooLarge as problem:
            await problem_response(problem)(scope, receive, send)
        except Exception:
            log.exception("unexpected_error", path=scope["path"], request_id=request_id.get())
            if started:
                raise
            await problem_response(InternalError())(scope, receive, send)
        finally:
            deadline.reset(token)


def _bounded(receive: Receive, headers: dict[bytes, bytes], allowed: int) -> Receive:
    declared = headers.get(b"content-length", b"0")
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        if not declared.isdigit():
            raise BadRequest("The Content-Length header is not a number.")
        message = await receive()
        seen += len(message.get("body", b""))
        if max(seen, int(declared)) > allowed:
            raise TooLarge(f"At most {allowed} bytes are accepted here.")
        return message

    return bounded


def _deadline(headers: dict[bytes, bytes]) -> float | None:
    given = headers.get(DEADLINE_HEADER.encode(), b"")
    if not given.isdigit():
        return None
    return time.monotonic() + min(int(given), _DEADLINE_MAX_MS) / 1000
