"""Gives up a payment that was not captured."""

from quickserve.contracts.payment import IntentId
from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.commands._provider import give_up, release
from quickserve.payment.model import Intent


async def void(ctx: Context, intent_id: IntentId) -> None:
    """Afterwards nothing is set aside, and no later authorisation of this id is accepted.

    An intent that never came to be is remembered as voided. Where the provider's answer is still
    unknown, or it cannot be reached, a job goes on until it has released the money. Raises
    IntentCaptured when the money was taken, or is being taken.
    """
    intent = await _void(ctx, intent_id)
    if intent is None:
        async with ctx.db.read() as tx:
            await store.insert_tombstone(tx, intent_id)
        # It may have come to be meanwhile. Whoever authorises looks for a tombstone after writing
        # the intent, we look for the intent after writing the tombstone: one sees the other.
        intent = await _void(ctx, intent_id)
    if intent is not None and intent.due:
        await release(ctx, intent)


async def _void(ctx: Context, intent_id: IntentId) -> Intent | None:
    async with ctx.db.transaction() as tx:
        intent = await store.lock_intent(tx, intent_id)
        return await give_up(tx, intent) if intent else None
