"""The organiser asks why so many places are left."""

import re

from quickserve.contracts.booking import HoldId, Item, NewHold
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid


async def test_from_the_places_of_a_date_to_who_has_them(house, visitor):
    show = await house.put_on(capacity=4)
    await visitor.choose(show, 1)
    await visitor.pay()
    items = [Item(ticket_type_id=show.tickets["Plein tarif"], quantity=2)]
    await house.booking.put_hold(HoldId(new_uuid()), NewHold(date_id=show.date_id, items=items))
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)
        await olive.open(f"/en/organiser/events/{show.event_id}/places")
        (link,) = re.findall(r'href="([^"]+/quotas/[^"]+)"', olive.page)
        await olive.open(link)
        text = olive.text()
        assert "It adds up: every place is free, or somebody’s." in text
        for told in ("Set aside at a checkout", "Sold", "Number of places set", "Being paid"):
            assert told in text
        bar = re.findall(r'share-(\S+)" x="(\S+)%" width="(\S+)%"', olive.page)
        assert [(kind, float(x), float(width)) for kind, x, width in bar] == [
            ("sold", 0, 25), ("held", 25, 50), ("free", 75, 25),
        ]  # fmt: skip
        await olive.open(f"/en/organiser/events/{show.event_id}/seat?date={show.date_id}&seat=A-1")
        assert olive.status == 404
        await olive.open(f"/en/organiser/events/{show.event_id}/seat")
        assert olive.url.endswith("/seats")
