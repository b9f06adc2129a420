"""Traces: which requests, calls, events and saga steps belong together (W3C Trace Context).

Ids are made and passed on in every process, whether or not somebody records: logs carry them.
Finished spans go to the listeners, if the trace is sampled; `otlp.py` is one. A span's name and
attributes come from our own code: routes, services, types. Never a path, an address or a name:
paths hold ids that open tickets.
"""

import os
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Final, Literal, Self

HEADER: Final = "traceparent"

Kind = Literal["internal", "server", "client", "consumer"]
Value = str | int | float
Listener = Callable[["Span"], None]

# Version, trace, parent, flags; a later version may say more behind them.
_TRACEPARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_LENGTH: Final = 55
_TAIL_MAX: Final = 512
_SAMPLED: Final = 1
_WHOLE: Final = 1 << 64
_OUR_FAULT: Final = 500

_current: ContextVar["Span | None"] = ContextVar("span", default=None)
_listeners: list[Listener] = []


class _Sampling:
    below = _WHOLE


class Span:
    """A piece of work, around which it is a context manager; what begins inside is its child.

    `parent` is a traceparent: None continues the span around it, one that cannot be read begins a
    trace. `service` is by default that of the span around it.
    """

    __slots__ = (
        "_token", "attributes", "ended_ns", "failed", "kind", "name", "parent_id", "sampled",
        "service", "span_id", "started_ns", "trace_id",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        service: str = "",
        parent: str | None = None,
        attributes: dict[str, Value] | None = None,
    ) -> None:
        around = _current.get()
        self.name = name
        self.kind: Kind = kind
        self.service = service or (around.service if around else "")
        self.attributes = attributes or {}
        self.failed = False
        self.span_id = os.urandom(8).hex()
        if parent is None and around:
            self.trace_id, self.parent_id, self.sampled = (
                around.trace_id, around.span_id, around.sampled,
            )  # fmt: skip
        elif found := parse(parent or ""):
            self.trace_id, self.parent_id, self.sampled = found
        else:
            self.trace_id, self.parent_id = os.urandom(16).hex(), ""
            self.sampled = int(self.trace_id[16:], 16) < _Sampling.below
        self.started_ns = self.ended_ns = 0
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> Self:
        self.started_ns = time.time_ns()
        self._token = _current.set(self)
        return self

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._token is not None, "a span that was not begun"
        _current.reset(self._token)
        if error is not None:
            self._note(error)
        self.ended_ns = time.time_ns()
        if self.sampled:
            for listener in _listeners:
                listener(self)

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"

    def answered(self, method: str, status: int) -> None:
        """An HTTP call or request came to its end."""
        self.attributes["http.request.method"] = method
        self.attributes["http.response.status_code"] = status
        self.failed = status >= _OUR_FAULT

    def _note(self, error: BaseException) -> None:
        """The kind only, its words may be private. A refusal is an answer, no failure."""
        self.attributes["error.type"] = getattr(error, "code", None) or type(error).__name__
        self.failed = getattr(error, "status", _OUR_FAULT) >= _OUR_FAULT


def parse(text: str) -> tuple[str, str, bool] | None:
    """A traceparent's (trace id, span id, sampled)."""
    match = _TRACEPARENT.match(text)
    if match is None or len(text) > _TAIL_MAX:
        return None
    version, trace_id, span_id, flags = match.groups()
    more = text[_LENGTH:]
    if (more and (version == "00" or more[0] != "-")) or not (trace_id.strip("0")):
        return None
    return (trace_id, span_id, bool(int(flags, 16) & _SAMPLED)) if span_id.strip("0") else None


def current() -> Span | None:
    return _current.get()


def traceparent() -> str:
    """Of the span around the caller, to be passed on; "" outside of any."""
    span = _current.get()
    return span.traceparent if span else ""


def sample(ratio: float) -> None:
    """How many of the traces that begin here are recorded, 0 to 1; the others' mark is kept."""
    _Sampling.below = round(ratio * _WHOLE)


@contextmanager
def listening(listener: Listener) -> Generator[None]:
    """Inside, `listener` hears of every sampled span that ends. It may neither wait nor raise."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
