"""The box office's page: sold, reserved, invited."""

import csv
import io
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from tests.web.house import PASSWORD
from tests.web.theatres import put_on_seated

from quickserve.contracts.booking_records import BookingRecordsClient
from quickserve.contracts.identity import Credentials
from quickserve.kernel.auth import Role
from quickserve.web.i18n import ENGLISH
from quickserve.web.pages.organiser import guest_list


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
    await olive.send(
        olive.form("/box-office"), kind="reservation", name="C" * 201, until="2999-01-01T10:00",
        date=str(show.date_id), **{field: "30"},
    )  # fmt: skip
    assert "Enter a year from 1970 to 2099." in olive.text()
    for kind in ("reservation", "cash"):
        await olive.send(
            olive.form("/box-office"), kind=kind, name="C" * 201, until=until,
            date=str(show.date_id), **{field: "30"},
        )  # fmt: skip
        assert olive.status == 422
        assert "Name : This is too long: shorten it." in olive.text()
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


async def test_a_wheelchair_place_is_sold_reserved_and_given_to_a_guest(house):
    theatre = await put_on_seated(house)
    show = theatre.show
    field = f"q-{show.tickets['Plein tarif']}"
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as olive:
        await olive.sign_in(email)
        counter = f"/en/organiser/events/{show.event_id}/box-office"
        await olive.open(counter)
        date = str(show.date_id)
        await upload(olive, show, "nom;fauteuil\nFatou;perhaps\n")
        assert "Line 2: write yes or no for a wheelchair place." in olive.text()
        await upload(
            olive, show, "nom;billet;fauteuil;nombre\nFatou;Plein tarif;oui;2\nAli;Plein tarif;;1\n"
        )
        fatou, ali = downloaded(olive)
        assert "D · 2" in await seats_of(olive, fatou["link"])
        assert "D · 2" not in await seats_of(olive, ali["link"])
        for kind in ("cash", "reservation"):
            await olive.open(counter)
            until = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
            await olive.send(
                olive.form("/box-office"), kind=kind, name="Bob", date=date, until=until,
                accessible="1", **{field: "2"},
            )  # fmt: skip
            assert olive.status == 409, "the only one is given away"


async def seats_of(olive, link: str) -> list[str]:
    await olive.open(link.removeprefix("http://quickserve.test"))
    return sorted(set(re.findall(r"[A-D] · [0-9]+", olive.text())))


async def upload(olive, show, text: str, **fields: str):
    form = olive.form("/guests")
    kept = {k: v for k, v in form.fields.items() if k not in ("guests", "again")}
    olive.answer = await olive.http.post(
        form.action, data=kept | {"date": str(show.date_id)} | fields,
        files={"guests": ("g.csv", text.encode(), "text/csv")},
    )  # fmt: skip


def downloaded(olive) -> list[dict[str, str]]:
    """The table that the page carries, as a spreadsheet reads it."""
    content = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', olive.page)[0]
    return list(csv.DictReader(io.StringIO(b64decode(content).decode("utf-8-sig"))))


async def test_a_list_with_a_fault_invites_nobody(house, counter):
    show, olive = counter
    await upload(
        olive,
        show,
        "Nom;E-mail;Billet;Quantité\nFatou;fatou@example.org;Plein tarif;2\nBad;x;;1\n",
    )
    assert olive.status == 422
    assert "Line 3: this is no e-mail address." in olive.text()
    assert await house.places_left(show) == 40
    await upload(
        olive, show, "Nom;E-mail;Billet;Quantité\nFatou;fatou@example.org;Plein tarif;2\nAli;;;1\n"
    )
    assert olive.status == 200
    assert olive.text().count("/en/tickets/") == 2
    assert await house.places_left(show) == 37


async def test_who_finds_no_place_is_told_and_the_mended_list_invites_nobody_twice(house, counter):
    show, olive = counter
    head = "name,email,quantity\n"
    await upload(olive, show, head + "Ada,ada@example.org,30\nBob,,20\n=Cid,,2\n")
    assert olive.status == 409
    assert "One line of the list has no tickets" in olive.text()
    ada, bob, cid = downloaded(olive)
    assert (ada["line"], ada["ticket"], ada["note"]) == ("2", "Plein tarif", "")
    assert bob["note"].startswith("Not enough places are left.")
    assert not bob["link"]
    assert cid["name"] == "'=Cid"
    assert await house.places_left(show) == 8

    await upload(olive, show, head + "Ada,ada@example.org,30\nBob,,3\n=Cid,,2\n")
    assert olive.status == 200
    again, bob, _ = downloaded(olive)
    assert (again["link"], again["booking"]) == (ada["link"], ada["booking"])
    assert again["note"].startswith("Invited before: ")
    assert bob["link"]
    assert await house.places_left(show) == 5

    await upload(olive, show, head + "ADA,Ada@Example.org,30\n")
    assert [one["booking"] for one in downloaded(olive)] == [ada["booking"]]


async def test_another_number_or_a_cancelled_booking_is_told(house, counter):
    show, olive = counter
    await upload(olive, show, "name,quantity\nAda,2\nBob,1\n")
    bob = downloaded(olive)[1]["link"]
    booking_id = bob.split("/")[-2]
    email = await house.person(show.organiser_id, Role.ORGANISER)
    session = await house.identity.sign_in(Credentials(email=email, password=PASSWORD))
    records = BookingRecordsClient(house.booking._client)
    await records.cancel(booking_id, session.access_token)
    await upload(olive, show, "name,quantity\nAda,5\nBob,1\n")
    ada, bob = downloaded(olive)
    assert ada["note"] == "Invited before, with 2 tickets: that stays as it is."
    assert "was cancelled" in bob["note"]
    assert await house.places_left(show) == 38


async def test_who_is_meant_twice_is_invited_twice(house, counter):
    show, olive = counter
    text = "name\nGuest of the mayor\nGuest of the mayor\n"
    await upload(olive, show, text)
    assert await house.places_left(show) == 38
    await upload(olive, show, text, again="1")
    assert olive.status == 200
    assert await house.places_left(show) == 36


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,quantity\nFay,00500000\n", "Line 2: the number of tickets is from 1 to 100."),
        ("name,quantity\nFay,²\n", "Line 2: the number of tickets is from 1 to 100."),
        (f"name\n{'F' * 201}\n", "Line 2: the name is longer than 200 letters: shorten it."),
        ("name,email\n,fay@example.org\n", "Line 2: the name is missing."),
        (f'name\n"{"F" * 140_000}', "This is no table: save it as .csv once more."),
    ],
)
async def test_a_strange_list_is_told_what_to_mend(counter, text, told):
    show, olive = counter
    await upload(olive, show, text)
    assert olive.status == 422
    assert told in olive.text()


def test_a_list_is_read_whatever_separates_it():
    tickets = {"Full": "t1", "Child": "t2"}
    for text in (
        "name,ticket\rA,child\r",
        "name,ticket\nA,child\n",
        "\ufeffName\tTicket\nA\tCHILD\n",
        "ticket;nom\nChild;A",
    ):
        found = guest_list.read(text.encode(), tickets, ENGLISH)
        assert [(one.contact.name, one.ticket_type_id) for one in found.guests] == [("A", "t2")]
    for text in ("", "who\nA", "name\n", "name,quantity\nA,0", "name,ticket\nA,Nope"):
        found = guest_list.read(text.encode(), tickets, ENGLISH)
        assert found.faults, text
        assert not found.guests
