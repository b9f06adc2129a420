"""After the sale, without a line of JavaScript: cancel, pass on, exchange, sell again."""

import re

from tests.web.house import until

from quickserve.contracts.booking_changes import BookingChangesClient, ChangeRules
from quickserve.kernel.auth import Role

OPEN = ChangeRules(cancel_hours=2, cancel_fee_bp=1000, exchange_hours=2, resale=True)


async def allow(house, show, rules=OPEN):
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as organiser:
        await organiser.sign_in(email)
        await organiser.open(f"/en/organiser/events/{show.event_id}/changes")
        ticked = {
            "cancel": rules.cancel_hours is not None, "exchange": rules.exchange_hours is not None,
            "transfer": rules.transfer, "resale": rules.resale,
        }  # fmt: skip
        form = organiser.form("/changes")
        for name in ticked:
            form.fields.pop(name)
        answers = {
            "cancel_hours": str(rules.cancel_hours or 0), "fee": f"{rules.cancel_fee_bp / 100:g}",
            "exchange_hours": str(rules.exchange_hours or 0),
            **{name: "1" for name, on in ticked.items() if on},
        }  # fmt: skip
        await organiser.send(form, **answers)
        assert "Saved." in organiser.text()
    client = BookingChangesClient(house.booking._client)
    assert await client.rules(show.event_id) == rules


async def bought(house, visitor, quantity=2, **options):
    show = await house.put_on(**options)
    await allow(house, show)
    await visitor.choose(show, quantity)
    await visitor.pay()
    return show, visitor.url


async def settled(visitor):
    async def over():
        await visitor.open(visitor.url)
        return "One moment" not in visitor.text()

    await until(over)


async def test_a_buyer_cancels_one_ticket_and_sees_what_comes_back(house, visitor):
    show, tickets = await bought(house, visitor, capacity=10)
    await visitor.open(f"{tickets}/changes")
    assert "The organiser keeps 10% of the price" in visitor.text()
    first = visitor.page.split('name="ticket" value="')[1][:36]
    form = visitor.form("/changes", kind="cancel")
    del form.fields["ticket"]  # nothing is ticked
    await visitor.send(form)
    assert (visitor.status, "Choose at least one ticket." in visitor.text()) == (422, True)
    await visitor.send(visitor.form("/changes", kind="cancel"), ticket=first)
    await settled(visitor)
    assert "€16.20 went back the way it was paid" in visitor.text()
    assert await house.places_left(show) == 9
    await visitor.open(tickets)
    assert "no longer valid" in visitor.text()


async def test_what_a_form_answered_is_asked_for_in_the_other_language(house, visitor):
    """The links to the other language and a reload go to the page with the form, not nowhere."""
    show, tickets = await bought(house, visitor, 1)
    await visitor.open(f"{tickets}/changes")
    await visitor.send(visitor.form("/transfer"), name="", email="")
    assert visitor.status == 422
    french = re.search(r'href="(/fr[^"]+lang=fr)"', visitor.page)[1]
    await visitor.open(french)
    assert (visitor.status, visitor.url) == (200, f"/fr{tickets[3:]}/changes")
    await visitor.sign_in(await house.person(show.organiser_id, Role.ORGANISER))
    desk = f"/organiser/events/{show.event_id}"
    for form, page in (
        (f"{desk}/box-office/guests", f"{desk}/box-office"),
        (f"{desk}/waiting-rooms/{show.date_id}", f"{desk}/waiting-rooms"),
        ("/sign-out", "/"),
    ):
        await visitor.open(f"/en{form}?lang=fr")
        assert (visitor.status, visitor.url) == (200, f"/fr{page}")


async def test_a_ticket_passes_on_and_the_old_code_is_worth_nothing(house, visitor):
    _, tickets = await bought(house, visitor, 1)
    await visitor.open(f"{tickets}/changes")
    await visitor.send(visitor.form("/transfer"), name="Binta Ba", email="no address")
    assert visitor.status == 422
    assert "Enter an e-mail address like" in visitor.text()
    assert 'value="Binta Ba"' in visitor.page
    await visitor.send(visitor.form("/transfer"), name="Binta Ba", email="binta@example.org")
    assert "/en/ticket/" in visitor.url
    assert "Send this link to Binta Ba" in visitor.text()
    async with house.visitor() as binta:
        await binta.open(visitor.url)
        assert "QR code for the entrance" in binta.page
        await binta.send(binta.form("/ticket/"), name="Chloé", email="chloe@example.org")
        assert "Send this link to Chloé" in binta.text()
    await visitor.open(tickets)
    assert "Passed on" in visitor.text()
    assert "QR code for the entrance" not in visitor.page
    assert (await visitor.open(f"{tickets}/tickets.pdf")).status_code == 200


async def passed_on(house, visitor):
    """Amina's tickets, and the link of the one she passes on to Binta."""
    _, tickets = await bought(house, visitor, 1)
    await visitor.open(f"{tickets}/changes")
    await visitor.send(visitor.form("/transfer"), name="Binta Ba", email="binta@example.org")
    assert f"{house.platform.runtimes['web'].settings.public_url}{visitor.url}" in visitor.text()
    return tickets, visitor.url


async def test_the_buyer_finds_the_link_again_until_the_other_person_has_the_ticket(house, visitor):
    tickets, link = await passed_on(house, visitor)
    await visitor.open(link)  # her own look does not count
    await visitor.open("/en/tickets")
    assert "passed on to Binta Ba, who has not opened it yet" in visitor.text()
    async with house.visitor() as messenger:  # nor does the preview of the message
        await messenger.open(link, headers={"sec-fetch-mode": "no-cors"})
    async with house.visitor() as laptop:  # nor her other device
        await laptop.open(tickets)
        assert "Binta Ba has not opened it yet." in laptop.text()
        await laptop.open(laptop.page.split('wide" href="')[1].split('"')[0])
        assert (laptop.url, "Send this link to Binta Ba" in laptop.text()) == (link, True)
    async with house.visitor() as binta:
        await binta.open(link)
        assert "Keep this link" in binta.text()
    await visitor.open(tickets)
    assert "/passed-on/" not in visitor.page
    await visitor.open(link)
    assert "Opened by whom you sent it to" in visitor.text()
    assert "QR code for the entrance" not in visitor.page
    await visitor.open("/en/tickets")
    assert "has not opened it yet" not in visitor.text()


async def test_whom_a_ticket_was_passed_on_to_has_everything_that_a_buyer_has(house, visitor):
    _, link = await passed_on(house, visitor)
    async with house.visitor() as binta:
        await binta.open(link)
        assert "About the event" in binta.text()
        paper = await binta.open(f"{link}/ticket.pdf")
        assert paper.headers["content-type"] == "application/pdf"
        entry = await binta.open(f"{link}/calendar.ics")
        assert ("STATUS:CONFIRMED" in entry.text, entry.status_code) == (True, 200)
        await binta.open("/en/tickets")
        assert f'href="{link}"' in binta.page
        await binta.send(binta.form("/tickets/forgotten"), booking=link.split("/")[3])
        assert "No tickets in this browser yet" in binta.text()
        await binta.send(binta.form("/tickets"), link=f"https://any.example{link}")
        assert binta.url == link


async def test_tickets_are_exchanged_for_more_and_the_difference_is_paid(house, visitor):
    show, tickets = await bought(house, visitor, 1, capacity=10)
    await visitor.open(f"{tickets}/changes")
    first = visitor.page.split('name="ticket" value="')[1][:36]
    await visitor.open(f"{tickets}/exchange?ticket={first}")
    form = visitor.form("/exchange")
    quantity = next(name for name in form.fields if name.startswith("q-"))
    await visitor.send(form)
    assert "Choose how many you would like." in visitor.text()
    await visitor.send(visitor.form("/exchange"), **{quantity: "3"})
    assert "You pay €36.00" in visitor.text()
    await visitor.send(visitor.form("/exchange/"), number="1")
    assert visitor.status == 422
    await visitor.send(
        visitor.form("/exchange/"), number="4242 4242 4242 4242", expiry="12/39", cvc="123"
    )
    await settled(visitor)
    assert "€36.00 was paid." in visitor.text()
    new = visitor.page.split('class="button" href="')[1].split('"')[0]
    await visitor.open("/en/tickets")
    assert "exchanged" in visitor.text()
    assert f'href="{new}"' in visitor.page
    await visitor.open(tickets)  # the link that everybody kept
    assert "One ticket was exchanged" in visitor.text()
    assert "cancelled" not in visitor.text()
    await visitor.open(visitor.page.split('class="note-text"')[1].split('href="')[1].split('"')[0])
    assert visitor.url == new
    assert visitor.page.count('class="pass"') == 3
    assert await house.places_left(show) == 7


async def test_after_a_declined_card_an_exchange_goes_on_with_the_same_places(house, visitor):
    show, tickets = await bought(house, visitor, 1, capacity=10)
    await visitor.open(f"{tickets}/changes")
    first = visitor.page.split('name="ticket" value="')[1][:36]
    await visitor.open(f"{tickets}/exchange?ticket={first}")
    form = visitor.form("/exchange")
    quantity = next(name for name in form.fields if name.startswith("q-"))
    await visitor.send(form, **{quantity: "3"})
    card = {"number": "4000 0000 0000 0002", "expiry": "12/39", "cvc": "123"}
    await visitor.send(visitor.form("/exchange/"), **card)
    await settled(visitor)
    assert "Nothing was changed" in visitor.text()
    async with house.visitor() as stranger:  # who has no key is told where to go
        await stranger.open(visitor.url)
        assert "open their link and choose once more" in stranger.text()
    await visitor.send(visitor.form("/renewal"))
    assert "You pay €36.00" in visitor.text()
    await visitor.send(visitor.form("/exchange/"), **card | {"number": "4242 4242 4242 4242"})
    await settled(visitor)
    assert "€36.00 was paid." in visitor.text()
    assert await house.places_left(show) == 7


async def test_after_a_part_was_exchanged_the_rest_stands_beside_the_way_to_the_new(house, visitor):
    _, tickets = await bought(house, visitor, 2)
    codes = re.findall(r'class="pass-code">([^<]+)<', visitor.page)
    await visitor.open(f"{tickets}/changes")
    for code in codes:  # two tickets of one kind and name are told apart in each of the four lists
        assert visitor.text().count(code) == 4
    first = visitor.page.split('name="ticket" value="')[1][:36]
    await visitor.open(f"{tickets}/exchange?ticket={first}")
    form = visitor.form("/exchange")
    quantity = next(name for name in form.fields if name.startswith("q-"))
    assert len([code for code in codes if code in visitor.text()]) == 1
    await visitor.send(form, **{quantity: "1"})
    assert len([code for code in codes if code in visitor.text()]) == 1
    await visitor.send(visitor.form("/exchange/"))
    await settled(visitor)
    await visitor.open(tickets)
    assert "One ticket was exchanged To the new booking" in visitor.text()
    assert visitor.page.count("QR code for the entrance") == 1


async def test_a_ticket_is_put_on_sale_again_and_taken_back(house, visitor):
    show, tickets = await bought(house, visitor, 2, capacity=2)
    await visitor.open(f"{tickets}/changes")
    await visitor.send(visitor.form("/changes", kind="resale"))
    await settled(visitor)
    assert "As soon as somebody needs its place, €18.00 comes back" in visitor.text()
    assert await house.places_left(show) == 1
    await visitor.open(f"{tickets}/changes")
    await visitor.send(visitor.form("/end"))
    assert "On sale again" not in visitor.text()
    assert await house.places_left(show) == 0


async def test_who_waits_gets_the_place_of_a_ticket_on_sale_again_and_the_seller_the_price(
    house, visitor
):
    show, tickets = await bought(house, visitor, 2, capacity=2)
    async with house.visitor() as binta:
        await binta.open(f"/en/events/{show.event_id}/waiting-list?date={show.date_id}")
        answers = {"email": "binta@example.org", "name": "Binta", "quantity": "1"}
        ticket_type = str(show.tickets["Plein tarif"])
        await binta.send(binta.form("/waiting-list"), **answers, ticket=ticket_type)
        place = binta.url
        await visitor.open(f"{tickets}/changes")
        await visitor.send(visitor.form("/changes", kind="resale"))
        sale = visitor.url
        await settled(visitor)
        assert "As soon as somebody needs its place" in visitor.text()

        async def offered():
            await binta.open(place)
            return "There are places for you" in binta.text()

        await until(offered)
        await binta.send(binta.form("/acceptance"))
        await binta.pay(email="binta@example.org", name="Binta")
        await binta.until_bought()
        assert binta.page.count('class="pass"') == 1

    async def refunded():
        await visitor.open(sale)
        return "went back the way it was paid" in visitor.text()

    await until(refunded)
    assert "€18.00" in visitor.text()
    await visitor.open(tickets)
    assert visitor.text().count("This ticket is no longer valid.") == 1
    assert visitor.page.count("QR code for the entrance") == 1
    assert await house.places_left(show) == 0


async def test_without_the_organisers_leave_only_passing_on_is_offered(house, visitor):
    show = await house.put_on()
    await visitor.choose(show, 1)
    await visitor.pay()
    await visitor.open(f"{visitor.url}/changes")
    text = visitor.text()
    assert "Pass a ticket on" in text
    assert "Cancel tickets" not in text
    assert "Exchange" not in text
