"""An organiser includes a drink with tickets and hands out codes for orders."""

from uuid import UUID

from tests.ordering.conftest import some_menu
from tests.web.organiser.kiosk import STANDS, set_up
from tests.web.organiser.office import Office

from quickserve.contracts.menus import NewMenu, StandId
from quickserve.contracts.menus_client import MenusClient

EXTRAS = f"{STANDS}/extras"


async def test_without_a_stand_it_says_what_to_do_first(office: Office) -> None:
    page = await office.page(EXTRAS)
    assert "No stand of an event yet" in page.plain
    assert "Codes for orders" in page.plain


async def test_a_drink_is_included_ended_and_begun_again(office: Office, neighbour: Office) -> None:
    event = await office.event()
    event_id = event.rpartition("/")[2]
    await office.tickets(event)
    stand_id = StandId(UUID((await set_up(office, event=event_id)).rpartition("/")[2]))
    whole = some_menu(stand_id)
    for station in whole.sections[0].items:
        station.station = None
    menu = NewMenu(sections=whole.sections, groups=whole.groups)
    await MenusClient(office.platform.clients_for("cli")["catalog"]).put_menu(stand_id, menu)
    form = await office.page(f"{EXTRAS}?event={event_id}")
    beer = whole.sections[0].items[1]
    sent = form.hidden | {"event": event_id, "name": "one drink", "quantity": "1"}
    refused = await office.send(f"{EXTRAS}/included", sent)
    assert (refused.status, "Choose at least one thing." in refused.plain) == (422, True)
    saved = await office.send(f"{EXTRAS}/included", sent | {f"i-{beer.id}": "1"})
    assert "1 × one drink every ticket · 1 thing to choose from" in saved.plain
    path = f"{EXTRAS}/included/{sent['entitlement']}"
    ended = await office.send(path, sent | {"active": "0"})
    assert "ended Begin again" in ended.plain
    begun = await office.send(path, sent | {"active": "1"})
    assert "counts End it" in begun.plain
    theirs = await neighbour.page(f"{EXTRAS}?event={event_id}")
    assert theirs.status == 404 or "one drink" not in theirs.plain


async def test_a_code_takes_something_off_orders(office: Office) -> None:
    fields = {"code": "merci-10", "kind": "percent", "value": "10", "uses": "50", "until": ""}
    form = await office.page(EXTRAS)
    saved = await office.send(f"{EXTRAS}/codes", form.hidden | fields)
    assert "MERCI-10 −10% 0 / 50 no end" in saved.plain
    wrong = {"code": "é", "kind": "amount", "value": "free", "uses": "0", "until": "soon"}
    refused = await office.send(f"{EXTRAS}/codes", form.hidden | wrong)
    assert refused.status == 422
    assert set(refused.errors) == {"code", "value", "uses", "until"}
