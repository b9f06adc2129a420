"""A menu's file on the organiser's pages: looked at, refused line by line, imported."""

from tests.web.organiser.kiosk import set_up
from tests.web.organiser.office import Office, Screen

GOOD = "section,name,price\nBoissons,Limonade,3.50\nBoissons,Thé,2\n"
HOLES = "section,name,price\nBoissons,Limonade,3.50\nBoissons,Thé,\n"


async def send(office: Office, path: str, content: str, **fields: str) -> Screen:
    return await office.fill_in(
        f"{path}/menu/import", fields, files={"file": ("carte.csv", content.encode())}
    )


async def test_it_is_looked_at_then_imported(office: Office) -> None:
    path = await set_up(office)
    looked = await send(office, path, GOOD, check="1")
    assert "Nothing is saved yet." in looked.plain
    assert "Items 2" in looked.plain
    assert "Limonade" not in (await office.page(f"{path}/menu")).plain
    saved = await send(office, path, GOOD, tax="10")
    assert "The menu is saved." in saved.plain
    assert "Limonade" in (await office.page(f"{path}/menu")).plain


async def test_a_hole_is_told_with_its_line_and_left_out_on_demand(office: Office) -> None:
    path = await set_up(office)
    refused = await send(office, path, HOLES)
    assert refused.status == 422
    assert "Boissons · Thé It has no price: enter one, 0 if it is free." in refused.plain
    saved = await send(office, path, HOLES, leave_out="1")
    assert "The menu is saved." in saved.plain
    assert "left out or mended" in saved.plain


async def test_what_is_no_menu_is_refused_at_the_field(office: Office, neighbour: Office) -> None:
    path = await set_up(office)
    assert (await send(office, path, "hello")).status == 422
    assert "file" in (await send(office, path, "", tax="lots")).errors
    assert (await neighbour.page(f"{path}/menu/import")).status in {403, 404}
