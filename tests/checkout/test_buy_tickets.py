"""Buyers get their tickets and pay, or neither."""

import asyncio

import pytest

from quickserve.contracts.booking import Contact, HoldExpired, HoldId, HoldUsed
from quickserve.contracts.checkout import NewCheckout, PaymentMethodMissing
from quickserve.contracts.payment import PaymentAuthorized, PaymentDeclined
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race

from .conftest import AMINA, new_id, order


async def test_a_buyer_pays_and_has_the_tickets(house, gala):
    started = await gala.start()
    assert started.state == "processing"
    assert started.total.minor == 3600
    assert started.booking_key is None
    bought = await house.ended(started.id)
    assert bought.state == "confirmed"
    booking = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert booking.state == "confirmed"
    assert booking.email == AMINA.email
    assert [t.holder_name for t in booking.tickets] == ["Amina Diallo"] * 2
    assert await house.left_by(started.id) == ("confirmed", 2, "captured")
    assert await gala.stock() == (0, 2)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("declined", "card-declined"),
        ("insufficient-funds", "insufficient-funds"),
        ("expired-card", "expired-card"),
    ],
)
async def test_a_declined_card_costs_nothing_and_gives_the_places_back(house, gala, card, reason):
    failed = await gala.buy(card)
    assert failed.state == "failed"
    assert failed.failure.code == "card-declined"
    assert failed.failure.reason == reason
    assert failed.booking_key is None
    assert await house.left_by(failed.id) == ("withdrawn", 0, "declined")
    assert await gala.stock() == (0, 0)


async def test_a_capture_that_the_bank_refuses_undoes_everything(house, gala):
    failed = await gala.buy("capture-refused")
    assert (failed.state, failed.failure.code) == ("failed", "intent-not-authorized")
    assert (await house.left_by(failed.id))[:2] == ("withdrawn", 0)
    assert await gala.stock() == (0, 0)


@pytest.mark.parametrize("card", ["timeout", "late", "twice"])
async def test_a_bank_that_answers_late_is_waited_for(house, gala, card):
    bought = await gala.buy(card)
    assert bought.state == "confirmed"
    assert await house.left_by(bought.id) == ("confirmed", 2, "captured")


async def test_a_bank_that_never_answers_is_not_waited_for_for_ever(house, gala):
    failed = await gala.buy("never")
    assert (failed.state, failed.failure.code) == ("failed", "payment-timeout")
    assert await gala.stock() == (0, 0)


async def test_the_bank_asks_and_the_buyer_approves(house, gala):
    asked = await gala.buy("challenge")
    assert asked.state == "challenge"
    assert asked.challenge_path
    question_id = asked.challenge_path.rpartition("/")[2]
    question = await house.payment.challenge(question_id)
    assert question.return_path == f"/purchases/{asked.id}"
    await house.payment.answer_challenge(question_id, approve=True)
    assert await eventually(house, asked.id) == "confirmed"
    assert await house.left_by(asked.id) == ("confirmed", 2, "captured")


async def test_the_bank_asks_and_the_buyer_refuses(house, gala):
    asked = await gala.buy("challenge")
    question_id = asked.challenge_path.rpartition("/")[2]
    await house.payment.answer_challenge(question_id, approve=False)
    assert await eventually(house, asked.id) == "failed"
    failed = await house.ended(asked.id)
    assert (failed.failure.code, failed.failure.reason) == ("card-declined", "challenge-refused")
    assert await gala.stock() == (0, 0)


async def test_a_question_of_the_bank_without_an_answer(house, gala):
    asked = await gala.buy("challenge")
    assert await eventually(house, asked.id) == "failed"
    assert (await house.ended(asked.id)).failure.code == "payment-timeout"
    assert (await house.left_by(asked.id))[:2] == ("withdrawn", 0)


async def test_news_of_the_bank_are_hints(house, gala):
    """Late, repeated, of both kinds: the saga asks payment, and believes only that."""
    bought = await gala.buy("late")
    ids = house.ids(bought.id)
    await house.deliver_twice(PaymentDeclined(ids.intent, ids.booking, "card-declined"))
    await house.deliver_twice(PaymentAuthorized(ids.intent, ids.booking))
    assert (await house.ended(bought.id)).state == "confirmed"
    assert await house.left_by(bought.id) == ("confirmed", 2, "captured")


async def eventually(house, checkout_id):
    """The state after the challenge; it stays `challenge` until the saga has taken the answer."""
    async with asyncio.timeout(10):
        while (view := await house.ended(checkout_id)).state == "challenge":  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.02)
    return view.state


async def test_places_that_cost_nothing_are_booked_at_once(house):
    gala = await house.gala(price=0)
    hold = await gala.hold()
    checkout_id = new_id()
    booked = await house.checkouts.put_checkout(checkout_id, order(hold, None))
    assert booked.state == "confirmed"
    assert await house.checkouts.put_checkout(checkout_id, order(hold, None)) == booked
    assert await house.checkouts.checkout(checkout_id) == booked
    booking = await house.booking.booking(booked.booking_id, booked.booking_key)
    assert len(booking.tickets) == 2
    assert await gala.stock() == (0, 2)
    with pytest.raises(HoldUsed):
        await house.checkouts.put_checkout(new_id(), order(hold, None))


async def test_a_repeat_starts_nothing_new(house, gala):
    hold = await gala.hold()
    checkout_id = new_id()
    first, second = await asyncio.gather(
        house.checkouts.put_checkout(checkout_id, order(hold)),
        house.checkouts.put_checkout(checkout_id, order(hold)),
    )
    assert first == second
    await house.ended(checkout_id)
    again = await house.checkouts.put_checkout(checkout_id, order(hold))
    assert again.state == "confirmed"
    assert await gala.stock() == (0, 2)
    other = NewCheckout(
        hold_id=hold.id,
        contact=Contact(email="b@example.org", name="B"),
        method="sandbox-success",
    )
    with pytest.raises(IdReused):
        await house.checkouts.put_checkout(checkout_id, other)


async def test_two_buyers_of_one_hold(house, gala):
    hold = await gala.hold()
    ids = [new_id(), new_id()]
    started = await race(*(house.checkouts.put_checkout(i, order(hold)) for i in ids))
    ends = [await house.ended(view.id) for view in started.values if hasattr(view, "id")]
    assert sorted(view.state for view in ends).count("confirmed") == 1
    assert all(v.failure.code == "hold-used" for v in ends if v.state == "failed")
    assert await gala.stock() == (0, 2)


async def test_what_is_refused_at_once(house, gala):
    hold = await gala.hold()
    with pytest.raises(PaymentMethodMissing) as missing:
        await house.checkouts.put_checkout(new_id(), order(hold, None))
    assert missing.value.errors[0].field == "method"
    nowhere = order(hold).model_copy(update={"hold_id": HoldId(new_uuid())})
    with pytest.raises(NotFound):
        await house.checkouts.put_checkout(new_id(), nowhere)
    with pytest.raises(NotFound):
        await house.checkouts.checkout(new_id())
    await house.booking.release_hold(hold.id)
    with pytest.raises(HoldExpired):
        await house.checkouts.put_checkout(new_id(), order(hold))


async def test_a_method_nobody_knows(house, gala):
    hold = await gala.hold()
    body = order(hold).model_copy(update={"method": "tok_unheard_of"})
    started = await house.checkouts.put_checkout(new_id(), body)
    failed = await house.ended(started.id)
    assert (failed.state, failed.failure.code) == ("failed", "unknown-payment-method")
    assert await gala.stock() == (0, 0)


async def test_a_buyer_may_wait_where_he_orders(house, gala):
    hold = await gala.hold()
    bought = await house.checkouts.put_checkout(new_id(), order(hold), wait_ms=8000)
    assert bought.state == "confirmed"
    asked = await house.checkouts.put_checkout(
        new_id(), order(await gala.hold(), "challenge"), wait_ms=8000
    )
    assert asked.state == "challenge"


async def test_waiting_ends_before_the_caller_gives_up(house, gala):
    started = await gala.start("never")
    async with house.http() as http:
        answer = await http.get(
            f"/checkouts/{started.id}?wait_ms=10000", headers={"x-deadline-ms": "900"}
        )
    assert answer.json()["state"] == "processing"


@pytest.mark.parametrize("query", ["wait_ms=-1", "wait_ms=10001", "wait_ms=soon"])
async def test_how_long_one_may_wait(house, query):
    async with house.http() as http:
        answer = await http.get(f"/checkouts/{new_id()}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "wait_ms"


@pytest.mark.parametrize(
    "change",
    [
        {"contact": {"email": "no address", "name": "A"}},
        {"contact": {"email": "a@example.org", "name": ""}},
        {"hold_id": "1"},
        {"method": "x" * 201},
        {"surprise": 1},
        {"contact": {"email": "a@example.org", "name": "nul\x00"}},
        {"method": "nul\x00"},
    ],
)
async def test_bodies_that_make_no_sense(house, gala, change):
    body = order(await gala.hold()).model_dump(mode="json") | change
    async with house.http() as http:
        answer = await http.put(f"/checkouts/{new_id()}", json=body)
    assert answer.status_code == 422, answer.text


async def test_many_buyers_at_once(house):
    gala = await house.gala(capacity=60)
    bought = await asyncio.gather(*(gala.buy(quantity=2) for _ in range(30)))
    assert {view.state for view in bought} == {"confirmed"}
    assert await gala.stock() == (0, 60)
    check = await house.payment.check_ledger()
    assert check.balanced, check.findings
