"""The saga in the lab: whatever fails, there are tickets and a charge, or neither of them."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from quickserve.checkout.sagas.book_tickets import book_tickets
from quickserve.contracts.booking import HoldUsed
from quickserve.kernel.saga_lab import SagaLab

PAID = ("confirmed", 2, "captured")
NOTHING = {None, "declined", "voided"}


class Purchases:
    """Starts purchases of one gala with a card, and audits how each of them ends."""

    def __init__(self, house, gala, card):
        self.house = house
        self.gala = gala
        self.card = card
        self.ends = Counter()
        self.started = {}

    async def start(self):
        checkout_id = (await self.gala.start(self.card)).id
        saga_id = self.house.ids(checkout_id).saga
        self.started[saga_id] = checkout_id
        return saga_id

    async def audit(self, trial, saga_id, status):
        checkout_id = self.started[saga_id]
        view = await self.house.checkouts.checkout(checkout_id)
        self.ends[view.state] += 1
        for _ in range(100):  # where the bank's answer was lost, payment's job releases the money
            booking, tickets, charge = await self.house.left_by(checkout_id)
            if view.state == "confirmed":
                fair = (booking, tickets, charge) == PAID
            else:
                fair = booking in (None, "withdrawn") and tickets == 0 and charge in NOTHING
            if fair:
                break
            await asyncio.sleep(0.05)
        assert fair, f"{trial}: {view.state} {view.failure}, left {booking, tickets, charge}"
        assert (view.state == "confirmed") == (status.state == "done")
        # Refused before it was used, the hold is still the buyer's, until its clock ends.
        with suppress(HoldUsed):
            await self.house.booking.release_hold(view.hold_id)


@pytest.mark.parametrize(
    ("trials", "card"),
    [
        ("fail_each_step", "success"),
        ("fail_each_step", "late"),
        ("repeat_each_action", "success"),
        ("repeat_each_action", "timeout"),
        ("kill_after_each_checkpoint", "success"),
        ("stall_each_action", "success"),
    ],
)
async def test_tickets_and_money_or_neither(lab_house, trials, card):
    lab = SagaLab(book_tickets, "checkout")
    purchases = Purchases(lab_house, await lab_house.gala(capacity=1000), card)
    await getattr(lab, trials)(lab_house.runtime, purchases.start, purchases.audit)
    assert set(purchases.ends) == {"confirmed", "failed"}
    assert await purchases.gala.stock() == (0, 2 * purchases.ends["confirmed"])
    check = await lab_house.payment.check_ledger()
    assert check.balanced, check.findings
