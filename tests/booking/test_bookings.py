"""From a hold to tickets, and back."""

import asyncio

import pytest

from quickserve.booking.commands.book_free import record_sales
from quickserve.booking.model import Booking, Buyer, Outrun, Sale
from quickserve.contracts.booking import (
    BookingConfirmed,
    BookingId,
    BookingNotPending,
    BookingWithdrawn,
    Contact,
    FreeBooking,
    HoldExpired,
    HoldId,
    HoldUsed,
    Item,
    NewBooking,
    NotOnSale,
    PaymentRequired,
    SoldOut,
)
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.ids import new_uuid

from .conftest import AMINA, replace_event

PAUL = Contact(email="paul@example.org", name="Paul Kerr", language="en")


async def test_a_pending_booking_keeps_its_places_until_it_is_confirmed(gala):
    quota = await gala.quota(2)
    hold = await gala.hold(2)
    pending = await gala.pend(hold.id)
    assert (pending.state, pending.tickets, pending.total.minor) == ("pending", [], 3600)
    assert (await gala.box.checkout.hold(hold.id)).state == "used"
    await gala.box.expire(hold.id)  # no clock takes back what is being paid
    with pytest.raises(SoldOut):
        await gala.hold(1)
    assert await gala.stock(quota) == (2, 0)

    booking = await gala.box.checkout.confirm(pending.id)
    assert await gala.stock(quota) == (0, 2)
    assert (booking.state, len(booking.tickets)) == ("confirmed", 2)
    assert booking == await gala.box.checkout.confirm(pending.id)
    assert booking == await gala.box.checkout.booking(booking.id, booking.key)
    assert booking == await gala.box.checkout.booking(booking.id, booking.key.lower())
    assert len({ticket.code for ticket in booking.tickets}) == 2
    [event] = await gala.news(BookingConfirmed, 1)
    assert (event.tickets, event.total) == (2, booking.total)


async def test_confirming_ten_times_at_once_issues_tickets_once(gala):
    quota = await gala.quota(2)
    pending = await gala.pend((await gala.hold(2)).id)
    answers = await asyncio.gather(*(gala.box.checkout.confirm(pending.id) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert await gala.stock(quota) == (0, 2)
    assert len(await gala.news(BookingConfirmed, 1)) == 1


async def test_the_same_booking_asked_for_ten_times_at_once(gala):
    quota = await gala.quota(2)
    hold, booking_id = await gala.hold(1), BookingId(new_uuid())
    answers = await asyncio.gather(*(gala.pend(hold.id, booking_id) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert await gala.stock(quota) == (1, 0)


async def test_two_bookings_want_one_hold(gala):
    await gala.quota(2)
    hold = await gala.hold(1)
    answers = await asyncio.gather(*(gala.pend(hold.id) for _ in range(6)), return_exceptions=True)
    assert sorted(type(a).__name__ for a in answers) == ["BookingView"] + ["HoldUsed"] * 5


async def test_withdrawing_gives_the_places_back_once(gala):
    quota = await gala.quota(2)
    pending = await gala.pend((await gala.hold(2)).id)
    for _ in range(3):
        await gala.box.checkout.withdraw(pending.id)
    assert await gala.stock(quota) == (0, 0)
    with pytest.raises(BookingNotPending):
        await gala.box.checkout.confirm(pending.id)
    assert (await gala.box.checkout.booking(pending.id, pending.key)).state == "withdrawn"
    assert len(await gala.news(BookingWithdrawn, 1)) == 1


async def test_a_booking_that_comes_after_its_withdrawal_is_refused(gala):
    quota = await gala.quota(2)
    booking_id, hold = BookingId(new_uuid()), await gala.hold(1)
    await gala.box.checkout.withdraw(booking_id)
    await gala.box.checkout.withdraw(booking_id)
    with pytest.raises(BookingNotPending):
        await gala.pend(hold.id, booking_id)
    with pytest.raises(BookingNotPending):
        await gala.box.checkout.confirm(booking_id)
    assert await gala.stock(quota) == (1, 0)
    assert (await gala.box.checkout.hold(hold.id)).state == "active"  # untouched by the refusal


async def test_withdrawal_and_booking_at_the_same_moment_leave_nothing_behind(gala):
    quota = await gala.quota(40)
    for _ in range(20):
        hold, booking_id = await gala.hold(1), BookingId(new_uuid())
        await asyncio.gather(
            gala.pend(hold.id, booking_id),
            gala.box.checkout.withdraw(booking_id),
            return_exceptions=True,
        )
        await gala.box.checkout.withdraw(booking_id)
        await gala.box.checkout.release_hold(hold.id) if (
            await gala.box.checkout.hold(hold.id)
        ).state == "active" else None
    assert await gala.stock(quota) == (0, 0)


async def test_a_confirmed_booking_is_not_withdrawn(gala):
    quota = await gala.quota(2)
    booking = await gala.book()
    with pytest.raises(BookingNotPending):
        await gala.box.checkout.withdraw(booking.id)
    assert await gala.stock(quota) == (0, 1)


async def test_an_expired_hold_is_not_booked(gala):
    await gala.quota(2)
    hold = await gala.hold(1)
    await gala.box.expire(hold.id)
    with pytest.raises(HoldExpired):
        await gala.pend(hold.id)
    await gala.box.checkout.release_hold(hold.id)
    with pytest.raises(HoldExpired):
        await gala.pend(hold.id)
    with pytest.raises(NotFound):
        await gala.pend(HoldId(new_uuid()))


async def test_what_was_cancelled_since_is_not_booked(gala):
    await gala.quota(2)
    hold, paid_for = await gala.hold(1), await gala.pend((await gala.hold(1)).id)
    await replace_event(gala, state="cancelled")
    with pytest.raises(NotOnSale):
        await gala.pend(hold.id)
    assert (await gala.box.checkout.confirm(paid_for.id)).state == "confirmed"


async def test_a_reused_id_with_another_buyer_is_refused(gala):
    await gala.quota(2)
    hold = await gala.hold(1)
    pending = await gala.pend(hold.id)
    assert await gala.pend(hold.id, pending.id) == pending
    with pytest.raises(IdReused):
        await gala.box.checkout.put_booking(pending.id, NewBooking(hold_id=hold.id, contact=PAUL))


async def test_a_wrong_key_finds_nothing(gala):
    await gala.quota(2)
    booking, other = await gala.book(), await gala.book()
    for key in ("", "x", other.key, booking.key[:-1], booking.key + "A", "é" * 32, "\x00"):
        with pytest.raises(NotFound):
            await gala.box.checkout.booking(booking.id, key)
    assert booking.number != other.number


# -- Free -----------------------------------------------------------------------------------------


async def test_free_places_are_booked_at_once(free_gala):
    quota = await free_gala.quota(3)
    booking = await free_gala.book_free(2)
    assert (booking.state, len(booking.tickets)) == ("confirmed", 2)
    assert await free_gala.stock(quota) == (0, 2)
    assert await free_gala.box.checkout.booking(booking.id, booking.key) == booking
    assert await free_gala.book_free(2, booking_id=booking.id) == booking
    with pytest.raises(IdReused):
        await free_gala.book_free(1, booking_id=booking.id)
    with pytest.raises(SoldOut):
        await free_gala.book_free(2)
    [event] = await free_gala.news(BookingConfirmed, 1)
    assert event.booking_id == booking.id


async def test_free_places_out_of_a_hold(free_gala):
    quota = await free_gala.quota(3)
    hold = await free_gala.hold(2)
    booking_id = BookingId(new_uuid())
    new = FreeBooking(hold_id=hold.id, contact=AMINA)
    book = free_gala.box.checkout.book_free
    answers = await asyncio.gather(*(book(booking_id, new) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert await free_gala.stock(quota) == (0, 2)
    assert (await free_gala.box.checkout.hold(hold.id)).state == "used"
    with pytest.raises(HoldUsed):
        await book(BookingId(new_uuid()), new)
    late = await free_gala.hold(1)
    await free_gala.box.expire(late.id)
    with pytest.raises(HoldExpired):
        await book(BookingId(new_uuid()), FreeBooking(hold_id=late.id, contact=AMINA))
    absent = FreeBooking(hold_id=HoldId(new_uuid()), contact=AMINA)
    with pytest.raises(NotFound):
        await book(BookingId(new_uuid()), absent)


async def test_what_has_a_price_goes_through_the_checkout(gala):
    quota = await gala.quota(3)
    with pytest.raises(PaymentRequired):
        await gala.book_free(1)
    hold = await gala.hold(1)
    with pytest.raises(PaymentRequired):
        await gala.box.checkout.book_free(
            BookingId(new_uuid()), FreeBooking(hold_id=hold.id, contact=AMINA)
        )
    assert await gala.stock(quota) == (1, 0)
    assert (await gala.box.checkout.hold(hold.id)).state == "active"


async def test_a_free_booking_after_its_withdrawal_is_refused(free_gala):
    quota = await free_gala.quota(3)
    booking_id = BookingId(new_uuid())
    await free_gala.box.checkout.withdraw(booking_id)
    with pytest.raises(BookingNotPending):
        await free_gala.book_free(1, booking_id=booking_id)
    hold = await free_gala.hold(1)
    with pytest.raises(BookingNotPending):
        await free_gala.box.checkout.book_free(
            booking_id, FreeBooking(hold_id=hold.id, contact=AMINA)
        )
    assert await free_gala.stock(quota) == (1, 0)


async def test_one_refused_booking_spoils_no_other_of_the_same_moment(free_gala):
    """They are written together; a taken id and a full house concern only whoever has them."""
    quota = await free_gala.quota(20)
    taken = await free_gala.book_free(1)
    answers = await asyncio.gather(
        *(free_gala.book_free(1) for _ in range(9)),
        free_gala.book_free(2, booking_id=taken.id),
        *(free_gala.book_free(10) for _ in range(3)),
        return_exceptions=True,
    )
    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds.count("IdReused") == 1
    held, sold = await free_gala.stock(quota)
    assert held == 0
    assert sold == 1 + sum(len(a.tickets) for a in answers if not isinstance(a, Exception))
    assert sold in {10, 20}


async def test_half_a_free_booking_is_malformed(free_gala):
    both = {"date_id": str(free_gala.date_id), "hold_id": str(new_uuid())}
    item = Item(ticket_type_id=free_gala.seat, quantity=1).model_dump(mode="json")
    for body, field in (
        ({}, "date_id"),
        ({"date_id": both["date_id"]}, "items"),
        ({**both, "items": [item]}, "hold_id"),
    ):
        answer = await free_gala.box.call(
            "PUT", f"/free-bookings/{new_uuid()}",
            json={**body, "contact": AMINA.model_dump(mode="json")},
        )  # fmt: skip
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field


async def test_a_hold_that_ends_between_looking_and_booking_sells_nothing(free_gala):
    """The statement that sells judges the hold again, by the database's clock."""
    quota = await free_gala.quota(3)
    db = free_gala.box.platform.runtimes["booking"].db
    for end in (free_gala.box.expire, free_gala.box.checkout.release_hold):
        hold = await free_gala.hold(1)
        await end(hold.id)
        booking = Booking(
            BookingId(new_uuid()), "confirmed", Buyer("a@example.org", "A", "fr"), hold.date,
            hold.items, hold.total, [quota], [1], b"", hold.server_now,
        )  # fmt: skip
        (refusal,) = await record_sales(db, [Sale(booking, hold.id)])
        assert isinstance(refusal, Outrun)
    assert (await free_gala.stock(quota))[1] == 0
    assert await free_gala.box.sql(
        "SELECT count(*) FROM bookings WHERE date_id = %s", (free_gala.date_id,)
    ) == [(0,)]
