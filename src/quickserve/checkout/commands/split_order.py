"""A group divides its basket; each pays a share, which is set aside until all are there."""

from dataclasses import dataclass

from quickserve.checkout import dividing, model
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.place_split import PlaceSplit, place_split, split_collected
from quickserve.checkout.store import splits
from quickserve.checkout.store.splits import Share, Split
from quickserve.contracts.order_checkout import ContactEmailMissing
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.contracts.ordering_problems import BasketChanged, BasketOrdered, TotalChanged
from quickserve.contracts.payment import (
    CardDeclined,
    IntentId,
    IntentView,
    NewIntent,
    PaymentClient,
)
from quickserve.contracts.split_payment import (
    SPLIT_SECONDS,
    NewSplit,
    ShareId,
    SharePayment,
    SplitEnded,
    SplitId,
)
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, FieldError, IdReused, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class SplitOrder:
    split_id: SplitId
    body: NewSplit


async def split_order(ctx: Context, cmd: SplitOrder) -> None:
    """Idempotent by id.

    Raises NotFound, BasketChanged, BasketOrdered, TotalChanged, SplitTooSmall,
    ContactEmailMissing, IdReused.
    """
    content = model.content_of(cmd.body, ctx.settings.key_for("checkout content"))
    async with ctx.db.read() as tx:
        done = await splits.find(tx, cmd.split_id)
    if done is None:
        await _begin(ctx, cmd, content)
        async with ctx.db.read() as tx:
            done = await splits.find(tx, cmd.split_id)
    if done is None or done.content != content:
        raise IdReused


async def _begin(ctx: Context, cmd: SplitOrder, content: bytes) -> None:
    body = cmd.body
    basket = await OrderingClient(ctx.client("ordering")).basket(body.basket_id)
    if basket.order_id is not None:
        raise BasketOrdered(order_id=str(basket.order_id))
    if basket.version != body.basket_version:
        raise BasketChanged(version=basket.version)
    if basket.totals.total != body.total:
        raise TotalChanged(total=str(basket.totals.total))
    if body.contact.email is None:
        field = FieldError(field="contact.email", code="missing", message="Give an address.")
        raise ContactEmailMissing(errors=[field])
    if body.way == "own":
        parts = dividing.by_own_lines(basket)
    else:
        parts = dividing.equally(body.total.minor, body.people)
    ids = model.split_ids_of(cmd.split_id, ctx.settings)
    now = ctx.clock.now()
    new = Split(
        cmd.split_id, ids.saga, basket.id, basket.version, ids.order, basket.organiser_id,
        body.total.minor, body.total.currency, content, None, None, "open", now, now,
    )  # fmt: skip
    async with ctx.db.transaction() as tx:
        if await splits.insert(tx, new, body.contact, SPLIT_SECONDS):
            for position, part in enumerate(parts):
                share_id = ShareId(new_uuid())
                await splits.insert_share(tx, new.id, share_id, position, part)
            params = PlaceSplit(new.id, new.saga_id, new.order_id)
            await queue.spawn(tx, place_split, new.saga_id, params)


async def pay_share(ctx: Context, share_id: ShareId, payment: SharePayment) -> IntentView | None:
    """The money is set aside, or the bank asks; None when it is paid. A repeat pays nothing twice.

    Raises NotFound, SplitEnded, CardDeclined, Conflict when somebody else is faster.
    """
    share, split = await _of(ctx, share_id)
    if split.state == "failed":
        raise SplitEnded
    if share.paid:
        return None
    client = PaymentClient(ctx.client("payment"))
    if share.intent_id is not None:
        try:
            under_way = await client.intent(share.intent_id)
        except NotFound:  # whoever began it did not come so far
            under_way = None
        if under_way is not None and under_way.state not in ("declined", "voided"):
            return await _told(ctx, under_way)
    intent_id = await _begin_attempt(ctx, share)
    intent = await client.put_intent(
        intent_id,
        NewIntent(
            organiser_id=split.organiser_id, amount=Money(share.amount_minor, split.currency),
            method=payment.method, reference=split.order_id,
            return_path=f"/splits/{split.id}/shares/{share.id}",
        ),
    )  # fmt: skip
    return await _told(ctx, intent)


async def _of(ctx: Context, share_id: ShareId) -> tuple[Share, Split]:
    async with ctx.db.read() as tx:
        share = await splits.find_share(tx, share_id)
        split = await splits.find(tx, share.split_id) if share else None
    if share is None or split is None:
        raise NotFound("There is no such share.")
    return share, split


async def _begin_attempt(ctx: Context, share: Share) -> IntentId:
    """Noted before the bank is asked: whatever it says is let go if the group fails."""
    intent_id = IntentId(new_uuid())
    async with ctx.db.transaction() as tx:
        split = await splits.lock(tx, share.split_id)
        if split is None or split.state != "open":
            raise SplitEnded
        now = await splits.find_share(tx, share.id)
        if now is None or now.attempt != share.attempt or now.paid:
            raise Conflict("Somebody else pays this share at this moment.")
        await splits.begin_attempt(tx, share.id, intent_id)
    return intent_id


async def _told(ctx: Context, intent: IntentView) -> IntentView:
    if intent.state == "declined":
        raise CardDeclined(failure=intent.failure)
    if intent.state == "voided":
        raise SplitEnded
    if intent.state in ("authorized", "captured"):
        async with ctx.db.transaction() as tx:
            await note_paid(tx, intent.id)
    return intent


async def note_paid(tx: Transaction, intent_id: IntentId) -> None:
    """If it is a share's; the last one lets the order begin."""
    split_id = await splits.split_of(tx, intent_id)
    if split_id is None:
        return
    split = await splits.lock(tx, split_id)  # so that one of two last ones sees the other
    await splits.set_paid(tx, intent_id)
    if split is not None and await splits.is_all_paid(tx, split_id):
        await queue.signal(tx, split_collected(split.saga_id))
