"""The money back against the tickets; whatever fails, both or neither."""

import asyncio

import pytest

from quickserve.checkout.sagas.book_tickets import book_tickets
from quickserve.checkout.sagas.cancel_purchase import cancel_purchase
from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.checkout import CancellationId, NotRefundable
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.saga_lab import SagaLab
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.saga_worker import Sagas
from quickserve.kernel.testing import race

STANDS = ("confirmed", 0, "captured")
REFUNDED = ("cancelled", 3600, "done")


def cancellation_id() -> CancellationId:
    return CancellationId(new_uuid())


async def left_by(house, booking_id):
    """(the booking's state, what the bank paid back, the cancellation's or the charge's state)"""
    rows = await house.rows(
        "SELECT b.state, c.refunded_minor, coalesce(r.state, c.state)"
        " FROM booking.bookings b JOIN payment.intents i ON i.reference = b.id"
        " JOIN payment.sandbox_charges c ON c.key = i.id"
        " LEFT JOIN payment.refunds r ON r.intent_id = i.id AND r.state <> 'refused'"
        " WHERE b.id = %s",
        (booking_id,),
    )
    return rows[0]


async def ended(house, gala, booking_id):
    async with asyncio.timeout(10):
        while True:
            view = await house.checkouts.cancellation(booking_id, gala.token)
            if view.state != "processing":
                return view
            await asyncio.sleep(0.05)


async def test_the_money_goes_back_and_the_places_on_sale(house, gala):
    bought, kept = await gala.buy(), await gala.buy()
    begun = await house.checkouts.cancel(cancellation_id(), bought.booking_id, gala.token)
    assert begun.booking_id == bought.booking_id
    view = await ended(house, gala, bought.booking_id)
    assert (view.id, view.state, view.failure) == (begun.id, "done", None)
    assert view.total == bought.total
    assert await left_by(house, bought.booking_id) == REFUNDED
    assert await left_by(house, kept.booking_id) == STANDS
    assert await gala.stock() == (0, 2)
    check = await house.payment.check_ledger()
    assert check.balanced, check.findings
    saga = await house.checkouts.saga(begun.id, gala.token)
    assert (saga.saga, saga.state, saga.total) == ("cancel_purchase", "done", bought.total)
    begin, *others = saga.steps
    assert (begin.result["amount"], len(begin.result["refunds"])) == ("36.00 EUR", 1)
    assert [(s.name, s.result) for s in others] == [
        ("refund", {"refunded": "36.00 EUR"}), ("cancel", {"tickets": 2}),
    ]  # fmt: skip
    purchase = await house.checkouts.saga(house.ids(bought.id).saga, gala.token)
    assert purchase.booking_id == saga.booking_id == bought.booking_id


async def test_two_at_the_desk_refund_once(house, gala):
    bought = await gala.buy()
    asked = [cancellation_id() for _ in range(4)]
    both = await race(
        *(house.checkouts.cancel(one, bought.booking_id, gala.token) for one in asked * 2)
    )
    assert len({view.id for view in both.values}) == 1
    await ended(house, gala, bought.booking_id)
    assert await left_by(house, bought.booking_id) == REFUNDED
    again = await house.checkouts.cancel(cancellation_id(), bought.booking_id, gala.token)
    assert (again.id, again.state) == (both.values[0].id, "done")


async def test_what_the_provider_refuses_stays_as_it_was_and_may_be_asked_again(house, gala):
    bought = await gala.buy()
    await house.rows(
        "UPDATE payment.sandbox_charges SET state = 'voided' WHERE key = %s",
        (house.ids(bought.id).intent,),
    )
    await house.checkouts.cancel(cancellation_id(), bought.booking_id, gala.token)
    view = await ended(house, gala, bought.booking_id)
    assert view.state == "refused"
    assert view.failure.code == "conflict"
    assert (await left_by(house, bought.booking_id))[:2] == ("confirmed", 0)
    assert await gala.stock() == (0, 2)
    await house.rows(
        "UPDATE payment.sandbox_charges SET state = 'captured' WHERE key = %s",
        (house.ids(bought.id).intent,),
    )
    await house.checkouts.cancel(cancellation_id(), bought.booking_id, gala.token)
    assert (await ended(house, gala, bought.booking_id)).state == "done"
    assert await left_by(house, bought.booking_id) == REFUNDED


async def test_who_may_cancel_what(house, gala):
    bought, asked, failed = (
        await gala.buy(),
        await gala.buy("challenge"),
        await gala.buy("declined"),
    )
    free_gala = await house.gala(price=0)
    free = await free_gala.buy(None)
    stranger = house.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})
    door = house.issuer.token({gala.organiser_id: [Role.DOOR]})
    for token in (stranger, door):
        with pytest.raises(Forbidden):
            await house.checkouts.cancel(cancellation_id(), bought.booking_id, token)
        with pytest.raises(Forbidden):
            await house.checkouts.cancellation(bought.booking_id, token)
    for other in (asked, failed):
        with pytest.raises(NotRefundable):
            await house.checkouts.cancel(cancellation_id(), other.booking_id, gala.token)
    with pytest.raises(NotRefundable):
        await house.checkouts.cancel(cancellation_id(), free.booking_id, free_gala.token)
    with pytest.raises(NotFound):
        await house.checkouts.cancel(cancellation_id(), new_uuid(), gala.token)
    with pytest.raises(NotFound):
        await house.checkouts.cancellation(bought.booking_id, gala.token)
    saga_id = CancellationId(house.ids(bought.id).saga)
    with pytest.raises(IdReused):
        await house.checkouts.cancel(saga_id, bought.booking_id, gala.token)
    async with house.http() as http:
        answer = await http.put(
            f"/cancellations/{new_uuid()}", json={"booking_id": str(bought.booking_id)}
        )
        assert answer.status_code == 401
    assert await left_by(house, bought.booking_id) == STANDS


class Cancellations:
    """Cancels purchases of one gala, and audits how each of them ends."""

    def __init__(self, house, gala, bought):
        self.house = house
        self.gala = gala
        self.bought = bought
        self.started = {}
        self.kept = 0

    async def start(self):
        booking_id = self.bought.pop().booking_id
        view = await self.house.checkouts.cancel(cancellation_id(), booking_id, self.gala.token)
        self.started[view.id] = booking_id
        return view.id

    async def audit(self, trial, saga_id, status):
        left = await left_by(self.house, self.started[saga_id])
        assert left == (REFUNDED if status.state == "done" else STANDS), f"{trial}: {left}"
        self.kept += status.state != "done"


@pytest.mark.parametrize(
    "trials",
    ["fail_each_step", "repeat_each_action", "kill_after_each_checkpoint", "stall_each_action"],
)
async def test_the_money_back_against_the_tickets_or_neither(lab_house, trials):
    gala = await lab_house.gala(capacity=1000)
    async with Sagas(SagaQueue("checkout", (book_tickets,)), lab_house.runtime, workers=2):
        bought = [await gala.buy() for _ in range(24)]
    cancellations = Cancellations(lab_house, gala, bought)
    lab = SagaLab(cancel_purchase, "checkout")
    await getattr(lab, trials)(lab_house.runtime, cancellations.start, cancellations.audit)
    tried = len(cancellations.started)
    assert tried > cancellations.kept
    assert await gala.stock() == (0, 2 * (len(bought) + cancellations.kept))
    check = await lab_house.payment.check_ledger()
    assert check.balanced, check.findings


async def test_the_desk_of_booking_cannot_skip_the_refund(house, gala):
    bought = await gala.buy()
    records = BookingRecordsClient(house.booking._client)
    record = await records.record(bought.booking_id, gala.token)
    assert record.state == "confirmed"
    with pytest.raises(Exception) as refused:  # noqa: PT011 - another service's problem
        await records.cancel(bought.booking_id, gala.token)
    assert refused.value.code == "booking-paid"
