"""Logs: JSON on stderr, each line with the ids of its trace, none with personal data.

What an exception says may quote a row or a form. JSON lines, which are kept and sent around, tell
its kind and where it came from; a developer's terminal shows its words too.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from quickserve.kernel import tracing
from quickserve.kernel.bus.port import BusFault
from quickserve.kernel.errors import Problem

request_id: ContextVar[str] = ContextVar("request_id", default="")

_CHAIN_MAX: Final = 10
_FRAMES_MAX: Final = 50


def configure_logging(level: str, form: str) -> None:
    """Ours from `level` on; of libraries only warnings: what they tell below names addresses."""
    ours: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_ids,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [_without_words, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # The prettier one shows variables, among them people's names.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    structlog.configure(
        processors=[*ours, *last],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*ours, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def told(error: BaseException) -> str:
    """For a log line: what a refusal, a bus or the network says; of all else the kind alone."""
    if isinstance(error, Problem):
        return f"{error.code}: {error}"
    if isinstance(error, OSError | BusFault):
        return f"{type(error).__name__}: {error}"[:300]
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__} ({state})" if state else type(error).__name__


def _add_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if span := tracing.current():
        event.setdefault("trace_id", span.trace_id)
        event.setdefault("span_id", span.span_id)
    if known := request_id.get():
        event.setdefault("request_id", known)
    return event


def _without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    given: Any = event.pop("exc_info", None)
    if isinstance(given, tuple):
        given = given[1]
    error = given if isinstance(given, BaseException) else sys.exception() if given else None
    if error is not None:
        event["exception"] = "\n".join(_places(error))
    return event


def _places(error: BaseException) -> Iterator[str]:
    """As a traceback reads, causes first."""
    chain = [error]
    while len(chain) < _CHAIN_MAX:
        last = chain[-1]
        cause = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if cause is None:
            break
        chain.append(cause)
    for one in reversed(chain):
        for frame in traceback.extract_tb(one.__traceback__, limit=-_FRAMES_MAX):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        yield told(one)
        for part in one.exceptions if isinstance(one, BaseExceptionGroup) else ():
            yield from _places(part)
