"""Takes what Event Grid delivers by HTTP: both handshakes, CloudEvents, its own schema.

What an answer does to the events is decided by its status: 400, 401, 403 and 413 are never tried
again and may lose them, so those are for what can never succeed. Everything else is a 503: the
events come again, and the inbox makes the repetition harmless. That is so, too, for an event of
ours that another version takes: its subscription is there before the release has rolled out.
"""

import json
from asyncio import Event, Semaphore, timeout
from collections.abc import Sequence
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qs

import structlog
from prometheus_client import Counter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from quickserve.kernel.bus import cloudevents
from quickserve.kernel.bus.entra import DeliveryTokens, TokenRefused, TokenUndecided
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Route
from quickserve.kernel.errors import Malformed
from quickserve.kernel.events import Message
from quickserve.kernel.logs import told

log = structlog.get_logger()

PATH = "/bus/eventgrid"  # for the whole process; `/bus/eventgrid/<service>` for one of its services
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

_BODY_BYTES_MAX = 2 * 1024 * 1024  # Event Grid's own limit is 1 MB
_AT_ONCE = 100  # events in one transaction
_DELIVERIES_MAX = 4  # at a time: people need database connections too
_SECONDS_MAX = 25  # Event Grid waits 30
_ORIGINS = frozenset({"eventgrid.azure.net", "eventgrid.azure.cn", "eventgrid.azure.us"})

DELIVERIES = Counter(
    "quickserve_eventgrid_deliveries_total", "Requests of Event Grid to the webhook.", ["status"]
)


class _Unwanted(Exception):  # noqa: N818 - carries the answer
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Webhook:
    """An ASGI application. `secrets` are the values of the query parameter `code`, if any."""

    def __init__(
        self, routes: Sequence[Route], tokens: DeliveryTokens, secrets: Sequence[str]
    ) -> None:
        self._routes = routes
        self._tokens = tokens
        self._secrets = secrets
        self._turn = Semaphore(_DELIVERIES_MAX)
        self._taking = False
        self._in_hand = 0
        self._idle = Event()
        self._idle.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        self._in_hand += 1
        self._idle.clear()
        try:
            response = await self._answer(Request(scope, receive))
            DELIVERIES.labels(str(response.status_code)).inc()
            await response(scope, receive, send)
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()

    def start(self) -> None:
        self._taking = True

    async def stop(self) -> None:
        """Sends new deliveries away; returns when those in hand are answered."""
        self._taking = False
        await self._idle.wait()

    async def _answer(self, request: Request) -> Response:
        try:
            async with timeout(_SECONDS_MAX):
                return await self._handle(request)
        except _Unwanted as unwanted:
            return _refusal(unwanted.status, str(unwanted))
        except TokenRefused as refused:
            return _refusal(401, str(refused))
        except TokenUndecided as undecided:
            return _refusal(503, str(undecided))
        except (TimeoutError, ClientDisconnect) as error:
            return _refusal(503, type(error).__name__)
        except Exception as error:
            # Our own bug, perhaps repaired by tomorrow: Event Grid tries for a day.
            log.exception("eventgrid_delivery_failed", error=type(error).__name__)
            return _refusal(503, "unexpected")

    async def _handle(self, request: Request) -> Response:
        routes = self._addressed(request.url.path)
        self._check_secret(request)
        if request.method == "OPTIONS":
            return await self._handshake(request)
        if request.method != "POST":
            raise _Unwanted(405, "only POST and OPTIONS")
        if not self._taking:
            raise _Unwanted(503, "not taking events now")
        await self._tokens.check(_bearer(request))
        async with self._turn:
            return await self._take(request, routes)

    def _addressed(self, path: str) -> Sequence[Route]:
        service = path.partition(PATH)[2].strip("/")
        routes = [route for route in self._routes if service in ("", route.service)]
        if not routes:
            raise _Unwanted(404, "no such service takes events here")
        return routes

    def _check_secret(self, request: Request) -> None:
        if not self._secrets:
            return
        given = parse_qs(request.url.query).get("code", [""])[0].encode()
        if not any(compare_digest(given, secret.encode()) for secret in self._secrets):
            raise _Unwanted(401, "not the secret")

    async def _handshake(self, request: Request) -> Response:
        """CloudEvents' protection against abuse: we agree to be sent to by Event Grid.

        A token, if there is one, must be right: a wrong setting is to fail here, where somebody
        makes the subscription, and not at the first event.
        """
        origin = request.headers.get("webhook-request-origin", "")
        if origin.lower() not in _ORIGINS:
            raise _Unwanted(400, "no handshake of Event Grid")
        if "authorization" in request.headers:
            await self._tokens.check(_bearer(request))
        allowed = {"webhook-allowed-origin": origin, "webhook-allowed-rate": "*", "allow": "POST"}
        return Response(status_code=200, headers=allowed)

    async def _take(self, request: Request, routes: Sequence[Route]) -> Response:
        content = await _body(request)
        if "ce-specversion" in request.headers:
            messages, malformed = _read_binary(request, content, routes)
            missed = _missed([request.headers.get("ce-type", "")], routes)
        else:
            items = _items(content)
            if (code := _validation_code(items)) is not None:
                return JSONResponse({"validationResponse": code})
            messages, malformed = _read(items, routes)
            missed = _missed([_kind(item) or "" for item in items], routes)
        failed = await _effects(messages, routes)
        if failed:
            raise _Unwanted(503, f"{len(failed)} of {len(messages)} failed: {told(failed[0])}")
        if missed:
            raise _Unwanted(503, f"{len(missed)} are not taken here: {missed[0]}"[:300])
        if malformed:
            # Only now: a batch is refused as a whole, and nothing good in it is left to lose.
            raise _Unwanted(400, f"{len(malformed)} cannot be read: {malformed[0]}"[:300])
        return Response(status_code=200)


def _missed(kinds: Sequence[str], routes: Sequence[Route]) -> list[str]:
    return [kind for kind in kinds if all(route.misses(kind) for route in routes)]


async def _effects(messages: Sequence[Message], routes: Sequence[Route]) -> list[Exception]:
    """Why some were not taken. One that two services take is taken when both have done so."""
    bus = LocalBus()
    for route in routes:
        bus.subscribe(route)
    failed: list[Exception] = []
    for start in range(0, len(messages), _AT_ONCE):
        outcomes = await bus.publish(messages[start : start + _AT_ONCE])
        failed += [outcome for outcome in outcomes if outcome]
    return failed


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _BODY_BYTES_MAX:
            raise _Unwanted(413, f"more than {_BODY_BYTES_MAX} bytes")
    return bytes(content)


def _items(content: bytes) -> list[Any]:
    try:
        decoded = json.loads(content)
    except (ValueError, RecursionError):
        raise _Unwanted(400, "no JSON") from None
    return decoded if isinstance(decoded, list) else [decoded]


def _validation_code(items: Sequence[Any]) -> str | None:
    """The code of Event Grid's own handshake, which comes alone."""
    match items:
        case [{"eventType": kind, "data": {"validationCode": str(code)}}] if kind == VALIDATION:
            return code
        case _:
            return None


def _read(items: Sequence[Any], routes: Sequence[Route]) -> tuple[list[Message], list[str]]:
    """The events that the routes take, and what is wrong with others. The rest is not for us."""
    types = frozenset[str]().union(*(route.types for route in routes))
    messages: list[Message] = []
    malformed: list[str] = []
    for item in items:
        kind = _kind(item)
        if kind in types:
            try:
                content = json.dumps(_as_cloudevent(item)).encode()
                messages.append(cloudevents.from_structured(content))
            except Malformed as error:
                malformed.append(str(error))
        elif kind is None:
            malformed.append("no event")
    return messages, malformed


def _kind(item: Any) -> str | None:
    if not isinstance(item, dict):
        return None
    kind: Any = item.get("type") if "specversion" in item else item.get("eventType")
    return kind if isinstance(kind, str) else None


def _as_cloudevent(item: dict[str, Any]) -> dict[str, Any]:
    """Event Grid's own schema in CloudEvents' words."""
    if "specversion" in item:
        return item
    named = {
        "id": item.get("id"), "type": item["eventType"], "source": item.get("topic"),
        "subject": item.get("subject"), "time": item.get("eventTime"), "data": item.get("data"),
    }  # fmt: skip
    given = {name: value for name, value in named.items() if value is not None}
    return {"specversion": "1.0", "datacontenttype": "application/json", **given}


def _read_binary(
    request: Request, content: bytes, routes: Sequence[Route]
) -> tuple[list[Message], list[str]]:
    """A CloudEvent whose attributes are in the headers."""
    if not any(request.headers.get("ce-type") in route.types for route in routes):
        return [], []
    try:
        return [cloudevents.from_binary(dict(request.headers), content)], []
    except Malformed as error:
        return [], [str(error)]


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _refusal(status: int, reason: str) -> Response:
    """The reason is for our log alone."""
    log.warning("eventgrid_delivery_refused", status=status, reason=reason)
    return Response(status_code=status)
