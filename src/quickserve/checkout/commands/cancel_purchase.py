"""An organiser gives the money back, and the tickets are worth nothing any more."""

from dataclasses import dataclass

from quickserve.checkout import store
from quickserve.checkout.model import Cancellation
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.cancel_purchase import RefundAndCancel
from quickserve.checkout.sagas.cancel_purchase import cancel_purchase as saga
from quickserve.contracts.booking import BookingId
from quickserve.contracts.checkout import CancellationId, NotRefundable
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class CancelPurchase:
    cancellation_id: CancellationId
    booking_id: BookingId


async def cancel_purchase(ctx: Context, cmd: CancelPurchase) -> Cancellation:
    """The one that is under way, or done, answers for another one of the same booking.

    Raises NotFound, Forbidden, NotRefundable while it is not bought or when it cost nothing,
    IdReused.
    """
    async with ctx.db.transaction() as tx:
        checkout = await store.lock_checkout_of_booking(tx, cmd.booking_id)
        if checkout is None:
            raise NotFound("No purchase has this booking.")
        ctx.principal.require(checkout.organiser_id, Role.ORGANISER)
        if checkout.booking_key is None or not checkout.total.minor:
            raise NotRefundable
        latest = await store.latest_cancellation(tx, checkout.id)
        if latest is not None:
            status = await queue.status(tx, latest.id)
            if latest.id == cmd.cancellation_id or (status and status.state != "undone"):
                return latest
        begun = await store.insert_cancellation(tx, cmd.cancellation_id, checkout.id)
        if begun is None:
            raise IdReused
        order = RefundAndCancel(begun.id, cmd.booking_id)
        if not await queue.spawn(tx, saga, begun.id, order):
            raise IdReused  # by another saga
    return begun
