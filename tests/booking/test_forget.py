"""People are forgotten in time, and rows that nobody asks for any more are deleted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quickserve.booking.commands.forget import delete_leftovers, forget_people
from quickserve.contracts.booking import BookingId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid

from .conftest import Gala, replace_event


def context(gala: Gala):
    return gala.box.platform.runtimes["booking"].context()


async def move(gala: Gala, **ago: float) -> None:
    """The date ended so long ago."""
    date = gala.event.dates[0]
    change = date.ends_at - date.starts_at + timedelta(days=7) + timedelta(**ago)
    moved = replace(date, starts_at=date.starts_at - change, ends_at=date.ends_at - change)
    await replace_event(gala, dates=[moved])


async def people(gala: Gala):
    return await gala.box.sql(
        "SELECT b.email, b.name, b.language, b.body_hash = '', t.holder_name FROM bookings b"
        " JOIN tickets t ON t.booking_id = b.id WHERE b.date_id = %s",
        (gala.date_id,),
    )


async def scanners(gala: Gala):
    return await gala.box.sql(
        "SELECT scanned_by IS NULL FROM scans WHERE date_id = %s", (gala.date_id,)
    )


async def test_a_buyer_is_forgotten_three_years_after_the_date(gala):
    await gala.quota(10)
    booking = await gala.book()
    pending = await gala.pend((await gala.hold()).id)
    await gala.box.checkout.withdraw(pending.id)
    await move(gala, days=3 * 366)
    await forget_people(context(gala))
    assert await people(gala) == [(None, None, None, True, "")]
    withdrawn = await gala.box.sql("SELECT email FROM bookings WHERE id = %s", (pending.id,))
    assert withdrawn == [(None,)]
    seen = await gala.box.checkout.booking(booking.id, booking.key)
    assert (seen.email, seen.name, seen.tickets[0].holder_name) == ("", "", "")
    assert (seen.number, seen.total) == (booking.number, booking.total)
    report = await gala.box.checkout.organiser_report(gala.organiser_id, gala.token)
    assert [(line.name, line.tickets) for line in report.latest] == [("", 1)]


async def test_nobody_is_forgotten_earlier(gala):
    await gala.quota(10)
    await gala.book()
    await move(gala, days=3 * 365 - 2)
    await forget_people(context(gala))
    assert await people(gala) == [
        ("amina@example.org", "Amina Diallo", "fr", False, "Amina Diallo")
    ]


async def test_a_pending_booking_keeps_its_buyer(gala):
    await gala.quota(10)
    pending = await gala.pend((await gala.hold()).id)
    await move(gala, days=4 * 366)
    await forget_people(context(gala))
    confirmed = await gala.box.checkout.confirm(pending.id)
    assert confirmed.name == "Amina Diallo"


@pytest.mark.parametrize(("days", "forgotten"), [(360, False), (370, True)])
async def test_who_stood_at_the_door_is_forgotten_after_a_year(gala, days, forgotten):
    await gala.quota(10)
    await gala.scan((await gala.book()).tickets[0].payload)
    await gala.scan("nonsense")
    await move(gala, days=days)
    await forget_people(context(gala))
    assert await scanners(gala) == [(forgotten,), (forgotten,)]


async def test_ended_holds_and_tombstones_go(gala):
    quota = await gala.quota(10)
    active, used, released, fresh = [await gala.hold() for _ in range(4)]
    booking = await gala.pend(used.id)
    await gala.box.checkout.release_hold(released.id)
    await gala.box.checkout.release_hold(fresh.id)
    old, young = BookingId(new_uuid()), BookingId(new_uuid())
    for tombstone in (old, young):
        await gala.box.checkout.withdraw(tombstone)
    await gala.box.sql(
        "UPDATE holds SET expires_at = clock_timestamp() - interval '25 hours' WHERE id = ANY(%s)",
        ([used.id, released.id],),
    )
    await gala.box.sql(
        "UPDATE bookings SET created_at = clock_timestamp() - interval '31 days'"
        " WHERE id = ANY(%s)",
        ([old, booking.id],),
    )
    await delete_leftovers(context(gala))
    for gone in (used, released):
        with pytest.raises(NotFound):
            await gala.box.checkout.hold(gone.id)
    for kept in (active, fresh):
        await gala.box.checkout.hold(kept.id)
    left = await gala.box.sql("SELECT id FROM bookings WHERE id = ANY(%s)", ([old, young],))
    assert left == [(young,)]
    assert (await gala.pend(used.id, booking.id)).state == "pending", "a repeat still answers"
    await gala.box.checkout.confirm(booking.id)
    assert await gala.stock(quota) == (1, 1)
