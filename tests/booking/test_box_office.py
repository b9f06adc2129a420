"""Staff sell: cash at the door, guests for nothing, groups that pay later."""

from datetime import UTC, datetime, timedelta

import pytest

from quickserve.contracts.booking import (
    HoldExpired,
    HoldId,
    HoldUsed,
    Item,
    NewBooking,
    QuantityNotAllowed,
    SoldOut,
)
from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.box_office import (
    BoxOfficeClient,
    DeadlinePast,
    DeskContact,
    NewDeskSale,
    NewReservation,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.testing import race
from tests.booking.conftest import AMINA

GUEST = DeskContact(name="Fatou Sow")


@pytest.fixture
def desk(box):
    return BoxOfficeClient(box.checkout._client)


def sale(gala, kind="cash", quantity=2, **options):
    items = [Item(ticket_type_id=gala.seat, quantity=quantity)]
    return NewDeskSale(kind=kind, contact=GUEST, date_id=gala.date_id, items=items, **options)


def reservation(gala, quantity=30, days=2):
    items = [Item(ticket_type_id=gala.seat, quantity=quantity)]
    until = datetime.now(UTC) + timedelta(days=days)
    return NewReservation(date_id=gala.date_id, items=items, name="Collège Hugo", until=until)


async def test_cash_at_the_door_makes_tickets_at_once_and_is_counted(gala, desk):
    quota = await gala.quota(10)
    booking_id = new_uuid()
    new = sale(gala)
    first, again = [await desk.sell(booking_id, new, gala.door_token) for _ in range(2)]
    assert (first.state, first.total.minor, len(first.tickets)) == ("confirmed", 3600, 2)
    assert [t.id for t in again.tickets] == [t.id for t in first.tickets]
    with pytest.raises(IdReused):
        await desk.sell(booking_id, sale(gala, quantity=1), gala.door_token)
    assert await gala.stock(quota) == (0, 2)
    (line,) = (await desk.till(gala.event.event_id, gala.token)).lines
    assert (line.kind, line.bookings, line.places, line.total.minor) == ("cash", 1, 2, 3600)
    judged = await gala.scan(first.tickets[0].code)
    assert (judged.verdict, judged.holder_name) == ("admitted", "Fatou Sow")


async def test_guests_come_for_nothing_if_an_organiser_says_so(gala, desk):
    await gala.quota(10)
    with pytest.raises(Forbidden):
        await desk.sell(new_uuid(), sale(gala, "complimentary"), gala.door_token)
    stranger = gala.box.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})
    with pytest.raises(Forbidden):
        await desk.sell(new_uuid(), sale(gala), stranger)
    booking = await desk.sell(new_uuid(), sale(gala, "complimentary"), gala.token)
    assert booking.total.minor == 0
    assert booking.items[0].unit_price.minor == 0


async def test_staff_sell_more_than_a_buyer_may_take_but_never_more_than_there_is(gala, desk):
    await gala.quota(40)
    with pytest.raises(QuantityNotAllowed):
        await gala.hold(30)
    await desk.sell(new_uuid(), sale(gala, quantity=30), gala.token)
    outcomes = await race(
        *(desk.sell(new_uuid(), sale(gala, quantity=3), gala.token) for _ in range(8))
    )
    assert outcomes.kinds[SoldOut] == 5


async def test_a_group_has_its_places_until_the_deadline_and_pays_at_the_desk(gala, desk):
    quota = await gala.quota(40)
    hold_id = HoldId(new_uuid())
    new = reservation(gala)
    first, again = [await desk.reserve(hold_id, new, gala.token) for _ in range(2)]
    assert first == again
    assert (first.name, first.total.minor) == ("Collège Hugo", 54_000)
    assert await gala.stock(quota) == (30, 0)
    assert [one.id for one in (await desk.reservations(gala.event.event_id, gala.token))
            .reservations] == [hold_id]  # fmt: skip
    settled = NewDeskSale(kind="cash", contact=GUEST, hold_id=hold_id)
    booking = await desk.sell(new_uuid(), settled, gala.token)
    assert len(booking.tickets) == 30
    assert await gala.stock(quota) == (0, 30)
    with pytest.raises(HoldUsed):
        await desk.sell(new_uuid(), settled, gala.token)
    assert (await desk.reservations(gala.event.event_id, gala.token)).reservations == []


async def test_a_group_may_pay_at_the_checkout_instead(gala, desk):
    await gala.quota(40)
    held = await desk.reserve(HoldId(new_uuid()), reservation(gala), gala.token)
    booking_id = new_uuid()
    await gala.box.checkout.put_booking(booking_id, NewBooking(hold_id=held.id, contact=AMINA))
    assert len((await gala.box.checkout.confirm(booking_id)).tickets) == 30


async def test_what_is_not_paid_in_time_goes_back_on_sale(gala, desk):
    quota = await gala.quota(30)
    held = await desk.reserve(HoldId(new_uuid()), reservation(gala), gala.token)
    with pytest.raises(SoldOut):
        await gala.hold(1)
    await gala.box.expire(held.id)
    assert (await gala.hold(1)).state == "active"
    assert await gala.stock(quota) == (1, 0)
    with pytest.raises(HoldExpired):
        await desk.sell(
            new_uuid(), NewDeskSale(kind="cash", contact=GUEST, hold_id=held.id), gala.token
        )
    for days in (-1, 30):
        with pytest.raises(DeadlinePast):
            await desk.reserve(HoldId(new_uuid()), reservation(gala, days=days), gala.token)


async def test_cash_is_given_back_by_hand_and_the_booking_cancelled(gala, desk):
    quota = await gala.quota(10)
    booking = await desk.sell(new_uuid(), sale(gala), gala.token)
    records = BookingRecordsClient(gala.box.checkout._client)
    assert (await records.cancel(booking.id, gala.token)).state == "cancelled"
    assert await gala.stock(quota) == (0, 0)
    assert (await desk.till(gala.event.event_id, gala.token)).lines == []
