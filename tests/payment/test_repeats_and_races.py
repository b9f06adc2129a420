"""Every call repeated, raced and cut short: the bank and the books stay of one mind."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from quickserve.contracts.payment import (
    IntentCaptured,
    IntentNotAuthorized,
    IntentView,
    NewRefund,
    RefundId,
    RefundTooLarge,
)
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, IdReused, Malformed, NotFound, Unavailable
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.testing import race
from quickserve.payment import store
from quickserve.payment.commands.authorize import Authorize, authorize
from quickserve.payment.commands.capture import capture
from quickserve.payment.commands.resume import resume
from quickserve.payment.commands.take_callback import take_callback
from quickserve.payment.commands.void import void
from quickserve.payment.providers.port import (
    Authorized,
    Callback,
    Declined,
    Order,
    Outcome,
    Pending,
)

from .conftest import Payments, eventually, new_id, order


class Killed(BaseException):
    """The process is gone: nothing after this line runs."""


class Provider:
    """The sandbox with something around its calls: `before` or `after` the bank acts."""

    name = "sandbox"

    def __init__(self, payments: Payments, **around: Callable[[], Awaitable[None]]) -> None:
        self._bank = payments.sandbox
        self._around = around

    def accepts(self, method: str) -> bool:
        return self._bank.accepts(method)

    def __getattr__(self, call: str) -> Any:
        async def called(*args: Any) -> Any:
            await self._run(f"before_{call}")
            answer = await getattr(self._bank, call)(*args)
            await self._run(f"after_{call}")
            return answer

        return called

    async def _run(self, moment: str) -> None:
        if moment in self._around:
            await self._around[moment]()


async def killed() -> None:
    raise Killed


async def unreachable() -> None:
    raise Unavailable


# -- Repeats --------------------------------------------------------------------------------------


async def test_authorising_twice_charges_once(payments: Payments):
    intent_id, request = new_id(), order()
    outcomes = await race(*(payments.client.put_intent(intent_id, request) for _ in range(4)))
    assert outcomes.kinds == {IntentView: 4}
    assert {view.state for view in outcomes.values} == {"authorized"}
    assert await payments.client.put_intent(intent_id, request) == outcomes.values[0]
    charges = "SELECT count(*) FROM payment.sandbox_charges WHERE key = %s"
    assert await payments.value(charges, (intent_id,)) == 1
    assert await payments.events(intent_id) == ["authorized"]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Money(1, "EUR")},
        {"amount": Money(3600, "CHF")},
        {"method": "sandbox-late"},
        {"reference": new_uuid()},
        {"organiser_id": OrganiserId(new_uuid())},
        {"return_path": "/elsewhere"},
    ],
)
async def test_an_id_stands_for_one_payment(payments: Payments, change: dict[str, Any]):
    intent_id, request = new_id(), order()
    await payments.client.put_intent(intent_id, request)
    with pytest.raises(IdReused):
        await payments.client.put_intent(intent_id, request.model_copy(update=change))


async def test_capturing_twice_takes_once(payments: Payments):
    intent = await payments.pay()
    outcomes = await race(*(payments.client.capture(intent.id) for _ in range(4)))
    assert outcomes.kinds == {IntentView: 4}
    assert {view.state for view in outcomes.values} == {"captured"}
    assert (await payments.client.capture(intent.id)).state == "captured"
    assert await payments.events(intent.id) == ["authorized", "captured"]


async def test_voiding_twice_releases_once(payments: Payments):
    intent = await payments.pay()
    outcomes = await race(*(payments.client.void(intent.id) for _ in range(4)))
    assert outcomes.kinds == {type(None): 4}
    await payments.client.void(intent.id)
    assert await payments.bank_says(intent.id) == "voided"
    assert await payments.events(intent.id) == ["authorized", "voided"]


async def test_a_refund_repeated_pays_once(payments: Payments):
    intent = await payments.paid(euros=36)
    refund_id, refund = RefundId(new_uuid()), NewRefund(amount=Money(1000, "EUR"), reason="rain")
    outcomes = await race(*(payments.client.refund(intent.id, refund_id, refund) for _ in range(4)))
    assert outcomes.kinds == {IntentView: 4}
    assert outcomes.values[-1].refunded.minor == 1000
    again = await payments.client.refund(intent.id, refund_id, refund)
    assert again.refunded.minor == 1000
    assert await _bank_refunded(payments, intent) == 1000
    assert (await payments.events(intent.id)).count("refunded") == 1


async def test_a_closed_refund_is_refused_when_it_comes_late(payments: Payments):
    intent = await payments.paid()
    closed, given = RefundId(new_uuid()), RefundId(new_uuid())
    refund = NewRefund(amount=Money(1000, "EUR"))
    for _ in range(2):
        await payments.client.close_refund(intent.id, closed, refund)
    with pytest.raises(Conflict):
        await payments.client.refund(intent.id, closed, refund)
    await payments.client.refund(intent.id, given, refund)
    with pytest.raises(Conflict):
        await payments.client.close_refund(intent.id, given, refund)
    with pytest.raises(NotFound):
        await payments.client.close_refund(new_id(), RefundId(new_uuid()), refund)
    assert await _bank_refunded(payments, intent) == 1000


async def test_a_refund_id_stands_for_one_refund(payments: Payments):
    intent, other = await payments.paid(), await payments.paid()
    refund_id, refund = RefundId(new_uuid()), NewRefund(amount=Money(1000, "EUR"))
    await payments.client.refund(intent.id, refund_id, refund)
    with pytest.raises(IdReused):
        await payments.client.refund(intent.id, refund_id, NewRefund(amount=Money(999, "EUR")))
    with pytest.raises(IdReused):
        await payments.client.refund(other.id, refund_id, refund)


async def test_only_what_was_captured_is_refunded(payments: Payments):
    with pytest.raises(IntentNotAuthorized):
        await payments.give_back(await payments.pay(), euros=1)
    intent = await payments.paid(euros=36)
    with pytest.raises(RefundTooLarge):
        await payments.give_back(intent, euros=37)
    with pytest.raises(Malformed) as malformed:
        await payments.client.refund(
            intent.id, RefundId(new_uuid()), NewRefund(amount=Money(100, "CHF"))
        )
    assert malformed.value.errors[0].field == "amount.currency"
    with pytest.raises(NotFound):
        await payments.client.refund(
            new_id(), RefundId(new_uuid()), NewRefund(amount=Money(100, "EUR"))
        )
    assert (await payments.give_back(intent, euros=36)).refunded == intent.amount


# -- Races ----------------------------------------------------------------------------------------


async def test_two_refunds_cannot_give_more_than_was_taken(payments: Payments):
    for _ in range(5):
        intent = await payments.paid(euros=36)
        outcomes = await race(
            payments.give_back(intent, euros=20), payments.give_back(intent, euros=20)
        )
        assert outcomes.kinds == {IntentView: 1, RefundTooLarge: 1}
        assert await _bank_refunded(payments, intent) == 2000


async def test_capture_and_void_race_and_one_wins(payments: Payments):
    for _ in range(10):
        intent = await payments.pay()
        outcomes = await race(payments.client.capture(intent.id), payments.client.void(intent.id))
        after = await payments.client.intent(intent.id)
        lost = {"captured": IntentCaptured, "voided": IntentNotAuthorized}[after.state]
        assert len(outcomes.of(lost)) == 1
        assert await payments.bank_says(intent.id) == after.state


async def test_authorise_and_void_race_and_nothing_stays_set_aside(payments: Payments):
    for card in ("success", "challenge", "late", "never", "timeout") * 2:
        intent_id = new_id()
        await race(
            payments.client.put_intent(intent_id, order(card)), payments.client.void(intent_id)
        )
        await eventually(lambda: _held_for_nothing(payments), 0)
        assert await payments.bank_says(intent_id) in (None, "voided")


async def test_what_was_voided_before_it_began_never_begins(payments: Payments):
    intent_id = new_id()
    await payments.client.void(intent_id)
    await payments.client.void(intent_id)
    with pytest.raises(IntentNotAuthorized):
        await payments.client.put_intent(intent_id, order())
    assert await payments.bank_says(intent_id) is None
    with pytest.raises(NotFound):
        await payments.client.intent(intent_id)


async def test_a_void_while_the_provider_thinks_releases_what_it_answers(payments: Payments):
    intent_id = new_id()

    async def somebody_gives_up() -> None:
        await void(payments.ctx, intent_id)

    ctx = payments.with_provider(Provider(payments, before_authorize=somebody_gives_up))
    with pytest.raises(IntentNotAuthorized):
        await authorize(ctx, Authorize(intent_id, order()))
    assert await payments.bank_says(intent_id) == "voided"
    assert await payments.events(intent_id) == ["voided"]


async def test_a_void_that_saw_no_intent_is_seen_by_the_authorisation(payments: Payments):
    """The void looked before the intent was written, and wrote its tombstone after."""
    intent_id = new_id()

    async def tombstone() -> None:
        async with payments.ctx.db.transaction() as tx:
            await store.insert_tombstone(tx, intent_id)

    ctx = payments.with_provider(Provider(payments, before_authorize=tombstone))
    with pytest.raises(IntentNotAuthorized):
        await authorize(ctx, Authorize(intent_id, order()))
    assert await payments.bank_says(intent_id) == "voided"
    assert await payments.events(intent_id) == ["voided"]


async def test_an_authorisation_that_saw_no_tombstone_is_seen_by_the_void(
    payments: Payments, monkeypatch: pytest.MonkeyPatch
):
    """All of it happened between the void's first look and its tombstone."""
    intent_id, insert_tombstone = new_id(), store.insert_tombstone

    async def late_tombstone(tx: Transaction, voided: Any) -> None:
        await payments.client.put_intent(intent_id, order())
        await insert_tombstone(tx, voided)

    monkeypatch.setattr(store, "insert_tombstone", late_tombstone)
    await payments.client.void(intent_id)
    assert await _state(payments, intent_id) == "voided"
    assert await payments.bank_says(intent_id) == "voided"


# -- Cut short ------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeated", [True, False])
async def test_killed_after_the_bank_authorised(payments: Payments, repeated: bool):
    """Repeating finds the charge again; so does the job, if nobody repeats."""
    intent_id, request = new_id(), order()
    ctx = payments.with_provider(Provider(payments, after_authorize=killed))
    with pytest.raises(Killed):
        await authorize(ctx, Authorize(intent_id, request))
    assert (await payments.client.intent(intent_id)).state == "processing"
    assert await payments.bank_says(intent_id) == "authorized"
    if repeated:
        await payments.client.put_intent(intent_id, request)
    await eventually(lambda: _state(payments, intent_id), "authorized")
    assert await payments.events(intent_id) == ["authorized"]


async def test_killed_after_the_bank_authorised_then_voided(payments: Payments):
    intent_id = new_id()
    ctx = payments.with_provider(Provider(payments, after_authorize=killed))
    with pytest.raises(Killed):
        await authorize(ctx, Authorize(intent_id, order()))
    await payments.client.void(intent_id)
    assert await payments.bank_says(intent_id) == "voided"


async def test_killed_after_the_bank_captured(payments: Payments):
    """The capture can only be repeated: giving up now could lose what was taken."""
    intent = await payments.pay()
    with pytest.raises(Killed):
        await capture(payments.with_provider(Provider(payments, after_capture=killed)), intent.id)
    assert (await payments.client.intent(intent.id)).state == "authorized"
    with pytest.raises(IntentCaptured):
        await payments.client.void(intent.id)
    assert (await payments.client.capture(intent.id)).state == "captured"
    assert await payments.events(intent.id) == ["authorized", "captured"]


async def test_a_void_is_settled_although_the_provider_is_away(payments: Payments):
    intent = await payments.pay()
    await void(payments.with_provider(Provider(payments, before_void=unreachable)), intent.id)
    assert await _state(payments, intent.id) == "voided"
    assert await payments.bank_says(intent.id) == "authorized"
    await eventually(lambda: payments.bank_says(intent.id), "voided")


# -- Late answers ---------------------------------------------------------------------------------


async def test_a_callback_overtakes_the_answer(payments: Payments):
    intent_id = new_id()

    async def bank_calls_back() -> None:
        charge = await payments.value(
            "SELECT id FROM payment.sandbox_charges WHERE key = %s", (intent_id,)
        )
        await take_callback(
            payments.ctx, Callback("sandbox", str(new_uuid()), intent_id, Authorized(charge))
        )

    ctx = payments.with_provider(Provider(payments, after_authorize=bank_calls_back))
    assert (await authorize(ctx, Authorize(intent_id, order("never")))).state == "authorized"
    assert await payments.events(intent_id) == ["authorized"]


@pytest.mark.parametrize("first", ["authorized", "declined"])
async def test_the_first_answer_counts_in_whatever_order_they_come(payments: Payments, first: str):
    intent = await payments.pay("never")
    yes, no = str(new_uuid()), str(new_uuid())
    charge = await payments.value(
        "SELECT charge_id FROM payment.intents WHERE id = %s", (intent.id,)
    )
    answers = [(no, Declined("card-declined")), (yes, Authorized(charge))]
    if first == "authorized":
        answers.reverse()
    for callback_id, outcome in [*answers, *answers]:
        await take_callback(payments.ctx, Callback("sandbox", callback_id, intent.id, outcome))
    assert await _state(payments, intent.id) == first
    assert await payments.events(intent.id) == [first]


async def test_an_authorisation_too_late_for_a_void_is_released(payments: Payments):
    intent = await payments.pay("never")
    await payments.client.void(intent.id)
    charge = await payments.value(
        "UPDATE payment.sandbox_charges SET state = 'authorized' WHERE key = %s RETURNING id",
        (intent.id,),
    )
    callback = Callback("sandbox", str(new_uuid()), intent.id, Authorized(charge))
    await take_callback(payments.ctx, callback)
    assert await payments.bank_says(intent.id) == "voided"
    assert await payments.events(intent.id) == ["voided"]


async def test_a_callback_delivered_again_does_nothing_again(payments: Payments):
    intent = await payments.pay()
    await payments.client.void(intent.id)
    releases: list[str] = []

    async def note() -> None:
        releases.append("void")

    ctx = payments.with_provider(Provider(payments, before_void=note))
    charge = await payments.value(
        "SELECT id FROM payment.sandbox_charges WHERE key = %s", (intent.id,)
    )
    callback = Callback("sandbox", str(new_uuid()), intent.id, Authorized(charge))
    for _ in range(3):
        await take_callback(ctx, callback)
    assert releases == ["void"]


async def test_a_callback_about_nothing_has_no_effect(payments: Payments):
    callback = Callback("sandbox", str(new_uuid()), new_id(), Authorized("ch_unknown"))
    await take_callback(payments.ctx, callback)
    await take_callback(payments.ctx, callback)


async def test_pending_is_waited_for(payments: Payments):
    intent = await payments.pay("never")
    assert isinstance(await payments.sandbox.authorize(_order_of(intent)), Pending)
    assert await _state(payments, intent.id) == "processing"
    await payments.client.void(intent.id)


def _order_of(intent: IntentView) -> Any:
    from quickserve.payment.providers.port import Order

    return Order(intent.id, intent.amount, "sandbox-never")


async def _state(payments: Payments, intent_id: Any) -> str:
    return (await payments.client.intent(intent_id)).state


async def _bank_refunded(payments: Payments, intent: IntentView) -> int:
    return await payments.value(
        "SELECT refunded_minor FROM payment.sandbox_charges WHERE key = %s", (intent.id,)
    )


async def _held_for_nothing(payments: Payments) -> int:
    """Voided payments for which the bank still holds money, or may come to."""
    return await payments.value(
        "SELECT count(*) FROM payment.intents i JOIN payment.sandbox_charges c ON c.key = i.id"
        " WHERE i.state = 'voided' AND c.state IN ('authorized', 'pending', 'challenge')"
    )


async def test_one_poisoned_intent_does_not_stop_its_neighbours(payments: Payments):
    """The provider has a bug with the first; the others go on in the same round."""
    ids = [new_id() for _ in range(3)]
    away = payments.with_provider(Provider(payments, before_authorize=unreachable))
    intents = [await authorize(away, Authorize(intent_id, order())) for intent_id in ids]

    class Poisoned(Provider):
        async def authorize(self, order: Order) -> Outcome:
            if order.intent_id == ids[0]:
                raise ZeroDivisionError
            return Declined("card-declined")

    await resume(payments.with_provider(Poisoned(payments)), intents)
    found = [await payments.client.intent(intent_id) for intent_id in ids[1:]]
    assert [view.state for view in found] == ["declined", "declined"]
