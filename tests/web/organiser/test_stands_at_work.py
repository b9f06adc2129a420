"""What is out at a stand, by one touch; and the codes that stand on its tables."""

from uuid import UUID

from tests.web.organiser.kiosk import choices, item, section, set_up
from tests.web.organiser.office import Office, Screen

from quickserve.contracts.menus import SoldOutEntry, StandId
from quickserve.contracts.menus_client import MenusClient


async def out(office: Office, stand: str) -> list[SoldOutEntry]:
    menus = MenusClient(office.platform.clients_for("cli")["catalog"])
    return (await menus.sold_out(StandId(UUID(stand.rpartition("/")[2])))).entries


def pressed(page: Screen, id_: str) -> bool:
    button = page.text.partition(f'id="t-{id_}"')[2].partition(">")[0]
    assert button, "there is no such switch"
    return 'aria-pressed="true"' in button


async def test_an_item_and_a_choice_are_out_and_back_by_one_touch(office: Office) -> None:
    stand = await set_up(office)
    assert "No menu yet" in (await office.page(f"{stand}/sold-out")).plain
    drinks = await section(office, stand, "Drinks")
    beer = await item(office, stand, drinks, name="Beer")
    await choices(office, stand, "Size", "Pint")
    page = await office.page(f"{stand}/sold-out")
    assert "Everything is there." in page.plain
    assert not pressed(page, beer)
    gone = await office.send(f"{stand}/sold-out", page.hidden | {"out": beer})
    assert (pressed(gone, beer), gone.plain.count("1 is out now.")) == (True, 1)
    again = await office.send(f"{stand}/sold-out", page.hidden | {"out": beer})
    assert pressed(again, beer)
    assert [(str(one.id), one.until) for one in await out(office, stand)] == [(beer, None)]
    assert "Out" in (await office.page(f"{stand}/menu")).plain
    back = await office.send(f"{stand}/sold-out", page.hidden | {"back": beer})
    assert not pressed(back, beer)
    assert await out(office, stand) == []


async def test_something_is_out_until_a_time(office: Office) -> None:
    stand = await set_up(office)
    drinks = await section(office, stand, "Drinks")
    beer = await item(office, stand, drinks, name="Beer")
    for span in ("hour", "day"):
        page = await office.page(f"{stand}/sold-out?for={span}")
        gone = await office.send(f"{stand}/sold-out", page.hidden | {"out": beer})
        assert "until" in gone.plain
        (entry,) = await out(office, stand)
        assert entry.until is not None
    odd = await office.send(f"{stand}/sold-out", page.hidden | {"out": "x", "for": "ever"})
    assert odd.status == 200
    unknown = await office.send(f"{stand}/sold-out", page.hidden | {"out": str(UUID(int=7))})
    assert unknown.status == 404


async def test_a_neighbour_switches_nothing(office: Office, neighbour: Office) -> None:
    stand = await set_up(office)
    drinks = await section(office, stand, "Drinks")
    beer = await item(office, stand, drinks, name="Beer")
    token = (await neighbour.page("/organiser/stands/new")).hidden
    assert (await neighbour.send(f"{stand}/sold-out", token | {"out": beer})).status == 403
    assert (await neighbour.page(f"{stand}/tables")).status == 403
    assert await out(office, stand) == []


async def test_a_sheet_of_codes_for_forty_tables(office: Office) -> None:
    stand = await set_up(office, ways="table")
    sheet = await office.fill_in(f"{stand}/tables", {"first": "1", "last": "40", "size": "small"})
    assert sheet.status == 200
    assert sheet.text.count('class="code-card"') == sheet.text.count("<svg xmlns") == 40
    assert "http://quickserve.test/t/chez-lea" in sheet.text
    assert "Scannez pour commander à cette table" in sheet.plain
    assert "Scan to order to this table" in sheet.plain
    assert "style=" not in sheet.text


async def test_tables_have_names_too(office: Office) -> None:
    stand = await set_up(office)
    names = "Terrasse 3\n\n Le coin  du feu\nTerrasse 3\n"
    sheet = await office.fill_in(f"{stand}/tables", {"names": names, "size": "large"})
    assert "This stand brings nothing to tables yet." in sheet.plain
    assert sheet.text.count('class="code-card"') == 2
    assert "/Le%20coin%20du%20feu" in sheet.text


async def test_codes_that_would_lead_nowhere_are_refused(office: Office) -> None:
    stand = await set_up(office)
    for fields, wrong in [
        ({"first": "0", "last": "x"}, {"first", "last"}),
        ({"first": "5", "last": "4"}, {"last"}),
        ({"first": "1", "last": "999"}, {"last"}),
        ({"names": "A/B"}, {"names"}),
        ({"names": ".."}, {"names"}),
        ({"names": "x" * 41}, {"names"}),
        ({"names": "\n".join(map(str, range(201)))}, {"names"}),
    ]:
        refused = await office.fill_in(f"{stand}/tables", fields)
        assert (refused.status, set(refused.errors)) == (422, wrong), fields
