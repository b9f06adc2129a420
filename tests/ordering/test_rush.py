"""A rush: many orders are placed and moved in the same moment, each judged by itself."""

import asyncio

from quickserve.contracts.ordering import OrderId, OrderView, StandStatus
from quickserve.contracts.ordering_problems import IllegalTransition
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.testing import race
from tests.ordering.conftest import Counter, Stall, set_up


async def test_many_are_moved_at_once_and_each_is_judged_by_itself(stall: Stall) -> None:
    orders = [await stall.order(stall.line("Burger", 1, "Rare")) for _ in range(6)]
    ended = await stall.move(orders[0], "preparing", "ready", "picked-up")
    outcomes = await race(
        *(stall.move(one, "preparing", "ready") for one in orders[1:]),
        stall.move(ended, "preparing"),
        stall.counter.visitor.move(OrderId(new_uuid()), "ready", stall.cook),
    )
    assert outcomes.kinds == {OrderView: 5, IllegalTransition: 1, NotFound: 1}
    assert {one.state for one in outcomes.of(OrderView)} == {"ready"}
    assert await stall.reserved("grill") == 0


async def test_a_move_told_twice_at_once_is_one_step(stall: Stall) -> None:
    order = await stall.order(stall.line("Beer"))
    outcomes = await race(*(stall.move(order, "ready") for _ in range(8)))
    assert outcomes.kinds == {OrderView: 8}
    shown = await stall.counter.visitor.order(order.id, order.key)
    assert [step.state for step in shown.steps] == ["pending", "accepted", "ready"]


async def test_who_moves_an_order_shows_a_token_of_its_kitchen(stall: Stall) -> None:
    order = await stall.order(stall.line("Beer"))
    path, body = f"/orders/{order.id}/state", {"state": "ready"}
    stranger = stall.counter.issuer.token({OrganiserId(new_uuid()): [Role.KITCHEN]})
    for authorization, refusal in (
        ("", Unauthenticated),
        ("Bearer", Unauthenticated),
        ("Bearer x.y.z", Unauthenticated),
        (f"Basic {stall.cook}", Unauthenticated),
        (f"Bearer {stranger}", Forbidden),
    ):
        headers = {"authorization": authorization} if authorization else {}
        answer = await stall.counter.http.put(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (refusal.status, refusal.code)
    answer = await stall.counter.http.put(
        path, json=body, headers={"authorization": f"Bearer {stall.cook}"}
    )
    assert answer.json()["state"] == "ready"
    other = {"authorization": f"Bearer {stall.cook}"}
    answer = await stall.counter.http.put(path, json={"state": "eaten"}, headers=other)
    assert answer.status_code == 422


async def test_stands_of_one_organiser_are_served_together_and_counted_apart(
    counter: Counter,
) -> None:
    first = await set_up(counter)
    second = await set_up(counter, organiser_id=first.organiser_id)
    await asyncio.gather(
        *(stall.order(stall.line("Burger", 1, "Rare")) for stall in (first, second) * 5)
    )
    for stall in (first, second):
        status = await counter.visitor.status(stall.id, stall.cook)
        assert isinstance(status, StandStatus)
        assert status.open_orders == 5
        assert await stall.reserved("grill") == 5 * 90
        board = await counter.visitor.board(stall.id, stall.cook)
        assert sorted(one.number for one in board.orders) == ["001", "002", "003", "004", "005"]
