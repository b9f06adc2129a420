"""A rush through the waiting room, without a line of JavaScript."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

from tests.web.house import until

from quickserve.kernel.auth import Role


async def switch(house, show, **answers):
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)
        await olive.open(f"/en/organiser/events/{show.event_id}/waiting-rooms")
        await olive.send(olive.form(f"/waiting-rooms/{show.date_id}"), **answers)
        return olive.text()


async def test_who_books_while_the_room_is_open_waits_and_comes_back_to_the_tickets(house, visitor):
    show = await house.put_on(capacity=10)
    assert "open" in await switch(house, show, action="open")
    await visitor.choose(show, 2)
    assert "/en/waiting-room/" in visitor.url
    waiting = visitor.url
    assert "You are next." in visitor.text()

    async def let_in():
        await visitor.open(waiting)
        return "/en/events/" in visitor.url

    await until(let_in)
    await visitor.choose(show, 2)
    assert visitor.url.startswith("/en/checkout/")
    async with house.visitor() as another:
        await another.choose(show, 1)
        assert "/en/waiting-room/" in another.url
    assert "closed" in await switch(house, show, action="close")
    async with house.visitor() as another:
        await another.choose(show, 1)
        assert another.url.startswith("/en/checkout/")


async def test_before_the_opening_everybody_has_the_same_chance(house, visitor):
    show = await house.put_on(capacity=10)
    opens_at = datetime.now(UTC) + timedelta(hours=3)
    typed = opens_at.strftime("%Y-%m-%dT%H:%M")
    assert "The numbers are drawn on" in await switch(house, show, action="open", opens_at=typed)
    await visitor.choose(show, 2)
    assert "You are here before the sale opens." in visitor.text()
    await visitor.open(visitor.url.partition("?")[0] + "/draw")
    assert "told after the draw" in visitor.text()
    assert await switch(house, show, action="close")


async def test_where_no_room_is_open_the_page_leads_on(house, visitor):
    show = await house.put_on()
    await visitor.open(f"/en/waiting-room/{show.date_id}?to=/events/{show.event_id}")
    assert visitor.status == 404
    await visitor.open(f"/en/waiting-room/{show.date_id}?to=//evil.example")
    assert visitor.status == 404


async def test_who_only_waits_is_answered_past_the_general_way_with_the_same_words(house, visitor):
    """The first look goes the general way and notes the room; the cookie is only set there."""
    show = await house.put_on(capacity=10)
    typed = (datetime.now(UTC) + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    await switch(house, show, action="open", opens_at=typed)
    await visitor.choose(show, 2)
    part = visitor.url.replace(
        f"/waiting-room/{show.date_id}", f"/waiting-room/{show.date_id}/place"
    )
    for _ in range(5):  # a second is short on a busy machine
        general = await visitor.http.get(part, headers={"hx-request": "true"})
        lean = await visitor.http.get(part, headers={"hx-request": "true"})
        if "set-cookie" not in lean.headers:
            break
    assert "set-cookie" not in lean.headers
    assert without_timing(lean.text) == without_timing(general.text)
    kept = {"cache-control", "vary", "x-robots-tag", "content-security-policy", "content-type"}
    assert {n: lean.headers[n] for n in kept} == {n: general.headers[n] for n in kept}
    async with house.visitor() as stranger:
        answer = await stranger.http.get(part, headers={"hx-request": "true"})
        assert "set-cookie" in answer.headers


async def test_while_booking_is_away_the_page_keeps_the_place_and_asks_again(house, visitor):
    show = await house.put_on(capacity=10)
    typed = (datetime.now(UTC) + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    await switch(house, show, action="open", opens_at=typed)
    await visitor.choose(show, 2)
    waiting = visitor.url
    async with house.without("booking"):
        await asyncio.sleep(1.1)  # what was seen of the room is a second old then
        await visitor.open(waiting)
        assert visitor.status == 503
        assert "Your place is kept" in visitor.text()
        assert 'http-equiv="refresh" content="10"' in visitor.page
    await visitor.open(waiting)
    assert "You are here before the sale opens." in visitor.text()


def without_timing(page):
    return re.sub(r"every \d+s", "every", page)
