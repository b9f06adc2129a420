"""The copy of what catalog offers: late, repeated and withdrawn news."""

import asyncio
from dataclasses import replace

import pytest

from quickserve.booking.shelf import AGE_SECONDS
from quickserve.contracts.booking import NotOnSale, UnknownTicketType
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import MessageId, new_uuid

from .conftest import Gala, some_event


async def test_an_older_version_that_arrives_late_changes_nothing(gala):
    await gala.quota(10)
    newer = replace(gala.event, version=3, title="Gala, moved")
    await gala.box.offer(newer)
    await gala.box.offer(replace(gala.event, version=2, title="Old name", state="cancelled"))
    assert (await gala.hold()).date.title == "Gala, moved"


async def test_a_repeated_delivery_changes_nothing(gala):
    await gala.quota(10)
    message_id = MessageId(new_uuid())
    await gala.box.offer(replace(gala.event, version=2, title="Second"), message_id)
    await gala.box.offer(replace(gala.event, version=2, title="Second"), message_id)
    await gala.box.offer(replace(gala.event, version=2, title="Same version again"))
    assert (await gala.hold()).date.title == "Second"


@pytest.mark.parametrize(
    ("state", "reason"), [("cancelled", "cancelled"), ("draft", "unpublished")]
)
async def test_an_event_not_published_is_not_on_sale(gala, state, reason):
    await gala.quota(10)
    await gala.box.offer(replace(gala.event, version=2, state=state))
    with pytest.raises(NotOnSale) as refused:
        await gala.hold()
    assert refused.value.extra["reason"] == reason
    assert not (await gala.availability()).on_sale


async def test_a_cancelled_date_is_not_on_sale(gala):
    await gala.quota(10)
    date = replace(gala.event.dates[0], state="cancelled")
    await gala.box.offer(replace(gala.event, version=2, dates=[date]))
    with pytest.raises(NotOnSale):
        await gala.hold()


async def test_a_date_taken_out_of_the_event_is_gone_but_its_tickets_still_name_it(gala):
    await gala.quota(10)
    booking = await gala.book()
    other = some_event(gala.organiser_id).dates[0]
    await gala.box.offer(replace(gala.event, version=2, dates=[other]))
    await asyncio.sleep(AGE_SECONDS)
    with pytest.raises(NotFound):
        await gala.hold()
    again = await gala.box.checkout.booking(booking.id, booking.key)
    assert again.date.starts_at == gala.event.dates[0].starts_at
    report = await gala.box.checkout.sales_report(gala.event.event_id, gala.token)
    assert {date.date.date_id for date in report.dates} == {gala.date_id, other.id}


async def test_a_ticket_type_taken_out_is_unknown(gala):
    await gala.quota(10)
    kept = gala.event.ticket_types[1:]
    await gala.box.offer(replace(gala.event, version=2, ticket_types=kept))
    with pytest.raises(UnknownTicketType):
        await gala.hold(kind=gala.seat)


async def test_a_ticket_type_of_another_event_is_unknown(box, gala):
    await gala.quota(10)
    other = some_event()
    await box.offer(other)
    with pytest.raises(UnknownTicketType):
        await gala.hold(kind=other.ticket_types[0].id)


async def test_an_unknown_date_is_not_found(gala):
    stranger = Gala(gala.box, gala.organiser_id, some_event())
    with pytest.raises(NotFound):
        await stranger.hold()
    assert (await gala.box.checkout.availability([stranger.date_id])).dates == []
