"""Stands that are open day and night, made through the services' own calls."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from quickserve import laptop
from quickserve.contracts.menus import (
    FULFILMENTS,
    DeliveryArea,
    Hours,
    Menu,
    MenuItem,
    NewMenu,
    StandDraft,
    StandId,
    StandView,
    Station,
)
from quickserve.contracts.menus_client import MenusClient
from quickserve.contracts.ordering import (
    BasketId,
    BasketLineId,
    ChosenModifier,
    Destination,
    NewBasket,
    NewLine,
)
from quickserve.contracts.ordering_client import OrderingClient
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from tests.journeys.product import Product
from tests.journeys.shows import until
from tests.ordering.conftest import some_menu

ALWAYS = [Hours(weekday=day, opens=time(0), until=time(0)) for day in range(7)]


@dataclass(frozen=True)
class Stall:
    """Burgers from the grill, beer from the bar, crisps from the shelf."""

    stand: StandView
    menu: Menu

    @property
    def path(self) -> str:
        return f"/stands/{self.stand.slug}"

    def item(self, name: str) -> MenuItem:
        return next(i for s in self.menu.sections for i in s.items if i.name == name)

    def burger(self) -> NewLine:
        item = self.item("Burger")
        rare = next(m.id for g in self.menu.groups for m in g.modifiers if m.name == "Rare")
        chosen = [ChosenModifier(modifier_id=rare)]
        return NewLine(id=BasketLineId(new_uuid()), item_id=item.id, modifiers=chosen)


async def open_stall(product: Product, organiser_id: OrganiserId, **changes: Any) -> Stall:
    stand_id = StandId(new_uuid())
    draft = StandDraft.model_validate({
        "organiser_id": organiser_id, "name": "Grill du quai", "hours": ALWAYS,
        "place": "Au fond, sous les arbres", "fulfilments": list(FULFILMENTS),
        "latitude": 43.4, "longitude": 3.69,
        "delivery": DeliveryArea(
            radius_m=3000, fee=Money(250, "EUR"), order_min=Money(500, "EUR")
        ),
        "stations": [Station(key="grill", name="Grill", cooks=3),
                     Station(key="bar", name="Bar", cooks=2)],
    } | changes)  # fmt: skip
    async with laptop.clients(product.home) as client:
        menus, ordering = MenusClient(client("catalog")), OrderingClient(client("ordering"))
        await menus.put_stand(stand_id, draft)
        whole = some_menu(stand_id)
        new = NewMenu(sections=whole.sections, groups=whole.groups)
        menu = await menus.put_menu(stand_id, new)

        async def known() -> bool:
            try:
                await ordering.put_basket(BasketId(new_uuid()), NewBasket(stand_id=stand_id))
            except NotFound:  # its menu has not arrived
                return False
            return True

        await until(known)
        return Stall(await menus.stand(stand_id), menu)


async def fill(product: Product, stall: Stall, *lines: NewLine) -> BasketId:
    """A basket that its link opens."""
    basket_id = BasketId(new_uuid())
    new = NewBasket(
        stand_id=stall.stand.id, destination=Destination(fulfilment="pickup"), lines=list(lines)
    )
    async with laptop.clients(product.home) as client:
        await OrderingClient(client("ordering")).put_basket(basket_id, new)
    return basket_id
