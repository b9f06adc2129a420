"""A stand with people: cooks who take what is due first, runners, the shelf."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from quickserve.commandline.simulate.clockwork import TICK_S, Clockwork
from quickserve.commandline.simulate.crowd import Visitor
from quickserve.commandline.simulate.scenario import (
    COMES_S,
    HALF_TIME_S,
    HANDOVER_S,
    HOLD_MAX_S,
    HOLD_MIN_S,
    PACKING_S,
    RUNNER_CARRIES,
    STATIONS,
    WALK_S,
    Scenario,
)
from quickserve.commandline.simulate.tally import Outcome
from quickserve.contracts.ordering import OrderId, OrderState

Tell = Callable[[OrderId, OrderState], Awaitable[bool]]


@dataclass(slots=True)
class Ticket:
    """An order as the kitchen has it: `left` things are not made yet."""

    order_id: OrderId
    visitor: Visitor
    outcome: Outcome
    left: int
    begun: bool = False
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class _Station:
    """`seconds`: of all that waits."""

    cooks: int
    free: int
    seconds: int = 0
    queue: list[tuple[float, int, int, Ticket]] = field(
        default_factory=list[tuple[float, int, int, Ticket]]
    )
    wakes_at: float = float("inf")

    def begins(self, due: float) -> float:
        """When to begin with what is due then: earlier when much waits, but nothing gets cold."""
        return due - min(HOLD_MAX_S, HOLD_MIN_S + 1.2 * self.seconds / self.cooks)


class Crew:
    """Of one stand. `tell` moves an order; False when the stand would not have it."""

    def __init__(self, index: int, scenario: Scenario, clock: Clockwork, tell: Tell) -> None:
        self._index = index
        self._scenario = scenario
        self._clock = clock
        self._tell = tell
        self._rng = Random(f"{scenario.seed}/{index}")  # noqa: S311 - to be drawn again
        self._stations = {key: _Station(cooks, cooks) for key, cooks in STATIONS.items()}
        self._runners = scenario.runners
        self._shelf: list[Ticket] = []
        self._count = 0

    async def take(self, ticket: Ticket) -> None:
        """It is on the board."""
        now = self._clock.now
        touched: set[str] = set()
        for item, count in ticket.visitor.contents:
            if item.station is None:
                continue
            for _ in range(count):
                self._count += 1
                entry = (ticket.outcome.due, self._count, item.seconds, ticket)
                heapq.heappush(self._stations[item.station].queue, entry)
                self._stations[item.station].seconds += item.seconds
                ticket.left += 1
            touched.add(item.station)
        if not touched:
            at = max(now + PACKING_S, ticket.outcome.due - HOLD_MIN_S)
            self._clock.at(at, self._index, partial(self._ready, ticket))
        for key in sorted(touched):
            await self._dispatch(key)

    async def _dispatch(self, key: str) -> None:
        """Whoever is free takes what is due first, but nothing that would get cold."""
        station, now = self._stations[key], self._clock.now
        while station.free and station.queue:
            due, _, seconds, ticket = station.queue[0]
            begins = station.begins(due)
            if begins >= now + TICK_S:
                if station.wakes_at > begins:
                    station.wakes_at = begins
                    self._clock.at(begins, self._index, partial(self._wake, key))
                return
            heapq.heappop(station.queue)
            station.free -= 1
            station.seconds -= seconds
            human = self._scenario.slowness * self._rng.lognormvariate(
                -(self._scenario.spread**2) / 2, self._scenario.spread
            )
            self._clock.at(now + seconds * human, self._index, partial(self._made, key, ticket))
            if not ticket.begun:
                ticket.begun = True
                await self._say(ticket, "preparing")

    async def _wake(self, key: str) -> None:
        self._stations[key].wakes_at = float("inf")
        await self._dispatch(key)

    async def _made(self, key: str, ticket: Ticket) -> None:
        self._stations[key].free += 1
        ticket.left -= 1
        if ticket.left == 0:
            await self._ready(ticket)
        await self._dispatch(key)

    async def _ready(self, ticket: Ticket) -> None:
        ticket.outcome.ready = now = self._clock.now
        if not await self._say(ticket, "ready"):
            return
        if ticket.visitor.to_seat:
            self._shelf.append(ticket)
            await self._send_runner()
            return
        here = max(now, HALF_TIME_S) if ticket.visitor.ahead else now
        comes = here + self._rng.uniform(*COMES_S)
        self._clock.at(comes, self._index, partial(self._picked_up, ticket))

    async def _picked_up(self, ticket: Ticket) -> None:
        # For whom it was ready in time nobody waited: what counts is when they could have it.
        ticket.outcome.received = ticket.outcome.ready
        await self._say(ticket, "picked-up")

    async def _send_runner(self) -> None:
        if not self._runners or not self._shelf:
            return
        self._runners -= 1
        self._shelf.sort(key=lambda one: one.outcome.due)
        carried, self._shelf = self._shelf[:RUNNER_CARRIES], self._shelf[RUNNER_CARRIES:]
        at = self._clock.now + self._rng.uniform(*WALK_S)
        for ticket in carried:
            at += self._rng.uniform(*HANDOVER_S)
            self._clock.at(at, self._index, partial(self._delivered, ticket))
        back = at + self._rng.uniform(*WALK_S)
        self._clock.at(back, self._index, self._back)
        for ticket in carried:
            await self._say(ticket, "on-the-way")

    async def _delivered(self, ticket: Ticket) -> None:
        ticket.outcome.received = self._clock.now
        await self._say(ticket, "delivered")

    async def _back(self) -> None:
        self._runners += 1
        await self._send_runner()

    async def _say(self, ticket: Ticket, state: OrderState) -> bool:
        """One after the other, in their order."""
        async with ticket.telling:
            return await self._tell(ticket.order_id, state)
