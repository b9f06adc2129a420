"""A menu is written on the organiser's pages: each save a version, two people at once, mistakes."""

from uuid import UUID

import pytest
from tests.web.organiser.kiosk import choices, item, section, set_up, value
from tests.web.organiser.office import Office

from quickserve.contracts.menus import Menu, MenuItem, StandId
from quickserve.contracts.menus_client import MenusClient
from quickserve.kernel.errors import NotFound
from quickserve.kernel.money import Money


def menus_of(office: Office) -> MenusClient:
    return MenusClient(office.platform.clients_for("cli")["catalog"])


def stand_id(stand: str) -> StandId:
    return StandId(UUID(stand.rpartition("/")[2]))


async def saved(office: Office, stand: str) -> Menu:
    return await menus_of(office).latest_menu(stand_id(stand))


async def items(office: Office, stand: str) -> list[MenuItem]:
    return [one for part in (await saved(office, stand)).sections for one in part.items]


async def test_a_menu_from_nothing_to_a_burger_with_its_choices(office: Office) -> None:
    stand = await set_up(office)
    assert "No menu yet" in (await office.page(f"{stand}/menu")).plain
    burgers = await section(office, stand, "Burgers")
    sauces = await choices(office, stand, "Sauce", "Mayo", "Curry", max="2")
    form = await office.page(f"{stand}/menu/items/new?section={burgers}")
    done = await office.send(
        f"{stand}/menu/items/new",
        {
            **form.hidden, "name": "Cheese", "price": "11.50", "section": burgers, "tax": "10",
            "station": "grill", "seconds": "300", "age": "", "opens": "11:30", "until": "22:00",
            "groups": sauces, "allergens": ["gluten", "milk"], "diets": "halal",
        },
    )  # fmt: skip
    assert "Saved." in done.plain
    assert "Grill · 5 min · 1 choice" in done.plain
    assert "halal · contains gluten, milk · served 11:30–22:00" in done.plain
    (burger,) = await items(office, stand)
    assert (burger.price, burger.tax_rate_bp) == (Money(1150, "EUR"), 1000)
    assert (burger.station, burger.ready_seconds, burger.groups) == ("grill", 300, [UUID(sauces)])
    menu = await saved(office, stand)
    assert (menu.version, menu.groups[0].max, len(menu.groups[0].modifiers)) == (3, 2, 2)
    preview = await office.page(f"{stand}/menu/versions/3")
    assert "Mayo (+€1.00), Curry (+€1.00)" in preview.plain


async def test_the_next_item_is_made_as_the_one_before(office: Office) -> None:
    stand = await set_up(office)
    drinks = await section(office, stand, "Drinks")
    form = await office.page(f"{stand}/menu/items/new?section={drinks}")
    wanted = {
        "name": "Beer", "price": "5", "section": drinks, "station": "bar-a-bieres", "seconds": "20",
        "tax": "20", "age": "18", "action": "next",
    }  # fmt: skip
    again = await office.send(f"{stand}/menu/items/new", form.hidden | wanted)
    assert again.path.endswith("/items/new")
    assert (value(again, "tax"), value(again, "seconds")) == ("20", "20")
    assert again.hidden["item"] != form.hidden["item"]
    assert [one.age_min for one in await items(office, stand)] == [18]


async def test_another_rate_for_what_is_brought(office: Office) -> None:
    stand = await set_up(office, ways=["pickup", "table"])  # type: ignore[arg-type]
    food = await section(office, stand, "Food")
    await item(office, stand, food, tax="5.5", tax__table="10", ways="table")
    (one,) = await items(office, stand)
    assert (one.tax_rate_bp, one.tax_rates_bp, one.fulfilments) == (550, {"table": 1000}, ["table"])


async def test_what_is_wrong_with_an_item_stands_beside_its_field(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    wrong = {
        "name": "", "price": "cheap", "section": food, "tax": "110", "station": "moon",
        "seconds": "long", "age": "99", "picture": "ftp://x", "opens": "noon", "until": "",
    }  # fmt: skip
    form = await office.page(f"{stand}/menu/items/new?section={food}")
    refused = await office.send(f"{stand}/menu/items/new", form.hidden | wrong)
    assert refused.status == 422
    assert set(refused.errors) == {
        "name", "price", "tax", "station", "seconds", "age", "picture", "opens", "until",
    }  # fmt: skip
    assert value(refused, "price") == "cheap"
    nowhere = wrong | {
        "name": "A", "price": "1", "tax": "0", "station": "", "seconds": "0", "age": "",
        "picture": "", "opens": "", "section": str(UUID(int=1)),
    }  # fmt: skip
    refused = await office.send(f"{stand}/menu/items/new", form.hidden | nowhere)
    assert set(refused.errors) == {"section"}


async def test_what_is_wrong_with_choices_stands_beside_its_field(office: Office) -> None:
    stand = await set_up(office)
    await section(office, stand, "Food")
    form = await office.page(f"{stand}/menu/groups/new")
    path = f"{stand}/menu/groups/new"
    some = form.hidden | {"name": "Size", "min": "0", "max": "1", "repeat": "1", "m0-name": "L"}
    for changes, fields in [
        ({"name": ""}, {"name"}),
        ({"m0-name": ""}, {"m0-name"}),
        ({"m0-price": "much", "m0-seconds": "9999"}, {"m0-price", "m0-seconds"}),
        ({"min": "3", "max": "2"}, {"max"}),
        ({"min": "2", "max": "2"}, {"min"}),
        ({"m1-name": "M", "m0-default": "1", "m1-default": "1"}, {"max"}),
        ({"min": "x", "max": "0"}, {"min", "max"}),
    ]:
        refused = await office.send(path, some | changes)
        assert (refused.status, set(refused.errors)) == (422, fields), changes
    more = await office.send(path, some | {"action": "more"})
    assert 'id="m3-name"' in more.text
    fine = await office.send(path, some | {"m0-price": "-0,50"})
    assert "Saved." in fine.plain


async def test_a_defect_is_told_at_the_line_it_is_in(office: Office) -> None:
    """Choices that take off more than the item costs: catalog finds it, the field shows it."""
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    less = await choices(office, stand, "Without", "Everything", m0__price="-5")
    form = await office.page(f"{stand}/menu/items/new?section={food}")
    cheap = {
        "name": "Bread", "price": "2", "section": food, "station": "", "seconds": "0", "tax": "10",
        "groups": less,
    }  # fmt: skip
    refused = await office.send(f"{stand}/menu/items/new", form.hidden | cheap)
    assert refused.status == 422
    assert refused.errors["groups"].startswith("Its choices could make it cost less than nothing")
    await office.send(f"{stand}/menu/items/new", form.hidden | cheap | {"price": "6"})
    group = await office.page(f"{stand}/menu/groups/{less}")
    reduced = {"name": "Without", "min": "0", "max": "1", "repeat": "1", "m0-name": "Everything"}
    refused = await office.send(
        f"{stand}/menu/groups/{less}", group.hidden | reduced | {"m0-price": "-7"}
    )
    assert "Food · Bread : Its choices could make it cost less than nothing" in refused.plain
    office.lang = "fr"
    refused = await office.send(
        f"{stand}/menu/groups/{less}", group.hidden | reduced | {"m0-price": "-7"}
    )
    assert "Food · Bread : Avec ses choix" in refused.plain


async def test_two_editors_of_two_items_do_not_disturb_each_other(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    first = await item(office, stand, food, name="Frites")
    second = await item(office, stand, food, name="Salade")
    mine, theirs = [await office.page(f"{stand}/menu/items/{one}") for one in (first, second)]
    fields = {"price": "4", "section": food, "station": "grill", "seconds": "60", "tax": "10"}
    for form, one, name in ((theirs, second, "Salade"), (mine, first, "Frites")):
        done = await office.send(f"{stand}/menu/items/{one}", form.hidden | fields | {"name": name})
        assert "Saved." in done.plain
    assert [one.price.minor for one in await items(office, stand)] == [400, 400]


async def test_two_editors_of_one_item_are_told_of_each_other(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    one = await item(office, stand, food, name="Frites")
    mine = await office.page(f"{stand}/menu/items/{one}")
    fields = {
        "name": "Frites", "price": "4", "section": food, "station": "grill", "seconds": "60",
        "tax": "10",
    }  # fmt: skip
    path = f"{stand}/menu/items/{one}"
    assert "Saved." in (await office.send(path, mine.hidden | fields | {"price": "4.20"})).plain
    late = await office.send(path, mine.hidden | fields | {"price": "5"})
    assert late.status == 409
    assert "You began from version 2, the newest is 3." in late.plain
    assert "Theirs now: 4.20" in late.plain
    assert value(late, "price") == "5"
    assert [x.price.minor for x in await items(office, stand)] == [420]
    mine_after_all = await office.send(path, late.hidden | fields | {"price": "5"})
    assert "Saved." in mine_after_all.plain
    assert [x.price.minor for x in await items(office, stand)] == [500]


async def test_what_somebody_took_off_is_not_put_back_by_accident(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    one = await item(office, stand, food, name="Frites")
    path = f"{stand}/menu/items/{one}"
    mine = await office.page(path)
    gone = await office.send(path, mine.hidden | {"action": "remove"})
    assert "Removed." in gone.plain
    fields = {
        "name": "Frites", "price": "4", "section": food, "station": "", "seconds": "0", "tax": "10",
    }  # fmt: skip
    late = await office.send(path, mine.hidden | fields)
    assert late.status == 409
    assert "took this off the menu" in late.plain
    assert await items(office, stand) == []
    back = await office.send(path, late.hidden | fields)
    assert "Saved." in back.plain
    assert [str(x.id) for x in await items(office, stand)] == [one]


async def test_taken_off_by_mistake_comes_back(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    await item(office, stand, food)
    sauces = await choices(office, stand, "Sauce", "Mayo")
    form = await office.page(f"{stand}/menu/sections/{food}")
    gone = await office.send(f"{stand}/menu/sections/{food}", form.hidden | {"action": "remove"})
    assert "No menu yet" in gone.plain
    back = await office.send(f"{stand}/menu/versions/3/restoration", gone.hidden)
    assert "The earlier version is the menu again." in back.plain
    assert [x.name for x in await items(office, stand)] == ["Burger"]
    stale = await office.send(f"{stand}/menu/versions/1/restoration", gone.hidden)
    assert stale.status == 409
    group = await office.page(f"{stand}/menu/groups/{sauces}")
    await office.send(f"{stand}/menu/groups/{sauces}", group.hidden | {"action": "remove"})
    assert (await saved(office, stand)).groups == []


async def test_what_is_moved_stands_where_it_was_put(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    ids = [await item(office, stand, food, name=name) for name in ("A", "B", "C")]
    page = await office.page(f"{stand}/menu")
    await office.send(f"{stand}/menu/moves", page.hidden | {"up": ids[2]})
    await office.send(f"{stand}/menu/moves", page.hidden | {"down": ids[0]})
    await office.send(f"{stand}/menu/moves", page.hidden | {"up": ids[2]})
    await office.send(f"{stand}/menu/moves", page.hidden | {"up": ids[2]})
    assert [x.name for x in await items(office, stand)] == ["C", "A", "B"]
    other = await section(office, stand, "Drinks")
    form = await office.page(f"{stand}/menu/items/{ids[0]}")
    fields = {"name": "A", "price": "1", "station": "", "seconds": "0", "tax": "0"}
    await office.send(f"{stand}/menu/items/{ids[0]}", form.hidden | fields | {"section": other})
    menu = await saved(office, stand)
    assert [[x.name for x in part.items] for part in menu.sections] == [["C", "B"], ["A"]]


async def test_a_station_that_items_need_stays(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    await item(office, stand, food)
    form = await office.page(f"{stand}/edit")
    refused = await office.send(
        f"{stand}/edit", form.hidden | {"name": "Léa", "s0-gone": "1", "s0-name": "Grill",
        "s0-cooks": "2", "s1-name": "Bar", "s1-cooks": "1", "kind": "stand", "state": "open",
        "zone": "Europe/Paris", "accepts": "itself", "ways": "pickup"},
    )  # fmt: skip
    assert refused.errors["s0-name"].startswith("1 item of the menu is made here")


async def test_a_stranger_reads_no_desk_and_nothing_is_saved(
    office: Office, neighbour: Office
) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    token = (await neighbour.page("/organiser/stands/new")).hidden
    for path in ("menu", f"menu/sections/{food}", "menu/groups/new", "menu/versions/1"):
        assert (await neighbour.page(f"{stand}/{path}")).status == 403
    for path in ("menu/moves", "menu/sections/new", "menu/groups/new", "menu/items/new"):
        assert (await neighbour.send(f"{stand}/{path}", token | {"name": "X"})).status == 403
    assert (await saved(office, stand)).version == 1
    with pytest.raises(NotFound):
        await menus_of(office).menu(stand_id(stand), 2)


async def test_a_forged_version_is_no_way_round(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    one = await item(office, stand, food)
    form = await office.page(f"{stand}/menu/items/{one}")
    for began in ("99", "-1", "x", ""):
        answer = await office.send(
            f"{stand}/menu/items/{one}", form.hidden | {"began": began, "name": "Y", "price": "1"}
        )
        assert answer.status in (404, 409, 422)
    assert (await saved(office, stand)).version == 2


async def test_the_prices_of_a_whole_section_are_changed_in_one_list(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    first, second = [await item(office, stand, food, name=name) for name in ("Frites", "Salade")]
    path = f"{stand}/menu/sections/{food}/prices"
    mine = await office.page(path)
    rows = {"p0-price": "4", "p0-tax": "5.5", "p0-seconds": "90", "p0-station": "grill"}
    rows |= {"p1-price": "9.50", "p1-tax": "10", "p1-seconds": "240", "p1-station": "grill"}
    done = await office.send(path, mine.hidden | rows)
    assert "Saved." in done.plain
    now = [(x.price.minor, x.tax_rate_bp, x.ready_seconds) for x in await items(office, stand)]
    assert now == [(400, 550, 90), (950, 1000, 240)]
    # Who changes the other line meanwhile is not in the way; who changes the same is told.
    other = await office.send(path, mine.hidden | rows | {"p1-price": "8", "p0-price": "9.50",
        "p0-tax": "10", "p0-seconds": "240"})  # fmt: skip
    assert "Saved." in other.plain
    late = await office.send(path, mine.hidden | rows | {"p0-price": "3"})
    assert late.status == 409
    assert "What they changed: Frites." in late.plain
    assert (value(late, "p0-price"), value(late, "p1-price")) == ("3", "8.00")
    mine_now = {"p0-price": "3", "p1-price": "8.00"}
    saved_now = await office.send(path, late.hidden | rows | mine_now)
    assert "Saved." in saved_now.plain
    assert [x.price.minor for x in await items(office, stand)] == [300, 800]
    assert {first, second} == {str(x.id) for x in await items(office, stand)}
    wrong = await office.send(
        path,
        saved_now.hidden
        | late.hidden
        | rows
        | {"p0-price": "x", "p1-tax": "300", "p1-station": "z"},
    )
    assert set(wrong.errors) == {"p0-price", "p1-tax", "p1-station"}


async def test_what_the_other_one_ticked_is_told_in_words(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    one = await item(office, stand, food, name="Frites")
    path = f"{stand}/menu/items/{one}"
    mine = await office.page(path)
    fields = {"name": "Frites", "price": "9.50", "section": food, "seconds": "240", "tax": "10"}
    theirs = fields | {"station": "bar-a-bieres", "allergens": ["gluten", "milk"]}
    assert "Saved." in (await office.send(path, {**mine.hidden, **theirs})).plain
    late = await office.send(path, mine.hidden | fields | {"station": "", "price": "5"})
    assert "Theirs now: gluten, milk" in late.plain
    assert "Theirs now: Bar à bières" in late.plain


async def test_no_other_site_learns_who_looks_at_an_item(office: Office) -> None:
    stand = await set_up(office)
    food = await section(office, stand, "Food")
    shown = {"far": "https://elsewhere.example/a.jpg", "near": "/posters/a.svg"}
    ids = {k: await item(office, stand, food, name=k, picture=p) for k, p in shown.items()}
    slug = (await menus_of(office).stand(stand_id(stand))).slug
    far, near = [await office.page(f"/stands/{slug}/items/{ids[k]}") for k in shown]
    assert (far.status, near.status) == (200, 200)
    assert "elsewhere.example" not in far.text
    assert shown["near"] in near.text


async def test_the_menu_of_another_stand_is_copied_once_and_then_goes_its_own_way(
    office: Office, neighbour: Office
) -> None:
    first = await set_up(office)
    food = await section(office, first, "Food")
    sauces = await choices(office, first, "Sauce", "Mayo")
    burger = await item(office, first, food, groups=sauces, station="bar-a-bieres")
    second = await set_up(office, name="Kiosque", s1__name="", s1__cooks="1")
    form = await office.page(f"{second}/menu/copy")
    assert "Chez Léa (1 item)" in form.plain
    fields = {"source": first.rpartition("/")[2]}
    copied = await office.send(f"{second}/menu/copy", form.hidden | fields)
    assert "Saved." in copied.plain
    again = await office.send(f"{second}/menu/copy", form.hidden | fields | {"began": "1"})
    assert "Saved." in again.plain
    menu = await saved(office, second)
    (one,) = menu.sections[0].items
    assert (menu.version, one.name, one.station) == (1, "Burger", "grill")
    assert str(one.id) != burger
    assert one.groups == [menu.groups[0].id]
    assert (await saved(office, first)).sections[0].items[0].station == "bar-a-bieres"
    await section(office, second, "Drinks")
    stale = await office.send(f"{second}/menu/copy", form.hidden | fields)
    assert stale.status == 409
    theirs = await set_up(neighbour)
    page = await neighbour.page(f"{theirs}/menu/copy")
    assert "No other stand has a menu" in page.plain
    refused = await neighbour.send(f"{theirs}/menu/copy", page.hidden | form.hidden | fields)
    assert refused.status in (403, 422)
