"""The bus: a link that is made anew for ever, what is sent over it, and who takes what comes."""

import asyncio
import time
from asyncio import timeout
from collections.abc import AsyncGenerator, Collection, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import structlog

from quickserve.kernel.bus import cloudevents
from quickserve.kernel.bus.port import BusUnreachable, Outcomes, Route
from quickserve.kernel.bus.rabbitmq.intake import Intake
from quickserve.kernel.bus.rabbitmq.link import Letter, Link, link_to
from quickserve.kernel.bus.rabbitmq.queues import EXCHANGE
from quickserve.kernel.events import Message
from quickserve.kernel.telemetry import BUS_CONNECTED

log = structlog.get_logger()

_PAUSE_SECONDS_MIN: Final = 0.1
_PAUSE_SECONDS_MAX: Final = 2.0
_LINK_WAIT_SECONDS: Final = 1.0  # at the start and after a short break publishing waits
_FINISH_SECONDS_MAX: Final = 10.0  # what is in hand at the end; a consumer's own limit is eight


class RabbitBus:
    """`wanted`: the types that each service takes, also of services in other processes.

    Every process makes everybody's queues, so that an event that is sent before its consumer has
    ever run waits for it.
    """

    def __init__(self, url: str, wanted: Mapping[str, Collection[str]] | None = None) -> None:
        self._url = url
        self._wanted = {service: frozenset(types) for service, types in (wanted or {}).items()}
        self._routes: list[Route] = []
        self._link = _Current()

    def subscribe(self, route: Route) -> None:
        self._routes.append(route)
        self._wanted[route.service] = self._wanted.get(route.service, frozenset()) | route.types

    async def publish(self, messages: Sequence[Message]) -> Outcomes:
        """Each is on the disk of every queue that wants it; one that nobody wants is done too."""
        try:
            async with timeout(_LINK_WAIT_SECONDS):
                link = await self._link.get()
        except TimeoutError as error:
            raise BusUnreachable("There is no connection to the broker.") from error
        wanted = frozenset[str]().union(*self._wanted.values())
        await link.send(
            [_letter(message, must_arrive=message.type in wanted) for message in messages]
        )
        return [None] * len(messages)

    @property
    def app(self) -> None:
        return None

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        task = asyncio.create_task(self._keep_linked())
        try:
            yield
        finally:
            await _cancel(task)

    @asynccontextmanager
    async def consuming(self) -> AsyncGenerator[None]:
        ending = asyncio.Event()
        task = asyncio.create_task(self._consume(ending))
        try:
            yield
        finally:
            ending.set()
            await asyncio.wait({task}, timeout=_FINISH_SECONDS_MAX)
            await _cancel(task)

    async def _keep_linked(self) -> None:
        pause = _PAUSE_SECONDS_MIN
        while True:
            began = time.monotonic()
            try:
                async with link_to(self._url, self._wanted) as link:
                    with self._link.being(link):
                        await link.broken.wait()
                log.warning("bus_disconnected")
            except (Exception, asyncio.CancelledError) as error:
                # What a breaking connection raises in us can look like our being cancelled.
                task = asyncio.current_task()
                if task and task.cancelling():
                    raise
                log.warning("bus_unreachable", error=type(error).__name__)
            lasted = time.monotonic() - began > _PAUSE_SECONDS_MAX
            pause = _PAUSE_SECONDS_MIN if lasted else min(2 * pause, _PAUSE_SECONDS_MAX)
            await asyncio.sleep(pause)

    async def _consume(self, ending: asyncio.Event) -> None:
        while self._routes and not ending.is_set():
            waiting = asyncio.ensure_future(self._link.get())
            await _first_of(waiting, ending.wait())
            if waiting.done():
                await self._consume_on(waiting.result(), ending)
            waiting.cancel()

    async def _consume_on(self, link: Link, ending: asyncio.Event) -> None:
        """Until the link breaks or the end comes; returns when nothing is in hand any more."""
        intakes = [Intake(route, link) for route in self._routes]
        tasks = [asyncio.create_task(intake.run()) for intake in intakes]
        try:
            await _first_of(link.broken.wait(), ending.wait(), *tasks)
            for intake in intakes:
                intake.end()
            await asyncio.wait(tasks, timeout=_FINISH_SECONDS_MAX)
        finally:
            for task in tasks:
                await _cancel(task)
                if error := None if task.cancelled() else task.exception():
                    log.warning("intake_interrupted", error=type(error).__name__)
                    link.broken.set()


class _Current:
    """The link there is now, for whoever waits for one."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._there = asyncio.Event()

    async def get(self) -> Link:
        while self._link is None or self._link.broken.is_set():
            self._there.clear()
            await self._there.wait()
        return self._link

    @contextmanager
    def being(self, link: Link) -> Generator[None]:
        self._link = link
        self._there.set()
        BUS_CONNECTED.set(1)
        try:
            yield
        finally:
            self._link = None
            BUS_CONNECTED.set(0)


def _letter(message: Message, *, must_arrive: bool) -> Letter:
    return Letter(
        EXCHANGE, message.type, cloudevents.structured(message), cloudevents.STRUCTURED,
        str(message.id), type=message.type, must_arrive=must_arrive,
    )  # fmt: skip


async def _first_of(*waits: Any) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    mine = [t for t, wait in zip(tasks, waits, strict=True) if t is not wait]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in mine:
            task.cancel()


async def _cancel(task: asyncio.Task[Any]) -> None:
    """Until it has ended: Python 3.11 can lose a cancellation that meets the end of a wait."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1)
