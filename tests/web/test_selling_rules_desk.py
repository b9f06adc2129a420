"""The organiser's pages of codes, discounts and rules."""

import csv
import html
import io

import pytest
from tests.web.house import Visitor

from quickserve.kernel.auth import Role


@pytest.fixture
async def desk(house):
    """A show, and its organiser signed in."""
    show = await house.put_on()
    email = await house.person(show.organiser_id, Role.ORGANISER)
    async with house.visitor() as organiser:
        await organiser.sign_in(email)
        yield show, organiser


async def new_code(organiser: Visitor, show=None, **answers):
    where = f"?event={show.event_id}" if show else ""
    await organiser.open(f"/en/organiser/vouchers/new{where}")
    form = organiser.form("/organiser/vouchers/new")
    for tick in ("unlock", "stackable", "reserve"):
        form.fields.pop(tick, None)
    if show:
        for ticket in show.tickets.values():
            form.fields.pop(f"t-{ticket}", None)
    given = {"price": "percent", "value": "10"} | answers
    await organiser.send(form, **given)
    return form


async def test_empty_pages_say_what_can_be_done(desk):
    _, organiser = desk
    await organiser.open("/en/organiser/vouchers")
    assert "No codes yet" in organiser.text()
    assert "None yet: a discount is taken off by itself" in organiser.text()
    await organiser.open("/fr/organiser/vouchers")
    assert "Pas encore de codes" in organiser.text()


async def test_a_code_is_made_found_and_given_to_others(house, desk, visitor):
    show, organiser = desk
    await new_code(organiser, show, code="Presse-26", uses="3", tag="press")
    assert organiser.status == 200, organiser.text()
    assert "Saved." in organiser.text()
    link = organiser.page.split('class="link-text" href="http://quickserve.test')[1].split('"')[0]
    assert "−10%" in organiser.text()
    await house.places_left(show)
    await visitor.open(html.unescape(link))
    assert "Code Presse-26 counts, for up to 3 tickets." in visitor.text()
    form = visitor.form("/events/")
    await visitor.send(form, **{f"q-{show.tickets['Plein tarif']}": "2", "code": "presse26"})
    await visitor.pay()
    await visitor.until_bought()
    await organiser.open("/en/organiser/vouchers?q=pre")
    assert "Presse-26" in organiser.text()
    await organiser.open(first_link(organiser))
    assert "Amina Diallo" in organiser.text()
    await organiser.send(organiser.form("/organiser/vouchers/"), uses="1", until="")
    assert organiser.status == 409
    assert "Allow at least as many uses" in organiser.text()


def first_link(organiser: Visitor) -> str:
    found = [
        part.split('"')[0]
        for part in organiser.page.split('href="/en/organiser/vouchers/')
        if part[:2] == "01"
    ]
    return f"/en/organiser/vouchers/{found[0]}"


async def test_many_codes_are_drawn_once_and_exported(desk):
    show, organiser = desk
    form = await new_code(organiser, show, count="25", code="=PRE", tag="=cmd()")
    assert organiser.status == 422
    form = await new_code(organiser, show, count="25", code="PRE", tag="=cmd()")
    assert "Saved." in organiser.text()
    await organiser.send(form, count="25", code="PRE", tag="=cmd()", price="percent", value="10")
    answer = await organiser.http.get("/en/organiser/vouchers.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 25  # a double tap made no more
    assert len({row["code"] for row in rows}) == 25
    assert all(row["code"].startswith("PRE-") for row in rows)
    assert rows[0]["tag"] == "'=cmd()"
    assert f"/en/events/{show.event_id}?code=PRE-" in rows[0]["link"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"value": ""}, "Enter a rate between 0 and 100"),
        ({"value": "101"}, "Enter a rate between 0 and 100"),
        ({"price": "amount", "value": "x"}, "Enter a price such as"),
        ({"price": "none"}, "Choose something that the code does."),
        ({"count": "1001"}, "Enter a whole number from 1 to 1,000."),
        ({"uses": "0"}, "Enter a whole number from 1 to 100,000."),
        ({"reserve": "1"}, "choose an event, one of its dates and exactly one ticket"),
        ({"from": "soon"}, "Enter a date and a time."),
        ({"from": "2030-05-02T10:00", "until": "2030-05-01T10:00"}, "Put the end after the start."),
    ],
)
async def test_mistakes_name_the_fix_and_keep_what_was_typed(desk, answers, told):
    show, organiser = desk
    await new_code(organiser, show, code="KEPT", **answers)
    assert organiser.status == 422
    assert told in html.unescape(organiser.text())
    assert organiser.form("/organiser/vouchers/new").fields["code"] == "KEPT"


async def test_a_taken_code_and_places_that_are_not_there_are_told(desk):
    show, organiser = desk
    await new_code(organiser, code="ONCE")
    await new_code(organiser, code="o n c e")
    assert organiser.status == 409
    assert "Another voucher has this code already." in organiser.text()
    ticket = show.tickets["Plein tarif"]
    await new_code(organiser, show, code="MANY", uses="51", reserve="1",
                   date=str(show.date_id), **{f"t-{ticket}": "1"})  # fmt: skip
    assert organiser.status == 409
    assert "Not enough places are left." in organiser.text()


async def test_a_discount_is_begun_and_ended(house, desk, visitor):
    show, organiser = desk
    await organiser.open(f"/en/organiser/discounts/new?event={show.event_id}")
    form = organiser.form("/organiser/discounts/new")
    form.fields.pop("stackable", None)
    form.fields.pop(f"t-{show.tickets['Plein tarif']}", None)
    await organiser.send(form, name="", value="")
    assert organiser.status == 422
    await organiser.send(form, name="Tôt", kind="percent", value="10")
    assert "Tôt: −10%" in organiser.text()
    await visitor.choose(show, 2)
    assert "Tôt − €3.60" in visitor.text()
    await organiser.send(organiser.form("/organiser/discounts/"))
    assert "ended" in organiser.text()
    await visitor.choose(show, 2)
    assert "Pay €36.00" in visitor.text()


async def test_rules_of_tickets_are_set_and_shown_again(house, desk):
    show, organiser = desk
    await house.add_ticket(show, "Enfant", 900, 20)
    child, main = show.tickets["Enfant"], show.tickets["Plein tarif"]
    answers = {f"{child}-person": "2", f"{child}-scope": "date", f"{child}-least": "0",
               f"{child}-most": "3", f"{child}-of-{main}": "1"}  # fmt: skip
    for _ in range(50):  # until booking heard of the ticket
        await organiser.open(f"/en/organiser/events/{show.event_id}/rules")
        form = organiser.form("/rules")
        form.fields = {n: v for n, v in form.fields.items() if n == "csrf"}
        await organiser.send(form, **answers)
        if organiser.status == 200:
            break
    assert "Saved." in organiser.text()
    page = organiser.page
    assert f'name="{child}-of-{main}" value="1" checked' in " ".join(page.split())
    form.fields = {n: v for n, v in form.fields.items() if n == "csrf"}
    await organiser.send(form, **{f"{child}-person": "many"})
    assert organiser.status == 422
    assert "Enter a whole number from 1 to 100." in organiser.text()


async def test_a_ticket_that_goes_only_with_a_hidden_one_is_hinted_at(house, desk):
    show, organiser = desk
    await house.add_ticket(show, "Enfant", 900, 20)
    child, main = show.tickets["Enfant"], show.tickets["Plein tarif"]
    hint = "“Enfant” is sold only together with “Plein tarif”, which is hidden"

    async def saved(**answers: str) -> str:
        for _ in range(50):  # until booking heard of the ticket
            await organiser.open(f"/en/organiser/events/{show.event_id}/rules")
            form = organiser.form("/rules")
            form.fields = {n: v for n, v in form.fields.items() if n == "csrf"}
            await organiser.send(form, **answers)
            if organiser.status == 200:
                break
        assert "Saved." in organiser.text()
        return organiser.text()

    for tie in ("needs", "of"):
        together = {f"{child}-{tie}-{main}": "1"}
        assert "is hidden" not in await saved(**together)
        assert hint in await saved(**together, **{f"{main}-hidden": "1"})
        assert "is hidden" not in await saved(
            **together, **{f"{main}-hidden": "1", f"{child}-hidden": "1"}
        )


async def test_another_organiser_sees_and_changes_nothing(house, desk):
    show, organiser = desk
    await new_code(organiser, show, code="MINE")
    mine = organiser.url
    stranger_of = await house.organiser()
    email = await house.person(stranger_of, Role.ORGANISER)
    async with house.visitor() as stranger:
        await stranger.sign_in(email)
        await stranger.open(mine)
        assert stranger.status == 403
        await stranger.open(f"/en/organiser/vouchers/new?event={show.event_id}")
        assert stranger.status == 403
        await stranger.open(f"/en/organiser/events/{show.event_id}/rules")
        assert stranger.status == 403
        await stranger.open("/en/organiser/vouchers")
        assert "MINE" not in stranger.page


async def test_a_code_that_cannot_be_one_is_told_in_words(desk):
    _, organiser = desk
    for code in ("ÉTÉ2026", "AB", "A" * 41, "-AB"):
        await new_code(organiser, code=code)
        assert organiser.status == 422
        assert "Use 3 to 40 letters without accents, digits, spaces and dashes" in organiser.text()
    await organiser.open("/fr/organiser/vouchers/new")
    form = organiser.form("/organiser/vouchers/new")
    await organiser.send(form, code="ÉTÉ2026", price="percent", value="10")
    assert "3 à 40 lettres sans accent" in organiser.text()
