"""A custom topic: takes events from publishers, pushes them to webhooks."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

import httpx2 as httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .events import Event, Intake, RefusedError

KEY = "topic-key-0123456789"
ORIGIN = "eventgrid.azure.net"
DELIVERED = range(200, 205)
NEVER_AGAIN = frozenset({400, 401, 403, 413})
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.4)  # documented: 10 s, 30 s, 1 min, 5 min, … 12 h

Schema = Literal["cloudevents", "eventgrid"]


class HandshakeFailedError(Exception):
    pass


@dataclass
class Pushed:
    event: Event
    attempts: int = 0


@dataclass
class Subscription:
    """Deliveries to one webhook: unordered, batched, at least once."""

    url: str
    schema: Schema
    token: Callable[[], str]
    batch_max: int = 1
    attempts_max: int = 30
    repeats: float = 0.0  # the share of deliveries that are made twice
    answer_seconds_max: float = 5
    waiting: list[Pushed] = field(default_factory=list[Pushed])
    dead: list[Event] = field(default_factory=list[Event])
    statuses: Counter[int | str] = field(default_factory=Counter[int | str])
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    in_hand: int = 0

    @property
    def done(self) -> bool:
        return not self.waiting and not self.in_hand

    def take(self) -> list[Pushed]:
        self.chance.shuffle(self.waiting)
        batch, self.waiting = self.waiting[: self.batch_max], self.waiting[self.batch_max :]
        return batch


class Topic:
    def __init__(self, accepts_token: Callable[[str], bool]) -> None:
        self.intake = Intake("aeg-sas-key", KEY, "2018-01-01", accepts_token)
        self.subscriptions: list[Subscription] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(trust_env=False)

    def routes(self) -> list[Route]:
        return [Route("/api/events", self._publish, methods=["POST"])]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def _publish(self, request: Request) -> Response:
        try:
            self.intake.authenticate(request)
            events = await self.intake.read(request)
        except RefusedError as refused:
            return refused.response()
        for subscription in self.subscriptions:
            subscription.waiting += [Pushed(event) for event in events]
        return self.intake.answer()

    async def subscribe(self, url: str, token: Callable[[], str], **options: Any) -> Subscription:
        """Raises HandshakeFailedError when the webhook does not agree."""
        subscription = Subscription(url, options.pop("schema", "cloudevents"), token, **options)
        if subscription.schema == "cloudevents":
            await self._ask_cloudevents(subscription)
        else:
            await self._ask_eventgrid(subscription)
        self.subscriptions.append(subscription)
        self._start(self._deliver_for_ever(subscription))
        return subscription

    async def _ask_cloudevents(self, subscription: Subscription) -> None:
        headers = {
            "webhook-request-origin": ORIGIN, "webhook-request-rate": "120",
            "authorization": f"Bearer {subscription.token()}",
        }  # fmt: skip
        answer = await self._http.request("OPTIONS", subscription.url, headers=headers)
        allowed = answer.headers.get("webhook-allowed-origin")
        rate = answer.headers.get("webhook-allowed-rate", "")
        if answer.status_code != 200 or allowed not in (ORIGIN, "*"):
            raise HandshakeFailedError(f"{answer.status_code}, origin {allowed}")
        if rate != "*" and not rate.isdigit():
            raise HandshakeFailedError(f"rate {rate}")

    async def _ask_eventgrid(self, subscription: Subscription) -> None:
        code = str(uuid4())
        event = {
            "id": str(uuid4()), "topic": "/subscriptions/x", "subject": "",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "eventTime": "2026-01-25T22:12:19.4556811Z", "metadataVersion": "1", "dataVersion": "1",
            "data": {"validationCode": code, "validationUrl": "https://rp.example/validate"},
        }  # fmt: skip
        headers = {
            "aeg-event-type": "SubscriptionValidation",
            "authorization": f"Bearer {subscription.token()}",
        }
        answer = await self._http.post(subscription.url, json=[event], headers=headers)
        if answer.status_code != 200 or answer.json().get("validationResponse") != code:
            raise HandshakeFailedError(str(answer.status_code))

    async def _deliver_for_ever(self, subscription: Subscription) -> None:
        while True:
            batch = subscription.take()
            if batch:
                subscription.in_hand += len(batch)
                self._start(self._deliver(subscription, batch))
                if subscription.chance.random() < subscription.repeats:
                    await self._post(subscription, batch)
            await asyncio.sleep(0.005)

    async def _deliver(self, subscription: Subscription, batch: list[Pushed]) -> None:
        status = await self._post(subscription, batch)
        for pushed in batch:
            pushed.attempts += 1
        if status in DELIVERED:
            again: list[Pushed] = []
        elif status in NEVER_AGAIN:
            again = []
            subscription.dead += [pushed.event for pushed in batch]
        else:
            again = [p for p in batch if p.attempts < subscription.attempts_max]
            subscription.dead += [p.event for p in batch if p.attempts >= subscription.attempts_max]
            await asyncio.sleep(RETRY_SECONDS[min(batch[0].attempts, len(RETRY_SECONDS)) - 1])
        subscription.waiting += again
        subscription.in_hand -= len(batch)

    async def _post(self, subscription: Subscription, batch: list[Pushed]) -> int | str:
        events = [pushed.event for pushed in batch]
        headers = {
            "authorization": f"Bearer {subscription.token()}", "aeg-event-type": "Notification",
            "aeg-delivery-count": str(batch[0].attempts),
        }  # fmt: skip
        if subscription.schema == "eventgrid":
            body: Any = [_in_own_schema(event) for event in events]
            kind = "application/json; charset=utf-8"
        elif subscription.batch_max > 1:
            body, kind = events, "application/cloudevents-batch+json; charset=utf-8"
        else:
            body, kind = events[0], "application/cloudevents+json; charset=utf-8"
        status: int | str
        try:
            answer = await self._http.post(
                subscription.url, json=body, headers={**headers, "content-type": kind},
                timeout=subscription.answer_seconds_max,
            )  # fmt: skip
            status = answer.status_code
        except httpx.HTTPError as error:
            status = type(error).__name__
        subscription.statuses[status] += 1
        return status

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _in_own_schema(event: Event) -> Event:
    return {
        "id": event["id"], "eventType": event["type"], "topic": event["source"],
        "subject": event.get("subject", ""), "eventTime": event.get("time"),
        "data": event.get("data"), "dataVersion": "", "metadataVersion": "1",
    }  # fmt: skip
