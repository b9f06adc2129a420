"""An organiser sets up a stand, writes its menu, and runs out of beer."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from quickserve.contracts.menus import (
    Menu,
    MenuHasDefects,
    MenuItem,
    MenuItemId,
    MenuSection,
    ModifierGroupId,
    NewMenu,
    SectionId,
    SoldOutChange,
    StandChanged,
    StandDraft,
    StandId,
    Station,
)
from quickserve.contracts.menus_client import MenusClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, Malformed, NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from tests.catalog.conftest import Catalog
from tests.ordering.conftest import some_menu


def client_of(catalog: Catalog) -> MenusClient:
    return MenusClient(catalog.platform.client("catalog", "web"))


def stand_of(organiser_id: OrganiserId, **changes: Any) -> StandDraft:
    stations = [Station(key="grill", name="Grill"), Station(key="bar", name="Bar")]
    return StandDraft(organiser_id=organiser_id, name="Chez Léa", stations=stations, **changes)


def menu_of(stand_id: StandId) -> NewMenu:
    whole = some_menu(stand_id)
    return NewMenu(sections=whole.sections, groups=whole.groups)


async def set_up(catalog: Catalog) -> tuple[MenusClient, OrganiserId, str, StandId]:
    menus, organiser = client_of(catalog), catalog.organiser()
    stand_id = StandId(new_uuid())
    await menus.put_stand(stand_id, stand_of(organiser.id), organiser.token)
    return menus, organiser.id, organiser.token, stand_id


async def test_a_stand_with_its_menu_is_shown_to_everybody(catalog: Catalog) -> None:
    menus, organiser_id, token, stand_id = await set_up(catalog)
    made = await menus.put_menu(stand_id, menu_of(stand_id), token)
    assert made.version == 1
    stand = await menus.stand(stand_id)
    assert (stand.slug.startswith("chez-lea"), stand.items, stand.menu_version) == (True, 3, 1)
    assert (await menus.stand_by_slug(stand.slug)).id == stand_id
    assert await menus.menu(stand_id, 1) == await menus.latest_menu(stand_id) == made
    assert [s.id for s in (await menus.of_organiser(organiser_id, token)).stands] == [stand_id]


async def test_the_same_again_is_no_change(catalog: Catalog) -> None:
    menus, organiser_id, token, stand_id = await set_up(catalog)
    first = await menus.put_menu(stand_id, menu := menu_of(stand_id), token)
    assert (await menus.put_menu(stand_id, menu, token)).version == first.version
    version = (await menus.stand(stand_id)).version
    await menus.put_stand(stand_id, stand_of(organiser_id), token)
    assert (await menus.stand(stand_id)).version == version


async def test_who_edits_an_old_version_is_told(catalog: Catalog) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    menu = menu_of(stand_id)
    await menus.put_menu(stand_id, menu, token)
    changed = menu.model_copy(update={"groups": menu.groups[::-1], "base_version": 0})
    with pytest.raises(StandChanged):
        await menus.put_menu(stand_id, changed, token)
    with_base = changed.model_copy(update={"base_version": 1})
    assert (await menus.put_menu(stand_id, with_base, token)).version == 2


async def test_defects_are_told_line_by_line_and_nothing_is_saved(catalog: Catalog) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    twice = MenuItemId(new_uuid())
    items = [
        MenuItem(id=twice, name="Tea", price=Money(200, "USD")),
        MenuItem(
            id=twice, name="Cake", price=Money(300, "EUR"), station="oven",
            groups=[ModifierGroupId(new_uuid())],
        ),
    ]  # fmt: skip
    section = MenuSection(id=SectionId(new_uuid()), name="All", items=items)
    with pytest.raises(MenuHasDefects) as refused:
        await menus.put_menu(stand_id, NewMenu(sections=[section]), token)
    defects = refused.value.extra["defects"]
    assert {one["code"] for one in defects} == {
        "item-twice", "wrong-currency", "station-unknown", "group-unknown",
    }  # fmt: skip
    assert all(one["repair"] for one in defects)
    with pytest.raises(NotFound):
        await menus.latest_menu(stand_id)


async def test_the_kitchen_may_say_what_is_out_and_nobody_else(catalog: Catalog) -> None:
    menus, organiser_id, token, stand_id = await set_up(catalog)
    menu = await menus.put_menu(stand_id, menu_of(stand_id), token)
    beer: UUID = menu.sections[0].items[1].id
    cook = catalog.issuer.token({organiser_id: [Role.KITCHEN]})
    out = await menus.set_sold_out(stand_id, beer, SoldOutChange(out=True), cook)
    assert [one.id for one in out.entries] == [beer]
    stranger = catalog.organiser()
    with pytest.raises(Forbidden):
        await menus.set_sold_out(stand_id, beer, SoldOutChange(out=False), stranger.token)
    with pytest.raises(NotFound):
        await menus.set_sold_out(stand_id, new_uuid(), SoldOutChange(out=True), cook)
    back = await menus.set_sold_out(stand_id, beer, SoldOutChange(out=False), cook)
    assert (back.entries, back.version) == ([], out.version + 1)


async def test_what_is_out_until_a_time_comes_back_by_itself(catalog: Catalog) -> None:
    menus, _, token, stand_id = await set_up(catalog)
    menu: Menu = await menus.put_menu(stand_id, menu_of(stand_id), token)
    crisps: UUID = menu.sections[0].items[2].id
    await menus.set_sold_out(stand_id, crisps, SoldOutChange(out=True), token)
    await catalog.sql(
        "UPDATE stand_sold_out SET until = clock_timestamp() WHERE target_id = %s", crisps
    )
    async with asyncio.timeout(10):
        while True:
            if not (await menus.sold_out(stand_id)).entries:
                break
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "XXX"}, {"zone": "Mars/Olympus"}, {"fulfilments": ["delivery"]},
        {"fulfilments": ["pickup", "pickup"]}, {"event_id": new_uuid()},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
async def test_a_stand_that_cannot_be_is_refused(catalog: Catalog, change: dict[str, Any]) -> None:
    organiser = catalog.organiser()
    with pytest.raises(Malformed):
        await client_of(catalog).put_stand(
            StandId(new_uuid()), stand_of(organiser.id, **change), organiser.token
        )
