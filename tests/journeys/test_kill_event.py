"""Pulling the plug while a festival is paid back: it goes on, and nobody is paid twice."""

import asyncio

from quickserve import laptop
from quickserve.contracts.booking import Contact
from quickserve.contracts.checkout import CheckoutId, NewCheckout
from quickserve.contracts.event_cancelling import EventCancellationClient, EventCancellationView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.ids import new_uuid
from tests.journeys.product import folder, start
from tests.journeys.shows import House, Show, house_of, until

BOOKINGS = 200
QUICK = {"QUICKSERVE_SAGA_LEASE_SECONDS": "2", "QUICKSERVE_SANDBOX_DELAY_MS": "0"}


async def sell(house: House, show: Show, bookings: int) -> None:
    room = asyncio.Semaphore(20)

    async def one() -> None:
        async with room:
            new = NewCheckout(
                hold_id=await house.hold(show, 1), method="sandbox-success",
                contact=Contact(email="lea@journey.example", name="Léa"),
            )  # fmt: skip
            checkout_id = CheckoutId(new_uuid())
            view = await house.checkout.put_checkout(checkout_id, new, wait_ms=5000)
            while view.state == "processing":
                view = await house.checkout.checkout(checkout_id, wait_ms=5000)
            assert view.state == "confirmed", view

    await asyncio.gather(*(one() for _ in range(bookings)))


async def progress(house: House, show: Show, token: str) -> EventCancellationView:
    async with laptop.clients(house.product.home) as client:
        return await EventCancellationClient(client("checkout")).get(show.event_id, token)


async def test_kill_in_the_middle_of_a_festivals_refunds_pays_everybody_once():
    with folder() as data:
        first = start(data, "--no-demo", **QUICK)
        async with house_of(first) as house:
            show = await house.put_on("Festival sous l'orage", capacity=BOOKINGS)
            await sell(house, show, BOOKINGS)
            email = await house.hire(show, Role.ORGANISER)
            token = (await house.session(email)).access_token
            async with laptop.clients(first.home) as client:
                await EventCancellationClient(client("checkout")).put(show.event_id, token)

            async def a_quarter_is_given_back() -> bool:
                return (await progress(house, show, token)).bookings.done >= BOOKINGS // 4

            await until(a_quarter_is_given_back, 60)
            seen = await progress(house, show, token)
            first.process.kill()
            first.process.wait()
        first.end_of_output()
        assert seen.bookings.done < BOOKINGS, "it was over already: that proves nothing"
        again = start(data, "--no-demo", **QUICK)
        try:
            async with house_of(again) as house:
                token = (await house.session(email)).access_token

                async def all_is_given_back() -> bool:
                    try:
                        return (await progress(house, show, token)).state == "done"
                    except Unavailable:  # it has just come back
                        return False

                await until(all_is_given_back, 120)
                await nobody_is_paid_twice(house, show)
        finally:
            again.end()


async def nobody_is_paid_twice(house: House, show: Show) -> None:
    paid = await house.product.rows(
        "payment",
        "SELECT count(*), count(*) FILTER (WHERE c.refunded_minor = c.amount_minor)"
        " FROM payment.sandbox_charges c JOIN payment.intents i ON i.id = c.key"
        " WHERE i.organiser_id = %s",
        show.organiser_id,
    )
    assert paid == [(BOOKINGS, BOOKINGS)]
    states = await house.product.rows(
        "booking",
        "SELECT state, count(*) FROM booking.bookings WHERE event_id = %s GROUP BY 1",
        show.event_id,
    )
    assert states == [("cancelled", BOOKINGS)]
    assert (await house.payment.check_ledger()).findings == []
