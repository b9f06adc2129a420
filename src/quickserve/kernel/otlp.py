"""Finished spans leave for an OpenTelemetry collector, in batches, from a thread of their own.

The only module that knows OpenTelemetry's SDK, and imported only where an endpoint is set: it
takes a quarter of a second and 26 MB. When the collector is away spans are dropped, nothing waits.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from threading import Thread
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from quickserve.kernel import tracing

# A collector that is away is one line for each batch, not for each attempt.
logging.getLogger("opentelemetry.exporter.otlp").setLevel(logging.ERROR)

_PATH: Final = "/v1/traces"
_SEND_SECONDS: Final = 5
_EVERY_MS: Final = 1000
_LAST_SECONDS: Final = 3  # for what is left when the process ends
_FLAGS: Final = TraceFlags(TraceFlags.SAMPLED)
_KINDS: Final[dict[tracing.Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
_FAILED: Final = Status(StatusCode.ERROR)
_FINE: Final = Status(StatusCode.UNSET)


@asynccontextmanager
async def exporting(endpoint: str) -> AsyncGenerator[None]:
    """Inside, sampled spans are sent to the collector at this address."""
    url = endpoint.rstrip("/")
    exporter = OTLPSpanExporter(
        endpoint=url if url.endswith(_PATH) else url + _PATH, timeout=_SEND_SECONDS
    )
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=_EVERY_MS)
    try:
        with tracing.listening(lambda span: processor.on_end(_told(span))):
            yield
    finally:
        last = Thread(target=processor.shutdown, daemon=True)
        last.start()
        await asyncio.to_thread(last.join, _LAST_SECONDS)


def _told(span: tracing.Span) -> ReadableSpan:
    trace_id = int(span.trace_id, 16)
    parent = _context(trace_id, span.parent_id) if span.parent_id else None
    return ReadableSpan(
        span.name,
        context=_context(trace_id, span.span_id),
        parent=parent,
        resource=_resource(span.service),
        attributes=span.attributes,
        kind=_KINDS[span.kind],
        status=_FAILED if span.failed else _FINE,
        start_time=span.started_ns,
        end_time=span.ended_ns,
    )


def _context(trace_id: int, span_id: str) -> SpanContext:
    return SpanContext(trace_id, int(span_id, 16), is_remote=False, trace_flags=_FLAGS)


@cache
def _resource(service: str) -> Resource:
    """Each service by its own name, also where several share a process."""
    return Resource.create(
        {
            "service.name": service or "quickserve",
            "service.namespace": "quickserve",
            "service.version": version("quickserve"),
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )
