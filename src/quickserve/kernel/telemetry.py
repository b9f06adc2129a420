"""What is measured: metrics, and for each request a span, a log line and an id.

Labels are bounded: services, routes, types; never what a stranger sends.
"""

import re
import time
from typing import Any, Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel import tracing
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.logs import request_id

log = structlog.get_logger()

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
EVENT_SECONDS = Histogram(
    "quickserve_event_seconds",
    "From the change that an event tells of to its committed effect.",
    ["consumer", "type"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600),
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID_HEADER: Final = b"x-request-id"
_TRACE_HEADER: Final = tracing.HEADER.encode()
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_STREAM_HEADER = (b"content-type", b"text/event-stream; charset=utf-8")


class Observed:
    """ASGI middleware: request id in and out; a span, a metric and a log line for each request.

    `route` names those that no route of the application takes.
    """

    def __init__(self, app: ASGIApp, service: str, route: str = "unmatched") -> None:
        self._app = app
        self._service = service
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, ended = 500, 0.0
        given, traceparent = _given(scope)
        token = request_id.set(given or request_id.get() or new_uuid().hex)

        async def send_with_id(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                if _STREAM_HEADER in message.get("headers", []):
                    ended = time.perf_counter()  # the rest is not work, but a page left open
                headers = [pair for pair in message.get("headers", []) if pair[0] != _ID_HEADER]
                message["headers"] = [*headers, (_ID_HEADER, request_id.get().encode())]
            await send(message)

        try:
            with tracing.Span("", "server", service=self._service, parent=traceparent) as span:
                try:
                    await self._app(scope, receive, send_with_id)
                finally:
                    self._note(span, scope, status, (ended or time.perf_counter()) - started)
        finally:
            request_id.reset(token)

    def _note(self, span: tracing.Span, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope, self._route)
        # Strangers may invent methods; each label would stay in memory.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        REQUESTS.labels(self._service, method, route, str(status)).observe(seconds)
        span.name = f"{method} {route}"
        span.attributes |= {"http.route": route, "quickserve.request_id": request_id.get()}
        span.answered(method, status)
        log.debug(
            "request",
            service=self._service, method=method, route=route, status=status,
            duration_ms=round(seconds * 1000, 2),
        )  # fmt: skip


def route_of(scope: Scope, unmatched: str = "unmatched") -> str:
    """The address's pattern. The address itself may be a key to somebody's tickets."""
    return getattr(scope.get("route"), "path", unmatched)


def _given(scope: Scope) -> tuple[str, str]:
    """The request id and the traceparent that came with it, "" for none."""
    given = traceparent = ""
    for name, value in scope["headers"]:
        if name == _ID_HEADER:
            text = value.decode("latin-1")
            given = text if _REQUEST_ID.fullmatch(text) else ""
        elif name == _TRACE_HEADER:
            traceparent = value.decode("latin-1")
    return given, traceparent


async def metrics_page(_request: Any) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
