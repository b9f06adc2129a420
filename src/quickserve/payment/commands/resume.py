"""Goes on with what a lost answer, a provider's fault or a crash left open."""

import asyncio
from collections.abc import Sequence

import structlog

from quickserve.kernel.logs import told
from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.commands._provider import ask, release
from quickserve.payment.commands.take_callback import take_callback
from quickserve.payment.model import RETRY_SECONDS_MAX, Intent
from quickserve.payment.providers.registry import Providers

log = structlog.get_logger()


async def resume_due_intents(ctx: Context) -> None:
    """Asks again for unknown outcomes, and releases what voided intents may still hold."""
    async with ctx.db.transaction() as tx:
        due = await store.claim_due_intents(tx, retry_seconds_max=RETRY_SECONDS_MAX)
    await resume(ctx, due)


async def resume(ctx: Context, due: Sequence[Intent]) -> None:
    await asyncio.gather(*(_resume(ctx, intent) for intent in due))


async def _resume(ctx: Context, intent: Intent) -> None:
    """Never raises: one that cannot go on is tried again later, and stops no other."""
    try:
        if intent.state == "processing":
            await ask(ctx, intent)
        elif intent.state == "voided":
            await release(ctx, intent)
    except Exception as error:  # noqa: BLE001 - whatever it is, its neighbours go on
        log.warning("intent_not_resumed", intent_id=str(intent.id), error=told(error))


async def deliver_sandbox_callbacks(ctx: Context) -> None:
    """The sandbox's late answers: what a real provider sends to a webhook by itself."""
    resources = ctx.resources
    assert isinstance(resources, Providers)
    for callback_id, callback in await resources.sandbox.due_callbacks():
        try:
            await take_callback(ctx, callback)
            await resources.sandbox.delivered(callback_id)
        except Exception as error:  # noqa: BLE001 - it comes again, and the others go on
            log.warning("callback_not_taken", callback_id=str(callback_id), error=told(error))
