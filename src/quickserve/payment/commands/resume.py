"""Goes on with what a lost answer, a provider's fault or a crash left open."""

from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.commands._provider import ask, release
from quickserve.payment.commands.take_callback import take_callback
from quickserve.payment.model import RETRY_SECONDS_MAX
from quickserve.payment.providers.registry import Providers


async def resume_due_intents(ctx: Context) -> None:
    """Asks again for unknown outcomes, and releases what voided intents may still hold."""
    async with ctx.db.transaction() as tx:
        due = await store.claim_due_intents(tx, retry_seconds_max=RETRY_SECONDS_MAX)
    for intent in due:
        if intent.state == "processing":
            await ask(ctx, intent)
        elif intent.state == "voided":
            await release(ctx, intent)


async def deliver_sandbox_callbacks(ctx: Context) -> None:
    """The sandbox's late answers: what a real provider sends to a webhook by itself."""
    resources = ctx.resources
    assert isinstance(resources, Providers)
    for callback_id, callback in await resources.sandbox.due_callbacks():
        await take_callback(ctx, callback)
        await resources.sandbox.delivered(callback_id)
