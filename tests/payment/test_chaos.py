"""Many buyers, many hands, a provider that fails before and after acting: nothing is lost.

The audit holds the bank's own tables against ours; it is what a kill test can use as well.
"""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from quickserve.contracts.payment import ChallengeId, IntentId, IntentView, NewRefund, RefundId
from quickserve.kernel.errors import Problem, Unavailable
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context
from quickserve.payment.commands.answer_challenge import answer_challenge
from quickserve.payment.commands.authorize import Authorize, authorize
from quickserve.payment.commands.capture import capture
from quickserve.payment.commands.refund import GiveRefund, refund
from quickserve.payment.commands.void import void
from quickserve.payment.reads import find_intent

from .conftest import Payments, eventually, new_id, order

CARDS = ["success"] * 5 + ["challenge", "late", "twice", "declined", "timeout", "capture-refused"]


class FlakyProvider:
    """Every third call is lost: half of those before the bank acts, half after."""

    name = "sandbox"

    def __init__(self, payments: Payments, seed: int) -> None:
        self._bank = payments.sandbox
        self._random = random.Random(seed)

    def accepts(self, method: str) -> bool:
        return self._bank.accepts(method)

    def __getattr__(self, call: str) -> Any:
        async def called(*args: Any) -> Any:
            fate = self._random.randrange(6)
            if fate == 0:
                raise Unavailable
            answer = await getattr(self._bank, call)(*args)
            if fate == 1:
                raise Unavailable
            return answer

        return called


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_happens_the_bank_and_the_books_agree(payments: Payments, seed: int):
    rng = random.Random(seed)
    ctx = payments.with_provider(FlakyProvider(payments, seed))
    intents = {new_id(): order(rng.choice(CARDS)) for _ in range(25)}
    refunds: dict[RefundId, tuple[IntentId, NewRefund]] = {}
    for intent_id in intents:
        for _ in range(2):
            refund_ = NewRefund(amount=Money(rng.choice([1200, 3600]), "EUR"))
            refunds[RefundId(new_uuid())] = (intent_id, refund_)

    async def one_hand(hand: random.Random) -> None:
        for _ in range(60):
            await _try_something(ctx, hand, intents, refunds)

    await asyncio.gather(*(one_hand(random.Random(f"{seed} {n}")) for n in range(4)))
    await _settle(payments, intents, refunds)

    disagreements = [line for i in intents if (line := await _disagreement(payments, i))]
    assert disagreements == []
    audit = await payments.client.check_ledger()
    assert audit.findings == []
    assert not await _repeated_events(payments, intents)


async def _try_something(
    ctx: Context, hand: random.Random, intents: dict[Any, Any], refunds: dict[Any, Any]
) -> None:
    intent_id = hand.choice(list(intents))
    refund_id = hand.choice([r for r, (i, _) in refunds.items() if i == intent_id])
    choice = hand.random()
    try:
        if choice < 0.35:
            await authorize(ctx, Authorize(intent_id, intents[intent_id]))
        elif choice < 0.6:
            await capture(ctx, intent_id)
        elif choice < 0.75:
            path = (await find_intent(ctx, intent_id)).challenge_path
            if path:
                question = ChallengeId(UUID(path.rpartition("/")[2]))
                await answer_challenge(ctx, question, approve=hand.random() < 0.7)
        elif choice < 0.8:
            await void(ctx, intent_id)
        else:
            await refund(ctx, GiveRefund(intent_id, refund_id, refunds[refund_id][1]))
    except Problem as problem:
        assert problem.status < 500 or isinstance(problem, Unavailable), problem  # noqa: PT017


async def _settle(payments: Payments, intents: dict[Any, Any], refunds: dict[Any, Any]) -> None:
    """What callers do with an unknown outcome: repeat. The rest is the jobs' work."""
    unknown = "SELECT id FROM payment.intents WHERE capturing AND id = ANY(%s)"
    for (intent_id,) in await payments.rows(unknown, (list(intents),)):
        try:
            await payments.client.capture(intent_id)
        except Problem as problem:
            assert not problem.transient, problem  # noqa: PT017
    open_refunds = "SELECT id FROM payment.refunds WHERE state = 'processing' AND id = ANY(%s)"
    for (refund_id,) in await payments.rows(open_refunds, (list(refunds),)):
        intent_id, refund_ = refunds[refund_id]
        await payments.client.refund(intent_id, refund_id, refund_)
    due = "SELECT count(*) FROM payment.intents WHERE id = ANY(%s) AND next_attempt_at IS NOT NULL"
    await eventually(lambda: payments.value(due, (list(intents),)), 0, seconds=30)
    late = (
        "SELECT count(*) FROM payment.sandbox_callbacks b JOIN payment.sandbox_charges c"
        " ON c.id = b.charge_id WHERE c.key = ANY(%s)"
    )
    await eventually(lambda: payments.value(late, (list(intents),)), 0)


async def _disagreement(payments: Payments, intent_id: IntentId) -> str | None:
    bank = await payments.value(
        "SELECT state || ' ' || refunded_minor FROM payment.sandbox_charges WHERE key = %s",
        (intent_id,),
    )
    try:
        ours: IntentView | None = await payments.client.intent(intent_id)
    except Problem:
        ours = None
    if ours is None:
        return None if bank is None else f"{intent_id}: nothing here, {bank} at the bank"
    # A void may come before the bank was asked, or find it declined.
    possible = {
        "voided": {None, "voided 0", "declined 0"},
        "declined": {"declined 0"},
        "captured": {f"captured {ours.refunded.minor}"},
        "authorized": {"authorized 0"},
        "challenge": {"challenge 0"},
        "processing": {"pending 0"},
    }[ours.state]
    return None if bank in possible else f"{intent_id}: {ours.state} here, {bank} at the bank"


async def _repeated_events(payments: Payments, intents: dict[Any, Any]) -> list[Any]:
    counted: Counter[tuple[Any, str]] = Counter()
    for intent_id in intents:
        counted.update((intent_id, event) for event in await payments.events(intent_id))
    return [key for key, times in counted.items() if times > 1 and key[1] != "refunded"]
