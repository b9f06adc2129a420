"""What was ordered is called off, and tabs are paid, without a line of JavaScript."""

import pytest
from tests.web.house import House, Visitor
from tests.web.ordering.test_ordering import Stall, add, open_stall, order


@pytest.fixture
async def stall(house: House) -> Stall:
    return await open_stall(house)


async def send(visitor: Visitor, action: str, **answers: str) -> None:
    await visitor.send(visitor.form(action), **answers)


async def test_a_part_and_then_the_rest_of_an_order_is_cancelled(
    stall: Stall, visitor: Visitor
) -> None:
    await add(visitor, stall, "Crisps")
    await add(visitor, stall, "Beer")
    await order(visitor, stall)
    page = visitor.url
    assert "Cancel it, or a part of it…" in visitor.text()
    await visitor.open(f"{page}/cancellation")
    form = visitor.form("/cancellation")
    line = visitor.page.partition('name="line" value="')[2].partition('"')[0]
    form.fields = {k: v for k, v in form.fields.items() if k not in ("line", "all")}
    await visitor.send(form, line=line)
    assert visitor.url == page, (visitor.status, visitor.text())
    assert "cancelled" in visitor.text()
    assert "Refunded" in visitor.text()
    await visitor.open(f"{page}/cancellation")
    await send(visitor, "/cancellation", all="1")
    assert visitor.url == page
    assert "Cancel it, or a part of it…" not in visitor.text()
    await visitor.open(f"{page}/cancellation")
    assert "cannot be cancelled here any more" in visitor.text()


async def test_a_tab_is_seen_and_paid(house: House, visitor: Visitor) -> None:
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
    await visitor.open(f"{visitor.url}/tab")
    assert visitor.url.startswith("/en/tabs/")
    page = visitor.url
    assert "Your tab" in visitor.text()
    await send(visitor, page.removeprefix("/en"), number="1", expiry="07/39", cvc="123")
    assert visitor.status == 422, visitor.text()
    await send(
        visitor, page.removeprefix("/en"), number="4242 4242 4242 4242", expiry="07/39",
        cvc="123", tip="0",
    )  # fmt: skip
    for _ in range(20):
        if visitor.url == page:
            break
        await visitor.open(visitor.url)
    assert "The tab is paid." in visitor.text()
