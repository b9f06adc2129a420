"""Takes an answer that a provider gives by itself, some time later."""

from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.commands._provider import record, release
from quickserve.payment.providers.port import Authorized, Callback


async def take_callback(ctx: Context, callback: Callback) -> None:
    """Has its effect once, however often it comes; what came too late for a void goes back."""
    outcome = "authorized" if isinstance(callback.outcome, Authorized) else "declined"
    async with ctx.db.transaction() as tx:
        first = await store.insert_callback(
            tx, callback.provider, callback.id, callback.intent_id, outcome
        )
        intent = await store.lock_intent(tx, callback.intent_id) if first else None
        if intent is None:
            return
        intent = await record(tx, intent, callback.outcome)
    if intent.state == "voided" and intent.due:
        await release(ctx, intent)
