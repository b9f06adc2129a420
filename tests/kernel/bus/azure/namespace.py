"""A namespace topic whose subscriptions are queues: receive, acknowledge, release, reject."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .events import Event, Intake, RefusedError

KEY = "namespace-key-0123456789"
VERSION = "2024-06-01"
DELAYS = frozenset({"0", "10", "60", "600", "3600"})


@dataclass
class Queued:
    event: Event
    visible_at: float = 0.0
    deliveries: int = 0
    lock: str = ""
    locked_until: float = 0.0


@dataclass
class Queue:
    """One subscription. `scale` shortens the waits that the protocol names in seconds."""

    lock_seconds: float = 60
    deliveries_max: int = 10
    scale: float = 0.01
    events: list[Queued] = field(default_factory=list[Queued])
    dead: list[tuple[Event, str]] = field(default_factory=list[tuple[Event, str]])
    verbs: Counter[str] = field(default_factory=Counter[str])
    counts: list[int] = field(default_factory=list[int])  # deliveryCount of each event given out

    def receive(self, most: int) -> list[Queued]:
        now = time.monotonic()
        given: list[Queued] = []
        for queued in list(self.events):
            if len(given) == most:
                break
            if queued.visible_at > now or queued.locked_until > now:
                continue
            if queued.deliveries >= self.deliveries_max:
                self._bury(queued, "MaxDeliveryAttemptsExceeded")
                continue
            queued.deliveries += 1
            queued.lock, queued.locked_until = str(uuid4()), now + self.lock_seconds
            self.counts.append(queued.deliveries)
            given.append(queued)
        return given

    def settle(self, verb: str, lock: str, delay: float) -> bool:
        """False when the lock is not held any more."""
        now = time.monotonic()
        held = [q for q in self.events if q.lock == lock and q.locked_until > now]
        if not held:
            return False
        queued = held[0]
        match verb:
            case "acknowledge":
                self.events.remove(queued)
            case "reject":
                self._bury(queued, "Rejected")
            case "release":
                queued.lock, queued.locked_until = "", 0
                queued.visible_at = now + delay * self.scale
            case _:
                queued.locked_until = now + self.lock_seconds
        return True

    def _bury(self, queued: Queued, reason: str) -> None:
        self.events.remove(queued)
        self.dead.append((queued.event, reason))


class Namespace:
    """The intake's `troubles` hit publishers; `faults` are statuses for the next requests of
    consumers; of `lost_answers` (verbs) one request each is carried out and answered with 503.
    """

    def __init__(self, topic: str, accepts_token: Callable[[str], bool]) -> None:
        key = f"SharedAccessKey {KEY}"
        self.topic = topic
        self.intake = Intake("authorization", key, VERSION, accepts_token)
        self.queues: dict[str, Queue] = {}
        self.faults: list[int] = []
        self.lost_answers: list[str] = []

    def routes(self) -> list[Route]:
        subscription = "/topics/{topic}/eventsubscriptions/{subscription}"
        return [
            Route("/topics/{topic}:publish", self._publish, methods=["POST"]),
            Route(f"{subscription}:receive", self._receive, methods=["POST"]),
            *(
                Route(f"{subscription}:{verb}", self._settle, methods=["POST"])
                for verb in ("acknowledge", "release", "reject", "renewLock")
            ),
        ]

    async def _publish(self, request: Request) -> Response:
        try:
            self.intake.authenticate(request)
            self._check_topic(request)
            events = await self.intake.read(request)
        except RefusedError as refused:
            return refused.response()
        for queue in self.queues.values():
            queue.events += [Queued(event) for event in events]
        return JSONResponse({}) if not self.intake.lost_answers else self.intake.answer()

    async def _receive(self, request: Request) -> Response:
        try:
            queue = self._queue(request)
            most, wait = _asked(request)
        except RefusedError as refused:
            return refused.response()
        queue.verbs["receive"] += 1
        until = time.monotonic() + wait * queue.scale
        while not (given := queue.receive(most)) and time.monotonic() < until:
            if await request.is_disconnected():
                break
            await asyncio.sleep(0.005)
        details = [
            {
                "brokerProperties": {"lockToken": q.lock, "deliveryCount": q.deliveries},
                "event": q.event,
            }
            for q in given
        ]
        return JSONResponse({"value": details})

    async def _settle(self, request: Request) -> Response:
        verb = request.url.path.rpartition(":")[2]
        try:
            queue = self._queue(request)
            delay = _delay(request)
            locks = json.loads(await request.body())["lockTokens"]
        except RefusedError as refused:
            return refused.response()
        queue.verbs[verb] += len(locks)
        kept = {lock: queue.settle(verb, lock, delay) for lock in locks}
        if verb in self.lost_answers:
            self.lost_answers.remove(verb)
            return Response(status_code=503)
        error = {"code": "TokenLost", "message": "The lock is not held."}
        failed = [{"lockToken": lock, "error": error} for lock, held in kept.items() if not held]
        succeeded = [lock for lock, held in kept.items() if held]
        return JSONResponse({"failedLockTokens": failed, "succeededLockTokens": succeeded})

    def _queue(self, request: Request) -> Queue:
        self.intake.authenticate(request)
        self._check_topic(request)
        if self.faults:
            raise RefusedError(self.faults.pop(0), "try again later")
        name = request.path_params["subscription"]
        if name not in self.queues:
            raise RefusedError(404, "no such subscription")
        return self.queues[name]

    def _check_topic(self, request: Request) -> None:
        if request.path_params["topic"] != self.topic:
            raise RefusedError(404, "no such topic")


def _asked(request: Request) -> tuple[int, int]:
    """How many events at most, and how many seconds to wait for one."""
    query = request.query_params
    most, wait = int(query.get("maxEvents", "1")), int(query.get("maxWaitTime", "60"))
    if not (1 <= most <= 100 and 10 <= wait <= 120):
        raise RefusedError(400, "maxEvents or maxWaitTime is out of range")
    return most, wait


def _delay(request: Request) -> float:
    delay = request.query_params.get("releaseDelayInSeconds", "0")
    if delay not in DELAYS:
        raise RefusedError(400, "no such releaseDelayInSeconds")
    return float(delay)
