"""A form that is sent back as it came changes nothing: no field is forgotten or comes back other.

What contracts get later is kept too, though no form knows it yet.
"""

from datetime import date, time
from typing import Any, cast

from tests.web.organiser.kiosk import set_up, untouched
from tests.web.organiser.office import Office
from tests.web.organiser.test_menus import menus_of, saved, stand_id

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import (
    Break,
    DayHours,
    DeliveryArea,
    Hours,
    MenuItem,
    MenuItemId,
    MenuSection,
    Modifier,
    ModifierGroup,
    ModifierGroupId,
    ModifierId,
    NewMenu,
    SectionId,
    Served,
    StandDraft,
    Station,
    WithProgramme,
)
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.web.forms import parse_id


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def whole_stand(office: Office, event: str) -> StandDraft:
    """Nothing in it is as it would be by default."""
    assert office.organiser_id
    return StandDraft(
        organiser_id=office.organiser_id, name="Léa & “fils”", kind="shop", state="hidden",
        event_id=EventId(cast("Any", parse_id(event))), description="Deux\n\nlignes <b>",
        place="Hall 2", zone="Indian/Reunion", currency="EUR", latitude=-20.882057,
        longitude=55.450675, fulfilments=["pickup", "seat", "table", "delivery"],
        accepts="by-hand", tabs=True,
        hours=[
            Hours(weekday=0, opens=time(11, 30), until=time(14)),
            Hours(weekday=0, opens=time(18), until=time(2)),
            Hours(weekday=6, opens=time(0), until=time(0)),
        ],
        exceptions=[
            DayHours(day=date(2031, 12, 24), hours=[(time(10), time(16))]),
            DayHours(day=date(2031, 12, 25)),
        ],
        programme=WithProgramme(
            minutes_before=90, minutes_after=30, last_call_minutes=15,
            breaks=[Break(label="Entracte", minutes_after_start=50, minutes=20)],
        ),
        stations=[Station(key="grill", name="Grill", cooks=3), Station(key="bar", name="Le bar")],
        delivery=DeliveryArea(radius_m=3550, fee=euros(250), order_min=euros(1500)),
    )  # fmt: skip


def whole_menu() -> NewMenu:
    modifier = Modifier(
        id=ModifierId(new_uuid()), name="Sans <sel>", price=euros(-55), default=True,
        allergens=["nuts", "lupin"], ready_seconds=15,
    )  # fmt: skip
    group = ModifierGroup(
        id=ModifierGroupId(new_uuid()), name="Options", min=1, max=3, repeat_max=2,
        modifiers=[modifier, Modifier(id=ModifierId(new_uuid()), name="Rien", price=euros(0))],
    )  # fmt: skip
    item = MenuItem(
        id=MenuItemId(new_uuid()), name="Burger", description="Un\nDeux", price=euros(1205),
        tax_rate_bp=550, tax_rates_bp={"seat": 1000, "table": 2000}, station="grill",
        ready_seconds=245, allergens=["gluten", "milk"], diets=["halal"], age_min=18,
        picture="https://example.org/a.jpg?x=1&y=2", groups=[group.id],
        served=Served(opens=time(11), until=time(1, 30)), fulfilments=["seat", "table"],
    )  # fmt: skip
    section = MenuSection(
        id=SectionId(new_uuid()), name="Plats", description="Faits ici", items=[item]
    )
    return NewMenu(sections=[section], groups=[group])


async def test_a_stands_form_sent_as_it_came_changes_nothing(office: Office) -> None:
    event = (await office.event()).rpartition("/")[2]
    draft = whole_stand(office, event)
    assert {name for name, f in StandDraft.model_fields.items() if not f.is_required()} == {
        name for name, f in StandDraft.model_fields.items()
        if getattr(draft, name) != f.default and not f.is_required()
    } | {"currency"}, "give the stand above what the contract has got since"  # fmt: skip
    path = await set_up(office)
    menus = menus_of(office)
    made = await menus.put_stand(stand_id(path), draft)
    for lang in ("en", "fr"):
        office.lang = lang
        form = await office.page(f"{path}/edit")
        sent = await office.send(f"{path}/edit", cast("Any", untouched(form)))
        assert sent.status == 200, sent.errors
        now = await menus.stand(stand_id(path))
        assert (now.draft, now.version) == (draft, made.version)


async def test_a_menus_forms_sent_as_they_came_change_nothing(office: Office) -> None:
    event = (await office.event()).rpartition("/")[2]
    path = await set_up(office)
    menus = menus_of(office)
    await menus.put_stand(stand_id(path), whole_stand(office, event))
    menu = whole_menu()
    await menus.put_menu(stand_id(path), menu)
    tails = [
        f"items/{menu.sections[0].items[0].id}", f"groups/{menu.groups[0].id}",
        f"sections/{menu.sections[0].id}",
    ]  # fmt: skip
    for lang in ("en", "fr"):
        office.lang = lang
        for tail in tails:
            form = await office.page(f"{path}/menu/{tail}")
            sent = await office.send(f"{path}/menu/{tail}", cast("Any", untouched(form)))
            assert sent.status == 200, (tail, sent.errors)
            now = await saved(office, path)
            assert now.version == 1, tail
            assert (now.sections, now.groups) == (menu.sections, menu.groups)
