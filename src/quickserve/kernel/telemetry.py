"""Logs, metrics and request ids. Logs are JSON on stderr and carry no personal data."""

import logging
import re
import sys
import time
from contextvars import ContextVar
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.ids import new_uuid

log = structlog.get_logger()

request_id: ContextVar[str] = ContextVar("request_id", default="")

REQUESTS = Histogram(
    "quickserve_request_seconds",
    "Time to answer, by service, route and status.",
    ["service", "method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
CALLS = Counter(
    "quickserve_calls_total",
    "Calls to other services: answered, error, timeout, unreachable; refused by us: open, full.",
    ["caller", "target", "outcome"],
)
CALLS_REPEATED = Counter(
    "quickserve_calls_repeated_total", "Repetitions among them.", ["caller", "target"]
)
CALLS_IN_FLIGHT = Gauge(
    "quickserve_calls_in_flight", "Calls that wait for an answer.", ["caller", "target"]
)
BREAKER = Gauge("quickserve_breaker_state", "0 closed, 1 half-open, 2 open.", ["caller", "target"])
EVENTS = Counter("quickserve_events_total", "Events taken.", ["consumer", "type", "outcome"])
BUS_CONNECTED = Gauge("quickserve_bus_connected", "Whether there is a connection to the broker.")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def configure_logging(level: str, form: str) -> None:
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The prettier one shows variables, among them people's names.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


class Observed:
    """ASGI middleware: request id in and out, one metric and one log line a request."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        given = _given_request_id(scope)
        token = request_id.set(given or request_id.get() or new_uuid().hex)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", request_id.get().encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        # Strangers may invent methods; each label would stay in memory.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        REQUESTS.labels(self._service, method, route, str(status)).observe(seconds)
        log.debug(
            "request",
            service=self._service, method=method, route=route, status=status,
            duration_ms=round(seconds * 1000, 2), request_id=request_id.get(),
        )  # fmt: skip


def route_of(scope: Scope) -> str:
    """The address's pattern. The address itself may be a key to somebody's tickets."""
    return getattr(scope.get("route"), "path", "unmatched")


def _given_request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _REQUEST_ID.fullmatch(text) else ""
    return ""


async def metrics_page(_request: Any) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
