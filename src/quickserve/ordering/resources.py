"""What the commands share within a process, beside the database."""

from dataclasses import dataclass

from quickserve.contracts import notices
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.batches import Batch
from quickserve.kernel.service import Context
from quickserve.kernel.shared.port import Fanout
from quickserve.ordering.model import Moved, Moving, NewOrderRow, Placed
from quickserve.ordering.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Resources:
    shelf: Shelf
    placing: Batch[NewOrderRow, Placed]
    moving: Batch[Moving, Moved]
    fanout: Fanout


def resources(ctx: Context) -> Resources:
    assert isinstance(ctx.resources, Resources)
    return ctx.resources


async def tell_moved(ctx: Context, stand_id: StandId, *order_ids: OrderId) -> None:
    """After the commit: whoever looks at the board or at an order looks again."""
    fanout = resources(ctx).fanout
    await fanout.publish(notices.board(stand_id), b"{}")
    for order_id in order_ids:
        await fanout.publish(notices.order(order_id), b"{}")


async def tell_stand(ctx: Context, stand_id: StandId) -> None:
    """It opened, closed, paused, or something is out."""
    resources(ctx).shelf.forget(stand_id)
    await resources(ctx).fanout.publish(notices.stand(stand_id), b"{}")
