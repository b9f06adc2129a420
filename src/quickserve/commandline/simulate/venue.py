"""The stands of the simulated venue, made through the services' own calls."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from quickserve.commandline.simulate.scenario import (
    HALF_TIME_MINUTES,
    HALF_TIME_S,
    MATCH_S,
    MENU,
    STATIONS,
    Scenario,
)
from quickserve.contracts.catalog import CatalogClient, DateDraft, DateId, EventDraft, EventId
from quickserve.contracts.identity import IdentityClient, NewOrganiser
from quickserve.contracts.menus import (
    Break,
    MenuItem,
    MenuItemId,
    MenuSection,
    NewMenu,
    SectionId,
    StandDraft,
    StandId,
    Station,
    WithProgramme,
)
from quickserve.contracts.menus_client import MenusClient
from quickserve.contracts.ordering import BasketId, BasketLineId, NewBasket, NewLine
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.client import Client
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.laptop import CannotStart

_WAIT_SECONDS = 60
_ZONE = "Europe/Paris"


@dataclass(frozen=True, slots=True)
class Stand:
    id: StandId
    draft: StandDraft
    items: Mapping[str, MenuItemId]


@dataclass(frozen=True, slots=True)
class Venue:
    organiser_id: OrganiserId
    stands: list[Stand]
    ordering: OrderingClient
    menus: MenusClient

    async def close(self) -> None:
        """Nobody finds the stands any more; their orders stay."""
        for stand in self.stands:
            hidden = stand.draft.model_copy(update={"state": "hidden"})
            await self.menus.put_stand(stand.id, hidden)


async def set_up(
    client: Callable[[str], Client],
    scenario: Scenario,
    kick_off: datetime,
    wait: Callable[[], Awaitable[None]],
) -> Venue:
    """Stands with their menus, known to those who take orders. `wait`: a moment.

    Nothing costs anything: what is looked at is the kitchen, and no money is moved.
    """
    menus, organiser_id = MenusClient(client("catalog")), OrganiserId(new_uuid())
    ordering = OrderingClient(client("ordering"))
    await IdentityClient(client("identity")).put_organiser(
        organiser_id, NewOrganiser(name=f"Simulation {organiser_id.hex[-12:]}")
    )
    event_id = EventId(new_uuid())
    date = DateDraft(
        id=DateId(new_uuid()), starts_at=kick_off,
        ends_at=kick_off + timedelta(seconds=MATCH_S), zone=_ZONE,
    )  # fmt: skip
    draft = EventDraft(organiser_id=organiser_id, title="Simulation", dates=[date])
    await CatalogClient(client("catalog")).put_event(event_id, draft)
    stands = [
        await _open_stand(menus, organiser_id, event_id, number)
        for number in range(scenario.stands)
    ]
    for stand in stands:
        await _until_known(ordering, stand, wait)
    return Venue(organiser_id, stands, ordering, menus)


async def _open_stand(
    menus: MenusClient, organiser_id: OrganiserId, event_id: EventId, number: int
) -> Stand:
    half_time = Break(
        label="Half-time", minutes_after_start=HALF_TIME_S // 60, minutes=HALF_TIME_MINUTES
    )
    draft = StandDraft(
        organiser_id=organiser_id, event_id=event_id, name=f"Stand {number + 1}", zone=_ZONE,
        fulfilments=["pickup", "seat"],
        stations=[Station(key=key, name=key, cooks=cooks) for key, cooks in STATIONS.items()],
        programme=WithProgramme(minutes_before=120, minutes_after=240, breaks=[half_time]),
    )  # fmt: skip
    stand_id = StandId(new_uuid())
    await menus.put_stand(stand_id, draft)
    items = {item.name: MenuItemId(new_uuid()) for item in MENU}
    section = MenuSection(
        id=SectionId(new_uuid()), name="All",
        items=[
            MenuItem(
                id=items[item.name], name=item.name, price=Money(0, draft.currency),
                station=item.station, ready_seconds=item.seconds,
            )
            for item in MENU
        ],
    )  # fmt: skip
    await menus.put_menu(stand_id, NewMenu(sections=[section]))
    return Stand(stand_id, draft, items)


async def _until_known(
    ordering: OrderingClient, stand: Stand, wait: Callable[[], Awaitable[None]]
) -> None:
    line = NewLine(id=BasketLineId(new_uuid()), item_id=next(iter(stand.items.values())))
    probe = NewBasket(stand_id=stand.id, lines=[line])
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            while True:
                try:
                    await ordering.put_basket(BasketId(new_uuid()), probe)
                except NotFound:
                    await wait()
                else:
                    return
    except TimeoutError:
        raise CannotStart(
            f"{stand.draft.name} did not become known to `ordering` within {_WAIT_SECONDS} s:"
            " `quickserve doctor` looks for what is wrong."
        ) from None
