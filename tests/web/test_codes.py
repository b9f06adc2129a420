"""Codes and discounts as a buyer meets them, without a line of JavaScript."""

import asyncio
import html
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from tests.web.house import PASSWORD

from quickserve.contracts.booking import VoucherId
from quickserve.contracts.booking_rules import (
    BookingRulesClient,
    DiscountId,
    EventRules,
    NewDiscount,
    NewVoucher,
    NewVouchers,
    TypeRules,
)
from quickserve.contracts.identity import Credentials
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Malformed
from quickserve.kernel.ids import new_uuid


class Rules:
    """The organiser's calls for one show."""

    def __init__(self, house, show, token) -> None:
        self.client = BookingRulesClient(house.booking._client)
        self.house, self.show, self.token = house, show, token

    async def voucher(self, code="AMI", **terms):
        made = NewVoucher(id=VoucherId(new_uuid()), code=code, **terms)
        await self.client.put_vouchers(
            self.show.organiser_id, NewVouchers(vouchers=[made]), self.token
        )

    async def types(self, *types):
        rules = EventRules(types=list(types))
        await self.client.put_event_rules(self.show.event_id, rules, self.token)

    async def types_when_known(self, ticket_type_id, **terms):
        """Once booking heard of the ticket."""
        rule = TypeRules(**({"ticket_type_id": ticket_type_id, "hidden": True} | terms))
        for _ in range(100):
            try:
                return await self.types(rule)
            except Malformed:
                await asyncio.sleep(0.05)
        raise TimeoutError

    async def discount(self, **terms):
        await self.client.put_discount(
            self.show.organiser_id, DiscountId(new_uuid()), NewDiscount(**terms), self.token
        )


async def ruled(house, **options):
    show = await house.put_on(**options)
    email = await house.person(show.organiser_id, Role.ORGANISER)
    session = await house.identity.sign_in(Credentials(email=email, password=PASSWORD))
    return show, Rules(house, show, session.access_token)


def quantity(show, ticket="Plein tarif"):
    return f"q-{show.tickets[ticket]}"


async def test_a_code_is_entered_shown_with_its_effect_and_paid_with(house, visitor):
    show, rules = await ruled(house)
    await rules.voucher(price="percent", value=5000, uses=1)
    await house.places_left(show)
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    await visitor.send(form, **{quantity(show): "2", "code": "ami", "apply": "1"})
    assert visitor.status == 200
    text = visitor.text()
    assert "Code AMI counts, for one ticket." in text
    assert "instead of €18" in text
    form = visitor.form("/events/")
    assert form.fields[quantity(show)] == "2"  # what was typed is kept
    await visitor.post(form.action, [*form.fields.items(), ("code", "AMI")])
    assert visitor.url.startswith("/en/checkout/")
    text = visitor.text()
    assert "2 × Plein tarif €36.00" in text.replace("Nuit des fanfares", "") or "€36.00" in text
    assert "AMI − €9.00" in text
    assert "Pay €27.00" in text
    assert "of which VAT 5.5% €1.41" in text
    await visitor.pay()
    await visitor.until_bought()
    assert "AMI − €9.00" in visitor.text()


async def test_enter_in_the_field_of_the_code_shows_what_it_changes_and_books_nothing(
    house, visitor
):
    show, rules = await ruled(house)
    await rules.voucher(price="percent", value=5000, uses=1)
    await house.places_left(show)
    await visitor.open(f"/en{show.path}")
    for many in ("0", "2"):
        form = visitor.form("/events/")
        await visitor.send(form, **{quantity(show): many, "code": "ami", "entered": "1"})
        assert visitor.status == 200
        assert "Code AMI counts, for one ticket." in visitor.text()
    form = visitor.form("/events/")
    await visitor.post(form.action, [*form.fields.items(), ("code", "AMI"), ("code", "")])
    assert visitor.url.startswith("/en/checkout/")


async def test_a_link_carries_the_code_and_opens_a_hidden_ticket(house, visitor):
    show, rules = await ruled(house)
    await house.add_ticket(show, "Amis", 900, 10)
    await rules.types_when_known(show.tickets["Amis"])
    await rules.voucher("VIP 2026", unlock=True, uses=5, ticket_type_ids=[show.tickets["Amis"]])
    await house.places_left(show)
    await visitor.open(f"/en{show.path}")
    assert "Amis" not in visitor.page
    await visitor.open(f"/en{show.path}&code={quote('vip-2026')}")
    assert "Amis" in visitor.text()
    form = visitor.form("/events/")
    await visitor.post(
        form.action,
        [*form.fields.items(), (quantity(show, "Amis"), "1"), ("code", "vip2026")],
    )
    await visitor.send(form, **{quantity(show, "Amis"): "1", "code": "VIP2026"})
    assert visitor.url.startswith("/en/checkout/")
    # The places again, with the same code, once they went back on sale.
    await visitor.send(visitor.form("/release"))
    assert "Amis" not in visitor.page


@pytest.mark.parametrize(
    ("terms", "typed", "told"),
    [
        ({}, "<b>NIX</b>", "The code <b>NIX</b> is not known: check how it is written."),
        ({"valid_until": datetime.now(UTC) - timedelta(days=1)}, "AMI", "has expired"),
        ({"valid_from": datetime.now(UTC) + timedelta(days=1)}, "AMI", "cannot be used yet"),
        ({"uses": 0}, "AMI", "has been used up"),
    ],
)
async def test_a_code_of_no_use_is_told_and_what_was_typed_is_kept(
    house, visitor, terms, typed, told
):
    show, rules = await ruled(house)
    await rules.voucher(price="amount", value=100, **terms)
    await house.places_left(show)
    await visitor.open(f"/en{show.path}")
    form = visitor.form("/events/")
    for answers in ({"apply": "1"}, {}):  # asked for its effect; booked with at once
        await visitor.send(form, **{quantity(show): "2", "code": typed, **answers})
        assert told in html.unescape(visitor.text() if "<" not in typed else visitor.page)
        assert "<b>NIX" not in visitor.page
        kept = visitor.form("/events/").fields
        assert (kept[quantity(show)], html.unescape(kept["code"])) == ("2", typed)
    assert visitor.status == 409


async def test_discounts_and_companions_are_told_before_they_matter(house, visitor):
    show, rules = await ruled(house)
    await house.add_ticket(show, "Goûter", 500, 50)
    food = show.tickets["Goûter"]
    main = show.tickets["Plein tarif"]
    await rules.types_when_known(food, hidden=False, addon_of=[main], addon_max=2)
    await rules.discount(name="Groupe", kind="group", group_size=4, group_paid=3,
                         ticket_type_ids=[main])  # fmt: skip
    await house.places_left(show)
    await visitor.open(f"/en{show.path}")
    text = visitor.text()
    assert "Groupe: 4 for the price of 3 (Plein tarif)" in text
    assert "together with Plein tarif, up to 2 for each" in text
    form = visitor.form("/events/")
    await visitor.send(form, **{quantity(show, "Goûter"): "1"})
    assert visitor.status == 422
    assert "“Goûter” is bought together with Plein tarif" in visitor.text()
    await visitor.send(form, **{quantity(show, "Goûter"): "1", quantity(show): "4"})
    assert "Groupe − €18.00" in visitor.text()
    assert "Pay €59.00" in visitor.text()


async def test_one_person_s_limit_names_what_is_left(house, visitor):
    show, rules = await ruled(house, price=0)
    await rules.types_when_known(show.tickets["Plein tarif"], hidden=False, per_person=2)
    await house.places_left(show)
    await visitor.choose(show, 1)
    await visitor.pay()
    await visitor.choose(show, 2)
    await visitor.pay()
    told = "One person can have 2 “Plein tarif”: for this address 1 are left."
    assert told in visitor.text()


async def test_guessing_codes_is_limited(house):
    show, _ = await ruled(house)
    async with house.visitor(peer="203.0.113.77") as robot:
        seen = set()
        for n in range(300):
            await robot.open(f"/en{show.path}&code=GUESS{n}")
            seen.add(robot.status)
            if robot.status == 429:
                break
        assert 429 in seen
        answer = await robot.http.get(f"/api/booking/dates/{show.date_id}/terms?code=X")
        assert answer.status_code == 429
        await robot.open(f"/en{show.path}")
        assert robot.status == 200
