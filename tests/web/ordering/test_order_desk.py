"""At the organiser's desk an order gives money back, line by line, and a tab is paid in cash."""

import re

from tests.web.house import House, Visitor
from tests.web.ordering.test_ordering import Stall, add, burger_of, open_stall, order

from quickserve.kernel.auth import Role


async def ordered(visitor: Visitor, stall: Stall) -> str:
    """A burger and crisps, paid by card; the number of the order's page."""
    await add(visitor, stall, "Burger", **burger_of(stall))
    await add(visitor, stall, "Crisps")
    await order(visitor, stall)
    return visitor.url.split("/")[3]


async def test_one_line_is_cancelled_and_paid_back(house: House, visitor: Visitor) -> None:
    stall = await open_stall(house)
    order_id = await ordered(visitor, stall)
    page = visitor.url
    desk = f"/en/organiser/stands/{stall.stand.id}/orders/{order_id}"
    async with house.visitor() as olive:
        await olive.sign_in(await house.person(stall.stand.draft.organiser_id, Role.ORGANISER))
        await olive.open(desk)
        form = olive.form("/cancellation")
        line = re.search(r'name="line" value="([0-9a-f-]{36})">\s*1 × Crisps', olive.page)
        assert line
        form.fields.pop("all", None)
        form.fields.pop("line")
        nothing = await olive.send(form)
        assert (nothing.status_code, "Nothing is ticked." in olive.text()) == (422, True)
        await olive.send(form, line=line[1], words="none left")
        assert "It is cancelled; what it cost goes back the way it was paid." in olive.text()
        assert "€2.50 given back" in olive.text()
    await visitor.open(page)
    assert "Refunded €2.50" in visitor.text()


async def test_somebody_elses_order_is_nobodys_to_cancel(house: House, visitor: Visitor) -> None:
    stall, other = await open_stall(house), await open_stall(house)
    order_id = await ordered(visitor, stall)
    async with house.visitor() as olive:
        await olive.sign_in(await house.person(other.stand.draft.organiser_id, Role.ORGANISER))
        await olive.open(f"/en/organiser/stands/{other.stand.id}/orders/{order_id}")
        assert olive.status in {403, 404}
        await olive.open("/en/organiser/stands/new")
        csrf = olive.form("/stands/new").fields["csrf"]
        path = f"/en/organiser/stands/{other.stand.id}/orders/{order_id}/cancellation"
        await olive.post(path, {"csrf": csrf, "all": "1"})
        assert olive.status in {403, 404}


async def test_a_tab_is_paid_in_cash(house: House, visitor: Visitor) -> None:
    show = await house.put_on(price=0)
    stall = await open_stall(house, show.organiser_id, event_id=show.event_id, tabs=True)
    await visitor.choose(show, 1)
    await visitor.pay()
    await visitor.open(f"{visitor.url}/orders/1")
    form = next(one for one in visitor.forms() if "csrf" in one.fields)
    form.action = visitor.url
    await visitor.send(form, stand=stall.stand.slug)
    await add(visitor, stall, "Crisps")
    await order(visitor, stall, payment="tab")
    order_id = visitor.url.split("/")[3]
    async with house.visitor() as olive:
        await olive.sign_in(await house.person(show.organiser_id, Role.ORGANISER))
        await olive.open(f"/en/organiser/stands/{stall.stand.id}/orders/{order_id}")
        assert "€2.50 are open, of one order." in olive.text()
        await olive.send(olive.form("/cash"))
        assert "The tab is paid in cash." in olive.text()
        assert "are open" not in olive.text()
