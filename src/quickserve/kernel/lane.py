"""A lane for what a rush calls: the same answers, without the general router's ways.

FastAPI's routing, dependencies and encoding cost more than a hold does. A service names the few
calls that thousands make in the same second; they are read, answered and measured here. Whatever is
out of the ordinary (a token, a body that cannot be read, another method) goes the general way,
where every route of the lane is declared as well: so what is documented and refused is the same.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.auth import VISITOR
from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import DeadlineExceeded, InternalError, Problem
from quickserve.kernel.http import due_of, problem_response
from quickserve.kernel.service import Context, Runtime
from quickserve.kernel.telemetry import Observed

log = structlog.get_logger()

_BODY_MAX: Final = 16 * 1024  # what is larger is no ordinary call
_JSON: Final = b"application/json"
_ID_CHARACTERS: Final = 36


@dataclass(frozen=True, slots=True)
class Lean:
    """`PUT {path}`, whose one parameter is a UUID at its end; `answer` makes the JSON of a 200."""

    path: str
    body: type[BaseModel]
    answer: Callable[[Context, Any, Any], Awaitable[bytes]]

    @property
    def prefix(self) -> str:
        return self.path.partition("{")[0]


class Lane:
    """ASGI: answers the lean calls, and hands every other one to `general`."""

    def __init__(self, runtime: Runtime, calls: Sequence[Lean], general: ASGIApp) -> None:
        self._context = runtime.context(VISITOR)
        self._calls = [(call.prefix, call) for call in calls]
        self._general = general
        self._observed = Observed(self._answer, runtime.service.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._call(scope) if scope["type"] == "http" else None
        if call is None:
            await self._general(scope, receive, send)
            return
        message = await receive()
        asked = _read(scope, call, message)
        if asked is None:
            await self._general(scope, _again(message, receive), send)
            return
        await self._observed(dict(scope, route=call, asked=asked), receive, send)

    def _call(self, scope: Scope) -> Lean | None:
        if scope["method"] != "PUT":
            return None
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        for prefix, call in self._calls:
            if path.startswith(prefix) and len(path) == len(prefix) + _ID_CHARACTERS:
                return call
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Lean = scope["route"]
        own_id, body, due = scope["asked"]
        if due is not None and due <= time.monotonic():
            await problem_response(DeadlineExceeded())(scope, receive, send)  # nobody waits for it
            return
        token = deadline.set(due)
        try:
            content = await call.answer(self._context, own_id, body)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
        except Exception:
            log.exception("unexpected_error", route=call.path)
            await problem_response(InternalError())(scope, receive, send)
        else:
            headers = [(b"content-length", b"%d" % len(content)), (b"content-type", _JSON)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": content})
        finally:
            deadline.reset(token)


def _read(
    scope: Scope, call: Lean, message: Message
) -> tuple[UUID, BaseModel, float | None] | None:
    """The id, the body and the deadline; None for what is out of the ordinary."""
    body: bytes = message.get("body", b"")
    due = None
    plain = message["type"] == "http.request" and not message.get("more_body", False)
    if not plain or len(body) > _BODY_MAX or b"\\u" in body or b"\0" in body:
        return None
    json = False
    for name, value in scope["headers"]:
        if name == b"authorization":
            return None
        if name == b"content-type":
            json = value == _JSON
        elif name == DEADLINE_HEADER.encode():
            due = due_of(value)
    if not json:
        return None
    try:
        return UUID(scope["path"][-_ID_CHARACTERS:]), call.body.model_validate_json(body), due
    except (ValidationError, ValueError):
        return None


def _again(message: Message, receive: Receive) -> Receive:
    """What was read already, then what follows."""
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
