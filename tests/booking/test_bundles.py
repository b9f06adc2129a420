"""Bundles: one price for several places, on the page and at the desk."""

from dataclasses import replace

import pytest

from quickserve.contracts.booking import BookingId, Item, SoldOut
from quickserve.contracts.booking_rules import BookingRulesClient, BundlePart, TypeRules
from quickserve.contracts.box_office import BoxOfficeClient, DeskContact, NewDeskSale
from quickserve.contracts.catalog import OfferedTicketType, TicketTypeId
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from tests.booking.conftest import put_on
from tests.booking.test_selling_rules import House


async def with_family(box):
    gala = await put_on(box)
    first = gala.event.ticket_types[0]
    family = replace(first, id=TicketTypeId(new_uuid()), name="Family", price=Money(5000, "EUR"))
    assert isinstance(family, OfferedTicketType)
    gala.event = replace(gala.event, version=2, ticket_types=[*gala.event.ticket_types, family])
    await box.offer(gala.event)
    house = House(gala, BookingRulesClient(box.platform.client("booking", "checkout")))
    parts = [
        BundlePart(ticket_type_id=gala.seat, quantity=2),
        BundlePart(ticket_type_id=gala.child, quantity=2),
    ]
    await house.rules(TypeRules(ticket_type_id=family.id, parts=parts))
    return house, family.id


async def test_a_bundle_is_one_price_and_several_places(box):
    house, family = await with_family(box)
    gala = house.gala
    adults, children = await gala.quota(5, gala.seat), await gala.quota(9, gala.child)
    left = {t.ticket_type_id: t.available for t in (await gala.availability()).ticket_types}
    assert left[family] == 2
    hold = await house.hold(family=1)
    assert hold.total.minor == 5000
    assert {i.name for i in hold.items} == {"Seat", "Child"}
    assert all(i.bundle.name == "Family" for i in hold.items)
    assert (await gala.stock(adults), await gala.stock(children)) == ((2, 0), (2, 0))
    await house.hold(family=1)
    with pytest.raises(SoldOut):
        await house.hold(family=1)


async def test_the_desk_sells_a_bundle_for_its_price_or_gives_it_away(box):
    house, family = await with_family(box)
    gala, desk = house.gala, BoxOfficeClient(box.checkout._client)
    adults, children = await gala.quota(5, gala.seat), await gala.quota(9, gala.child)
    for kind, paid in (("cash", 5000), ("complimentary", 0)):
        sale = NewDeskSale(
            kind=kind, contact=DeskContact(name="Fatou Sow"), date_id=gala.date_id,
            items=[Item(ticket_type_id=family, quantity=1)],
        )  # fmt: skip
        sold = await desk.sell(BookingId(new_uuid()), sale, gala.token)
        assert (sold.total.minor, len(sold.tickets)) == (paid, 4)
        assert {ticket.ticket_type for ticket in sold.tickets} == {"Seat", "Child"}
    assert (await gala.stock(adults), await gala.stock(children)) == ((0, 4), (0, 4))
    with pytest.raises(SoldOut):
        await desk.sell(BookingId(new_uuid()), sale, gala.token)
