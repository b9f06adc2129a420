"""The kitchen's time and the stand's yes: the steps that sagas of orders have in common."""

from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

from quickserve.contracts.order_checkout import OrderRefused, OrderTakenBack, StandDidNotAnswer
from quickserve.contracts.ordering import ANSWER_SECONDS, NewOrder, OrderId, OrderView
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.ordering_problems import OrderWithdrawn
from quickserve.kernel.saga import Do, State, Step, Wait, step
from quickserve.kernel.service import Context

P = TypeVar("P")

_CLOCK_SECONDS: Final = 60  # ordering's clock rejects what is not answered; it may be a little late


class Placing(Protocol):
    """A saga with one order."""

    @property
    def order_id(self) -> OrderId: ...


def ordering(ctx: Context) -> OrderingClient:
    return OrderingClient(ctx.client("ordering"))


def order_answered(order_id: OrderId) -> str:
    """The signal that the stand, its clock or the buyer has decided."""
    return f"order:{order_id}"


async def reserve_order(ctx: Context, order_id: OrderId, new: NewOrder) -> OrderView:
    """Raises OrderWithdrawn, and what refuses the order."""
    order = await ordering(ctx).reserve(order_id, new)
    if order.state == "withdrawn":
        raise OrderWithdrawn
    return order


async def accept(ctx: Context, placing: Placing, _state: State) -> dict[str, Any] | Wait:
    """Raises OrderRefused, OrderTakenBack."""
    order = await ordering(ctx).offer(placing.order_id)
    match order.state:
        case "submitted" | "pending":
            until = order.answer_by or order.server_now + timedelta(seconds=ANSWER_SECONDS)
            return Wait(order_answered(placing.order_id), {"answer_by": until.isoformat()})
        case "rejected" | "cancelled":
            raise OrderRefused(reason=_reason(order))
        case "withdrawn":
            raise OrderTakenBack
        case _:
            return {"accepted": True}


def _reason(order: OrderView) -> str:
    """The stand's own word."""
    told = [step.reason for step in order.steps if step.state == order.state and step.reason]
    return told[-1] if told else "other"


def accept_step(do: Do[P]) -> Step[P]:
    return step(
        "accept", do=do, wait_seconds=lambda _settings: ANSWER_SECONDS + _CLOCK_SECONDS,
        late=StandDidNotAnswer,
    )  # fmt: skip
