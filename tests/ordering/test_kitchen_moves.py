"""A kitchen's touches: sent twice, sent late, and against somebody else's."""

import pytest

from quickserve.contracts.kitchen_client import KitchenClient
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderMove, OrderState, OrderView, Pause
from quickserve.contracts.ordering_problems import IllegalTransition, MoveOvertaken
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from tests.ordering.conftest import Counter, Stall, set_up


@pytest.fixture
def kitchen(counter: Counter) -> KitchenClient:
    return KitchenClient(counter.world.client("ordering", "web"))


def touch(state: OrderState, seen: OrderState) -> OrderMove:
    return OrderMove(state=state, seen=seen, id=new_uuid())


async def states(stall: Stall, order: OrderView) -> list[str]:
    return [step.state for step in (await stall.counter.saga.facts(order.id)).steps]


async def test_a_touch_that_is_sent_again_much_later_changes_nothing(
    stall: Stall, kitchen: KitchenClient
) -> None:
    order = await stall.order(stall.line("Burger", 1, "Rare"))
    started = touch("preparing", "accepted")
    await kitchen.move(order.id, started, stall.cook)
    await kitchen.move(order.id, touch("ready", "preparing"), stall.cook)
    again = await kitchen.move(order.id, started, stall.cook)
    assert again.state == "ready"  # a recall would have been allowed: this is none
    assert await states(stall, order) == ["pending", "accepted", "preparing", "ready"]


async def test_a_touch_that_was_overtaken_is_not_used(stall: Stall, kitchen: KitchenClient) -> None:
    order = await stall.order(stall.line("Burger", 1, "Rare"))
    await stall.move(order, "preparing", "ready")
    with pytest.raises(MoveOvertaken) as refused:
        await kitchen.move(order.id, touch("preparing", "accepted"), stall.cook)
    assert refused.value.extra["state"] == "ready"
    same = await kitchen.move(order.id, touch("ready", "preparing"), stall.cook)
    assert same.state == "ready"  # somebody else did what was wanted
    with pytest.raises(IllegalTransition):
        await kitchen.move(order.id, touch("submitted", "ready"), stall.cook)


async def test_a_rejection_is_repeatable_too(counter: Counter, kitchen: KitchenClient) -> None:
    stall = await set_up(counter, accepts="by-hand")
    order = await stall.reserve(await stall.fill(stall.line("Burger", 1, "Rare")))
    await counter.saga.offer(order.id)
    no = OrderMove(state="rejected", reason="too-busy", seen="submitted", id=new_uuid())
    for _ in range(2):
        assert (await kitchen.move(order.id, no, stall.cook)).state == "rejected"
    facts = await counter.saga.facts(order.id)
    assert facts.steps[-1].reason == "too-busy"
    assert await stall.reserved("grill") == 0


async def test_the_board_tells_what_is_made_and_what_may_be_taken_back(
    stall: Stall, kitchen: KitchenClient
) -> None:
    first = await stall.order(stall.line("Burger", 2, "Rare"))
    second = await stall.order(stall.line("Beer"))
    board = await kitchen.board(stall.id, stall.cook)
    assert {one.id for one in board.orders} == {first.id, second.id}
    assert board.recall is None
    assert [station.key for station in board.stations] == ["grill", "bar"]
    await stall.move(first, "ready")
    await stall.move(second, "ready", "picked-up")
    board = await kitchen.board(stall.id, stall.cook)
    assert [one.id for one in board.orders] == [first.id]
    assert board.recall is not None
    assert board.recall.id == second.id
    await kitchen.move(second.id, touch("ready", "picked-up"), stall.cook)
    assert len((await kitchen.board(stall.id, stall.cook)).orders) == 2


async def test_a_pause_is_on_the_board_at_once(stall: Stall, kitchen: KitchenClient) -> None:
    await kitchen.pause(stall.id, Pause(minutes=10), stall.cook)
    assert (await kitchen.board(stall.id, stall.cook)).paused_until is not None
    await kitchen.pause(stall.id, Pause(minutes=0), stall.cook)
    assert (await kitchen.board(stall.id, stall.cook)).paused_until is None


async def test_only_who_works_there_sees_the_board(stall: Stall, kitchen: KitchenClient) -> None:
    issuer = stall.counter.issuer
    for token in (
        issuer.token({OrganiserId(new_uuid()): [Role.KITCHEN]}),
        issuer.token({stall.organiser_id: [Role.RUNNER, Role.DOOR]}),
    ):
        with pytest.raises(Forbidden):
            await kitchen.board(stall.id, token)
    with pytest.raises(NotFound):
        await kitchen.board(StandId(new_uuid()), stall.cook)
