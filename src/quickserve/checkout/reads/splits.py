"""What a group sees of its shares."""

from quickserve.checkout.reads.purchases import failure_of
from quickserve.checkout.sagas import queue
from quickserve.checkout.store import splits
from quickserve.checkout.store.splits import Share
from quickserve.contracts.payment import IntentView
from quickserve.contracts.split_payment import ShareId, ShareView, SplitId, SplitState, SplitView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context


async def show_split(ctx: Context, split_id: SplitId) -> SplitView:
    """Raises NotFound."""
    async with ctx.db.read() as tx:
        found = await splits.find(tx, split_id)
        if found is None:
            raise NotFound("There is no such group.")
        shares = await splits.shares(tx, split_id)
        status = None
        if found.state != "confirmed":
            status = await queue.status(tx, found.saga_id)
    state: SplitState = "collecting"
    failure = None
    if found.state == "confirmed":
        state = "confirmed"
    elif status is None or status.state == "undone":
        state, failure = "failed", failure_of(status.failure or {}) if status else None
    elif status.state == "waiting" and (status.note or {}).get("answer_by"):
        state = "waiting"
    return SplitView(
        id=found.id, state=state, basket_id=found.basket_id, order_id=found.order_id,
        order_key=found.order_key, total=found.total,
        shares=[_share(share, found.currency) for share in shares], until=found.until,
        failure=failure,
    )  # fmt: skip


async def show_share(ctx: Context, share_id: ShareId, intent: IntentView | None) -> ShareView:
    """Raises NotFound."""
    async with ctx.db.read() as tx:
        share = await splits.find_share(tx, share_id)
        split = await splits.find(tx, share.split_id) if share else None
    if share is None or split is None:
        raise NotFound("There is no such share.")
    path = intent.challenge_path if intent else None
    return _share(share, split.currency).model_copy(update={"challenge_path": path})


def _share(share: Share, currency: str) -> ShareView:
    return ShareView(
        id=share.id, guest=share.guest, amount=Money(share.amount_minor, currency),
        paid=share.paid,
    )  # fmt: skip
