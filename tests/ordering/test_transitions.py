"""Every move that anybody could try, from every state, for every way of getting an order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from quickserve.contracts.menus import FULFILMENTS, DeliveryArea, Fulfilment
from quickserve.contracts.ordering import (
    Address,
    BasketView,
    Destination,
    NewOrder,
    OrderId,
    OrderState,
    OrderView,
)
from quickserve.contracts.ordering_problems import IllegalTransition
from quickserve.contracts.tracking import OrderHandedOver, OrderPickedUp
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.ids import new_uuid
from quickserve.ordering.commands.reject_unanswered import reject_unanswered
from quickserve.ordering.model import TRANSITIONS, may_move
from tests.ordering.books import audit
from tests.ordering.conftest import LEA, Counter, Stall, eur, set_up

pytestmark = pytest.mark.one_shape

STATES: tuple[OrderState, ...] = get_args(OrderState)
THERE: dict[Fulfilment, Destination] = {
    "pickup": Destination(fulfilment="pickup"),
    "seat": Destination(fulfilment="seat", seat="A12"),
    "table": Destination(fulfilment="table", table="7"),
    "delivery": Destination(
        fulfilment="delivery", address=Address(text="2 quai Moulins", latitude=43.4, longitude=3.7)
    ),
}
# How an order comes into each state: by whom, and by way of which other.
PATHS: dict[OrderState, tuple[OrderState, ...]] = {
    "pending": (),
    "submitted": ("submitted",),
    "accepted": ("submitted", "accepted"),
    "preparing": ("submitted", "accepted", "preparing"),
    "ready": ("submitted", "accepted", "ready"),
    "on-the-way": ("submitted", "accepted", "ready", "on-the-way"),
    "delivered": ("submitted", "accepted", "ready", "delivered"),
    "picked-up": ("submitted", "accepted", "ready", "picked-up"),
    "rejected": ("submitted", "rejected"),
    "cancelled": ("submitted", "cancelled"),
    "withdrawn": ("withdrawn",),
}


@dataclass
class Desk:
    """One stand by hand, its orders, and what is known of each in the database."""

    counter: Counter
    stall: Stall
    fulfilment: Fulfilment

    async def order(self, state: OrderState) -> OrderView:
        basket = await self.stall.fill(
            self.stall.line("Burger", 1, "Rare"), destination=THERE[self.fulfilment]
        )
        order = await self.stall.reserve(basket)
        for step in PATHS[state]:
            if step == "submitted":
                order = await self.counter.saga.offer(order.id)
            elif step == "withdrawn":
                await self.counter.saga.withdraw(order.id)
            else:
                order = await self.stall.move(order, step)
        return order.model_copy(update={"state": state})

    async def known(self, order: OrderView) -> list[Any]:
        """All of an order but the time; a move that is refused changes none of it."""
        return await self.counter.sql(
            "SELECT to_jsonb(o), to_jsonb(b), (SELECT jsonb_agg(s ORDER BY s.position)"
            " FROM order_steps s WHERE s.order_id = o.id), (SELECT jsonb_agg(w ORDER BY w.station,"
            " w.starts_at) FROM order_work w WHERE w.order_id = o.id)"
            " FROM orders o JOIN baskets b ON b.id = o.basket_id WHERE o.id = %s",
            (order.id,),
        )

    async def steps(self, order: OrderView) -> list[tuple[str, str]]:
        return await self.counter.sql(
            "SELECT state, by FROM order_steps WHERE order_id = %s ORDER BY position", (order.id,)
        )

    async def tell(self, order: OrderView, event: Any, *more: Any) -> None:
        await self.counter.deliver(event(order.id, datetime.now(UTC), *more), "tracking")


@pytest.fixture(params=FULFILMENTS)
async def desk(request: pytest.FixtureRequest, counter: Counter) -> Desk:
    area = DeliveryArea(radius_m=5000, fee=eur(200), order_min=eur(0))
    stall = await set_up(
        counter, accepts="by-hand", fulfilments=list(FULFILMENTS), latitude=43.4, longitude=3.7,
        delivery=area, stations=[],
    )  # fmt: skip
    return Desk(counter, stall, request.param)


async def _tried(
    desk: Desk, order: OrderView, to: OrderState, by: str, call: Callable[[OrderView], Any]
) -> bool:
    """`call` answers with a status. Allowed: one step. Else 409, and nothing is changed."""
    state = order.state
    before = await desk.known(order)
    steps = await desk.steps(order)
    status = await call(order)
    told = f"{state} → {to} by {by}, {desk.fulfilment}: {status}"
    allowed = may_move(state, to, by, order.payment)
    if allowed:
        assert status in (200, 204), told
        assert await desk.steps(order) == [*steps, (to, by)], told
        after = await desk.known(order)
        assert await call(order) in (200, 204), f"{told}, again"
        assert await desk.known(order) == after, f"{told}, again"
    else:
        assert status == (200 if state == to else 409), told
        assert await desk.known(order) == before, told
    return allowed


@pytest.mark.parametrize("state", STATES)
async def test_who_works_at_the_stand(desk: Desk, state: OrderState) -> None:
    headers = {"authorization": f"Bearer {desk.stall.cook}"}
    order = await desk.order(state)
    for to in STATES:

        async def put(order: OrderView, to: OrderState = to) -> int:
            path = f"/orders/{order.id}/state"
            body = {"state": to, "reason": "too-busy" if to == "rejected" else None}
            answer = await desk.counter.http.put(path, json=body, headers=headers)
            if answer.status_code == 409:
                problem = answer.json()
                assert problem["code"] == "illegal-transition"
                assert problem["extra"]["allowed"] == sorted(
                    there
                    for (here, there), who in TRANSITIONS.items()
                    if here == state
                    and "stand" in who
                    and ((there, order.payment) != ("cancelled", "card") or here == "submitted")
                )
            return answer.status_code

        if await _tried(desk, order, to, "stand", put):
            order = await desk.order(state)
    await audit(desk.counter, desk.stall.id)


async def test_what_a_card_paid_is_not_called_off_without_its_money(counter: Counter) -> None:
    """On the tab, or for nothing, a stand may; by card checkout's saga does it, with the refund."""
    stall = await set_up(counter)
    order = await stall.order(stall.line("Beer"))
    with pytest.raises(IllegalTransition) as refused:
        await stall.move(order, "cancelled")
    assert "cancelled" not in refused.value.extra["allowed"]
    await counter.sql(
        "INSERT INTO order_vouchers (code, organiser_id, percent, uses_max)"
        " VALUES ('GIFT', %s, 100, 1)", (stall.organiser_id,),
    )  # fmt: skip
    basket = await stall.fill(stall.line("Beer"), codes=["gift"])
    free = await counter.visitor.place(OrderId(new_uuid()), _free(basket))
    assert (await stall.move(free, "cancelled")).state == "cancelled"
    await audit(counter, stall.id)


def _free(basket: BasketView) -> NewOrder:
    return NewOrder(
        basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
        contact=LEA, payment="free",
    )  # fmt: skip


@pytest.mark.parametrize("state", STATES)
async def test_the_buyer(desk: Desk, state: OrderState) -> None:
    async def reopen(order: OrderView) -> int:
        path = f"/orders/{order.id}/reopening?key={order.key}"
        return (await desk.counter.http.put(path)).status_code

    await _tried(desk, await desk.order(state), "withdrawn", "buyer", reopen)
    order = await desk.order(state)
    before = await desk.known(order)
    for key in ("0" * 32, "", "é", order.key[:-1]):
        answer = await desk.counter.http.put(f"/orders/{order.id}/reopening", params={"key": key})
        assert answer.status_code == 404
    assert await desk.known(order) == before


@pytest.mark.parametrize("state", STATES)
async def test_the_saga(desk: Desk, state: OrderState) -> None:
    """It offers once, and takes back whatever has not ended; repeats change nothing."""
    token = ServiceIdentity(desk.counter.world.settings, "checkout").token
    for noun, to in (("offer", "submitted"), ("withdrawal", "withdrawn")):
        order = await desk.order(state)
        steps, before = await desk.steps(order), await desk.known(order)
        allowed = "saga" in TRANSITIONS.get((state, to), ())
        for _ in range(2):
            answer = await desk.counter.http.put(
                f"/orders/{order.id}/{noun}", headers={"authorization": f"Bearer {token()}"}
            )
            assert answer.status_code in (200, 204), (state, noun, answer.text)
            if allowed:
                assert await desk.steps(order) == [*steps, (to, "saga")]
            else:
                assert await desk.known(order) == before, (state, noun)


@pytest.mark.parametrize("state", STATES)
async def test_the_runner(desk: Desk, state: OrderState) -> None:
    """Whoever carries it; what comes late, twice or the other way round does no harm."""
    carried = state in ("accepted", "preparing", "ready")
    on_the_way, delivered = ("on-the-way", "runner"), ("delivered", "runner")
    order = await desk.order(state)
    steps = await desk.steps(order)
    await desk.tell(order, OrderPickedUp)
    await desk.tell(order, OrderPickedUp)
    assert await desk.steps(order) == steps + [on_the_way] * carried
    await desk.tell(order, OrderHandedOver, "pin")
    there = carried or state == "on-the-way"
    assert await desk.steps(order) == steps + [on_the_way] * carried + [delivered] * there
    other = await desk.order(state)
    await desk.tell(other, OrderHandedOver, "pin")
    await desk.tell(other, OrderPickedUp)
    assert await desk.steps(other) == steps + [on_the_way] * carried + [delivered] * there
    await audit(desk.counter, desk.stall.id)


@pytest.mark.parametrize("state", STATES)
async def test_the_clock(desk: Desk, state: OrderState) -> None:
    """It rejects what nobody answered, and nothing else."""
    order = await desk.order(state)
    steps = await desk.steps(order)
    await desk.counter.sql(
        "UPDATE orders SET answer_by = clock_timestamp() - interval '1 s' WHERE id = %s",
        (order.id,),
    )
    for _ in range(2):
        await reject_unanswered(desk.counter.world.runtimes["ordering"].context())
    late = state == "submitted"
    assert await desk.steps(order) == steps + [("rejected", "clock")] * late


async def test_only_those_whose_it_is(counter: Counter) -> None:
    """A saga's nouns are for the checkout; nobody else withdraws or confirms."""
    stall = await set_up(counter)
    order = await stall.order(stall.line("Beer"))
    other = ServiceIdentity(counter.world.settings, "tracking").token()
    calls: list[Callable[[dict[str, str]], Awaitable[Any]]] = [
        lambda headers, noun=noun: counter.http.put(f"/orders/{order.id}/{noun}", headers=headers)
        for noun in ("offer", "confirmation", "withdrawal")
    ]
    shown = {
        "nothing": ({}, 401),
        "the kitchen": ({"authorization": f"Bearer {stall.cook}"}, 403),
        "an admin": ({"authorization": f"Bearer {counter.issuer.token(admin=True)}"}, 403),
        "tracking": ({"authorization": f"Bearer {other}"}, 403),
        "forged": ({"authorization": "Bearer x.y.z"}, 401),
    }
    for call in calls:
        for who, (headers, status) in shown.items():
            assert (await call(headers)).status_code == status, who
    assert (await counter.visitor.order(order.id, order.key)).state == "accepted"
