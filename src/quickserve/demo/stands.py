"""The demo's stands: at two events, a shop that delivers, a restaurant with tables.

Their hours are all of every day, so that they can be tried whenever the demo was started.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import (
    Break,
    DeliveryArea,
    Fulfilment,
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
    StandDraft,
    StandId,
    StandKind,
    Station,
    WithProgramme,
)
from quickserve.contracts.menus_client import MenusClient
from quickserve.demo.menus import (
    ADULT,
    BAR,
    BISTRO,
    COFFEE,
    FOOD,
    FULL_RATE,
    GOODS,
    GRILL,
    GROCER,
    Card,
    Choices,
    Dish,
)
from quickserve.demo.programme import VENUES
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

Named = Callable[..., UUID]
_ALWAYS = [Hours(weekday=day, opens=time(0), until=time(0)) for day in range(7)]


@dataclass(frozen=True)
class Place:
    """`event`: the title of the show it stands at. `stations` with how many cooks work there."""

    name: str
    card: Card
    text: str
    place: str
    fulfilments: tuple[Fulfilment, ...] = ("pickup",)
    event: str = ""
    stations: tuple[tuple[str, str, int], ...] = ()
    kind: StandKind = "stand"
    venue: str = ""
    by_hand: bool = False


def _at(event: str, names: tuple[str, str, str, str], *, seats: bool) -> tuple[Place, ...]:
    a_grill, a_bar, a_coffee, a_shop = names
    ways: tuple[Fulfilment, ...] = ("seat", "pickup") if seats else ("pickup",)
    grill = (("grill", "Gril", 4), ("friteuse", "Friteuse", 2))
    return (
        Place(a_grill, GRILL, "Merguez, halloumi, frites.", "Cour, côté fleuve", ways,
              event, grill),
        Place(a_bar, BAR, "Pressions et citronnade.", "Entrée nord", ways,
              event, (("bar", "Bar", 3),)),
        Place(a_coffee, COFFEE, "Torréfié à Sète.", "Foyer", ways, event,
              (("machine", "Machine", 2),)),
        Place(a_shop, GOODS, "T-shirts, affiches, gobelets.", "Sortie sud", event=event),
    )  # fmt: skip


_OUTDOORS = ("Le Gril du kiosque", "La Buvette", "Le Café du canal", "Les Souvenirs")
_INDOORS = ("Le Gril des Docks", "Le Bar des Docks", "Le Café du foyer", "La Boutique des Docks")
PLACES = (
    *_at("Nuit des fanfares", _OUTDOORS, seats=False),
    *_at("Grande scène d'hiver", _INDOORS, seats=True),
    Place(
        "L'Épicerie des Quais", GROCER, "Paniers et plats, livrés autour de la Villette.",
        "211 avenue Jean-Jaurès, Paris", ("delivery", "pickup"), kind="shop", venue="villette",
        stations=(("preparation", "Préparation", 2),),
    ),
    Place(
        "Chez Olive", BISTRO, "Une cuisine de port ; le code sur la table ouvre la carte.",
        "1 quai des Moulins, Sète", ("table", "pickup"), kind="restaurant", venue="moulins",
        stations=(("cuisine", "Cuisine", 4), ("bar", "Bar", 1)), by_hand=True,
    ),
)  # fmt: skip


async def are_there(clients: Any, id_: Named) -> bool:
    """The last menu is put last: until then all are put again, with the same ids."""
    try:
        await MenusClient(clients["catalog"]).latest_menu(_stand_id(PLACES[-1], id_))
    except NotFound:
        return False
    return True


async def put_all(clients: Any, organiser_id: OrganiserId, id_: Named) -> None:
    """`id_` makes the demo's ids of names."""
    menus = MenusClient(clients["catalog"])
    *others, last = PLACES
    await asyncio.gather(*(_put(menus, place, organiser_id, id_) for place in others))
    await _put(menus, last, organiser_id, id_)


async def _put(menus: MenusClient, place: Place, organiser_id: OrganiserId, id_: Named) -> None:
    stand_id = _stand_id(place, id_)
    await menus.put_stand(stand_id, _stand(place, organiser_id, id_))
    await menus.put_menu(stand_id, _menu(place, id_))


def _stand_id(place: Place, id_: Named) -> StandId:
    return StandId(id_("stand", place.event, place.name))


def _stand(place: Place, organiser_id: OrganiserId, id_: Named) -> StandDraft:
    venue = VENUES[place.venue] if place.venue else None
    delivers = "delivery" in place.fulfilments
    return StandDraft(
        organiser_id=organiser_id,
        name=place.name,
        kind=place.kind,
        event_id=EventId(id_("event", place.event)) if place.event else None,
        description=place.text,
        place=place.place,
        latitude=venue.latitude if venue else None,
        longitude=venue.longitude if venue else None,
        fulfilments=list(place.fulfilments),
        accepts="by-hand" if place.by_hand else "itself",
        tabs=place.kind != "shop",
        hours=_ALWAYS,
        programme=WithProgramme(
            minutes_before=90, breaks=[Break(label="Entracte", minutes_after_start=90, minutes=20)],
            last_call_minutes=30,
        ) if place.event else None,
        stations=[Station(key=key, name=name, cooks=cooks) for key, name, cooks in place.stations],
        delivery=DeliveryArea(
            radius_m=5000, fee=_euros("3.50"), order_min=_euros("15"),
        ) if delivers else None,
    )  # fmt: skip


def _menu(place: Place, id_: Named) -> NewMenu:
    def named(*parts: object) -> UUID:
        return id_("menu", place.event, place.name, *parts)

    return NewMenu(
        sections=[
            MenuSection(
                id=SectionId(named("section", name)), name=name,
                items=[_item(dish, named) for dish in dishes],
            )
            for name, dishes in place.card.sections
        ],
        groups=[_group(one, named) for one in place.card.choices],
    )  # fmt: skip


def _item(dish: Dish, named: Named) -> MenuItem:
    full = dish.adults or dish.goods
    return MenuItem(
        id=MenuItemId(named("item", dish.name)),
        name=dish.name,
        description=dish.text,
        price=_euros(dish.price),
        tax_rate_bp=FULL_RATE if full else FOOD["pickup"],
        tax_rates_bp={} if full else FOOD,
        station=dish.station or None,
        ready_seconds=dish.seconds,
        allergens=list(dish.allergens),
        diets=list(dish.diets),
        age_min=ADULT if dish.adults else None,
        groups=[ModifierGroupId(named("group", name)) for name in dish.choices],
    )


def _group(group: Choices, named: Named) -> ModifierGroup:
    return ModifierGroup(
        id=ModifierGroupId(named("group", group.name)),
        name=group.name,
        min=group.least,
        max=group.most,
        modifiers=[
            Modifier(
                id=ModifierId(named("choice", group.name, one.name)), name=one.name,
                price=_euros(one.price), default=bool(group.least) and at == 0,
                allergens=list(one.allergens),
            )
            for at, one in enumerate(group.choices)
        ],
    )  # fmt: skip


def _euros(amount: str) -> Money:
    return Money.parse(amount, "EUR")
