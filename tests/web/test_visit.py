"""From the programme to the ticket, without a line of JavaScript."""

import re
from datetime import timedelta
from random import randrange

from icalendar import Calendar
from tests.web.house import until

from quickserve.contracts.booking import NewHold
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race


async def test_two_tickets_are_bought_and_shown(house, visitor):
    show = await house.put_on(capacity=12)
    await visitor.choose(show, 2)
    assert visitor.url.startswith("/en/checkout/")
    assert "Your 2 places are kept" in visitor.text()
    assert "of which VAT 5.5%" in visitor.text()
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")
    assert visitor.page.count('class="pass"') == 2
    assert re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", visitor.text())
    assert "Amina Diallo" in visitor.text()
    assert visitor.answer.headers["referrer-policy"] == "no-referrer"
    assert visitor.answer.headers["cache-control"] == "no-store"
    assert await house.places_left(show) == 10


async def test_free_places_need_no_card(house, visitor):
    show = await house.put_on(price=0)
    await visitor.choose(show, 1)
    assert "Card number" not in visitor.page
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")


async def test_the_files_carry_the_same_tickets(house, visitor):
    show = await house.put_on("Fado <au> jardin")
    await visitor.choose(show, 2)
    await visitor.pay()
    tickets = visitor.url
    paper = await visitor.open(f"{tickets}/tickets.pdf")
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["content-disposition"].startswith("attachment")
    entry = (await visitor.open(f"{tickets}/calendar.ics")).content
    event = Calendar.from_ical(entry).walk("VEVENT")[0]
    assert event["summary"] == "Fado <au> jardin"
    assert event["dtstart"].dt == show.starts_at
    assert str(event["status"]) == "CONFIRMED"


async def test_the_bank_asks_and_the_buyer_approves(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay("4000 0000 0000 3220")
    assert visitor.url.startswith("/en/pay/challenge/")
    assert "€36.00" in visitor.text()
    await visitor.send(visitor.form("/pay/"), answer="approve")
    assert visitor.url.startswith("/en/tickets/")


async def test_refused_at_the_bank_the_places_can_be_taken_again(house, visitor):
    show = await house.put_on(capacity=2)
    await visitor.choose(show)
    await visitor.pay("4000 0000 0000 3220")
    await visitor.send(visitor.form("/pay/"), answer="refuse")
    for _ in range(10):
        if "Take the places again" in visitor.text():
            break
        await visitor.open(visitor.url)
    assert "refused on your bank" in visitor.text()
    assert "Nothing was charged" in visitor.text()
    await visitor.send(visitor.form("/renewal"))
    assert visitor.url.startswith("/en/checkout/")
    assert 'value="amina@example.org"' in visitor.page
    assert "amina" not in visitor.url
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")
    assert await house.places_left(show) == 0


async def test_a_declined_card_says_why(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay("4000 0000 0000 9995")
    assert "does not cover the amount" in visitor.text()
    assert await house.places_left(show) == 50


async def test_a_late_answer_is_waited_for(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay("4000 0000 0000 0077")
    await visitor.until_bought()


async def test_how_long_the_bank_may_take_is_said(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay("4000 0000 0000 0259")
    assert "Your bank has 10 minutes to answer; without an answer nothing is" in visitor.text()


async def test_wrong_answers_are_named_and_the_right_ones_kept(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay("4242 4242 4242 4241", email="amina@nowhere", cvc="x")
    assert visitor.status == 422
    assert "3 answers need another look" in visitor.text()
    assert 'value="Amina Diallo"' in visitor.page
    assert 'value="amina@nowhere"' in visitor.page
    assert "4242" not in visitor.page.partition("<details")[0]
    assert "A digit of the card number is mistyped" in visitor.text()
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")


async def test_a_double_tap_is_one_hold_and_one_purchase(house, visitor):
    show = await house.put_on(capacity=10)
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    quantity = {f"q-{show.tickets['Plein tarif']}": "2"}
    both = await race(
        visitor.http.post(form.action, data=form.fields | quantity),
        visitor.http.post(form.action, data=form.fields | quantity),
    )
    assert len({answer.headers["location"] for answer in both.values}) == 1
    assert await house.places_left(show) == 8
    await visitor.open(both.values[0].headers["location"])
    form = visitor.form("/checkout/")
    given = {"email": "a@example.org", "name": "A", "number": "4242424242424242"}
    card = {"expiry": "0739", "cvc": "123"}
    both = await race(
        *(visitor.http.post(form.action, data=form.fields | given | card) for _ in range(2))
    )
    ends = set()
    for answer in both.values:  # the one may see it under way, the other done
        await visitor.open(answer.headers["location"])
        await visitor.until_bought()
        ends.add(visitor.url)
    assert len(ends) == 1
    assert await house.places_left(show) == 8


async def test_going_back_and_choosing_anew_is_a_new_hold(house, visitor):
    show = await house.put_on(capacity=10)
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    field = f"q-{show.tickets['Plein tarif']}"
    first = await visitor.send(form, follow=False, **{field: "2"})
    second = await visitor.send(form, follow=False, **{field: "3"})
    assert first.headers["location"] != second.headers["location"]
    await visitor.open(second.headers["location"])
    assert "Your 3 places" in visitor.text()


async def test_places_given_back_can_be_taken_by_the_next(house, visitor):
    show = await house.put_on(capacity=2)
    await visitor.choose(show, 2)
    assert await house.places_left(show) == 0
    await visitor.send(visitor.form("/release"))
    assert visitor.url.startswith("/en/events/")
    assert await house.places_left(show) == 2


async def test_expired_places_are_taken_again_with_what_was_typed(house, visitor):
    show = await house.put_on(capacity=2)
    await visitor.choose(show, 2)
    form, checkout = visitor.form("/checkout/"), visitor.url
    await visitor.send(visitor.form("/release"))  # to booking the same as an expiry
    await visitor.send(form, email="amina@example.org", name="Amina Diallo", number="", cvc="")
    assert visitor.status == 422
    await visitor.open(checkout)
    assert "went back on sale" in visitor.text()
    await visitor.send(visitor.form("/renewal"), email="amina@example.org", name="Amina Diallo")
    assert visitor.url != checkout
    assert 'value="Amina Diallo"' in visitor.page
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")


async def test_expired_places_that_somebody_else_has_are_not_promised(house, visitor):
    show = await house.put_on(capacity=2)
    await visitor.choose(show, 2)
    checkout = visitor.url
    await visitor.send(visitor.form("/release"))
    item = {"ticket_type_id": show.tickets["Plein tarif"], "quantity": 1}
    other = NewHold.model_validate({"date_id": show.date_id, "items": [item]})
    await house.booking.put_hold(new_uuid(), other)
    await visitor.open(checkout)
    await visitor.send(visitor.form("/renewal"))
    assert visitor.status == 409
    assert "Not enough places are left" in visitor.text()


async def test_more_kinds_of_tickets_than_one_hold_takes_are_an_error_not_a_cut(house, visitor):
    show = await house.put_on(capacity=5)
    for number in range(20):
        await house.add_ticket(show, f"Stand {number}", 100, 5)
    await until(lambda: house._sells(show, sellable=True))
    await visitor.open(f"/en{show.path}")
    all_kinds = {f"q-{one}": "1" for one in show.tickets.values()}
    await visitor.send(visitor.form("/events/"), **all_kinds)
    assert visitor.status == 422
    assert "At most 20 kinds of tickets can be booked at once." in visitor.text()
    assert visitor.page.count('value="1"') >= 21
    await visitor.send(visitor.form("/events/"), **(all_kinds | {list(all_kinds)[-1]: "0"}))
    assert "Your 20 places" in visitor.text()


async def test_a_card_says_from_only_where_others_cost_more(house, visitor):
    one, several = await house.put_on("Prix unique"), await house.put_on("Prix divers", price=900)
    await house.add_ticket(several, "Carré d’or", 4200, 10)
    await until(lambda: house._sells(several, sellable=True))
    for show, text in ((one, "€18"), (several, "from €9")):
        await visitor.open("/en/", params={"q": show.title})
        price = visitor.page.partition(f"{show.event_id}?date")[0].rpartition("stub-price")[2]
        assert re.sub(r"<[^>]+>", "", price.partition(">")[2].partition("</p>")[0]).strip() == text


async def test_places_one_still_has_are_not_taken_twice(house, visitor):
    show = await house.put_on(capacity=5)
    await visitor.choose(show, 2)
    checkout = visitor.url
    token = visitor.form("/checkout/").fields["csrf"]
    await visitor.post(f"{checkout}/renewal", {"csrf": token})
    assert visitor.url == checkout
    assert await house.places_left(show) == 3


async def test_one_address_cannot_take_places_without_end(house, monkeypatch):
    show = await house.put_on(capacity=50)
    few = house.platform.settings.model_copy(update={"takes_per_minute": 3})
    monkeypatch.setattr(house.platform.platforms["web"], "settings", few)
    async with house.visitor(peer=f"192.0.2.{randrange(256)}") as robot:
        await robot.choose(show, 1)
        checkout = robot.url
        token = robot.form("/release").fields["csrf"]
        for _ in range(3):
            await robot.post(f"{checkout}/release", {"csrf": token})
            await robot.post(f"{checkout}/renewal", {"csrf": token})
        assert robot.status == 429
        await robot.choose(show, 1)
        assert robot.status == 429
        answer = await robot.http.put(f"/api/booking/holds/{new_uuid()}", json={})
        assert answer.status_code == 429
    assert await house.places_left(show) == 48  # the first was given back


async def test_a_used_hold_leads_its_buyer_to_the_tickets(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    checkout = visitor.url
    await visitor.pay()
    await visitor.open(checkout)
    assert visitor.url.startswith("/en/tickets/")
    async with house.visitor() as stranger:
        await stranger.open(checkout)
        assert stranger.url == checkout
        assert "booked already" in stranger.text()


async def test_my_tickets_are_in_this_browser_only(house, visitor):
    show = await house.put_on("Concert de gala")
    await visitor.choose(show)
    await visitor.pay()
    link = visitor.url
    await visitor.open("/en/tickets")
    assert "Concert de gala" in visitor.text()
    async with house.visitor() as friend:
        await friend.open("/en/tickets")
        assert "No tickets in this browser yet" in friend.text()
        await friend.send(friend.form("/tickets"), link=f"look: http://quickserve.test{link} !")
        assert friend.url == link
        await friend.open("/en/tickets")
        assert "Concert de gala" in friend.text()
        await friend.send(friend.form("/forgotten"), booking=link.split("/")[3])
        assert "No tickets in this browser yet" in friend.text()
    await visitor.open("/en/tickets")
    assert "Concert de gala" in visitor.text()


async def test_what_is_not_on_sale_says_why(house, visitor):
    soon = await house.put_on("Bientôt", sale_from="2090-01-01T00:00:00Z")
    await visitor.open(f"/en{soon.path}")
    assert "On sale from" in visitor.text()
    full = await house.put_on("Complet", capacity=0)
    await visitor.open(f"/en{full.path}")
    assert "Sold out" in visitor.text()
    over = await house.put_on("Passé", starts_in=timedelta(days=-2))
    await visitor.open(f"/en{over.path}")
    assert "This date is over" in visitor.text()
    for show in (soon, full, over):
        await visitor.open(f"/en{show.path}")
        assert 'method="post"' not in visitor.page


async def test_a_cancelled_event_is_told_on_its_page_and_on_the_tickets(house, visitor):
    show = await house.put_on()
    await visitor.choose(show)
    await visitor.pay()
    tickets = visitor.url
    await house.catalog.cancel(show.event_id, None)
    await visitor.open(tickets)
    assert "This date is cancelled" in visitor.text()
    await visitor.open(f"/en{show.path}")
    assert "This date is cancelled" in visitor.text()
    assert 'method="post"' not in visitor.page
    entry = (await visitor.open(f"{tickets}/calendar.ics")).content
    assert str(Calendar.from_ical(entry).walk("VEVENT")[0]["status"]) == "CANCELLED"


async def test_search_and_days_narrow_the_programme(house, visitor):
    word = f"w{new_uuid().hex[-8:]}"
    near = await house.put_on(f"Bal {word}", starts_in=timedelta(minutes=2))
    far = await house.put_on(f"Noël {word}", starts_in=timedelta(days=40), price=0)
    await visitor.open(f"/en/?q={word}")
    assert near.title in visitor.text()
    assert far.title in visitor.text()
    await visitor.open(f"/en/?q={word}&when=today")
    assert far.title not in visitor.text()
    await visitor.open(f"/en/?q={word}&free=1")
    assert near.title not in visitor.text()
    assert far.title in visitor.text()
    await visitor.open(f"/en/?q={word}&when=past")
    assert "Nothing found" in visitor.text()


async def test_few_places_are_told_on_the_card(house, visitor):
    word = f"w{new_uuid().hex[-8:]}"
    await house.put_on(word, capacity=3)
    await visitor.open(f"/en/?q={word}")
    assert "Only 3 places left" in visitor.text()
    async with house.without("booking"):
        await visitor.open(f"/en/?q={word}")
        assert visitor.status == 200
        assert word in visitor.text()
        assert "places left" not in visitor.text()
