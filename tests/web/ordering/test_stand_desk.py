"""An organiser looks at a stand: its orders step by step, its figures, its printers."""

import pytest
from tests.web.house import House, Visitor
from tests.web.ordering.test_kitchen import Kitchen
from tests.web.ordering.test_ordering import open_stall

from quickserve.contracts.ordering_problems import KitchenFull
from quickserve.kernel.auth import Role


@pytest.fixture
async def desk(house: House, visitor: Visitor) -> Kitchen:
    """As a kitchen, with the organiser in front of it."""
    organiser_id = await house.organiser()
    stall = await open_stall(house, organiser_id, accepts="by-hand")
    await visitor.sign_in(await house.person(organiser_id, Role.ORGANISER))
    return Kitchen(house, stall, visitor)


def page(desk: Kitchen, tail: str) -> str:
    return f"/en/organiser/stands/{desk.stall.stand.id}/{tail}"


async def test_orders_are_found_by_number_and_state_and_told_step_by_step(desk: Kitchen) -> None:
    beer = await desk.order(desk.line("Beer"))
    burger = await desk.order(desk.line("Burger", "Rare", note="no onions"))
    await desk.look()
    await desk.touch(burger, "rejected:too-busy", "submitted")
    await desk.cook.open(page(desk, "orders"))
    told = desk.cook.text()
    assert told.index(f" {burger.number} ") < told.index(f" {beer.number} ")
    await desk.cook.open(page(desk, f"orders?number={int(beer.number)}"))
    assert f" {beer.number} " in desk.cook.text()
    assert f" {burger.number} " not in desk.cook.text()
    await desk.cook.open(page(desk, "orders?state=refused"))
    assert f" {burger.number} " in desk.cook.text()
    assert f" {beer.number} " not in desk.cook.text()
    await desk.cook.open(page(desk, "orders?state=done&after=nonsense"))
    assert "None like this." in desk.cook.text()
    await desk.cook.open(page(desk, f"orders/{burger.id}"))
    told = desk.cook.text()
    assert "Burger · Rare · no onions 1 gluten" in told
    assert "the stand, Camille Roy The stand has too much to do at the moment." in told
    assert "the checkout" in told
    await desk.cook.send(desk.cook.form("/prints"))
    assert "It is on its way to the printer." in desk.cook.text()


async def test_figures_tell_promises_load_and_what_was_lost(desk: Kitchen) -> None:
    first = await desk.order(desk.line("Burger", "Rare", quantity=4))
    second = await desk.order(desk.line("Beer"))
    await desk.look()
    await desk.touch(second, "rejected:closed", "submitted")
    await desk.touch(first, "accepted", "submitted")
    await desk.cook.open(page(desk, "figures"))
    told = desk.cook.text()
    for words in (
        "Promise error, P50", "Promise error, P90", "Promises widened by 0:00 min", "Intake 100%",
        "Waiting 1 the oldest for 0:0", "Orders in 24 hours 2", "Not taken 1",
        "Work at Grill, in minutes", "The stand is closing. by the stand 1",
    ):  # fmt: skip
        assert words in told, words
    await desk.look()
    for to, seen in (("preparing", "accepted"), ("ready", "preparing"), ("picked-up", "ready")):
        await desk.touch(first, to, seen)
    await desk.cook.open(page(desk, "figures"))
    assert "Waiting 0" in desk.cook.text()
    assert "1 handed over" in desk.cook.text()


async def test_what_the_kitchen_had_no_room_for_is_counted(desk: Kitchen) -> None:
    async def order_without_end() -> None:
        for _ in range(20):
            await desk.order(desk.line("Burger", "Rare", quantity=50))

    with pytest.raises(KitchenFull):
        await order_without_end()
    await desk.cook.open(page(desk, "figures"))
    assert "The kitchen had no room by then. by the pacing 1" in desk.cook.text()


async def test_printers_are_set_up_changed_and_removed(desk: Kitchen) -> None:
    await desk.cook.open(page(desk, "printers"))
    form = desk.cook.form("/printers")
    await desk.cook.send(form, name="Pass", host="192.168.1.50", port="9100", width="48",
                         code_page="cp858", station="grill", language="fr")  # fmt: skip
    assert "Saved." in desk.cook.text()
    assert "Pass 192.168.1.50:9100 · Grill" in desk.cook.text()
    await desk.cook.send(desk.cook.form("/test-page"))
    assert "It is on its way to the printer." in desk.cook.text()
    chosen = {"width": "42", "code_page": "cp858", "language": "fr"}
    for fields, told in (
        ({"host": "8.8.8.8"}, "Only printers in the venue’s own network"),
        ({"host": "127.0.0.1"}, "Only printers in the venue’s own network"),
        ({"host": "10.0.0.1", "port": "22"}, "Printers listen on another port here"),
        ({"host": "http://x", "port": "x"}, "Enter the printer’s port, usually 9100."),
        ({"host": "10.0.0.1", "name": ""}, "Fill this in."),
        ({"host": "10.0.0.1", "width": "7"}, "This choice is not known"),
    ):
        await desk.cook.open(page(desk, "printers"))
        form = desk.cook.form("/printers", host="")
        await desk.cook.send(form, **(chosen | {"name": "Bar", "station": ""} | fields))
        assert desk.cook.status == 422, fields
        assert told in desk.cook.text(), fields
    await desk.cook.open(page(desk, "printers"))
    await desk.cook.send(desk.cook.form("/removal"))
    assert "192.168.1.50:9100" not in desk.cook.text()


async def test_it_is_closed_to_others_and_to_cooks(desk: Kitchen, house: House) -> None:
    other = await open_stall(house)
    stranger = Kitchen(house, other, desk.cook)
    order = await desk.order(desk.line("Beer"))
    for tail in ("orders", "figures", "figures/now", "printers"):
        await desk.cook.open(page(stranger, tail))
        assert desk.cook.status == 403, tail
    own = await open_stall(house, desk.stall.stand.draft.organiser_id)
    await desk.cook.open(page(Kitchen(house, own, desk.cook), f"orders/{order.id}"))
    assert desk.cook.status == 404
