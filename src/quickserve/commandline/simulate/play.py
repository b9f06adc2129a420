"""The match: visitors look, decide and order; what becomes of each order is noted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from typing import TypeVar
from uuid import UUID

from quickserve.commandline.simulate.clockwork import Clockwork
from quickserve.commandline.simulate.crowd import Visitor
from quickserve.commandline.simulate.scenario import HALF_TIME_S, SECOND_TRY, Scenario
from quickserve.commandline.simulate.stand import Crew, Ticket
from quickserve.commandline.simulate.tally import Outcome, Tally
from quickserve.commandline.simulate.venue import Stand, Venue
from quickserve.contracts.ordering import (
    BasketId,
    BasketLineId,
    BasketView,
    Destination,
    NewBasket,
    NewLine,
    NewOrder,
    OrderContact,
    OrderId,
    OrderState,
    OrderView,
)
from quickserve.kernel.errors import Conflict, DeadlineExceeded, Problem, Unavailable
from quickserve.kernel.ids import new_uuid
from quickserve.ordering.pacing import wanted_ready

_TRIES = 6
_LOOK_EVERY_S = 180
_SLOTS_AHEAD = (0, 5)  # minutes into half-time that are asked for

T = TypeVar("T")


@dataclass
class Match:
    scenario: Scenario
    venue: Venue
    clock: Clockwork
    tally: Tally = field(default_factory=Tally)
    told: Callable[["Match"], None] = lambda _: None

    def __post_init__(self) -> None:
        self._crews = [
            Crew(index, self.scenario, self.clock, self._tell)
            for index in range(self.scenario.stands)
        ]
        self._placed: set[UUID] = set()
        self._rng = Random(f"{self.scenario.seed}/visitors")  # noqa: S311 - to be drawn again

    async def play(self, visitors: Sequence[Visitor]) -> Tally:
        for visitor in visitors:
            # Drawn now: in which order they come to it must not matter.
            second = self._rng.random() < SECOND_TRY
            neighbour = (visitor.stand + self._rng.choice((-1, 1))) % self.scenario.stands
            other = neighbour if second and neighbour != visitor.stand else None
            action = partial(self._come, visitor, visitor.stand, other)
            self.clock.at(visitor.at, visitor.stand, action)
        first, last = self.scenario.first_minute * 60, self.scenario.last_minute * 60
        for at in range(first + 60, last, _LOOK_EVERY_S):
            for index in range(self.scenario.stands):
                self.clock.at(at, index, partial(self._look, index))
        await self.clock.run()
        await self._audit()
        return self.tally

    async def _come(self, visitor: Visitor, index: int, other: int | None) -> None:
        if index == visitor.stand:
            self.tally.came += 1
        self.told(self)
        try:
            why = await self._order(visitor, index)
        except Problem as problem:
            self.tally.failed[problem.code] += 1
            why = "a call failed"
        if why is None:
            return
        if other is not None and not visitor.ahead:
            action = partial(self._come, visitor, other, None)
            self.clock.at(self.clock.now + 15, other, action)
            return
        self.tally.lost[why] += 1
        self.tally.lost_cents += visitor.cents

    async def _order(self, visitor: Visitor, index: int) -> str | None:
        """Why not, in words; None when it was ordered."""
        stand = self.venue.stands[index]
        if not visitor.ahead:
            return await self._order_at(visitor, index, stand, None)
        why: str | None = "no slot"
        for minutes in _SLOTS_AHEAD:
            slot = HALF_TIME_S + minutes * 60
            if why is not None and slot > self.clock.now:
                why = await self._order_at(visitor, index, stand, slot)
        return why

    async def _order_at(
        self, visitor: Visitor, index: int, stand: Stand, slot: float | None
    ) -> str | None:
        basket = await self._fill(visitor, stand, slot)
        if basket.problems or basket.promise is None:
            code = basket.problems[0].code if basket.problems else "kitchen-full"
            self.tally.refused[code] += 1
            return code
        promise = basket.promise
        middle = promise.earliest + (promise.latest - promise.earliest) / 2
        wait = self.clock.seconds(middle) - self.clock.now
        if slot is None and wait > visitor.patience_s:
            return "too long"
        try:
            order = await self._place(visitor, basket)
        except Conflict as refusal:
            self.tally.refused[refusal.code] += 1
            return refusal.code
        await self._crews[index].take(self._noted(visitor, order))
        return None

    def _noted(self, visitor: Visitor, order: OrderView) -> Ticket:
        self._placed.add(order.id)
        promise = order.promise
        due = wanted_ready(promise.earliest, order.destination.fulfilment)
        outcome = Outcome(
            visitor.cents, visitor.ahead, self.clock.now, self.clock.seconds(due),
            self.clock.seconds(promise.earliest), self.clock.seconds(promise.latest),
        )  # fmt: skip
        self.tally.outcomes.append(outcome)
        return Ticket(order.id, visitor, outcome, 0)

    async def _fill(self, visitor: Visitor, stand: Stand, slot: float | None) -> BasketView:
        destination = Destination()
        if visitor.to_seat:
            destination = Destination(fulfilment="seat", seat=f"Block {visitor.stand + 1}")
        basket = NewBasket(
            stand_id=stand.id, destination=destination,
            slot=None if slot is None else self.clock.start + timedelta(seconds=slot),
            lines=[
                NewLine(
                    id=BasketLineId(new_uuid()), item_id=stand.items[item.name], quantity=count
                )
                for item, count in visitor.contents
            ],
        )  # fmt: skip
        basket_id = BasketId(new_uuid())
        return await _again(lambda: self.venue.ordering.put_basket(basket_id, basket))

    async def _place(self, visitor: Visitor, basket: BasketView) -> OrderView:
        new = NewOrder(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=OrderContact(name=f"Visitor {visitor.number}"), payment="free",
        )  # fmt: skip
        order_id = OrderId(new_uuid())
        return await _again(lambda: self.venue.ordering.place(order_id, new))

    async def _tell(self, order_id: OrderId, state: OrderState) -> bool:
        try:
            await _again(lambda: self.venue.ordering.move(order_id, state))
            self.told(self)
        except Problem as problem:
            self.tally.failed[problem.code] += 1
            return False
        return True

    async def _look(self, index: int) -> None:
        status = await self.venue.ordering.status(self.venue.stands[index].id)
        self.tally.gates.append((status.intake_percent, status.widened_s))

    async def _audit(self) -> None:
        """What the product says of every order, beside what was answered to those who ordered."""
        known: dict[UUID, OrderState] = {}
        after: str | None = None
        while True:
            page = await self.venue.ordering.of_organiser(self.venue.organiser_id, after=after)
            known |= {order.id: order.state for order in page.orders}
            if page.next is None:
                break
            after = page.next
        ended = {one for one, state in known.items() if state in {"picked-up", "delivered"}}
        self.tally.lost_orders = len(self._placed - ended)
        self.tally.unknown = len(known.keys() - self._placed)


async def _again(call: Callable[[], Awaitable[T]]) -> T:
    """As a page does: the same call, a moment later, while the other side has no time."""
    for attempt in range(_TRIES - 1):
        try:
            return await call()
        except (Unavailable, DeadlineExceeded):
            await asyncio.sleep(0.2 * 2**attempt)
    return await call()
