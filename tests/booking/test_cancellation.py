"""A confirmed booking is called off; its organiser sees it, and nobody gets in with it."""

import pytest

from quickserve.contracts.booking import BookingId, BookingNotPending
from quickserve.contracts.booking_changes import (
    AmendmentId,
    BookingChangesClient,
    ChangeRules,
    NewAmendment,
)
from quickserve.contracts.booking_records import (
    BookingCancelled,
    BookingNotConfirmed,
    BookingPaid,
    BookingRecordsClient,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race

from .conftest import Box, Gala


@pytest.fixture
def records(box: Box) -> BookingRecordsClient:
    """Without a token it speaks as checkout, which has refunded."""
    return BookingRecordsClient(box.checkout._client)


async def test_the_places_go_back_on_sale_and_the_tickets_open_no_door(gala, records):
    quota = await gala.quota(2)
    booking = await gala.book(2)
    await gala.box.checkout.revoke_ticket(booking.tickets[1].id, gala.token)
    record = await records.cancel(booking.id)
    assert (record.state, {t.state for t in record.tickets}) == ("cancelled", {"cancelled"})
    assert await gala.stock(quota) == (0, 0)
    judged = await gala.scan(booking.tickets[0].payload)
    assert (judged.verdict, judged.refusal) == ("refused", "cancelled")
    keys = await gala.box.checkout.ticket_keys(gala.organiser_id, gala.door_token)
    assert {t.id for t in booking.tickets} <= set(keys.revoked_ticket_ids)
    seen = await gala.box.checkout.booking(booking.id, booking.key)
    assert (seen.state, seen.tickets) == ("cancelled", [])
    assert (await gala.book(2)).state == "confirmed"
    sales = await gala.box.checkout.sales_report(gala.event.event_id, gala.token)
    assert (sales.sold, sales.dates[0].sold) == (2, 2)
    assert sum(kind.sold for kind in sales.ticket_types) == 2
    assert sales.revenue == [booking.total]


async def test_a_repeat_changes_nothing_and_is_told_once(gala, records):
    quota = await gala.quota(10)
    booking = await gala.book(3)
    again = await race(*(records.cancel(booking.id) for _ in range(5)))
    assert {one.state for one in again.values} == {"cancelled"}
    assert await gala.stock(quota) == (0, 0)
    other = await gala.book()
    await records.cancel(other.id)
    told = await gala.news(BookingCancelled, 2)
    assert [news.booking_id for news in told] == [booking.id, other.id]
    with pytest.raises(BookingNotPending):
        await gala.box.checkout.withdraw(booking.id)
    assert (await gala.box.checkout.confirm(booking.id)).state == "cancelled"


async def test_only_what_is_confirmed_is_cancelled(gala, records):
    await gala.quota(10)
    pending = await gala.pend((await gala.hold()).id)
    with pytest.raises(BookingNotConfirmed):
        await records.cancel(pending.id)
    await gala.box.checkout.withdraw(pending.id)
    with pytest.raises(BookingNotConfirmed):
        await records.cancel(pending.id)
    for unknown in (BookingId(new_uuid()), await tombstone(gala)):
        with pytest.raises(NotFound):
            await records.cancel(unknown)


async def tombstone(gala: Gala) -> BookingId:
    booking_id = BookingId(new_uuid())
    await gala.box.checkout.withdraw(booking_id)
    return booking_id


async def test_an_organiser_cancels_only_what_cost_nothing(gala, free_gala, records, anna):
    await gala.quota(10)
    await free_gala.quota(10)
    paid, free = await gala.book(), await free_gala.book_free()
    with pytest.raises(BookingPaid):
        await records.cancel(paid.id, gala.token)
    for token in (anna, free_gala.door_token):
        with pytest.raises(Forbidden):
            await records.cancel(free.id, token)
    assert (await records.cancel(free.id, free_gala.token)).state == "cancelled"


async def test_the_desk_finds_a_booking_and_not_what_opens_it(gala, records, anna):
    await gala.quota(10)
    booking = await gala.book(2)
    ticket = booking.tickets[0]
    for text in (ticket.code, ticket.code.lower().replace("-", ""), ticket.payload):
        record = await records.find(text, gala.token)
        assert (record.id, record.number, record.name) == (booking.id, booking.number, booking.name)
    assert record == await records.record(booking.id, gala.token)
    assert [one.code for one in record.tickets] == [one.code for one in booking.tickets]
    for secret in (booking.key, ticket.payload):
        assert secret not in record.model_dump_json()
    for text in ("ZZZZ-ZZZZ", "QS1.nonsense", "ticket", ticket.payload[:-1], "\x00"):
        with pytest.raises(NotFound):
            await records.find(text, gala.token)
    for token in (anna, gala.door_token):
        with pytest.raises(Forbidden):
            await records.record(booking.id, token)
        with pytest.raises(Forbidden):
            await records.find(ticket.code, token)
    answer = await gala.box.call("GET", f"/records/{booking.id}")
    assert answer.status_code == 401


async def test_a_visitor_cancels_nothing(gala):
    await gala.quota(10)
    booking = await gala.book()
    answer = await gala.box.call("PUT", f"/bookings/{booking.id}/cancellation")
    assert answer.status_code == Unauthenticated.status
    door = {"authorization": f"Bearer {gala.box.issuer.token({gala.organiser_id: [Role.DOOR]})}"}
    answer = await gala.box.call("PUT", f"/bookings/{booking.id}/cancellation", headers=door)
    assert answer.status_code == Forbidden.status


async def test_a_change_under_way_gives_nothing_back_twice(gala, records):
    """The whole booking is cancelled before its change is through: whichever way that ends."""
    changes = BookingChangesClient(gala.box.checkout._client)
    await changes.put_rules(
        gala.event.event_id, ChangeRules(cancel_hours=1, resale=True), gala.token
    )
    quota = await gala.quota(10)
    for kind, end in (
        ("cancel", changes.confirm), ("cancel", changes.drop), ("resale", changes.drop),
    ):  # fmt: skip
        booking, change_id = await gala.book(2), AmendmentId(new_uuid())
        new = NewAmendment(booking_id=booking.id, kind=kind, ticket_ids=[booking.tickets[0].id])
        await changes.open(change_id, new)
        await records.cancel(booking.id)
        await end(change_id)
        assert await gala.stock(quota) == (0, 0)
        judged = await gala.scan(booking.tickets[0].payload)
        assert (judged.verdict, judged.refusal) == ("refused", "cancelled")
        assert (await changes.amendment(change_id)).state in ("done", "dropped")
