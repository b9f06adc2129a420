"""From the ticket to the order, without a line of JavaScript."""

import re
from dataclasses import dataclass
from datetime import time

import pytest
from tests.ordering.conftest import some_menu
from tests.web.house import PASSWORD, Form, House, Visitor, until

from quickserve.contracts.identity import Credentials
from quickserve.contracts.menus import (
    FULFILMENTS,
    DeliveryArea,
    Hours,
    Menu,
    MenuItem,
    ModifierId,
    NewMenu,
    SoldOutChange,
    StandDraft,
    StandId,
    StandView,
    Station,
)
from quickserve.contracts.menus_client import MenusClient
from quickserve.contracts.ordering import BasketId, NewBasket
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money

ALWAYS = [Hours(weekday=day, opens=time(0), until=time(0)) for day in range(7)]


@dataclass
class Stall:
    stand: StandView
    menu: Menu
    ordering: OrderingClient

    @property
    def path(self) -> str:
        return f"/en/stands/{self.stand.slug}"

    def item(self, name: str) -> MenuItem:
        return next(i for s in self.menu.sections for i in s.items if i.name == name)

    def modifier(self, name: str) -> ModifierId:
        return next(m.id for g in self.menu.groups for m in g.modifiers if m.name == name)


async def open_stall(
    house: House, organiser_id: OrganiserId | None = None, **changes: object
) -> Stall:
    """Burgers from the grill, beer from the bar, crisps; open day and night."""
    menus = MenusClient(house.platform.client("catalog", "cli"))
    ordering = OrderingClient(house.platform.client("ordering", "web"))
    organiser_id = organiser_id or await house.organiser()
    stand_id = StandId(new_uuid())
    draft = StandDraft.model_validate({
        "organiser_id": organiser_id, "name": "Grill du quai", "hours": ALWAYS,
        "fulfilments": list(FULFILMENTS), "latitude": 43.4, "longitude": 3.69,
        "delivery": DeliveryArea(
            radius_m=3000, fee=Money(250, "EUR"), order_min=Money(500, "EUR")
        ),
        "stations": [Station(key="grill", name="Grill", cooks=3),
                     Station(key="bar", name="Bar", cooks=2)],
    } | changes)  # fmt: skip
    await menus.put_stand(stand_id, draft)
    whole = some_menu(stand_id)
    menu = await menus.put_menu(stand_id, NewMenu(sections=whole.sections, groups=whole.groups))

    async def known() -> bool:
        try:
            await ordering.put_basket(BasketId(new_uuid()), NewBasket(stand_id=stand_id))
        except NotFound:  # its menu has not arrived
            return False
        return True

    await until(known)
    return Stall(await menus.stand(stand_id), menu, ordering)


@pytest.fixture
async def stall(house: House) -> Stall:
    return await open_stall(house)


async def add(visitor: Visitor, stall: Stall, name: str, **choices: str) -> None:
    item = stall.item(name)
    await visitor.open(f"{stall.path}/items/{item.id}")
    form = visitor.form()
    form.action = f"{stall.path}/items/{item.id}"
    form.fields = {k: v for k, v in form.fields.items() if not k.startswith("choice")}
    await visitor.send(form, **choices)


def order_form(visitor: Visitor) -> Form:
    """The one of the basket's page that orders, as its button sends it."""
    found = [one for one in visitor.forms() if "version" in one.fields]
    assert found, visitor.text()
    return found[0]


async def order(visitor: Visitor, stall: Stall, **answers: str) -> None:
    """From the basket's page on; a card pays where there is something to pay."""
    await visitor.open(f"{stall.path}/basket")
    form = order_form(visitor)
    given = {"name": "Léa", "email": "lea@example.org", "fulfilment": "pickup", "slot": "",
             "tip": "0", "code": "", "order": "1"}  # fmt: skip
    if "number" in form.fields:
        given |= {"number": "4242 4242 4242 4242", "expiry": "07/39", "cvc": "123"}
    await visitor.send(form, **(given | answers))
    for _ in range(20):
        if 'http-equiv="refresh"' not in visitor.page or "/en/orders/" in visitor.url:
            return
        await visitor.open(visitor.url)
    raise TimeoutError(visitor.url)


async def test_a_burger_is_chosen_paid_and_followed(stall: Stall, visitor: Visitor) -> None:
    await visitor.open(stall.path)
    assert "Grill du quai" in visitor.text()
    assert "Ordered now, ready between" in visitor.text()
    assert "Contains: gluten" in visitor.text()
    burger = stall.item("Burger")
    cooking = burger.groups[0]
    await add(
        visitor, stall, "Burger",
        **{f"choice-{cooking}": str(stall.modifier("Well done")),
           "choice": str(stall.modifier("Cheese")), "note": "no onions"},
    )  # fmt: skip
    assert "It is in the basket." in visitor.text()
    assert "€10.50" in visitor.text()
    await order(visitor, stall)
    assert visitor.url.startswith("/en/orders/")
    assert re.search(r"Order \d{3}", visitor.text())
    assert "Well done, Cheese · no onions" in visitor.text()
    assert visitor.answer.headers["referrer-policy"] == "no-referrer"
    await visitor.open(stall.path)
    assert "Basket:" not in visitor.text(), "a new basket begins empty"
    await visitor.open("/en/orders")
    assert "Grill du quai" in visitor.text()


async def test_what_is_missing_is_told_at_its_field_and_stays_typed(
    stall: Stall, visitor: Visitor
) -> None:
    await add(visitor, stall, "Crisps")
    await order(visitor, stall, name="", email="lea", number="1")
    assert visitor.status == 422
    text = visitor.text()
    assert "3 answers need another look" in text
    assert "Enter an e-mail address like name@example.org." in text
    assert "lea" in order_form(visitor).fields["email"]
    await order(visitor, stall)
    assert visitor.url.startswith("/en/orders/")


async def test_choices_that_do_not_fit_stay_on_the_page(stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Burger")
    assert visitor.status == 422
    assert "A choice is missing." in visitor.text()
    await visitor.open(f"{stall.path}/basket")
    assert "Your basket is empty." in visitor.text()


async def test_sent_twice_it_is_one_order(stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Crisps")
    await visitor.open(f"{stall.path}/basket")
    form = order_form(visitor)
    given = {"name": "Léa", "email": "lea@example.org", "fulfilment": "pickup", "slot": "",
             "tip": "0", "code": "", "order": "1", "number": "4242 4242 4242 4242",
             "expiry": "07/39", "cvc": "123"}  # fmt: skip
    cookies = dict(visitor.http.cookies)
    await visitor.send(form, **given)
    first = visitor.url
    visitor.http.cookies.update(cookies)  # as from the page gone back to
    await visitor.send(form, **given)
    assert visitor.url == first
    await visitor.open("/en/orders")
    assert visitor.page.count("Grill du quai") == 1


async def test_a_declined_card_leaves_the_basket_as_it_was(stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Crisps", quantity="3")
    await order(visitor, stall, number="4000 0000 0000 0002")
    assert "Your bank declined the card." in visitor.text()
    await visitor.open(f"{stall.path}/basket")
    assert "€7.50" in visitor.text()
    await order(visitor, stall)
    assert visitor.url.startswith("/en/orders/")


async def test_two_fill_one_basket(house: House, stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Crisps", guest="Léa")
    await visitor.open(f"{stall.path}/basket")
    link = re.search(r"/en/stands/[a-z0-9-]+/baskets/[0-9a-f-]{36}", visitor.page)
    assert link
    async with house.visitor() as friend:
        await friend.open(link[0])
        await add(friend, stall, "Beer", guest="Omar")
        await friend.open(f"{stall.path}/basket")
        assert "for Léa" in friend.text()
        assert "for Omar" in friend.text()
    # What Léa saw is not what is in the basket now.
    form = order_form(visitor)
    await visitor.send(form, name="Léa", fulfilment="pickup", tip="0", code="", order="1")
    assert visitor.status == 409
    assert "The basket has changed meanwhile." in visitor.text()


async def test_a_tip_makes_another_total_and_is_asked_again(stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Crisps", quantity="4")
    await order(visitor, stall, tip="100")
    assert visitor.status == 409
    assert "The total is another one now." in visitor.text()
    assert "Order for €11.00" in visitor.text()
    await order(visitor, stall, tip="100")
    assert visitor.url.startswith("/en/orders/")
    assert "Tip" in visitor.text()


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"fulfilment": "seat", "seat": ""}, "Tell the seat it is brought to."),
        ({"fulfilment": "table", "table": ""}, "Tell the table it is brought to."),
        ({"fulfilment": "delivery", "address": ""}, "Tell the address it is brought to."),
        ({"fulfilment": "delivery", "address": "1, quai", "position": "here"},
         "Give the place as latitude and longitude"),
        ({"fulfilment": "delivery", "address": "1, quai", "position": "91, 3"},
         "Give the place as latitude and longitude"),
        ({"fulfilment": "delivery", "address": "Paris", "position": "48.85, 2.35"},
         "This address is too far for the stand."),
        ({"fulfilment": "balloon"}, "This value cannot be used"),
        ({"slot": "yesterday"}, "Enter a date and a time."),
        ({"code": "NO-SUCH"}, "A code is not valid here."),
    ],
)  # fmt: skip
async def test_a_destination_that_cannot_be_is_told(
    house: House, stall: Stall, visitor: Visitor, answers: dict[str, str], told: str
) -> None:
    await add(visitor, stall, "Burger", **burger_of(stall))
    await order(visitor, stall, **answers)
    assert visitor.status in (409, 422)
    assert told in visitor.text()


def burger_of(stall: Stall) -> dict[str, str]:
    group = stall.item("Burger").groups[0]
    return {f"choice-{group}": str(stall.modifier("Rare"))}


async def test_it_is_delivered_for_a_fee(stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Burger", **burger_of(stall))
    answers = {"fulfilment": "delivery", "address": "1, quai de la Marine",
               "position": "43.4010, 3.6950", "phone": "0467000000"}  # fmt: skip
    await order(visitor, stall, **answers)  # the fee makes another total
    assert "Order for €12.00" in visitor.text()
    await order(visitor, stall, **answers)
    assert "1, quai de la Marine" in visitor.text()
    assert "Delivery" in visitor.text()


async def test_sold_out_is_seen_on_the_menu_and_in_the_basket(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    menus = MenusClient(house.platform.client("catalog", "web"))
    await add(visitor, stall, "Beer")
    email = await house.person(stall.stand.draft.organiser_id, Role.ORGANISER)
    token = (await house.identity.sign_in(Credentials(email=email, password=PASSWORD))).access_token
    await menus.set_sold_out(stall.stand.id, stall.item("Beer").id, SoldOutChange(out=True), token)

    async def out() -> bool:
        await visitor.open(f"{stall.path}/basket")
        return "It is sold out." in visitor.text()

    await until(out)
    await visitor.open(stall.path)
    assert "Sold out just now: Beer" in visitor.text()
    await order(visitor, stall)
    assert visitor.status == 409


async def test_nothing_with_gluten_is_shown_to_who_cannot_eat_it(
    stall: Stall, visitor: Visitor
) -> None:
    await visitor.open(f"{stall.path}?without=gluten")
    assert "Burger" not in visitor.text()
    assert "Crisps" in visitor.text()
    await visitor.open(f"{stall.path}?only=vegan&only=kosher")
    assert "Nothing on the menu fits." in visitor.text()


async def test_a_shop_is_found_without_any_event(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    show = await house.put_on()
    of_event = await open_stall(house, show.organiser_id, event_id=show.event_id)
    await visitor.open("/en/shops")
    assert stall.path in visitor.page
    assert of_event.path + '"' not in visitor.page


async def test_the_code_on_a_table_brings_the_order_there(stall: Stall, visitor: Visitor) -> None:
    await visitor.open(f"/t/{stall.stand.slug}/12")
    assert "Table 12" in visitor.text()
    await add(visitor, stall, "Crisps")
    await visitor.open(f"{stall.path}/basket")
    assert order_form(visitor).fields["table"] == "12"


async def test_the_ticket_opens_the_menu_with_the_seat_and_the_tab(
    house: House, visitor: Visitor
) -> None:
    show = await house.put_on(price=0)
    stall = await open_stall(house, show.organiser_id, event_id=show.event_id, tabs=True)
    await visitor.choose(show, 1)
    await visitor.pay()
    assert "Order food and drinks" in visitor.text()
    await visitor.open(f"{visitor.url}/orders/1")
    assert "Grill du quai" in visitor.text()
    form = next(one for one in visitor.forms() if "csrf" in one.fields)
    form.action = visitor.url
    await visitor.send(form, stand=stall.stand.slug)
    assert visitor.url.startswith(stall.path)
    await add(visitor, stall, "Crisps")
    await order(visitor, stall, payment="tab")
    assert visitor.url.startswith("/en/orders/")
    assert "on the tab" in visitor.text()


async def test_taken_back_before_the_stand_accepts_it_keeps_every_choice(
    house: House, visitor: Visitor
) -> None:
    stall = await open_stall(house, accepts="by-hand")
    await add(visitor, stall, "Burger", **burger_of(stall))
    await order(visitor, stall)
    assert "Waiting for the stand" in visitor.text()
    await visitor.send(visitor.form("/reopening"))
    assert visitor.url.endswith("/basket")
    assert "Rare" in visitor.text()


async def test_forged_and_unknown_addresses_open_nothing(stall: Stall, visitor: Visitor) -> None:
    for path in (
        f"/en/orders/{new_uuid()}/{'x' * 22}", f"/en/stands/{stall.stand.slug}x",
        f"{stall.path}/items/{new_uuid()}", f"{stall.path}/baskets/{new_uuid()}",
        f"/en/order-checkouts/{new_uuid()}",
    ):  # fmt: skip
        await visitor.open(path)
        assert visitor.status == 404, path


async def divide(visitor: Visitor, stall: Stall, people: str) -> None:
    await visitor.open(f"{stall.path}/basket")
    form = order_form(visitor)
    await visitor.send(
        form, name="Léa", email="lea@example.org", fulfilment="pickup", slot="", tip="0", code="",
        people=people, split="1",
    )  # fmt: skip


async def pay_share(somebody: Visitor, path: str, number: str = "4242 4242 4242 4242") -> None:
    await somebody.open(path)
    await somebody.send(somebody.form("/shares/"), number=number, expiry="07/39", cvc="123")


async def test_two_pay_one_bill_each_by_an_own_link(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    await add(visitor, stall, "Crisps", guest="Léa")
    await add(visitor, stall, "Burger", guest="Omar", **burger_of(stall))
    await divide(visitor, stall, "own")
    assert visitor.url.startswith("/en/splits/")
    assert "0 / 2" in visitor.text()
    shares = sorted(set(re.findall(r'href="(/en/splits/[^"]+/shares/[^"]+)"', visitor.page)))
    group = visitor.url
    assert len(shares) == 2
    await pay_share(visitor, shares[0])
    assert visitor.url == group
    assert "1 / 2" in visitor.text()
    async with house.visitor() as friend:
        await pay_share(friend, shares[1], "4000 0000 0000 0002")
        assert "Your bank declined the card." in friend.text()
        await pay_share(friend, shares[1])
        for _ in range(40):
            if friend.url.startswith("/en/orders/"):
                break
            await friend.open(group)
        assert "Burger" in friend.text()
        assert "€12.00" in friend.text()


async def test_a_bill_that_cannot_be_divided_is_told(stall: Stall, visitor: Visitor) -> None:
    await add(visitor, stall, "Crisps")
    await divide(visitor, stall, "own")
    assert visitor.status in {409, 422}
    assert "Basket" in visitor.text()
    await visitor.open(f"/en/splits/{new_uuid()}/shares/{new_uuid()}")
    assert visitor.status == 404


async def test_a_ticket_without_a_seat_is_not_scolded_for_it(
    house: House, visitor: Visitor
) -> None:
    show = await house.put_on(price=0)
    stall = await open_stall(
        house, show.organiser_id, event_id=show.event_id, fulfilments=["seat", "pickup"]
    )
    await visitor.choose(show, 1)
    await visitor.pay()
    await visitor.open(f"{visitor.url}/orders/1")
    form = next(one for one in visitor.forms() if "csrf" in one.fields)
    form.action = visitor.url
    await visitor.send(form, stand=stall.stand.slug)
    await add(visitor, stall, "Crisps")
    await visitor.open(f"{stall.path}/basket")
    assert re.search(r'value="pickup" data-way checked', visitor.page)
    assert 'role="alert"' not in visitor.page
    await order(visitor, stall, fulfilment="seat", seat="")
    assert re.search(r'id="seat-error">\s*Tell the seat', visitor.page)
