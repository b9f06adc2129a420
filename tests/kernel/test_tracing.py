"""One trace through requests, calls and events; OpenTelemetry's own code is the second opinion."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import httpx2 as httpx
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as some
from opentelemetry import trace as peer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from quickserve.kernel import outbox, tracing
from quickserve.kernel.auth import ServiceIdentity, anyone
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.client import Client
from quickserve.kernel.errors import Conflict, Unavailable
from quickserve.kernel.inbox import Subscription
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.otlp import exporting
from quickserve.kernel.outbox import Relay
from quickserve.kernel.settings import Settings
from quickserve.kernel.tracing import Span

from .world import Bakery, LoafBaked, app_of, baked, http_of, runtime_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"

router = APIRouter(prefix="/loaves", dependencies=[anyone])


@router.get("/{name}")
async def loaf(name: str) -> str:
    if name == "burnt":
        raise RuntimeError("burnt")
    if name == "taken":
        raise Conflict
    return tracing.traceparent()


@pytest.fixture
def spans() -> Iterator[list[Span]]:
    heard: list[Span] = []
    with tracing.listening(heard.append):
        yield heard


def named(spans: list[Span], name: str) -> Span:
    (found,) = (span for span in spans if span.name == name)
    return found


# -- The header -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (PARENT, True),
        (f"00-{TRACE}-00f067aa0ba902b7-00", True),
        (f"cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later", True),
        (f"cc-{TRACE}-00f067aa0ba902b7-01.what-comes-later", False),
        (f"00-{TRACE}-00f067aa0ba902b7-01-more", False),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
        ("", False),
        ("amina@example.org", False),
    ],
)
def test_a_traceparent_is_read_as_the_recommendation_says(text: str, known: bool) -> None:
    assert (tracing.parse(text) is not None) == known


@given(some.text("0123456789abcdef-f", max_size=60) | some.from_regex(tracing._TRACEPARENT))
def test_what_we_read_opentelemetry_reads_alike(text: str) -> None:
    ours = tracing.parse(text)
    context = TraceContextTextMapPropagator().extract({"traceparent": text})
    theirs = peer.get_current_span(context).get_span_context()
    assert theirs.is_valid == (ours is not None)
    if ours:
        trace_id, span_id, sampled = ours
        assert (theirs.trace_id, theirs.span_id) == (int(trace_id, 16), int(span_id, 16))
        assert theirs.trace_flags.sampled == sampled


@pytest.mark.parametrize("ratio", [0, 0.1, 0.5, 1])
def test_the_same_traces_are_recorded_as_by_opentelemetry(ratio: float) -> None:
    tracing.sample(ratio)
    try:
        begun = [Span("begun") for _ in range(200)]
    finally:
        tracing.sample(1)
    sampler = TraceIdRatioBased(ratio)
    for span in begun:
        theirs = sampler.should_sample(None, int(span.trace_id, 16), "begun")
        assert theirs.decision.is_sampled() == span.sampled


def test_a_recorded_trace_stays_recorded_and_another_stays_unrecorded(spans: list[Span]) -> None:
    tracing.sample(0)
    try:
        with Span("kept", parent=PARENT), Span("within"):
            pass
    finally:
        tracing.sample(1)
    with Span("left out", parent=PARENT[:-1] + "0"), Span("within that"):
        pass
    assert [span.name for span in spans] == ["within", "kept"]


def test_a_failure_tells_its_kind_and_not_its_words(spans: list[Span]) -> None:
    for error in (Conflict("Amina was faster."), Unavailable("No."), ValueError("Amina")):
        with pytest.raises(type(error)), Span(type(error).__name__):
            raise error
    assert [(s.failed, s.attributes["error.type"]) for s in spans] == [
        (False, "conflict"), (True, "unavailable"), (True, "ValueError"),
    ]  # fmt: skip


# -- Requests and calls ---------------------------------------------------------------------------


async def test_a_request_is_a_span_named_by_its_route(
    settings: Settings, spans: list[Span]
) -> None:
    async with http_of(app_of(settings, router, name="oven")) as http:
        inside = (await http.get("/loaves/rye", headers={"traceparent": PARENT})).json()
        for path in ("/loaves/burnt", "/loaves/taken", "/nowhere/rye"):
            await http.get(path)
    first, burnt, taken, nowhere = spans
    assert (first.trace_id, first.parent_id) == (TRACE, "00f067aa0ba902b7")
    assert inside == first.traceparent
    assert (first.name, first.kind, first.service) == ("GET /loaves/{name}", "server", "oven")
    assert (burnt.failed, taken.failed) == (True, False)
    assert burnt.attributes["http.response.status_code"] == 500
    assert nowhere.name == "GET unmatched"
    assert len({span.trace_id for span in spans}) == 4
    assert "rye" not in str([(span.name, span.attributes) for span in spans])


async def test_a_call_and_its_answer_are_one_trace(settings: Settings, spans: list[Span]) -> None:
    app = app_of(settings, router, name="oven")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = Client(
        "oven", "http://oven", transport, ServiceIdentity(settings, "shop").token, caller="shop"
    )
    with Span("buying", service="shop") as buying:
        await client.call("GET", "/loaves/rye")
        with pytest.raises(Conflict):
            await client.call("GET", "/loaves/taken")
    await client.close()
    served, called, refused, refusal, _ = spans
    assert {span.trace_id for span in spans} == {buying.trace_id}
    assert (called.name, called.kind, called.service) == ("GET oven", "client", "shop")
    assert called.parent_id == buying.span_id
    assert served.parent_id == called.span_id
    assert refused.parent_id == refusal.span_id
    assert refusal.attributes["http.response.status_code"] == 409
    assert tracing.current() is None


# -- Events ---------------------------------------------------------------------------------------


async def test_an_event_goes_on_in_the_trace_of_its_cause(
    bakery: Bakery, settings: Settings, spans: list[Span]
) -> None:
    seen: list[str] = []

    async def eat(_tx: Any, _event: LoafBaked) -> None:
        seen.append(tracing.traceparent())

    bus = LocalBus()
    runtime_of(
        settings, bakery.db, bus=bus, name="eater", subscriptions=[Subscription(LoafBaked, eat)]
    )
    with Span("baking") as baking:
        async with bakery.db.transaction() as tx:
            await outbox.append(tx, baked())
    async with bakery.db.transaction() as tx:
        await outbox.append(tx, baked(), baked(), traces=[PARENT, ""])
    assert await Relay("bakery", bakery.db, bus).deliver() == 3
    taken = [span for span in spans if span.name == f"take {LoafBaked.TYPE}"]
    assert [(s.trace_id, s.parent_id) for s in taken[:2]] == [
        (baking.trace_id, baking.span_id), (TRACE, "00f067aa0ba902b7"),
    ]  # fmt: skip
    assert taken[2].parent_id == ""
    assert seen == [span.traceparent for span in taken]
    assert {(span.kind, span.service) for span in taken} == {("consumer", "eater")}


async def test_an_event_of_an_older_process_has_no_trace(bakery: Bakery) -> None:
    """It names the columns it knows, and goes on doing so while a newer one runs beside it."""
    await bakery.ask(
        "INSERT INTO outbox (id, type, subject, data)"
        " VALUES (gen_random_uuid(), 'quickserve.test.loaf-baked.v1', 's', '{}')"
    )
    rows = await Relay("bakery", bakery.db, LocalBus()).claim()
    assert [row.trace for row in rows] == [""]


# -- Logs -----------------------------------------------------------------------------------------


def test_a_line_carries_the_ids_of_its_span(capsys: pytest.CaptureFixture[str]) -> None:
    import logging  # a library's lines too

    import structlog

    previous = structlog.get_config()
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        configure_logging("info", "json")
        with Span("telling") as telling:
            structlog.get_logger().info("ours")
            logging.getLogger("theirs").warning("theirs %s", 1)
    finally:
        structlog.configure(**previous)
        root.handlers = handlers
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], theirs["event"], theirs["logger"]) == ("ours", "theirs 1", "theirs")
    for line in (ours, theirs):
        assert (line["trace_id"], line["span_id"]) == (telling.trace_id, telling.span_id)


# -- The collector --------------------------------------------------------------------------------


class _Collector(BaseHTTPRequestHandler):
    """Understands what a collector understands: the official schema."""

    taken: ClassVar[list[ExportTraceServiceRequest]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append(ExportTraceServiceRequest.FromString(body))
        assert self.path == "/v1/traces"
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    class Here(_Collector):
        taken: ClassVar[list[ExportTraceServiceRequest]] = []

    with HTTPServer(("127.0.0.1", 0), Here) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Here.taken
        finally:
            server.shutdown()
            thread.join()


async def test_a_collector_is_told_by_the_official_protocol() -> None:
    with collector() as (endpoint, taken):
        async with exporting(endpoint):
            with Span("GET /loaves", "server", service="shop", parent=PARENT) as outer:
                with pytest.raises(ValueError, match="secret"), Span("bake", service="oven"):
                    raise ValueError("secret")
                outer.answered("GET", 503)
    resources = [one for request in taken for one in request.resource_spans]
    told = {
        span.name: (dict(_values(one.resource.attributes)), span)
        for one in resources
        for scope in one.scope_spans
        for span in scope.spans
    }
    (shop, request), (oven, bake) = told["GET /loaves"], told["bake"]
    assert (shop["service.name"], oven["service.name"]) == ("shop", "oven")
    assert shop["service.namespace"] == "quickserve"
    assert request.trace_id.hex() == bake.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert bake.parent_span_id == request.span_id
    assert request.kind == request.SPAN_KIND_SERVER
    assert dict(_values(request.attributes))["http.response.status_code"] == 503
    assert request.status.code == bake.status.code == request.status.STATUS_CODE_ERROR
    assert 0 < bake.start_time_unix_nano <= bake.end_time_unix_nano
    assert "secret" not in str(taken)


async def test_without_a_collector_nothing_waits() -> None:
    async with exporting("http://127.0.0.1:9"):
        for _ in range(5000):
            with Span("lost"):
                pass


def _values(attributes: Any) -> Iterator[tuple[str, Any]]:
    for attribute in attributes:
        yield attribute.key, getattr(attribute.value, attribute.value.WhichOneof("value"))
