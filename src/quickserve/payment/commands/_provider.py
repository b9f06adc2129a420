"""Asking the provider, and what its answer does to an intent. Shared by the commands."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

import structlog

from quickserve.contracts.payment import (
    IntentCaptured,
    PaymentAuthorized,
    PaymentDeclined,
    PaymentVoided,
)
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import DeadlineExceeded, Problem
from quickserve.kernel.service import Context
from quickserve.payment import ledger, store
from quickserve.payment.model import Intent
from quickserve.payment.providers.port import (
    Authorized,
    ChallengeNeeded,
    Declined,
    Order,
    Outcome,
    Pending,
    Provider,
)
from quickserve.payment.providers.registry import Providers

log = structlog.get_logger()

T = TypeVar("T")


def provider_of(ctx: Context) -> Provider:
    resources = ctx.resources
    assert isinstance(resources, Providers)
    return resources.provider


async def in_time(ctx: Context, call: Awaitable[T]) -> T:
    """The provider's answer. Raises DeadlineExceeded: then the outcome is unknown, not a no."""
    try:
        async with asyncio.timeout(ctx.settings.provider_timeout_ms / 1000):
            return await call
    except TimeoutError:
        raise DeadlineExceeded("The payment provider did not answer in time.") from None


async def ask(ctx: Context, intent: Intent) -> Intent:
    """Authorises with the intent's key, for the first time or again, and records the answer.

    An unknown outcome leaves the intent as it is; a job asks again.
    """
    order = Order(intent.id, intent.amount, intent.method)
    try:
        outcome = await in_time(ctx, provider_of(ctx).authorize(order))
    except Problem as problem:
        if not problem.transient:
            raise
        log.warning("authorisation_unknown", intent_id=str(intent.id), problem=problem.code)
        return intent
    async with ctx.db.transaction() as tx:
        intent = await record(tx, await locked(tx, intent), outcome)
    if intent.state == "voided" and intent.due:
        await release(ctx, intent)  # a void came while the provider was thinking
    return intent


async def locked(tx: Transaction, intent: Intent) -> Intent:
    found = await store.lock_intent(tx, intent.id)
    assert found is not None, "intents are never deleted"
    return found


async def record(tx: Transaction, intent: Intent, outcome: Outcome) -> Intent:
    """What the locked intent becomes by the provider's answer, be it late, repeated or stale."""
    if intent.given_up and intent.state == "processing":
        intent = await give_up(tx, intent)
    match intent.state, outcome:
        case (("processing" | "challenge"), Authorized(ref)):
            intent = replace(intent, state="authorized", charge_id=ref, due=False)
            await store.save_intent(tx, intent)
            await ledger.hold(tx, intent)
            await outbox.append(tx, PaymentAuthorized(intent.id, intent.reference))
        case (("processing" | "challenge"), Declined(failure)):
            intent = replace(intent, state="declined", failure=failure, due=False)
            await store.save_intent(tx, intent)
            await outbox.append(tx, PaymentDeclined(intent.id, intent.reference, failure))
        case "processing", ChallengeNeeded(ref, path):
            intent = replace(
                intent, state="challenge", charge_id=ref, challenge_path=path, due=False
            )
            await store.save_intent(tx, intent)
        case "processing", Pending(ref):
            intent = replace(intent, charge_id=ref, due=False)
            await store.save_intent(tx, intent)
        case "voided", Declined():
            intent = replace(intent, due=False)
            await store.save_intent(tx, intent)
        case "voided", (Authorized(ref) | ChallengeNeeded(ref) | Pending(ref)):
            intent = replace(intent, charge_id=ref, due=True)
            await store.save_intent(tx, intent, retry_seconds=0)
        case _:
            pass  # decided before: the first answer counts
    return intent


async def give_up(tx: Transaction, intent: Intent) -> Intent:
    """Voids the locked intent in the books; what the bank may hold is still to be released."""
    match intent.state:
        case "captured":
            raise IntentCaptured
        case "authorized" if intent.capturing:
            raise IntentCaptured("A capture is under way: repeat it, then refund.")
        case "voided":
            return intent
        case "declined":
            return intent
        case "authorized":
            await ledger.void(tx, intent)
        case "processing" | "challenge":
            pass
    intent = replace(intent, state="voided", due=True)
    await store.save_intent(tx, intent, retry_seconds=1)
    await outbox.append(tx, PaymentVoided(intent.id, intent.reference))
    return intent


async def release(ctx: Context, intent: Intent) -> None:
    """Makes sure that the provider holds nothing for a voided intent.

    Never raises for the provider's faults: the books are settled, and the job tries again.
    """
    provider = provider_of(ctx)
    try:
        ref = intent.charge_id or await _lost_charge(ctx, intent)
        if ref is not None:
            await in_time(ctx, provider.void(ref))
    except Problem as problem:
        log.warning("release_postponed", intent_id=str(intent.id), problem=problem.code)
        return
    async with ctx.db.transaction() as tx:
        await store.save_intent(tx, replace(await locked(tx, intent), charge_id=ref))


async def _lost_charge(ctx: Context, intent: Intent) -> str | None:
    """The charge of an authorisation whose answer was lost: asked with the same key again."""
    order = Order(intent.id, intent.amount, intent.method)
    match await in_time(ctx, provider_of(ctx).authorize(order)):
        case Authorized(ref) | ChallengeNeeded(ref) | Pending(ref):
            return ref
        case Declined():
            return None
