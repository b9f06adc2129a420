"""Places set aside for a while."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quickserve.booking.commands.return_expired_holds import return_expired_holds
from quickserve.contracts.booking import (
    HoldId,
    HoldUsed,
    Item,
    MixedCurrencies,
    NewHold,
    NotOnSale,
    QuantityNotAllowed,
    SoldOut,
)
from quickserve.contracts.catalog import TicketTypeId
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.errors import IdReused, Malformed, NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money

NOW = datetime.now(UTC)


async def reoffer(gala, **changes):
    """Another version, in which the first ticket type has these terms."""
    terms = replace(gala.event.ticket_types[0], **changes)
    types = [terms, *gala.event.ticket_types[1:]]
    await gala.box.offer(replace(gala.event, version=2, ticket_types=types))


async def test_a_hold_promises_price_and_time(gala):
    quota = await gala.quota(10)
    hold = await gala.hold(2)
    assert (hold.state, hold.total) == ("active", Money(3600, "EUR"))
    left = hold.expires_at - hold.server_now
    assert timedelta(minutes=14) < left <= timedelta(minutes=15, seconds=1)
    await reoffer(gala, price=Money(9900, "EUR"), name="Dearer")
    kept = await gala.box.checkout.hold(hold.id)
    assert (kept.total, kept.items) == (hold.total, hold.items)
    assert await gala.stock(quota) == (2, 0)


async def test_a_repeat_answers_the_same_and_takes_no_more(gala):
    quota = await gala.quota(3)
    hold_id = HoldId(new_uuid())
    first = await gala.hold(2, hold_id=hold_id)
    again = await gala.hold(2, hold_id=hold_id)
    assert again.model_copy(update={"server_now": first.server_now}) == first
    with pytest.raises(IdReused):
        await gala.hold(1, hold_id=hold_id)
    assert await gala.stock(quota) == (2, 0)


async def test_the_same_hold_asked_for_ten_times_at_once(gala):
    quota = await gala.quota(10)
    hold_id = HoldId(new_uuid())
    holds = await asyncio.gather(*(gala.hold(1, hold_id=hold_id) for _ in range(10)))
    assert {hold.id for hold in holds} == {hold_id}
    assert await gala.stock(quota) == (1, 0)


async def test_releasing_gives_back_once(gala):
    quota = await gala.quota(3)
    hold = await gala.hold(3)
    with pytest.raises(SoldOut) as refused:
        await gala.hold(1)
    assert refused.value.extra == {"ticket_type_id": str(gala.seat), "available": 0}
    for _ in range(2):
        await gala.box.checkout.release_hold(hold.id)
    await gala.box.checkout.release_hold(HoldId(new_uuid()))
    assert await gala.stock(quota) == (0, 0)
    assert (await gala.box.checkout.hold(hold.id)).state == "released"
    assert (await gala.hold(3, hold_id=hold.id)).state == "released"


async def test_a_booked_hold_is_not_released(gala):
    quota = await gala.quota(3)
    hold = await gala.hold(1)
    await gala.pend(hold.id)
    with pytest.raises(HoldUsed):
        await gala.box.checkout.release_hold(hold.id)
    assert await gala.stock(quota) == (1, 0)


async def test_a_full_quota_first_takes_back_what_expired(gala):
    quota = await gala.quota(2)
    late = await gala.hold(2)
    await gala.box.expire(late.id)
    assert (await gala.box.checkout.hold(late.id)).state == "expired"
    assert (await gala.hold(2)).state == "active"
    assert await gala.stock(quota) == (2, 0)


async def test_the_job_takes_back_what_expired(gala):
    quota = await gala.quota(4)
    kept, late = await gala.hold(1), await gala.hold(3)
    await gala.box.expire(late.id)
    ctx = gala.box.platform.runtimes["booking"].context()
    await return_expired_holds(ctx)  # the job itself may have come first
    assert await gala.stock(quota) == (1, 0)
    assert (await gala.box.checkout.hold(kept.id)).state == "active"
    await gala.box.checkout.release_hold(late.id)
    assert await gala.stock(quota) == (1, 0)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"sale_from": NOW + timedelta(hours=1)}, "not-yet"),
        ({"sale_until": NOW - timedelta(seconds=1)}, "ended"),
        ({"sale_from": NOW - timedelta(hours=1), "sale_until": NOW + timedelta(hours=1)}, None),
    ],
)
async def test_the_window_of_sale(gala, terms, reason):
    await gala.quota(10)
    await reoffer(gala, **terms)
    if reason is None:
        assert (await gala.hold()).state == "active"
        return
    with pytest.raises(NotOnSale) as refused:
        await gala.hold()
    assert refused.value.extra["reason"] == reason


@pytest.mark.parametrize(("until", "on_sale"), [(None, False), (timedelta(hours=1), True)])
async def test_after_the_end_only_what_the_organiser_prolonged(gala, until, on_sale):
    """Blank means until the date ends; a later end that was set is meant."""
    await gala.quota(10)
    date = replace(
        gala.event.dates[0], starts_at=NOW - timedelta(hours=3), ends_at=NOW - timedelta(hours=1)
    )
    terms = replace(gala.event.ticket_types[0], sale_until=until and NOW + until)
    await gala.box.offer(replace(gala.event, version=2, dates=[date], ticket_types=[terms]))
    assert (await gala.availability()).on_sale == on_sale
    if on_sale:
        await gala.hold()
    else:
        with pytest.raises(NotOnSale):
            await gala.hold()


@pytest.mark.parametrize("quantity", [1, 5])
async def test_fewer_or_more_than_allowed(gala, quantity):
    await gala.quota(10)
    await reoffer(gala, min_per_booking=2, max_per_booking=4)
    with pytest.raises(QuantityNotAllowed) as refused:
        await gala.hold(quantity)
    assert refused.value.extra == {"min": 2, "max": 4, "name": "Seat"}


async def test_the_same_type_named_twice_counts_together(gala):
    quota = await gala.quota(10)
    item = Item(ticket_type_id=gala.seat, quantity=6)
    new = NewHold(date_id=gala.date_id, items=[item, item])
    with pytest.raises(QuantityNotAllowed):
        await gala.box.checkout.put_hold(HoldId(new_uuid()), new)
    item = Item(ticket_type_id=gala.seat, quantity=3)
    new = NewHold(date_id=gala.date_id, items=[item, item])
    hold = await gala.box.checkout.put_hold(HoldId(new_uuid()), new)
    assert [i.quantity for i in hold.items] == [6]
    assert await gala.stock(quota) == (6, 0)


async def test_one_booking_has_one_currency_and_a_bearable_total(gala):
    await gala.quota(100, gala.seat, gala.child)
    yen = replace(gala.event.ticket_types[1], price=Money(500, "JPY"))
    dear = replace(gala.event.ticket_types[0], price=Money(PAYMENT_MAX_MINOR, "EUR"))
    await gala.box.offer(replace(gala.event, version=2, ticket_types=[dear, yen]))
    items = [Item(ticket_type_id=i, quantity=1) for i in (gala.seat, gala.child)]
    with pytest.raises(MixedCurrencies):
        await gala.box.checkout.put_hold(
            HoldId(new_uuid()), NewHold(date_id=gala.date_id, items=items)
        )
    with pytest.raises(Malformed) as refused:
        await gala.hold(2)
    assert [error.field for error in refused.value.errors] == ["items"]
    assert (await gala.hold(1)).total.minor == PAYMENT_MAX_MINOR


async def test_no_hold_of_that_id(gala):
    with pytest.raises(NotFound):
        await gala.box.checkout.hold(HoldId(new_uuid()))


async def test_five_hundred_places_at_once_are_the_most(gala):
    types = [
        replace(gala.event.ticket_types[0], id=TicketTypeId(new_uuid()), max_per_booking=100)
        for _ in range(6)
    ]
    await gala.box.offer(replace(gala.event, version=2, ticket_types=types))
    await gala.quota(10_000, *(kind.id for kind in types))
    items = [Item(ticket_type_id=kind.id, quantity=100) for kind in types]
    new = NewHold(date_id=gala.date_id, items=items)
    with pytest.raises(QuantityNotAllowed):
        await gala.box.checkout.put_hold(HoldId(new_uuid()), new)
    fewer = new.model_copy(update={"items": items[:5]})
    hold = await gala.box.checkout.put_hold(HoldId(new_uuid()), fewer)
    booking = await gala.pend(hold.id)
    assert len((await gala.box.checkout.confirm(booking.id)).tickets) == 500
