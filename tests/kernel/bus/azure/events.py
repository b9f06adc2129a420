"""What both kinds of topics ask of a publisher."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Event = dict[str, Any]

BATCH_BYTES_MAX = 1024 * 1024
BATCH_EVENTS_MAX = 5_000
REQUIRED = ("specversion", "id", "source", "type")


class RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def response(self) -> Response:
        error = {"code": str(self.status), "message": str(self)}
        return JSONResponse({"error": {**error, "details": [error]}}, status_code=self.status)


@dataclass
class Intake:
    """`troubles` are statuses to answer before all is well again; `lost_answers` counts down
    requests that are carried out and then answered with 503.
    """

    key_header: str
    key: str
    version: str
    accepts_token: Callable[[str], bool]
    troubles: list[int] = field(default_factory=list[int])
    lost_answers: int = 0
    unloved: str = ""  # the subject of an event that is refused, and its batch with it
    bytes_max: int = BATCH_BYTES_MAX
    batches: list[list[Event]] = field(default_factory=list[list[Event]])

    def authenticate(self, request: Request) -> None:
        if request.query_params.get("api-version") != self.version:
            raise RefusedError(400, "no such api-version")
        given = request.headers.get(self.key_header, "")
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer":
            right = self.accepts_token(token)
        else:
            right = hmac.compare_digest(given, self.key)
        if not right:
            raise RefusedError(401, "the request carries no valid authorization")

    async def read(self, request: Request) -> list[Event]:
        """All or none."""
        if self.troubles:
            raise RefusedError(self.troubles.pop(0), "try again later")
        body = await request.body()
        if len(body) > self.bytes_max:
            raise RefusedError(413, "the batch exceeds the limit")
        events = _decoded(request.headers.get("content-type", ""), body)
        if len(events) > BATCH_EVENTS_MAX:
            raise RefusedError(413, "too many events")
        for event in events:
            if not isinstance(event, dict) or any(not event.get(name) for name in REQUIRED):
                raise RefusedError(400, "an event is no CloudEvent")
            if self.unloved and event.get("subject") == self.unloved:
                raise RefusedError(400, "an event has an incorrect format")
        self.batches.append(events)
        return events

    def answer(self) -> Response:
        if self.lost_answers:
            self.lost_answers -= 1
            return Response(status_code=503)
        return Response(status_code=200)


def _decoded(content_type: str, body: bytes) -> list[Event]:
    kind = content_type.partition(";")[0].strip()
    try:
        decoded = json.loads(body)
    except ValueError:
        raise RefusedError(400, "no JSON") from None
    if kind == "application/cloudevents-batch+json" and isinstance(decoded, list):
        return decoded
    if kind == "application/cloudevents+json" and isinstance(decoded, dict):
        return [decoded]
    raise RefusedError(400, "neither a CloudEvent nor a batch")
