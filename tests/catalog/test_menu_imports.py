"""An organiser hands in the menu as another system has it."""

import json
from pathlib import Path
from typing import Any

import pytest

from quickserve.contracts.menus import MenuHasDefects, MenuRefused, StandId
from quickserve.kernel.errors import Forbidden, NotFound, Problem, Unauthenticated
from quickserve.kernel.ids import new_uuid
from tests.catalog.conftest import Catalog
from tests.catalog.test_stands import client_of, set_up, stand_of

GOOD = "section;name;price\nMain;Soup;6,50\nDrinks;Tea;3\n".encode("utf-8-sig")
BAD = b"section,name,price,currency\nMain,Soup,-6,\nMain,Pie,7,USD\nMain,Rice,5,\n"
DATA = Path(__file__).parents[3] / "shared/data/menus"


async def test_a_file_becomes_the_menu_and_again_is_no_change(catalog: Catalog) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    looked = await menus.import_menu(stand_id, GOOD, filename="m.csv", check=True, token=token)
    assert (looked.version, looked.items) == (None, 2)
    assert {"work-assumed", "tax-assumed"} <= {one.code for one in looked.notes}
    with pytest.raises(NotFound):
        await menus.latest_menu(stand_id)
    for _ in range(2):
        made = await menus.import_menu(stand_id, GOOD, filename="m.csv", token=token)
        assert (made.version, made.sections, made.items, made.format) == (1, 2, 2, "csv")
    menu = await menus.latest_menu(stand_id)
    assert [item.price.minor for one in menu.sections for item in one.items] == [650, 300]
    cheaper = GOOD.replace(b"6,50", b"6,00")
    changed = await menus.import_menu(stand_id, cheaper, filename="m.csv", token=token)
    now = await menus.latest_menu(stand_id)
    assert (changed.version, now.sections[0].items[0].price.minor) == (2, 600)
    assert now.sections[0].items[0].id == menu.sections[0].items[0].id


async def test_a_file_with_defects_changes_nothing_unless_they_are_left_out(
    catalog: Catalog,
) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    with pytest.raises(MenuHasDefects) as refused:
        await menus.import_menu(stand_id, BAD, filename="m.csv", token=token)
    told = [(one["line"], one["code"], one["item"]) for one in refused.value.extra["defects"]]
    assert told == [(2, "negative-price", "Soup"), (3, "wrong-currency", "Pie")]
    with pytest.raises(NotFound):
        await menus.latest_menu(stand_id)
    made = await menus.import_menu(stand_id, BAD, filename="m.csv", leave_out=True, token=token)
    assert (made.version, made.items, len(made.defects)) == (1, 1, 2)


async def test_only_the_organiser_of_a_stand_that_is_there(catalog: Catalog) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    with pytest.raises(NotFound):
        await menus.import_menu(StandId(new_uuid()), GOOD, filename="m.csv", token=token)
    stranger = catalog.organiser().token
    with pytest.raises(Forbidden):
        await menus.import_menu(stand_id, GOOD, filename="m.csv", token=stranger)
    answer = await catalog.http.post(f"/stands/{stand_id}/menu-imports", content=GOOD)
    assert answer.status_code == Unauthenticated.status


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"{", b"[" * 99_999, b" " * 6_000_000])
async def test_what_is_no_menu_is_refused(catalog: Catalog, content: bytes) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    with pytest.raises(Problem) as refused:
        await menus.import_menu(stand_id, content, filename="m.json", token=token)
    assert isinstance(refused.value, MenuRefused)
    assert refused.value.errors[0].field == "file"


def _tastyigniter() -> bytes:
    parts = ("menus", "menu_options", "categories")
    folder = DATA / "tastyigniter"
    return json.dumps({name: json.loads((folder / f"{name}.json").read_bytes()) for name in parts}
                      ).encode()  # fmt: skip


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not beside the project")
@pytest.mark.parametrize(
    ("name", "currency", "items", "groups"),
    [
        ("restaurant_le122_paris.json", "EUR", 46, 0),
        ("square_catalog_icecream.json", "USD", 298, 84),  # of 299 one has no price at all
        ("square_sample_seed.json", "USD", 21, 0),
        ("tastyigniter/menus.json", "USD", 12, 0),
        ("tastyigniter", "USD", 12, 3),
    ],
)
async def test_real_menus_arrive_whole(
    catalog: Catalog, name: str, currency: str, items: int, groups: int
) -> None:
    menus, organiser = client_of(catalog), catalog.organiser()
    stand_id = StandId(new_uuid())
    draft: Any = stand_of(organiser.id, currency=currency)
    await menus.put_stand(stand_id, draft, organiser.token)
    content = _tastyigniter() if name == "tastyigniter" else (DATA / name).read_bytes()
    made = await menus.import_menu(stand_id, content, filename=name, token=organiser.token)
    assert (made.defects, made.items, made.groups, made.version) == ([], items, groups, 1)
    again = await menus.import_menu(stand_id, content, filename=name, token=organiser.token)
    assert again.version == 1
