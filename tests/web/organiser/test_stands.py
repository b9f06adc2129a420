"""Stands on the organiser's pages: set up, opened and closed, paused, changed by two at once."""

import asyncio
import re
from uuid import UUID

import pytest
from tests.web.organiser.kiosk import STAND, STANDS, set_up, value
from tests.web.organiser.office import Office, Screen

from quickserve.contracts.menus import StandDraft, StandId
from quickserve.contracts.menus_client import MenusClient
from quickserve.web.pages.organiser.stands import opening_hours


async def drafted(office: Office, path: str) -> StandDraft:
    menus = MenusClient(office.platform.clients_for("cli")["catalog"])
    stand = await menus.stand(StandId(UUID(path.rpartition("/")[2])))
    return stand.draft


async def until_ordering_knows(office: Office, path: str) -> Screen:
    for _ in range(200):
        page = await office.page(path)
        if "Orders are taken while it is open." in page.plain:
            return page
        await asyncio.sleep(0.05)
    raise AssertionError("ordering never heard of the stand")


async def test_an_empty_list_says_what_to_do(office: Office) -> None:
    page = await office.page(STANDS)
    assert "No stand yet" in page.plain
    assert f"/en{STANDS}/new" in page.text


async def test_a_restaurant_with_split_hours_exceptions_and_a_delivery_area(office: Office) -> None:
    path = await set_up(
        office, ways="delivery", h0="11h30-14h30, 18:00–02:00", h6="closed", radius="3,5",
        fee="2,50", order_min="15", latitude="43.6045", longitude="1.444", x0__day="2031-12-25",
        x0__hours="", x1__day="2031-12-24", x1__hours="10-16",
    )  # fmt: skip
    draft = await drafted(office, path)
    assert [(h.weekday, f"{h.opens:%H:%M}", f"{h.until:%H:%M}") for h in draft.hours] == [
        (0, "11:30", "14:30"),
        (0, "18:00", "02:00"),
    ]
    assert [(x.day.day, len(x.hours)) for x in draft.exceptions] == [(24, 1), (25, 0)]
    assert draft.delivery is not None
    assert (draft.delivery.radius_m, draft.delivery.fee.minor) == (3500, 250)
    assert [(s.key, s.cooks) for s in draft.stations] == [("grill", 2), ("bar-a-bieres", 1)]
    form = await office.page(f"{path}/edit")
    assert value(form, "h0") == "11:30–14:30, 18:00–02:00"
    assert value(form, "radius") == "3.5"
    again = await office.send(f"{path}/edit", form.hidden | STAND | {"h0": "9-17"})
    assert "Saved." in again.plain
    assert (await drafted(office, path)).delivery is None
    assert "Chez Léa" in (await office.page(STANDS)).plain


async def test_a_stand_of_an_event_follows_its_programme(office: Office) -> None:
    event = (await office.event()).rpartition("/")[2]
    path = await set_up(
        office, kind="stand", event=event, programme="1", before="90", last_call="20",
        b0__label="Half-time", b0__from="45", b0__minutes="15",
    )  # fmt: skip
    programme = (await drafted(office, path)).programme
    assert programme is not None
    assert (programme.minutes_before, programme.last_call_minutes) == (90, 20)
    assert [(b.label, b.minutes_after_start) for b in programme.breaks] == [("Half-time", 45)]
    listed = await office.page(f"{STANDS}?event={event}")
    assert "Those of Bal des pompiers." in listed.plain
    assert "Chez Léa" in listed.plain


async def test_what_is_wrong_is_told_beside_its_field(office: Office) -> None:
    wrong = STAND | {
        "name": "", "h2": "from noon", "radius": "far", "latitude": "91", "longitude": "",
        "fee": "-1", "ways": "delivery", "programme": "1", "before": "soon", "s0-cooks": "0",
        "x0-day": "2031-02-30", "x0-hours": "10-12", "b0-label": "", "b0-from": "30",
        "b0-minutes": "15", "s1-name": "grill", "zone": "Mars/Olympus", "kind": "tent",
    }  # fmt: skip
    refused = await office.fill_in(f"{STANDS}/new", wrong)
    assert refused.status == 422
    assert set(refused.errors) == {
        "name", "h2", "radius", "latitude", "longitude", "fee", "programme", "before", "s0-cooks",
        "x0-day", "b0-label", "s1-name", "zone", "kind",
    }  # fmt: skip
    assert value(refused, "h2") == "from noon"
    none = await office.fill_in(f"{STANDS}/new", STAND | {"ways": ""})
    assert set(none.errors) == {"ways"}
    french = Office(office.platform, office.http, office.organiser_id, lang="fr")
    refused = await french.fill_in(f"{STANDS}/new", wrong)
    assert refused.errors["h2"].startswith("Écrivez des horaires")


async def test_another_row_keeps_what_was_typed(office: Office) -> None:
    more = await office.fill_in(f"{STANDS}/new", STAND | {"name": "Half", "more": "x"})
    assert more.status == 200
    assert value(more, "name") == "Half"
    assert 'id="x0-day"' in more.text


async def test_who_was_overtaken_is_told_before_anything_is_lost(office: Office) -> None:
    path = await set_up(office)
    mine = await office.page(f"{path}/edit")
    theirs = await office.send(f"{path}/edit", mine.hidden | STAND | {"place": "Hall 9"})
    assert "Saved." in theirs.plain
    late = await office.send(f"{path}/edit", mine.hidden | STAND | {"name": "Léa & fils"})
    assert late.status == 409
    assert "Somebody else changed this stand" in late.plain
    assert value(late, "name") == "Léa & fils"
    assert (await drafted(office, path)).place == "Hall 9"
    saved = await office.send(f"{path}/edit", late.hidden | STAND | {"name": "Léa & fils"})
    assert "Saved." in saved.plain


async def test_a_stand_is_paused_and_paced(office: Office) -> None:
    path = await set_up(office)
    page = await until_ordering_knows(office, path)
    paused = await office.send(f"{path}/pause", page.hidden | {"minutes": "20"})
    assert "Paused until" in paused.plain
    again = await office.send(f"{path}/pause", page.hidden | {"minutes": "0"})
    assert "Orders are taken while it is open." in again.plain
    paced = await office.send(
        f"{path}/pacing", page.hidden | {"wait": "45", "pickup-orders": "12", "pickup-value": "300"}
    )
    assert (value(paced, "wait"), value(paced, "pickup-orders")) == ("45", "12")
    wrong = await office.send(f"{path}/pacing", page.hidden | {"wait": "1", "pickup-orders": "x"})
    assert set(wrong.errors) == {"wait", "pickup-orders"}


async def test_another_organisers_stand_is_not_to_be_changed(
    office: Office, neighbour: Office
) -> None:
    path = await set_up(office)
    assert (await neighbour.page(f"{path}/edit")).status == 403
    token = (await neighbour.page(f"{STANDS}/new")).hidden
    assert (await neighbour.send(f"{path}/edit", token | STAND)).status == 403
    assert (await neighbour.send(f"{path}/pause", token | {"minutes": "20"})).status == 403
    theirs = await neighbour.send(f"{STANDS}/new", token | STAND | {"stand": path[-36:]})
    assert theirs.status == 404
    assert re.search("Chez Léa", (await neighbour.page(STANDS)).plain) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""), ("fermé", ""), ("9-17", "09:00–17:00"), ("11h30 à 14h", "11:30–14:00"),
        ("18.00-22.30; 11-14", "11:00–14:00, 18:00–22:30"), ("0-24", "00:00–24:00"),
        ("20:00 – 02:00", "20:00–02:00"), ("9-12 et 14-18", "09:00–12:00, 14:00–18:00"),
    ],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(text: str, told: str) -> None:
    spans = opening_hours.parse(text)
    assert spans is not None
    assert opening_hours.typed(spans) == told
    assert opening_hours.parse(told) == spans


@pytest.mark.parametrize(
    "text", ["x", "9", "9-", "25-26", "9:60-10", "9-12, 11-14", "20-2, 22-23", "9-10," * 20]
)
def test_what_is_no_hours_is_none(text: str) -> None:
    assert opening_hours.parse(text) is None
