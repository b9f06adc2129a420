"""A booking at its organiser's desk: found, a ticket revoked, all of it refunded."""

import re

import pytest
from tests.web.house import PASSWORD, House, Show, Visitor

from quickserve.contracts.booking import BookingView, NewScan, ScanId
from quickserve.contracts.identity import Credentials
from quickserve.contracts.payment import PaymentClient
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid


async def buy(visitor: Visitor, show: Show) -> str:
    """The address of the tickets."""
    await visitor.choose(show, 2)
    await visitor.pay()
    await visitor.until_bought()
    return visitor.url


async def booking_of(house: House, address: str) -> BookingView:
    booking_id, key = address.split("/")[-2:]
    return await house.booking.booking(booking_id, key)


async def sign_in(house: House, staff: Visitor, show: Show, role: Role = Role.ORGANISER) -> None:
    await staff.sign_in(await house.person(show.organiser_id, role), PASSWORD)


@pytest.fixture
async def olive(house):
    async with house.visitor() as staff:
        yield staff


async def test_a_booking_is_found_however_somebody_names_it(house, visitor, olive):
    show = await house.put_on()
    tickets = await buy(visitor, show)
    booking = await booking_of(house, tickets)
    await sign_in(house, olive, show)
    path = f"/en/organiser/bookings/{booking.id}"
    for typed in (tickets, booking.tickets[0].code.lower(), booking.tickets[1].payload,
                  str(booking.id)):  # fmt: skip
        await olive.open("/en/organiser/purchases", params={"id": typed})
        assert (olive.status, olive.url) == (200, path), typed
    for known in (booking.number, "amina@example.org", "Amina Diallo", booking.tickets[1].code):
        assert known in olive.page
    for secret in (booking.key, booking.tickets[0].payload):
        assert secret not in olive.page
    await olive.open(f"/en/organiser/events/{show.event_id}")
    assert f'href="{path}"' in olive.page
    await olive.open("/en/organiser/purchases?id=ZZZZ-ZZZZ")
    assert "No purchase is found" in olive.text()


async def test_a_revoked_ticket_opens_no_door(house, visitor, olive):
    show = await house.put_on(capacity=10)
    tickets = await buy(visitor, show)
    booking = await booking_of(house, tickets)
    lost = booking.tickets[0]
    await sign_in(house, olive, show)
    path = f"/en/organiser/bookings/{booking.id}"
    await olive.open(path)
    link = re.search(rf'href="([^"]+/tickets/{lost.id}/revocation)"', olive.page)
    await olive.open(link[1])
    assert f"Revoke ticket {lost.code}?" in olive.text()
    await olive.send(olive.form("/revocation"))
    assert olive.url == f"{path}?done=revoked"
    assert "The ticket is revoked." in olive.text()
    states = [ticket.state for ticket in (await booking_of(house, tickets)).tickets]
    assert states == ["revoked", "valid"]
    assert await house.places_left(show) == 8
    await olive.open(link[1])
    assert "for good</button>" not in olive.page
    await olive.open(f"/en/organiser/bookings/{booking.id}/tickets/{new_uuid()}/revocation")
    assert olive.status == 404


async def test_a_booking_is_cancelled_and_refunded_in_one(house, visitor, olive):
    show = await house.put_on(capacity=10)
    tickets = await buy(visitor, show)
    booking = await booking_of(house, tickets)
    await sign_in(house, olive, show)
    path = f"/en/organiser/bookings/{booking.id}"
    await olive.open(path)
    assert "Cancel and refund…" in olive.page
    await olive.open(f"{path}/cancellation")
    assert f"Cancel booking {booking.number} and give €36.00 back?" in olive.text()
    form = olive.form("/cancellation")
    await olive.send(form)
    await olive.send(form)  # a second tap
    for _ in range(100):
        if "went back to the buyer" in olive.text():
            break
        await olive.open(path)
    assert "€36.00 went back to the buyer." in olive.text()
    assert "Cancel and refund…" not in olive.page
    assert "Revoke…" not in olive.page
    assert await house.places_left(show) == 10
    await visitor.open(tickets)
    assert "This booking is cancelled" in visitor.text()
    assert "€36.00 went back" in visitor.text()
    await visitor.open("/fr/tickets")
    assert "annulée" in visitor.text()
    client = house.platform.clients_for("cli")["payment"]
    check = await PaymentClient(client).check_ledger()
    assert check.balanced, check.findings
    await olive.open(f"/en/organiser/purchases/{form.fields['cancellation']}")
    assert "Refunded and cancelled" in olive.text()
    assert "Give the money back: no way back from here" in olive.text()


async def test_a_free_booking_is_cancelled_without_a_refund(house, visitor, olive):
    show = await house.put_on(price=0, capacity=10)
    tickets = await buy(visitor, show)
    booking = await booking_of(house, tickets)
    await sign_in(house, olive, show)
    await olive.open(f"/en/organiser/bookings/{booking.id}/cancellation")
    assert "give" not in olive.text().partition("Keep the booking")[0]
    await olive.send(olive.form("/cancellation"))
    assert "cancelled" in olive.text()
    assert await house.places_left(show) == 10
    await olive.open(f"/en/organiser/bookings/{booking.id}/cancellation")
    assert "Cancel the booking</button>" not in olive.page


async def test_a_ticket_that_was_used_is_said_before_the_money_goes(house, visitor, olive):
    show = await house.put_on()
    booking = await booking_of(house, await buy(visitor, show))
    await sign_in(house, olive, show)
    credentials = {"email": await house.person(show.organiser_id, Role.DOOR), "password": PASSWORD}
    session = await house.identity.sign_in(Credentials.model_validate(credentials))
    scan = NewScan(date_id=show.date_id, code=booking.tickets[0].code, gate="Porte A")
    await house.booking.put_scan(ScanId(new_uuid()), scan, session.access_token)
    await olive.open(f"/en/organiser/bookings/{booking.id}/cancellation")
    assert "One of the tickets was admitted already." in olive.text()


async def test_nobody_elses_desk_sees_or_changes_it(house, visitor, olive):
    show, other = await house.put_on(), await house.put_on("Bal")
    booking = await booking_of(house, await buy(visitor, show))
    ticket = booking.tickets[0]
    path = f"/en/organiser/bookings/{booking.id}"
    pages = (path, f"{path}/cancellation", f"{path}/tickets/{ticket.id}/revocation")
    async with house.visitor() as door:
        await sign_in(house, door, show, Role.DOOR)
        await sign_in(house, olive, other)
        for somebody in (door, olive):
            await somebody.open("/en/sign-in")
            token = somebody.form("/sign-out").fields["csrf"]
            for page in pages:
                await somebody.open(page)
                assert somebody.status == 403, page
                if page != path:
                    await somebody.post(page, {"csrf": token})
                    assert somebody.status == 403, page
    for page in pages:
        await visitor.open(page)
        assert visitor.url.startswith("/en/sign-in")
    await olive.open(f"/en/organiser/bookings/{new_uuid()}")
    assert olive.status == 404
    assert [t.state for t in (await booking_of(house, visitor_url(booking))).tickets] == [
        "valid", "valid",
    ]  # fmt: skip


def visitor_url(booking: BookingView) -> str:
    return f"/en/tickets/{booking.id}/{booking.key}"
