"""What people see of a tab that they pay."""

from functools import partial

from quickserve.checkout.reads.purchases import failure_of
from quickserve.checkout.reads.waiting import wait_for
from quickserve.checkout.sagas import queue
from quickserve.checkout.store import tabs
from quickserve.contracts.tabs import SettlementId, SettlementState, SettlementView
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


async def wait_for_settlement(
    ctx: Context, settlement_id: SettlementId, wait_ms: int
) -> SettlementView:
    """See `wait_for`. Raises NotFound."""
    return await wait_for(ctx, settlement_id, wait_ms, partial(_read, ctx, settlement_id))


async def _read(ctx: Context, settlement_id: SettlementId) -> SettlementView:
    async with ctx.db.read() as tx:
        found = await tabs.find(tx, settlement_id)
        if found is None:
            raise NotFound("There is no such payment of a tab.")
        status = None
        if found.state != "confirmed":
            status = await queue.status(tx, found.saga_id)
            if status is None:
                raise NotFound("This payment failed more than a month ago.")
    state: SettlementState = "confirmed" if found.state == "confirmed" else "processing"
    challenge_path, failure = None, None
    if status and status.state == "undone":
        state, failure = "failed", failure_of(status.failure or {})
    elif status and status.state == "waiting" and (status.note or {}).get("challenge_path"):
        state, challenge_path = "challenge", (status.note or {})["challenge_path"]
    return SettlementView(
        id=found.id, state=state, tab_id=found.tab_id, tab_key=found.tab_key, total=found.total,
        tip=found.tip, challenge_path=challenge_path, failure=failure, created_at=found.created_at,
    )  # fmt: skip
