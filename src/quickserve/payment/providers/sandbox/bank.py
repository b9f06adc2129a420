"""A provider that lives elsewhere, as far as the rest of the service can tell.

It keeps its own tables in its own transactions and recognises repeated keys, so that a process
killed at any point leaves behind what a real bank would: a charge that only the bank knows of.
"""

import asyncio
from dataclasses import dataclass, replace
from uuid import UUID

from quickserve.contracts.payment import ChallengeId, IntentId, RefundId
from quickserve.kernel.db import Database, Transaction
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings
from quickserve.payment.providers.port import (
    Authorized,
    Callback,
    ChallengeNeeded,
    Declined,
    Done,
    Order,
    Outcome,
    Pending,
)
from quickserve.payment.providers.sandbox import store
from quickserve.payment.providers.sandbox.cards import behaviour_of
from quickserve.payment.providers.sandbox.store import Charge

# What the bank decides at once, by the card's behaviour; the rest are authorised.
_FIRST_STATE = {
    "declined": "declined", "insufficient-funds": "declined", "expired-card": "declined",
    "challenge": "challenge", "challenge-declined": "challenge",
    "late": "pending", "never": "pending", "twice": "pending",
}  # fmt: skip
_ASKING = ("challenge", "challenge-declined")
_FAILURES = {"declined": "card-declined"}
_DELIVERIES = {"late": 1, "twice": 2}


@dataclass(frozen=True, slots=True)
class Question:
    """`open`: the buyer may still answer."""

    intent_id: IntentId
    amount: Money
    open: bool


class Sandbox:
    """See `providers/port.py` for what each call promises."""

    name = "sandbox"

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._hang_seconds = settings.provider_timeout_ms / 1000 + 1
        self._delay_ms = settings.sandbox_delay_ms

    def accepts(self, method: str) -> bool:
        return behaviour_of(method) is not None

    async def authorize(self, order: Order) -> Outcome:
        behaviour = behaviour_of(order.method)
        assert behaviour is not None, "accepts() was not asked"
        state = _FIRST_STATE.get(behaviour, "authorized")
        failure = _FAILURES.get(behaviour, behaviour) if state == "declined" else None
        charge = Charge(
            _charge_id(ChallengeId(new_uuid())), order.intent_id, order.method, order.amount.minor,
            order.amount.currency, state, failure, 0,
        )  # fmt: skip
        deliveries = _DELIVERIES.get(behaviour, 0)
        async with self._db.read() as tx:
            first = await store.insert_charge(
                tx, charge, new_uuid(), deliveries=deliveries, delay_ms=self._delay_ms
            )
            if not first:
                return _answer(await self._charge(tx, order.intent_id))
        if behaviour == "timeout":
            await asyncio.sleep(self._hang_seconds)
        return _answer(charge)

    async def capture(self, ref: str, amount: Money) -> Done | Declined:
        async with self._db.read() as tx:
            if await store.capture_authorized(tx, ref):
                return Done()
        async with self._db.transaction() as tx:
            charge = await _locked(tx, ref)
            assert charge.amount_minor == amount.minor, "captures are whole"
            if charge.state == "captured":
                return Done()
            if charge.state != "authorized":
                return Declined("not-authorized")
            if behaviour_of(charge.method) == "capture-refused":
                await store.set_state(tx, ref, "voided", "authorization-expired")
                return Declined("authorization-expired")
            await store.set_state(tx, ref, "captured", None)
            return Done()

    async def void(self, ref: str) -> None:
        async with self._db.transaction() as tx:
            charge = await _locked(tx, ref)
            assert charge.state != "captured", "a captured charge is refunded, not voided"
            if charge.state != "declined":
                await store.set_state(tx, ref, "voided", None)

    async def refund(self, ref: str, refund_id: RefundId, amount: Money) -> Done | Declined:
        async with self._db.transaction() as tx:
            charge = await _locked(tx, ref)
            if charge.state != "captured":
                return Declined("not-captured")
            if not await store.insert_refund(tx, str(refund_id), ref, amount.minor):
                return Done()
            assert charge.refunded_minor + amount.minor <= charge.amount_minor, "over-refunded"
            await store.add_refunded(tx, ref, amount.minor)
            return Done()

    # -- What only a sandbox has: the bank's page and its late answers ----------------------------

    async def challenge(self, challenge_id: ChallengeId) -> Question:
        """Raises NotFound."""
        async with self._db.read() as tx:
            charge = await store.find_charge(tx, _charge_id(challenge_id))
        if charge is None or behaviour_of(charge.method) not in _ASKING:
            raise NotFound
        amount = Money(charge.amount_minor, charge.currency)
        return Question(charge.key, amount, open=charge.state == "challenge")

    async def answer_challenge(self, challenge_id: ChallengeId, *, approve: bool) -> None:
        """The first answer counts; a callback tells it."""
        async with self._db.transaction() as tx:
            charge = await _locked(tx, _charge_id(challenge_id))
            if charge.state != "challenge":
                return
            decided = _challenge_result(charge, approve=approve)
            await store.set_state(tx, charge.id, decided.state, decided.failure)
            await store.insert_callback(tx, new_uuid(), charge.id)

    async def due_callbacks(self) -> list[tuple[UUID, Callback]]:
        """Answers to deliver now; say `delivered` for each, or it comes again."""
        async with self._db.transaction() as tx:
            due = await store.claim_callbacks(tx)
            charges = [await _decided(tx, callback.charge_id) for callback in due]
        return [
            (callback.id, Callback(self.name, str(callback.id), charge.key, outcome))
            for callback, charge in zip(due, charges, strict=True)
            if isinstance(outcome := _answer(charge), Authorized | Declined)
        ]

    async def delivered(self, callback_id: UUID) -> None:
        async with self._db.transaction() as tx:
            await store.delete_last_callback(tx, callback_id)
            await store.count_delivery(tx, callback_id)

    async def _charge(self, tx: Transaction, key: IntentId) -> Charge:
        charge = await store.charge_of_key(tx, key)
        if charge is None:
            raise NotFound
        return charge


def _charge_id(challenge_id: ChallengeId) -> str:
    """Random, the bank's own: whoever learns an intent's id does not know its question."""
    return f"ch_{challenge_id.hex}"


def _challenge_id(charge: Charge) -> ChallengeId:
    return ChallengeId(UUID(charge.id.removeprefix("ch_")))


async def _locked(tx: Transaction, ref: str) -> Charge:
    charge = await store.lock_charge(tx, ref)
    assert charge is not None, "the reference is the sandbox's own"
    return charge


async def _decided(tx: Transaction, charge_id: str) -> Charge:
    """A late answer is decided when it is given."""
    charge = await _locked(tx, charge_id)
    if charge.state == "pending":
        await store.set_state(tx, charge_id, "authorized", None)
        return replace(charge, state="authorized")
    return charge


def _challenge_result(charge: Charge, *, approve: bool) -> Charge:
    if not approve:
        return replace(charge, state="declined", failure="challenge-refused")
    if behaviour_of(charge.method) == "challenge-declined":
        return replace(charge, state="declined", failure="card-declined")
    return replace(charge, state="authorized")


def _answer(charge: Charge) -> Outcome:
    """A charge the buyer will never pay counts as declined, one already taken as authorised."""
    match charge.state:
        case "pending":
            return Pending(charge.id)
        case "challenge":
            return ChallengeNeeded(charge.id, f"/pay/challenge/{_challenge_id(charge)}")
        case "declined":
            return Declined(charge.failure or "card-declined")
        case "voided":
            return Declined("voided")
        case _:
            return Authorized(charge.id)
