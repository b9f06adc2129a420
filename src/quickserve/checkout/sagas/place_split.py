"""A group's order against the shares of several cards: all of them, the order too, or nothing.

The shares are waited for; then the order takes its place in the kitchen, the stand is asked, and
the money is taken: of the first share (the pivot), then of the others, which was set aside too.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quickserve.checkout.sagas.asking import accept, accept_step, ordering, reserve_order
from quickserve.checkout.sagas.charging import payment
from quickserve.checkout.store import splits
from quickserve.checkout.store.splits import Split
from quickserve.contracts.ordering import NewOrder, OrderContact, OrderId
from quickserve.contracts.payment import IntentId
from quickserve.contracts.split_payment import SPLIT_SECONDS, SplitId, SplitTimeout
from quickserve.kernel.errors import Conflict
from quickserve.kernel.saga import Saga, State, Wait, step
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class PlaceSplit:
    split_id: SplitId
    saga_id: UUID
    order_id: OrderId


def split_collected(saga_id: UUID) -> str:
    """The signal that the last share is there."""
    return f"split:{saga_id}"


async def _split(ctx: Context, placing: PlaceSplit) -> Split:
    async with ctx.db.read() as tx:
        found = await splits.find(tx, placing.split_id)
    assert found is not None, "spawned in the transaction that inserted it"
    return found


async def collect(ctx: Context, placing: PlaceSplit, _state: State) -> dict[str, Any] | Wait:
    async with ctx.db.read() as tx:
        found = await splits.shares(tx, placing.split_id)
    if not all(share.paid for share in found):
        return Wait(split_collected(placing.saga_id))
    return {"intents": [str(share.intent_id) for share in found if share.intent_id is not None]}


async def let_go(ctx: Context, placing: PlaceSplit, _state: State) -> None:
    """Nobody begins to pay any more; then whatever was set aside, or comes late, is let go."""
    async with ctx.db.transaction() as tx:
        await splits.lock(tx, placing.split_id)
        await splits.end(tx, placing.split_id, "failed")
        found = await splits.shares(tx, placing.split_id)
    for share in found:
        for intent_id in share.intent_ids:
            await payment(ctx).void(intent_id)


async def reserve(ctx: Context, placing: PlaceSplit, _state: State) -> dict[str, Any]:
    split = await _split(ctx, placing)
    if split.contact is None:
        raise Conflict("This order has ended.")
    new = NewOrder(
        basket_id=split.basket_id, basket_version=split.basket_version, total=split.total,
        contact=OrderContact.model_validate(split.contact), payment="card",
    )  # fmt: skip
    order = await reserve_order(ctx, placing.order_id, new)
    async with ctx.db.transaction() as tx:
        await splits.set_key(tx, split.id, order.key)
    return {"order": order.number}


async def withdraw(ctx: Context, placing: PlaceSplit, _state: State) -> None:
    await ordering(ctx).withdraw(placing.order_id)


async def capture(ctx: Context, _placing: PlaceSplit, state: State) -> dict[str, Any]:
    for intent_id in state["collect"]["intents"][:1]:
        await payment(ctx).capture(IntentId(UUID(intent_id)))
    return {}


async def confirm(ctx: Context, placing: PlaceSplit, state: State) -> dict[str, Any]:
    for intent_id in state["collect"]["intents"][1:]:
        await payment(ctx).capture(IntentId(UUID(intent_id)))
    async with ctx.db.read() as tx:
        found = await splits.shares(tx, placing.split_id)
    for share in found:  # an attempt that was given up for lost may have come late
        for intent_id in share.intent_ids:
            if intent_id != share.intent_id:
                await payment(ctx).void(intent_id)
    order = await ordering(ctx).confirm(placing.order_id)
    async with ctx.db.transaction() as tx:
        await splits.end(tx, placing.split_id, "confirmed")
    return {"order": order.number}


place_split = Saga(
    "place_split",
    PlaceSplit,
    steps=(
        step(
            "collect",
            do=collect,
            undo=let_go,
            wait_seconds=lambda _settings: SPLIT_SECONDS,
            late=SplitTimeout,
        ),
        step("reserve", do=reserve, undo=withdraw),
        accept_step(accept),
        step("capture", do=capture, pivot=True),
        step("confirm", do=confirm),
    ),
)
