"""Every test card does what its line says."""

from typing import Any
from uuid import UUID

import pytest

from quickserve.contracts.payment import (
    CardInvalid,
    ChallengeId,
    IntentNotAuthorized,
    IntentView,
    SandboxCard,
    UnknownPaymentMethod,
)
from quickserve.kernel.errors import NotFound

from .conftest import Payments, eventually, new_id, order


async def state_of(payments: Payments, intent_id: Any) -> str:
    return (await payments.client.intent(intent_id)).state


def question_of(intent: IntentView) -> ChallengeId:
    """The bank's page, as the buyer is sent to it."""
    assert intent.challenge_path is not None
    return ChallengeId(UUID(intent.challenge_path.removeprefix("/pay/challenge/")))


async def test_a_good_card_is_authorised_then_captured(payments: Payments):
    intent = await payments.pay()
    assert (intent.state, await payments.bank_says(intent.id)) == ("authorized", "authorized")
    intent = await payments.client.capture(intent.id)
    assert (intent.state, await payments.bank_says(intent.id)) == ("captured", "captured")
    assert await payments.events(intent.id) == ["authorized", "captured"]


@pytest.mark.parametrize(
    ("card", "failure"),
    [
        ("declined", "card-declined"),
        ("insufficient-funds", "insufficient-funds"),
        ("expired-card", "expired-card"),
    ],
)
async def test_a_decline_is_a_state_with_its_reason(payments: Payments, card: str, failure: str):
    intent = await payments.pay(card)
    assert (intent.state, intent.failure) == ("declined", failure)
    assert await payments.events(intent.id) == ["declined"]
    with pytest.raises(IntentNotAuthorized):
        await payments.client.capture(intent.id)
    await payments.client.void(intent.id)
    assert await state_of(payments, intent.id) == "declined"


@pytest.mark.parametrize(
    ("card", "approve", "state", "failure"),
    [
        ("challenge", True, "authorized", None),
        ("challenge", False, "declined", "challenge-refused"),
        ("challenge-declined", True, "declined", "card-declined"),
    ],
)
async def test_a_challenge_is_answered(
    payments: Payments, card: str, approve: bool, state: str, failure: str | None
):
    intent = await payments.pay(card)
    assert intent.state == "challenge"
    page = await payments.client.challenge(question_of(intent))
    # Who learns a payment's id, from a log or a report, learns nothing of the purchase by it.
    with pytest.raises(NotFound):
        await payments.client.challenge(ChallengeId(intent.id))
    assert (page.open, page.amount, page.return_path) == (True, intent.amount, "/checkout/1")

    page = await payments.client.answer_challenge(page.id, approve=approve)

    assert not page.open
    after = await payments.client.intent(intent.id)
    assert (after.state, after.failure, after.challenge_path) == (state, failure, None)
    # The buyer goes back and answers the other way: the first answer counts.
    await payments.client.answer_challenge(page.id, approve=not approve)
    assert await state_of(payments, intent.id) == state
    assert await payments.events(intent.id) == [state]


async def test_an_abandoned_challenge_can_be_voided_and_answers_no_more(payments: Payments):
    intent = await payments.pay("challenge")
    question = question_of(intent)
    await payments.client.void(intent.id)
    assert not (await payments.client.challenge(question)).open
    await payments.client.answer_challenge(question, approve=True)
    assert await state_of(payments, intent.id) == "voided"
    assert await payments.bank_says(intent.id) == "voided"


async def test_nobody_is_asked_about_a_plain_card(payments: Payments):
    intent = await payments.pay()
    charge_id = await payments.value(
        "SELECT id FROM payment.sandbox_charges WHERE key = %s", (intent.id,)
    )
    with pytest.raises(NotFound):
        await payments.client.challenge(ChallengeId(UUID(charge_id.removeprefix("ch_"))))


async def test_a_lost_answer_is_found_again_by_repeating(payments: Payments):
    intent = await payments.pay("timeout")
    assert (intent.state, await payments.bank_says(intent.id)) == ("processing", "authorized")

    request = order("timeout")
    first = await payments.client.put_intent(new_id(), request)
    again = await payments.client.put_intent(first.id, request)
    assert again.state == "authorized"
    assert await payments.events(first.id) == ["authorized"]
    # Nobody repeats the other one: the job does.
    await eventually(lambda: state_of(payments, intent.id), "authorized")


@pytest.mark.parametrize("card", ["late", "twice"])
async def test_a_late_answer_arrives_once_in_effect(payments: Payments, card: str):
    intent = await payments.pay(card)
    assert intent.state == "processing"
    await eventually(lambda: state_of(payments, intent.id), "authorized")
    await eventually(lambda: _callbacks_left(payments, intent.id), 0)
    assert await payments.events(intent.id) == ["authorized"]
    assert (await payments.client.capture(intent.id)).state == "captured"


async def test_no_answer_ever_can_be_given_up(payments: Payments):
    intent = await payments.pay("never")
    assert intent.state == "processing"
    await payments.client.void(intent.id)
    assert (await state_of(payments, intent.id), await payments.bank_says(intent.id)) == (
        "voided", "voided",
    )  # fmt: skip


async def test_a_refused_capture_is_definite(payments: Payments):
    intent = await payments.pay("capture-refused")
    with pytest.raises(IntentNotAuthorized) as refused:
        await payments.client.capture(intent.id)
    assert refused.value.extra == {"state": "voided", "failure": "authorization-expired"}
    assert await payments.events(intent.id) == ["authorized", "voided"]


async def test_cards_are_typed_as_printed(payments: Payments):
    for card in (await payments.client.sandbox_cards()).cards:
        typed = SandboxCard(number=card.number, expiry="12/40", cvc="123")
        method = (await payments.client.sandbox_method(typed)).method
        assert payments.ctx.resources.provider.accepts(method)


@pytest.mark.parametrize(
    ("number", "expiry", "cvc", "fields"),
    [
        ("4242424242424241", "12/40", "123", ["number"]),
        ("4111111111111111", "12/40", "123", ["number"]),
        ("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "12/40", "123", ["number"]),
        ("4242424242424242", "13/40", "123", ["expiry"]),
        ("4242424242424242", "12/20", "12a", ["expiry", "cvc"]),
        ("", "", "", ["number", "expiry", "cvc"]),
    ],
)
async def test_a_mistyped_card_names_its_fields(
    payments: Payments, number: str, expiry: str, cvc: str, fields: list[str]
):
    with pytest.raises(CardInvalid) as invalid:
        await payments.client.sandbox_method(SandboxCard(number=number, expiry=expiry, cvc=cvc))
    assert [error.field for error in invalid.value.errors] == fields


async def test_a_foreign_method_is_refused(payments: Payments):
    for method in ("pm_card_visa", "sandbox-", "sandbox-nonsense", "success"):
        with pytest.raises(UnknownPaymentMethod):
            await payments.client.put_intent(new_id(), order(method=method))


async def _callbacks_left(payments: Payments, intent_id: Any) -> int:
    return await payments.value(
        "SELECT count(*) FROM payment.sandbox_callbacks b"
        " JOIN payment.sandbox_charges c ON c.id = b.charge_id WHERE c.key = %s",
        (intent_id,),
    )
