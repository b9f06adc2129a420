"""Answers for screens and operators."""

from collections import Counter

from quickserve.contracts.payment import (
    AccountBalance,
    Challenge,
    ChallengeId,
    IntentId,
    LedgerCheck,
)
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.model import Intent
from quickserve.payment.providers.registry import Providers


async def find_intent(ctx: Context, intent_id: IntentId) -> Intent:
    """Raises NotFound, also for one that was voided before it came to be."""
    async with ctx.db.read() as tx:
        intent = await store.find_intent(tx, intent_id)
    if intent is None:
        raise NotFound
    return intent


async def challenge(ctx: Context, challenge_id: ChallengeId) -> Challenge:
    """What the bank's page shows. Raises NotFound when the bank asked nothing."""
    resources = ctx.resources
    assert isinstance(resources, Providers)
    question = await resources.sandbox.challenge(challenge_id)
    intent = await find_intent(ctx, question.intent_id)
    return Challenge(
        id=challenge_id,
        amount=question.amount,
        open=question.open and intent.state == "challenge",
        return_path=intent.return_path,
    )


async def check_ledger(ctx: Context) -> LedgerCheck:
    """Audits the books as they stood at one moment. For admins and services."""
    if ctx.principal.kind == "visitor":
        raise Unauthenticated
    if ctx.principal.kind == "person" and not ctx.principal.admin:
        raise Forbidden("Only administrators may audit the ledger.")
    async with ctx.db.transaction() as tx:
        await store.freeze(tx)
        transfers = await store.count_transfers(tx)
        accounts = await store.balances(tx)
        broken = await store.broken_transfers(tx)
        twice = await store.resolved_twice(tx)
        intents = await store.disagreeing_intents(tx)
    findings = [
        *_unbalanced(accounts),
        *(f"Transfer {found.subject}: {found.detail}." for found in broken),
        *(f"Pending transfer {found.subject} is resolved {found.detail}." for found in twice),
        *(f"Payment {found.subject}: {found.detail}." for found in intents),
    ]
    return LedgerCheck(
        balanced=not findings,
        transfers=transfers,
        findings=findings,
        accounts=[
            AccountBalance(
                account=account.code,
                posted=Money(account.posted, account.currency),
                pending=Money(account.pending, account.currency),
            )
            for account in accounts
        ],
    )


def _unbalanced(accounts: list[store.Balance]) -> list[str]:
    posted: Counter[str] = Counter()
    pending: Counter[str] = Counter()
    for account in accounts:
        posted[account.currency] += account.posted
        pending[account.currency] += account.pending
    return [
        f"The accounts in {currency} sum to {posted[currency]} posted and {pending[currency]}"
        " pending minor units, not to zero."
        for currency in sorted(posted)
        if posted[currency] or pending[currency]
    ]
