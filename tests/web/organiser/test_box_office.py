"""The box office's page: sold, reserved, invited."""

from datetime import UTC, datetime, timedelta

import pytest

from quickserve.kernel.auth import Role
from quickserve.web import guest_list
from quickserve.web.i18n import ENGLISH


@pytest.fixture
async def counter(house):
    """(the show, its organiser's person at the page)"""
    show = await house.put_on(capacity=40)
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)
        await olive.open(f"/en/organiser/events/{show.event_id}/box-office")
        yield show, olive


async def test_cash_leads_to_the_tickets_and_into_the_till(house, counter):
    show, olive = counter
    field = f"q-{show.tickets['Plein tarif']}"
    await olive.send(olive.form("/box-office"), name="", date=str(show.date_id), **{field: "0"})
    assert olive.status == 422
    assert "Choose how many." in olive.text()
    await olive.send(
        olive.form("/box-office"),
        kind="cash",
        name="Fatou Sow",
        date=str(show.date_id),
        **{field: "12"},
    )
    assert olive.url.startswith("/en/tickets/")
    assert olive.page.count('class="pass"') == 12
    await olive.open(f"/en/organiser/events/{show.event_id}/box-office")
    assert "€216.00" in olive.text()
    assert await house.places_left(show) == 28


async def test_a_group_is_reserved_for_and_pays_here_later(house, counter):
    show, olive = counter
    field = f"q-{show.tickets['Plein tarif']}"
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    form = olive.form("/box-office")
    await olive.send(
        form, kind="reservation", name="Collège Hugo", date=str(show.date_id), **{field: "30"}
    )
    assert olive.status == 422
    assert "Enter a date and a time." in olive.text()
    form = olive.form("/box-office")
    await olive.send(
        form,
        kind="reservation",
        name="Collège Hugo",
        until=until,
        date=str(show.date_id),
        **{field: "30"},
    )
    assert "The places are reserved." in olive.text()
    assert await house.places_left(show) == 10
    await olive.send(olive.form("/reservations/"), action="paid")
    assert olive.page.count('class="pass"') == 30


async def test_guests_come_out_of_a_list_all_or_none(house, counter):
    show, olive = counter

    async def upload(text: str):
        form = olive.form("/guests")
        fields = {k: v for k, v in form.fields.items() if k != "guests"}
        fields["date"] = str(show.date_id)
        olive.answer = await olive.http.post(
            form.action, data=fields, files={"guests": ("g.csv", text.encode(), "text/csv")}
        )

    await upload("Nom;E-mail;Billet;Quantité\nFatou;fatou@example.org;Plein tarif;2\nBad;x;;1\n")
    assert olive.status == 422
    assert "Line 3: this is no e-mail address." in olive.text()
    assert await house.places_left(show) == 40
    await upload("Nom;E-mail;Billet;Quantité\nFatou;fatou@example.org;Plein tarif;2\nAli;;;1\n")
    assert olive.text().count("/en/tickets/") == 2
    assert await house.places_left(show) == 37


def test_a_list_is_read_whatever_separates_it():
    tickets = {"Full": "t1", "Child": "t2"}
    for text in ("name,ticket\nA,child\n", "\ufeffName\tTicket\nA\tCHILD\n", "ticket;nom\nChild;A"):
        found = guest_list.read(text.encode(), tickets, ENGLISH)
        assert [(one.contact.name, one.ticket_type_id) for one in found.guests] == [("A", "t2")]
    for text in ("", "who\nA", "name\n", "name,quantity\nA,0", "name,ticket\nA,Nope"):
        found = guest_list.read(text.encode(), tickets, ENGLISH)
        assert found.faults, text
        assert not found.guests
