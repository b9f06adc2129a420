"""A lane for what a rush calls: the same answers, without the general router's ways.

FastAPI's routing, dependencies and encoding cost more than a hold does. A service names the few
calls that thousands make in the same second; they are read, answered and measured here. Whatever is
out of the ordinary (a body that cannot be read, another method) goes the general way,
where every route of the lane is declared as well: so what is documented and refused is the same.
"""

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quickserve.kernel.auth import VISITOR
from quickserve.kernel.deadlines import DEADLINE_HEADER, deadline
from quickserve.kernel.errors import DeadlineExceeded, InternalError, Problem
from quickserve.kernel.http import due_of, problem_response
from quickserve.kernel.service import Runtime
from quickserve.kernel.telemetry import Observed

log = structlog.get_logger()

_BODY_MAX: Final = 16 * 1024  # what is larger is no ordinary call
_JSON: Final = b"application/json"
_ID_CHARACTERS: Final = 36


@dataclass(frozen=True)
class Lean:
    """A call whose path's parameters are UUIDs; `answer` makes the JSON of a 200.

    It is given the context, the ids, and the body, which a GET has in its query. `signed`: only for
    who shows an access token.
    """

    path: str
    body: type[BaseModel]
    answer: Callable[..., Awaitable[bytes]]
    signed: bool = False
    method: Literal["PUT", "GET"] = "PUT"

    def ids_in(self, path: str) -> tuple[str, ...] | None:
        """What stands where the path has its parameters."""
        if not path.startswith(self._start):
            return None
        found = self._pattern.fullmatch(path)
        return found.groups() if found else None

    @cached_property
    def _start(self) -> str:
        return self.path.partition("{")[0]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", f"([^/]{{{_ID_CHARACTERS}}})", self.path))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call as it was read: for whom is known once the token is checked."""

    ids: tuple[UUID, ...]
    body: BaseModel
    due: float | None
    token: str


class Lane:
    """ASGI: answers the lean calls, and hands every other one to `general`."""

    def __init__(self, runtime: Runtime, calls: Sequence[Lean], general: ASGIApp) -> None:
        self._runtime = runtime
        self._visitor = runtime.context(VISITOR)
        self._calls = calls
        self._general = general
        self._observed = Observed(self._answer, runtime.service.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._call(scope) if scope["type"] == "http" else None
        if found is None:
            await self._general(scope, receive, send)
            return
        call, ids = found
        messages = await _messages(receive)
        asked = _read(scope, call, ids, messages)
        if asked is None:
            await self._general(scope, _again(messages, receive), send)
            return
        await self._observed(dict(scope, route=call, asked=asked), receive, send)

    def _call(self, scope: Scope) -> tuple[Lean, tuple[str, ...]] | None:
        method = scope["method"]
        if method not in ("PUT", "GET"):
            return None
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        for call in self._calls:
            if call.method == method and (ids := call.ids_in(path)) is not None:
                return call, ids
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Lean = scope["route"]
        asked: _Asked = scope["asked"]
        if asked.due is not None and asked.due <= time.monotonic():
            await problem_response(DeadlineExceeded())(scope, receive, send)  # nobody waits for it
            return
        token = deadline.set(asked.due)
        try:
            context = self._visitor
            if asked.token:
                principal = await self._runtime.verifier.principal(asked.token)
                context = self._runtime.context(principal)
            content = await call.answer(context, *asked.ids, asked.body)
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


async def _messages(receive: Receive) -> list[Message]:
    """The body's, until it is whole or no longer ordinary."""
    messages = [await receive()]
    long = len(messages[0].get("body", b""))
    while messages[-1].get("more_body", False) and long <= _BODY_MAX:
        messages.append(await receive())
        long += len(messages[-1].get("body", b""))
    return messages


def _read(
    scope: Scope, call: Lean, ids: tuple[str, ...], messages: Sequence[Message]
) -> _Asked | None:
    """None for what is out of the ordinary."""
    body = b"".join(message.get("body", b"") for message in messages)
    asks = call.method == "GET"
    due, json, token = None, asks, ""
    plain = messages[-1]["type"] == "http.request"
    if not plain or len(body) > _BODY_MAX or b"\\u" in body or b"\0" in body:
        return None
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, given = value.decode("latin-1").partition(" ")
            if kind.lower() != "bearer" or not given.strip():
                return None
            token = given.strip()
        elif name == b"content-type" and not asks:
            json = value == _JSON
        elif name == DEADLINE_HEADER.encode():
            due = due_of(value)
    if not json or (call.signed and not token):
        return None
    try:
        if asks:
            query = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True)
            read = call.body.model_validate(dict(query))
        else:
            read = call.body.model_validate_json(body)
        return _Asked(tuple(map(UUID, ids)), read, due, token)
    except (ValidationError, ValueError):
        return None


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    """What was read already, then what follows."""
    waiting = deque(messages)

    async def receive_again() -> Message:
        return waiting.popleft() if waiting else await receive()

    return receive_again
