"""After the sale: tickets are cancelled, exchanged, passed on and sold again; money follows."""

import asyncio

import pytest

from quickserve.checkout.sagas.book_tickets import book_tickets
from quickserve.checkout.sagas.change_booking import change_booking
from quickserve.contracts.booking import TicketId
from quickserve.contracts.booking_changes import (
    BookingChangesClient,
    ChangeNotAllowed,
    ChangeRules,
    NewTransfer,
    PlaceTaken,
)
from quickserve.contracts.checkout import CancellationId, PaymentMethodMissing
from quickserve.contracts.checkout_changes import (
    ChangeId,
    CheckoutChangesClient,
    NewChange,
    OneAtATime,
)
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.saga_lab import SagaLab
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.saga_worker import Sagas

OPEN = ChangeRules(cancel_hours=24, cancel_fee_bp=1000, exchange_hours=24, resale=True)


class Desk:
    """The buyer at the counter of changes, with what the house knows."""

    def __init__(self, house, gala):
        self.house, self.gala = house, gala
        self.rules = BookingChangesClient(house.booking._client)
        self.changes = CheckoutChangesClient(house.checkouts._client)

    async def allow(self, rules=OPEN):
        await self.rules.put_rules(self.gala.event.event_id, rules, self.gala.token)

    async def tickets(self, bought):
        found = await self.rules.changes(bought.booking_id, bought.booking_key)
        return found.tickets

    async def change(self, bought, kind, count=1, change_id=None, tickets=None, **options):
        chosen = tickets or (await self.tickets(bought))[:count]
        new = NewChange(
            booking_id=bought.booking_id, key=bought.booking_key, kind=kind,
            ticket_ids=[ticket.id for ticket in chosen], **options,
        )  # fmt: skip
        change_id = change_id or ChangeId(new_uuid())
        return await self.changes.put_change(change_id, new, wait_ms=8000)

    async def refunded(self):
        rows = await self.house.rows(
            "SELECT coalesce(sum(refunded_minor), 0)::bigint FROM payment.sandbox_charges"
        )
        return rows[0][0]


async def eventually(look, is_so):
    """What is found once it is so."""
    async with asyncio.timeout(10):
        while True:
            found = await look()
            if is_so(found):
                return found
            await asyncio.sleep(0.05)


@pytest.fixture
async def desk(house):
    gala = await house.gala()
    return Desk(house, gala)


async def test_one_of_two_tickets_is_cancelled_within_the_rule_for_a_fee(house, desk):
    await desk.allow()
    before = await desk.refunded()
    bought = await desk.gala.buy()
    done = await desk.change(bought, "cancel")
    assert (done.state, done.refund.minor, done.due.minor) == ("done", 1620, 0)
    assert await desk.refunded() - before == 1620
    assert await desk.gala.stock() == (0, 1)
    booking = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert (booking.state, booking.total.minor, len(booking.tickets)) == ("confirmed", 1800, 2)
    assert sorted(ticket.state for ticket in booking.tickets) == ["cancelled", "valid"]
    last = await desk.change(bought, "cancel")
    assert (last.state, last.refund.minor) == ("done", 1620)
    booking = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert booking.state == "cancelled"
    assert await desk.gala.stock() == (0, 0)
    check = await house.payment.check_ledger()
    assert check.balanced, check.findings


async def test_what_the_organiser_does_not_allow_is_refused_and_changes_nothing(house, desk):
    bought = await desk.gala.buy()
    for kind in ("cancel", "exchange", "resale"):
        with pytest.raises(ChangeNotAllowed):
            await desk.change(bought, kind)
    await desk.allow()
    with pytest.raises(OneAtATime):
        await desk.change(bought, "resale", 2)
    stranger = NewChange(
        booking_id=bought.booking_id, key="x" * 32, kind="cancel", ticket_ids=[new_uuid()]
    )
    with pytest.raises(NotFound):
        await desk.changes.put_change(ChangeId(new_uuid()), stranger)
    await house.rows(
        "UPDATE booking.offered_dates SET starts_at = clock_timestamp() + interval '23 hours'"
        " WHERE id = %s", (desk.gala.event.dates[0].id,),
    )  # fmt: skip
    for kind in ("cancel", "exchange"):
        with pytest.raises(ChangeNotAllowed):
            await desk.change(bought, kind)
    assert await desk.gala.stock() == (0, 2)
    booking = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert [ticket.state for ticket in booking.tickets] == ["valid", "valid"]


async def test_a_double_tap_cancels_once_and_another_content_is_refused(desk):
    await desk.allow()
    bought = await desk.gala.buy()
    before, change_id = await desk.refunded(), ChangeId(new_uuid())
    tickets = (await desk.tickets(bought))[:1]
    first, second = await asyncio.gather(
        *(desk.change(bought, "cancel", change_id=change_id, tickets=tickets) for _ in range(2))
    )
    assert first == second
    assert await desk.refunded() - before == 1620
    with pytest.raises(IdReused):
        await desk.change(bought, "cancel", change_id=change_id)


async def test_two_changes_of_one_booking_at_once_refund_each_ticket_once(desk):
    await desk.allow()
    bought = await desk.gala.buy()
    before, tickets = await desk.refunded(), await desk.tickets(bought)
    outcomes = await asyncio.gather(
        *(desk.change(bought, "cancel", tickets=tickets) for _ in range(4)),
        return_exceptions=True,
    )
    states = [getattr(one, "state", "refused") for one in outcomes]
    assert states.count("done") == 1, outcomes
    assert await desk.refunded() - before == 3240
    assert await desk.gala.stock() == (0, 0)


async def test_tickets_are_exchanged_for_dearer_ones_and_the_difference_is_paid(house, desk):
    await desk.allow()
    bought = await desk.gala.buy(quantity=1)
    hold = await desk.gala.hold(3)
    with pytest.raises(PaymentMethodMissing):
        await desk.change(bought, "exchange", hold_id=hold.id)
    done = await desk.change(bought, "exchange", hold_id=hold.id, method="sandbox-success")
    assert (done.state, done.due.minor, done.refund.minor) == ("done", 3600, 0)
    old = await house.booking.booking(bought.booking_id, bought.booking_key)
    new = await house.booking.booking(done.new_booking_id, done.new_booking_key)
    assert (old.state, new.state, new.total.minor) == ("cancelled", "confirmed", 5400)
    (led,) = old.exchanged  # the old link leads to the new tickets
    assert (led.id, led.key, led.number, led.tickets) == (new.id, new.key, new.number, 1)
    assert (len(new.tickets), new.email) == (3, old.email)
    assert await desk.gala.stock() == (0, 3)
    # The organiser calls it off: both charges go back, whole.
    before = await desk.refunded()
    await house.checkouts.cancel(CancellationId(new_uuid()), new.id, desk.gala.token)
    await eventually(
        lambda: house.checkouts.cancellation(new.id, desk.gala.token), lambda c: c.state == "done"
    )
    assert await desk.refunded() - before == 5400
    assert await desk.gala.stock() == (0, 0)
    check = await house.payment.check_ledger()
    assert check.balanced, check.findings


async def test_tickets_are_exchanged_for_fewer_and_the_difference_comes_back(desk):
    await desk.allow()
    bought = await desk.gala.buy(quantity=3)
    before, hold = await desk.refunded(), await desk.gala.hold(1)
    done = await desk.change(bought, "exchange", 3, hold_id=hold.id)
    assert (done.state, done.due.minor, done.refund.minor) == ("done", 0, 3600)
    assert await desk.refunded() - before == 3600
    assert await desk.gala.stock() == (0, 1)


async def test_a_declined_difference_leaves_everything_as_it_was(house, desk):
    await desk.allow()
    bought = await desk.gala.buy(quantity=1)
    hold = await desk.gala.hold(2)
    view = await desk.change(bought, "exchange", hold_id=hold.id, method="sandbox-declined")
    assert (view.state, view.failure.code) == ("failed", "card-declined")
    booking = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert [ticket.state for ticket in booking.tickets] == ["valid"]
    assert await desk.gala.stock() == (0, 1)


async def test_a_ticket_passed_on_has_a_new_code_and_one_owner(house, desk):
    bought = await desk.gala.buy(quantity=2)
    first, second = await desk.tickets(bought)
    new = NewTransfer(
        ticket_id=first.id, key=bought.booking_key, name="Binta Ba", email="binta@example.org"
    )
    successor = TicketId(new_uuid())
    page, again = [await desk.rules.transfer(successor, new) for _ in range(2)]
    assert page == again
    assert page.ticket.holder_name == "Binta Ba"
    assert page.ticket.code != first.code
    seen = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert [(t.holder_name, bool(t.payload)) for t in seen.tickets] == [
        ("Binta Ba", False), ("Amina Diallo", True),
    ]  # fmt: skip
    with pytest.raises(IdReused):
        await desk.rules.transfer(successor, new.model_copy(update={"ticket_id": second.id}))
    with pytest.raises(ChangeNotAllowed):
        await desk.rules.transfer(TicketId(new_uuid()), new)
    await desk.allow()
    with pytest.raises(ChangeNotAllowed):  # no longer the buyer's
        await desk.change(bought, "cancel", tickets=[page.ticket])
    further = NewTransfer(
        ticket_id=successor, key=page.key, name="Chloé", email="chloe@example.org"
    )
    with pytest.raises(NotFound):
        await desk.rules.transfer(
            TicketId(new_uuid()), further.model_copy(update={"key": bought.booking_key})
        )
    last = await desk.rules.transfer(TicketId(new_uuid()), further)
    assert (await desk.rules.ticket(last.ticket.id, last.key)).ticket.holder_name == "Chloé"
    assert (await desk.rules.ticket(successor, page.key)).ticket.state == "passed-on"
    assert await desk.gala.stock() == (0, 2)


async def test_a_buyer_finds_the_address_of_a_ticket_passed_on_until_somebody_has_it(house, desk):
    bought = await desk.gala.buy(quantity=1)
    (ticket,) = await desk.tickets(bought)

    async def pass_on(ticket_id, key, name):
        new = NewTransfer(ticket_id=ticket_id, key=key, name=name, email="someone@example.org")
        return await desk.rules.transfer(TicketId(new_uuid()), new)

    async def address_with_the_buyer():
        seen = await house.booking.booking(bought.booking_id, bought.booking_key)
        return seen.tickets[0].key

    page = await pass_on(ticket.id, bought.booking_key, "Bnta")
    page = await pass_on(page.ticket.id, page.key, "Binta")  # the name was mistyped
    assert await address_with_the_buyer() == page.key
    with pytest.raises(NotFound):
        await desk.rules.note_opening(page.ticket.id, bought.booking_key)
    for _ in range(2):
        await desk.rules.note_opening(page.ticket.id, page.key)
    assert await address_with_the_buyer() == ""
    assert (await desk.rules.ticket(page.ticket.id, page.key)).opened
    last = await pass_on(page.ticket.id, page.key, "Chloé")
    assert not last.opened
    assert await address_with_the_buyer() == ""  # Binta passed it on, not the buyer


async def test_a_ticket_is_sold_again_and_the_seller_paid_once_the_place_is_needed(house):
    desk = Desk(house, await house.gala(capacity=3))
    await desk.allow()
    bought = await desk.gala.buy(quantity=2)
    before = await desk.refunded()
    offered = await desk.change(bought, "resale")
    assert offered.state == "waiting"
    assert await desk.gala.stock() == (0, 1)
    await desk.gala.buy(quantity=1)  # the house had this one itself
    await asyncio.sleep(0.3)
    assert (await desk.changes.change(offered.id)).state == "waiting"
    await desk.gala.buy(quantity=1)
    await eventually(lambda: desk.changes.change(offered.id), lambda c: c.state == "done")
    assert await desk.refunded() - before == 1800
    assert await desk.gala.stock() == (0, 3)
    booking = await house.booking.booking(bought.booking_id, bought.booking_key)
    assert (booking.total.minor, sorted(t.state for t in booking.tickets)) == (
        1800, ["cancelled", "valid"],
    )  # fmt: skip


async def test_a_seller_may_have_the_ticket_back_while_nobody_needs_its_place(house):
    desk = Desk(house, await house.gala(capacity=2))
    await desk.allow()
    bought = await desk.gala.buy(quantity=2)
    offered = await desk.change(bought, "resale")
    (resale,) = [one for one in await desk.tickets(bought) if one.resale_id]
    hold = await desk.gala.hold(1)
    with pytest.raises(PlaceTaken):
        await desk.rules.end_resale(resale.resale_id, bought.booking_key)
    await house.booking.release_hold(hold.id)
    ended = await desk.rules.end_resale(resale.resale_id, bought.booking_key)
    assert ended.state == "dropped"
    view = await eventually(lambda: desk.changes.change(offered.id), lambda c: c.state == "failed")
    assert view.failure.code == "nobody-bought"
    assert await desk.gala.stock() == (0, 2)


class Changes:
    """Changes tickets of one gala, and audits how each change ends."""

    def __init__(self, house, gala, bought, kind):
        self.house, self.gala, self.bought, self.kind = house, gala, bought, kind
        self.desk = Desk(house, gala)
        self.started = {}
        self.done = 0

    async def start(self):
        bought = self.bought.pop()
        options = {}
        if self.kind == "exchange":
            options = {"hold_id": (await self.gala.hold(3)).id, "method": "sandbox-success"}
        tickets = await self.desk.tickets(bought)
        new = NewChange(
            booking_id=bought.booking_id, key=bought.booking_key, kind=self.kind,
            ticket_ids=[ticket.id for ticket in tickets], **options,
        )  # fmt: skip
        change_id = ChangeId(new_uuid())
        await self.desk.changes.put_change(change_id, new)
        saga_id = self.house.ids(change_id).saga
        self.started[saga_id] = bought
        return saga_id

    async def audit(self, trial, saga_id, status):
        bought = self.started[saga_id]
        booking = await self.house.booking.booking(bought.booking_id, bought.booking_key)
        done = status.state == "done"
        states = {ticket.state for ticket in booking.tickets}
        assert states == ({"cancelled"} if done else {"valid"}) or (done and not states), trial
        assert booking.state == ("cancelled" if done else "confirmed"), trial
        self.done += done


@pytest.mark.parametrize("kind", ["cancel", "exchange"])
@pytest.mark.parametrize(
    "trials",
    ["fail_each_step", "repeat_each_action", "kill_after_each_checkpoint", "stall_each_action"],
)
async def test_money_and_tickets_change_together_or_not_at_all(lab_house, trials, kind):
    gala = await lab_house.gala(capacity=1000)
    await Desk(lab_house, gala).allow(OPEN.model_copy(update={"cancel_fee_bp": 0}))
    async with Sagas(SagaQueue("checkout", (book_tickets,)), lab_house.runtime, workers=2):
        bought = [
            one for _ in range(5) for one in await asyncio.gather(*(gala.buy() for _ in range(9)))
        ]
    changes = Changes(lab_house, gala, list(bought), kind)
    lab = SagaLab(change_booking, "checkout")
    await getattr(lab, trials)(lab_house.runtime, changes.start, changes.audit)
    held, sold = await gala.stock()
    per_change = 0 if kind == "cancel" else 3
    assert sold == 2 * (len(bought) - changes.done) + per_change * changes.done
    assert held == (0 if kind == "cancel" else held)
    check = await lab_house.payment.check_ledger()
    assert check.balanced, check.findings
