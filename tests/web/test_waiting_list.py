"""Sold out → the waiting list → an offer → the purchase, without a line of JavaScript."""

from tests.web.house import until

from quickserve.contracts.booking import HoldId, Item, NewHold
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid


async def test_sold_out_then_waiting_then_an_offer_then_tickets(house, visitor):
    show = await house.put_on(capacity=2)
    ticket = show.tickets["Plein tarif"]
    hold_id = HoldId(new_uuid())
    items = [Item(ticket_type_id=ticket, quantity=2)]
    await house.booking.put_hold(hold_id, NewHold(date_id=show.date_id, items=items))
    await house.places_left(show)
    await visitor.open(f"/en{show.path}")
    assert "Join the waiting list" in visitor.text()
    await visitor.open(f"/en/events/{show.event_id}/waiting-list?date={show.date_id}")
    await visitor.send(visitor.form("/waiting-list"), email="nonsense", name="Amina Diallo")
    assert visitor.status == 422
    assert "Enter an e-mail address like" in visitor.text()
    form = visitor.form("/waiting-list")
    await visitor.send(form, email="amina@example.org", quantity="2", ticket=str(ticket))
    assert "You are on the waiting list" in visitor.text()
    assert "Nobody is before you." in visitor.text()
    mine = visitor.url
    await visitor.open(f"{mine}/state")
    assert "Nobody is before you." in visitor.text()
    await house.booking.release_hold(hold_id)

    async def offered():
        await visitor.open(mine)
        return "There are places for you" in visitor.text()

    await until(offered)
    state = await visitor.open(f"{mine}/state")
    assert state.headers["HX-Redirect"] == mine
    await visitor.open("/en/tickets")
    assert "offered until" in visitor.text()
    await visitor.open(mine)
    async with house.visitor() as another:
        await another.open(f"/en{show.path}")
        assert "Join the waiting list" in another.text()
    await visitor.send(visitor.form("/acceptance"))
    assert visitor.url.startswith("/en/checkout/")
    await visitor.pay()
    assert visitor.url.startswith("/en/tickets/")
    assert visitor.page.count('class="pass"') == 2
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)
        await olive.open(f"/en/organiser/events/{show.event_id}/waiting-list")
        assert "Amina Diallo" in olive.text()
        await olive.open(f"/fr/organiser/events/{show.event_id}/waiting-list")
        assert "Personne n’attend en ce moment." in olive.text()
        await olive.open(f"/en/organiser/events/{show.event_id}/waiting-list")
        await olive.send(olive.form("/waiting-list"), offer_hours="0")
        assert olive.status == 422
        await olive.send(olive.form("/waiting-list"), offer_hours="12")
        assert "Saved." in olive.text()


async def test_what_is_missing_is_told_at_its_field(house, visitor):
    show = await house.put_on()
    await visitor.open(f"/en/events/{show.event_id}/waiting-list?date={show.date_id}")
    form = visitor.form("/waiting-list")
    answers = {"email": "amina@example.org", "name": "Amina Diallo"}
    await visitor.send(form, ticket="", quantity="-3", **answers)
    assert visitor.status == 422
    assert "Tick at least one." in visitor.text()
    assert "Enter a whole number from 1 to 100." in visitor.text()


async def test_an_organiser_puts_somebody_first(house, visitor):
    show = await house.put_on(capacity=1)
    ticket = show.tickets["Plein tarif"]
    items = [Item(ticket_type_id=ticket, quantity=1)]
    await house.booking.put_hold(HoldId(new_uuid()), NewHold(date_id=show.date_id, items=items))
    await house.places_left(show)
    for name in ("Amina", "Binta"):
        await visitor.open(f"/en/events/{show.event_id}/waiting-list?date={show.date_id}")
        form = visitor.form("/waiting-list")
        await visitor.send(form, email=f"{name}@example.org", name=name, ticket=str(ticket))
    assert "One person is before you" in visitor.text()
    mine = visitor.url
    entry_id = mine.split("/")[-2]
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)
        await olive.open(f"/en/organiser/events/{show.event_id}/waiting-list")
        await olive.send(olive.form(f"/waiting-list/{entry_id}/precedence"))
        assert "The next places that fit are offered to this person." in olive.text()
    await visitor.open(mine)
    assert "Nobody is before you." in visitor.text()


async def test_a_group_waits_for_what_there_is_and_its_organiser_sees_what_it_keeps(house, visitor):
    show = await house.put_on(capacity=3)
    ticket = show.tickets["Plein tarif"]
    items = [Item(ticket_type_id=ticket, quantity=1)]
    taken = [HoldId(new_uuid()) for _ in range(3)]
    for hold_id in taken:
        await house.booking.put_hold(hold_id, NewHold(date_id=show.date_id, items=items))
    await house.places_left(show)
    await visitor.open(f"/fr/events/{show.event_id}/waiting-list?date={show.date_id}")
    group = {"email": "amina@example.org", "name": "Amina", "ticket": str(ticket)}
    await visitor.send(visitor.form("/waiting-list"), quantity="4", **group)
    assert visitor.status == 409
    assert "Il y en a 3 au plus" in visitor.text()
    assert 'id="quantity-error"' in visitor.page
    await visitor.send(visitor.form("/waiting-list"), quantity="3", **group)
    assert "/waiting-list/" in visitor.url
    await house.booking.release_hold(taken[0])
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)

        async def gathered():
            await olive.open(f"/en/organiser/events/{show.event_id}/waiting-list")
            return "one place is kept until" in olive.text()

        await until(gathered)
        assert 'aria-label="Put first: Amina"' in olive.page
        await olive.send(olive.form("/gathering-end"))
        assert "What was kept is on sale." in olive.text()
        assert "Sell what is kept" not in olive.page

    async def on_sale():
        await visitor.open(f"/en{show.path}")
        return "Join the waiting list" not in visitor.text()

    await until(on_sale)
    await visitor.choose(show, 1)
    assert "/checkout/" in visitor.url


async def test_who_leaves_makes_room_for_the_next(house, visitor):
    show = await house.put_on(capacity=1)
    ticket = show.tickets["Plein tarif"]
    items = [Item(ticket_type_id=ticket, quantity=1)]
    await house.booking.put_hold(HoldId(new_uuid()), NewHold(date_id=show.date_id, items=items))
    await house.places_left(show)
    await visitor.open(f"/en/events/{show.event_id}/waiting-list?date={show.date_id}")
    form = visitor.form("/waiting-list")
    await visitor.send(form, email="amina@example.org", name="Amina", ticket=str(ticket))
    await visitor.send(visitor.form("/leaving"))
    assert "You left the waiting list." in visitor.text()
