"""Orders a basket: at once when nothing is to be paid, else by a saga."""

from dataclasses import dataclass, replace

from quickserve.checkout import model
from quickserve.checkout.model import OrderCheckout
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.place_order import PlaceOrder, place_order
from quickserve.checkout.store import orders
from quickserve.contracts.checkout import PaymentMethodMissing
from quickserve.contracts.order_checkout import (
    ContactEmailMissing,
    NewOrderCheckout,
    OrderCheckoutId,
)
from quickserve.contracts.ordering import NewOrder
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.ordering_problems import BasketChanged, BasketOrdered, TotalChanged
from quickserve.kernel.errors import FieldError, IdReused, Problem
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class StartOrderCheckout:
    checkout_id: OrderCheckoutId
    body: NewOrderCheckout


async def start_order_checkout(ctx: Context, cmd: StartOrderCheckout) -> OrderCheckout:
    """Idempotent by id. What is evident now is refused at once; the saga has the last word.

    Raises NotFound, BasketChanged, BasketOrdered, TotalChanged, PaymentMethodMissing,
    ContactEmailMissing, IdReused; where nothing is to be paid, all that ordering refuses.
    """
    content = model.content_of(cmd.body, ctx.settings.key_for("checkout content"))
    if done := await _find(ctx, cmd):
        return _same(done, content)
    try:
        wanted = await _wanted(ctx, cmd, content)
    except Problem:
        if done := await _find(ctx, cmd):  # by an equal request at this very moment
            return _same(done, content)
        raise
    async with ctx.db.transaction() as tx:
        inserted = await orders.insert(tx, wanted)
        if inserted and inserted.state == "open":
            placing = PlaceOrder(inserted.id, inserted.order_id, inserted.intent_id)
            await queue.spawn(tx, place_order, inserted.saga_id, placing)
    if inserted:
        return inserted
    done = await _find(ctx, cmd)
    assert done is not None, "they are not deleted"
    return _same(done, content)


async def _find(ctx: Context, cmd: StartOrderCheckout) -> OrderCheckout | None:
    async with ctx.db.read() as tx:
        return await orders.find(tx, cmd.checkout_id)


async def _wanted(ctx: Context, cmd: StartOrderCheckout, content: bytes) -> OrderCheckout:
    """To be inserted; where nothing is to be paid it is ordered already."""
    body, ordering = cmd.body, OrderingClient(ctx.client("ordering"))
    ids = model.order_ids_of(cmd.checkout_id, ctx.settings)
    basket = await ordering.basket(body.basket_id)
    if basket.order_id not in (None, ids.order):
        raise BasketOrdered(order_id=str(basket.order_id))
    if basket.version != body.basket_version:
        raise BasketChanged(version=basket.version)
    total = basket.totals.total
    if basket.order_id is None and total != body.total:
        raise TotalChanged(total=str(total))
    wanted = OrderCheckout(
        id=cmd.checkout_id, saga_id=ids.saga, basket_id=body.basket_id,
        basket_version=body.basket_version, order_id=ids.order, intent_id=ids.intent,
        organiser_id=basket.organiser_id, total=body.total, content=content, contact=body.contact,
        method=body.method, order_key=None, state="open", created_at=ctx.clock.now(),
    )  # fmt: skip
    if body.total.minor == 0:
        free = NewOrder(
            basket_id=body.basket_id, basket_version=body.basket_version, total=body.total,
            contact=body.contact, payment="free",
        )  # fmt: skip
        order = await ordering.place(ids.order, free)
        return replace(wanted, contact=None, method=None, order_key=order.key, state="confirmed")
    if body.contact.email is None:
        field = FieldError(field="contact.email", code="missing", message="Give an address.")
        raise ContactEmailMissing(errors=[field])
    if not body.method:
        field = FieldError(field="method", code="missing", message="Choose how to pay.")
        raise PaymentMethodMissing(errors=[field])
    return wanted


def _same(done: OrderCheckout, content: bytes) -> OrderCheckout:
    if done.content != content:
        raise IdReused
    return done
