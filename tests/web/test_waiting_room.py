"""A rush through the waiting room, without a line of JavaScript."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from html import unescape

from tests.web.house import until

from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid

HTML = {"accept": "text/html"}


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
    assert show.title in visitor.text()
    await follow(visitor, "How the numbers are given")
    assert "opened without a draw" in visitor.text()
    assert "told after the draw" not in visitor.text()
    assert show.title in visitor.text()
    await follow(visitor, "Back to your place in line")
    assert visitor.url == waiting or "/en/events/" in visitor.url, "by now it may be one's turn"

    async def let_in():
        await visitor.open(waiting)
        return "/en/events/" in visitor.url

    await until(let_in)
    assert re.search(r"It is your turn, until \d\d:\d\d\.", visitor.text())
    form = visitor.form("/events/")
    assert form.fields[f"q-{show.tickets['Plein tarif']}"] == "2", "what was chosen came along"
    await visitor.send(form)
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
    told = await switch(house, show, action="open", opens_at=in_three_hours())
    assert "The numbers are drawn on" in told
    await house.places_left(show)  # what is told of it is a second old at most

    async def told_on_the_page():
        await visitor.open(f"/en{show.path}")
        return "with a draw" in visitor.text()

    await until(told_on_the_page)
    await follow(visitor, "How the numbers are given")
    assert "told after the draw" in visitor.text()
    await follow(visitor, "Back to the event")
    await follow(visitor, "Go to the waiting room")
    assert "You are here before the sale opens." in visitor.text()
    assert show.title in visitor.text()
    await follow(visitor, "How the numbers are given")
    await follow(visitor, "Back to your place in line")
    assert "You are here before the sale opens." in visitor.text()
    assert await switch(house, show, action="close")


async def test_the_opening_is_checked_at_its_field_and_changed_until_it_is_there(house, visitor):
    show = await house.put_on(capacity=10)
    email = await house.person(show.organiser_id, Role.ORGANISER)
    await visitor.sign_in(email)
    await visitor.open(f"/en/organiser/events/{show.event_id}/waiting-rooms")
    for wrong, told in [
        ("1999-01-01T10:00", "Choose a moment from now on"),
        ("2099-01-01T10:00", "Choose a moment before the date begins"),
        ("soon", "Enter a date and a time"),
    ]:
        form = visitor.form(f"/waiting-rooms/{show.date_id}")
        await visitor.send(form, action="open", opens_at=wrong)
        assert visitor.status == 422
        assert visitor.text().count(told) == 2, "above, and at the field"
        assert f'value="{wrong}"' in visitor.page
    first, later = in_three_hours(), in_three_hours(more=1)
    for opens_at in (first, later):
        form = visitor.form(f"/waiting-rooms/{show.date_id}")
        await visitor.send(form, action="open", opens_at=opens_at, fail="closed")
        assert "Saved." in visitor.text()
        assert "opens later" in visitor.text()
        assert f'value="{opens_at}"' in visitor.page
        assert '<option value="closed" selected>' in visitor.page
    await visitor.send(visitor.form(f"/waiting-rooms/{show.date_id}"), action="close")
    assert f'value="{later}"' not in visitor.page


async def test_where_no_room_is_open_the_page_leads_on(house, visitor):
    show = await house.put_on()
    await visitor.open(f"/en/waiting-room/{show.date_id}?to=/events/{show.event_id}")
    assert visitor.status == 404
    await visitor.open(f"/en/waiting-room/{show.date_id}?to=//evil.example")
    assert visitor.status == 404


async def test_the_lane_says_what_the_general_way_says(house, visitor):
    """An id in capital letters is out of the ordinary: it goes the general way."""
    show = await house.put_on(capacity=10)
    await switch(house, show, action="open", opens_at=in_three_hours())
    await visitor.choose(show, 2)
    page = f"/en/waiting-room/{show.date_id}"
    for rest in ("?to=/events/x", "/place?to=/events/x", "/place?to=//evil.example"):
        lean = await visitor.http.get(page + rest)
        general = await visitor.http.get(page.replace(*in_capitals(show.date_id)) + rest)
        assert lean.status_code == general.status_code == 200
        assert without_timing(lean.text) == without_timing(general.text)
        assert {*lean.headers} == {*general.headers}
        changes = {"x-request-id", "content-length"}
        assert {n for n in lean.headers if lean.headers[n] != general.headers[n]} <= changes
    chosen = await visitor.http.get(page + "?to=/&theme=dark", follow_redirects=False)
    assert chosen.status_code == 303
    assert "theme=dark" in chosen.headers["set-cookie"]
    missing = await visitor.http.get(f"/fr/waiting-room/{new_uuid()}", headers=HTML)
    assert missing.status_code == 404
    assert "text/html" in missing.headers["content-type"]


async def test_the_place_is_given_to_the_browser_once(house):
    show = await house.put_on(capacity=10)
    await switch(house, show, action="open", opens_at=in_three_hours())
    part = f"/en/waiting-room/{show.date_id}/place?to=/"
    async with house.visitor() as stranger:
        first = await stranger.http.get(part)
        assert "set-cookie" in first.headers
        second = await stranger.http.get(part)
        assert "set-cookie" not in second.headers
    async with house.visitor() as other:
        assert "set-cookie" in (await other.http.get(part)).headers


async def test_while_booking_is_away_the_page_keeps_the_place_and_asks_again(house, visitor):
    show = await house.put_on(capacity=10)
    await switch(house, show, action="open", opens_at=in_three_hours())
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


async def follow(visitor, text):
    """The link with this text."""
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>\s*{text}</a>', visitor.page)
    assert found, text
    await visitor.open(unescape(found[1]))


def in_three_hours(more=0):
    return (datetime.now(UTC) + timedelta(hours=3 + more)).strftime("%Y-%m-%dT%H:%M")


def in_capitals(date_id):
    return str(date_id), str(date_id).upper()


def without_timing(page):
    """Nor the page's own address."""
    page = re.sub(r"every \d+s|content=\"\d+\"", "", page)
    return re.sub(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "", page)
